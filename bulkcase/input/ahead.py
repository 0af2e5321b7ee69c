"""An input that is opened while the rest of the program gets ready."""

from concurrent.futures import ThreadPoolExecutor

from bulkcase.input.content import Source
from bulkcase.input.opening import open_table
from bulkcase.input.table import Table


class Ahead:
    """Opens a file in a thread of its own: calamine, which reads a workbook whole, lets others work meanwhile.

    `source` must be a file on disk: at the end of the program its thread is waited for, and a stream may never end.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="input")
        self._opened = reader.submit(open_table, source)
        reader.shutdown(wait=False)

    def table(self) -> Table:
        """Return the table as soon as it is open; raises what `open_table` raises."""
        return self._opened.result()
