"""Every block of code in the how-tos does what its page says of it: a file beside the other one, for another core."""

from pathlib import Path

import pytest
from support.document_session import follow
from support.documents import pages

HOW_TOS = [page for page in pages() if page.parent.name == "how-to"]


@pytest.mark.parametrize("page", HOW_TOS, ids=lambda page: page.stem)
def test_the_blocks_of_a_how_to_do_what_it_says(page: Path, tmp_path: Path) -> None:
    """A reader who follows the page, block by block, in an empty folder, sees what it shows."""
    follow(page, tmp_path / "page")
