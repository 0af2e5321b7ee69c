"""CSV and TSV to rows, streaming.

The csv module's limit on a cell's length belongs to the whole process. It is raised to 1 MiB of characters once, when
this module is imported, and never lowered: a program that set a higher one keeps it.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from io import StringIO
from typing import TextIO

from bulkcase.errors import InputError
from bulkcase.input.content import Content, Source
from bulkcase.input.encodings import MOST_CHARACTERS, Encoding, encoding_of, open_text, prove
from bulkcase.input.header import Header, header_of
from bulkcase.input.table import Table
from bulkcase.input.texts.delimiters import delimiter_of, delimiter_of_results
from bulkcase.model import Rejection, Row

_LONGEST_CELL = 1 << 20
_HEAD = 1 << 20

csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))


@dataclass(frozen=True, slots=True)
class _Text:
    content: Content
    encoding: Encoding
    delimiter: str


class _TooLong(csv.Error):
    """A record has more characters than a row can have."""


class _Records:
    """The csv module's records, with where they stand in the file."""

    def __init__(self, text: TextIO, delimiter: str) -> None:
        self.line = ""
        """The last line that was read, as it stands."""
        self.at_end = False
        self.held = 0
        """Characters that were read since this was set back, which is done for each record."""
        self.reader = csv.reader(self._lines(text), delimiter=delimiter, strict=True)

    def _lines(self, text: TextIO) -> Iterator[str]:
        for line in text:
            self.line = line
            self.held += len(line)
            # A quote that is never closed may take in cell after cell, each of them short.
            if self.held > MOST_CHARACTERS:
                raise _TooLong
            yield line
        self.at_end = True


def table_of_text(content: Content, source: Source) -> Table:
    """Open a CSV or TSV: settle encoding, delimiter and header; raise InputError where one cannot be told."""
    head = content.head(_HEAD)
    unset = encoding_of(content.name, head, None)
    start = head[unset.mark :].decode(unset.codec, "replace")
    own_delimiter = delimiter_of_results(StringIO(start, newline=""))
    encoding = unset if own_delimiter else encoding_of(content.name, head, source.encoding)
    digest = prove(content, encoding)
    with open_text(content, encoding) as lines:
        delimiter = own_delimiter or delimiter_of(content.name, lines, source.delimiter)
    text = _Text(content, encoding, delimiter)
    header = _header(text)
    return Table(
        content=content,
        header=header,
        sha256=digest,
        rows=partial(_rows, text, header),
        encoding=encoding.codec,
        delimiter=delimiter,
    )


def _header(text: _Text) -> Header:
    name = text.content.name
    with open_text(text.content, text.encoding) as lines:
        records = _Records(lines, text.delimiter)
        try:
            for number, cells in enumerate(records.reader, 1):
                records.held = 0
                if any(map(str.strip, cells)):
                    return header_of(name, number, cells)
        except csv.Error as error:
            raise InputError(
                f"{name}: the header (line {records.reader.line_num}) cannot be read: {_why(error)}: mend its quotes"
            ) from error
    raise InputError(f"{name}: the file has no header, only blank lines: export it again")


def _rows(text: _Text, header: Header) -> Iterator[Row]:
    number = 0
    with open_text(text.content, text.encoding) as lines:
        records = _Records(lines, text.delimiter)
        reader = records.reader
        line = 0
        while True:
            try:
                for cells in reader:
                    number += 1
                    records.held = 0
                    line = reader.line_num
                    if number > header.number and (row := header.row(number, cells)):
                        yield row
                break
            except csv.Error as error:
                number += 1
                yield _unreadable(text.content.name, number, line + 1, records, error)
                records.held = 0
                line = reader.line_num
            except UnicodeDecodeError:
                # The whole file was decoded before, so it is another file now.
                text.content.check_unchanged()
                raise
    text.content.check_unchanged()


def _unreadable(name: str, number: int, first: int, records: _Records, error: csv.Error) -> Row:
    """Return a record with broken quotes as a rejected row.

    Raises InputError where a quote was never closed and took further lines with it: what they hold is lost as rows, and
    nothing tells where the next row starts.
    """
    last = records.reader.line_num
    why = _why(error)
    if last > first and (records.at_end or _is_too_long(error)):
        raise InputError(
            f"{name}: row {number}: a quote that opens on line {first} is not closed and takes in all up to "
            f"line {last}: close it, or write a quote inside a cell twice"
        )
    if last > first:
        why = f"{why}; lines {first} to {last} of the file were taken for this one row, none of them is sent"
    else:
        why = f"{why} (line {first} of the file)"
    return Row(number, (records.line.rstrip("\r\n"),), Rejection("row_unreadable", why))


def _is_too_long(error: csv.Error) -> bool:
    return isinstance(error, _TooLong) or "field limit" in str(error)


def _why(error: csv.Error) -> str:
    if isinstance(error, _TooLong):
        return f"a row has more than {MOST_CHARACTERS:,} characters"
    if _is_too_long(error):
        return f"a cell has more than {csv.field_size_limit():,} characters"
    if "end of data" in str(error):
        return "a quote is opened and never closed"
    return "a quoted cell goes on after its closing quote"
