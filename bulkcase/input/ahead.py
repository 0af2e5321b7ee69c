"""An input that is opened while the rest of the program gets ready."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from bulkcase.errors import InputError
from bulkcase.input.content import Source
from bulkcase.input.opening import open_table
from bulkcase.input.table import Table


class Ahead:
    """Opens a file in a thread of its own: calamine, which reads a workbook whole, lets others work meanwhile.

    `source` must be a file on disk: at the end of the program its thread is waited for, and a stream may never end.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._seen = _state_of(source)
        reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="input")
        self._opened: Future[Table] | None = reader.submit(open_table, source)
        reader.shutdown(wait=False)

    def table(self) -> Table:
        """Hand the table over as soon as it is open; raises what `open_table` raises.

        A person may have been asked something meanwhile: a file that is another one by now, or that could not be read,
        is opened anew.
        """
        opened, self._opened = self._opened, None
        if opened is not None:
            with suppress(InputError):
                table = opened.result()
                if self._seen == _state_of(self.source):
                    return table
                table.close()
        return open_table(self.source)


def _state_of(source: Source) -> tuple[int, ...] | None:
    """Return what tells a file from the one that is written in its place; None where it cannot be had."""
    try:
        found = source.path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
