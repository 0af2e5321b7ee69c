"""What a cell of the input can hold, its text, and its form in the ledger."""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from typing import Any

import orjson

Cell = str | bool | int | float | dt.datetime | dt.date | dt.time | dt.timedelta
"""A cell as the file has it. A CSV has text only; a blank cell is the empty text."""

BLANK = ""

EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
"""What Excel writes into a cell whose formula failed."""

_INT_RANGE = range(-(2**63), 2**64)
"""The whole numbers that orjson writes as they are."""

_SHORT = 65_536
"""Bytes of rows that are read together: what reads them takes sixteen times as much memory for a moment."""

_SHOWN = 60
"""Characters of a cell that a message shows."""

_NULL = b"null"
_AS_THEY_ARE = orjson.OPT_PASSTHROUGH_DATETIME
_TAG = "$"
_NAMES: dict[type[dt.datetime | dt.date | dt.time], str] = {
    # A datetime is a date too, so it comes first.
    dt.datetime: "datetime",
    dt.date: "date",
    dt.time: "time",
}
_PARSERS: dict[str, Callable[[Any], Cell]] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "duration": lambda parts: dt.timedelta(*parts),
    "float": float,
    "int": lambda digits: int(digits, 16),
    "text": lambda code: bytes.fromhex(code).decode("utf-8", "surrogatepass"),
}


def is_blank(cell: Cell) -> bool:
    """Say whether a cell holds nothing but white space."""
    return isinstance(cell, str) and not cell.strip()


def is_excel_error(cell: Cell) -> bool:
    """Say whether a cell holds one of Excel's error values, alone."""
    return isinstance(cell, str) and cell.strip().upper() in EXCEL_ERRORS


def text_of(cell: Cell) -> str:
    """Return a cell as text: what a CSV of the same sheet would hold.

    Whole numbers lose their `.0` (a spreadsheet stores 42 as 42.0), dates and times are ISO 8601 with a `T`,
    durations are hours:minutes:seconds, booleans are TRUE and FALSE as a spreadsheet shows them.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    if isinstance(cell, dt.timedelta):
        return _duration_text(cell)
    return str(cell)


def escaped(text: str) -> str:
    """Return a text on one line, with every character that does not print as its escape.

    Among them are those that show nothing, and those that turn the order of what stands around them.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown(cell: Cell) -> str:
    """Return a cell as messages show it: in quotes, on one line, about 60 characters at most."""
    text = text_of(cell)
    cut = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return f'"{escaped(cut)}"'


def dump_cells(cells: Sequence[Cell]) -> bytes:
    """Return cells as JSON that `load_cells` turns back into the same cells."""
    try:
        stored = orjson.dumps(cells, _tagged, _AS_THEY_ARE)
    except TypeError:  # half a character, or a whole number out of range
        stored = _NULL
    # No cell is null, so it is a text with that word, or a float that is no number.
    return stored if _NULL not in stored else orjson.dumps([_tagged(cell) for cell in cells])


def load_cells(stored: bytes | str) -> tuple[Cell, ...]:
    """Return the cells that `dump_cells` stored."""
    values = orjson.loads(stored)
    # Most rows have plain cells alone: a cell that is tagged is an object.
    plain = dict not in set(map(type, values))
    return tuple(values) if plain else tuple(_untagged(value) for value in values)


def load_many(stored: Sequence[bytes]) -> Sequence[Sequence[Cell]]:
    """Return what `load_cells` makes of the cells of each of some rows, in a third of the time where all are plain."""
    joined = b",".join(stored)
    if len(joined) <= _SHORT and b"{" not in joined:
        found: list[list[Cell]] = orjson.loads(b"[%b]" % joined)
        # What is damaged may be more rows, or fewer, when it is read together.
        if len(found) == len(stored) and set(map(type, found)) == {list}:
            return found
    return list(map(load_cells, stored))


def _duration_text(length: dt.timedelta) -> str:
    sign = "-" if length < dt.timedelta() else ""
    minutes, seconds = divmod(abs(length), dt.timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    fraction = f".{seconds.microseconds:06d}" if seconds.microseconds else ""
    return f"{sign}{hours}:{minutes:02d}:{seconds.seconds:02d}{fraction}"


def _tagged(cell: Cell) -> Any:
    """Return a cell as what JSON can carry: itself, or its kind and a form that loses nothing."""
    if isinstance(cell, str):
        return cell if cell.isascii() else _tagged_text(cell)
    for kind, name in _NAMES.items():
        if isinstance(cell, kind):
            return {_TAG: name, "v": cell.isoformat()}
    if isinstance(cell, dt.timedelta):
        return {_TAG: "duration", "v": [cell.days, cell.seconds, cell.microseconds]}
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else {_TAG: "float", "v": str(cell)}
    return cell if cell in _INT_RANGE else {_TAG: "int", "v": f"{cell:x}"}


def _tagged_text(text: str) -> Any:
    """Return a text as it is, or as bytes where it has half a character, which UTF-8 cannot carry."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return {_TAG: "text", "v": text.encode("utf-8", "surrogatepass").hex()}
    return text


def _untagged(value: Any) -> Cell:
    if isinstance(value, dict):
        return _PARSERS[value[_TAG]](value["v"])
    cell: Cell = value
    return cell
