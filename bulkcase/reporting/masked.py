"""Rows as they are shown where nothing private may stand."""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from bulkcase.fields.parts import parts, shown
from bulkcase.fields.private import Private
from bulkcase.ledger.queries.shown import RowRecord


def masked(rows: Iterable[RowRecord], header: Sequence[str], private: Private) -> Iterator[RowRecord]:
    """Yield rows with nothing private in them; they stand under `private.header(header)`."""
    if not private:
        yield from rows
        return
    for row in rows:
        yield masked_row(row, header, private)


def masked_row(row: RowRecord, header: Sequence[str], private: Private) -> RowRecord:
    """Return a row with nothing private in it."""
    if not private:
        return row
    message = private.message(row.result.code, row.result.message, header, row.cells)
    result = row.result if message == row.result.message else row.result._replace(message=message)
    return row._replace(cells=private.cells(header, row.cells, result.code), result=result)


def changes_told(sent: bytes | None, before: bytes | None, private: Private) -> list[tuple[str, str, str]]:
    """Return name, old and new value of each change as people know them; the old one is empty where it was not read."""
    found = parts(orjson.loads(sent or b"{}"), None if before is None else orjson.loads(before))
    # A line break in a value would look like the next value.
    return [
        (name, private.value(name, _line(shown(old, name))), private.value(name, _line(shown(new, name))))
        for name, old, new in found
    ]


def _line(text: str) -> str:
    return " ".join(text.splitlines())
