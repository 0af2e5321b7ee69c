"""`python -m bulkcase` is `bulkcase`."""

from bulkcase.cli.main import main

main()
