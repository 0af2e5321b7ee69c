"""An opened input: what is known of it, and its rows."""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from bulkcase.input.content import Content
from bulkcase.input.header import Header
from bulkcase.model import Row


class Table:
    """An opened file with rows. A context manager: closing it deletes the copy of what came from a stream."""

    def __init__(
        self,
        *,
        content: Content,
        header: Header,
        sha256: str,
        rows: Callable[[], Iterator[Row]],
        encoding: str | None = None,
        delimiter: str | None = None,
        sheet: str | None = None,
    ) -> None:
        self.name = content.name
        """What messages call it: the path as it was given, or "standard input"."""
        self.header = header.names
        """The names of the columns, as in the file, without those that bulkcase adds to its results."""
        self.header_row = header.number
        self.fed_back = header.fed_back
        """It is one of bulkcase's own results files."""
        self.encoding = encoding
        self.delimiter = delimiter
        self.sheet = sheet
        """What was used; None where the format has no such thing."""
        self.sha256 = sha256
        """Of the file's bytes, in hexadecimal."""
        self.size = content.size
        """Bytes."""
        self.modified_at = None if content.is_copy else content.modified_ns / 1e9
        """When the file was last changed, in seconds since the epoch; None for a stream."""
        self._content = content
        self._rows = rows

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header, from the first one again at each call.

        Raises InputError where the file has changed since it was opened, or where a quote swallows the rest of it.
        """
        return self._rows()

    def close(self) -> None:
        """Let go of the file."""
        self._content.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
