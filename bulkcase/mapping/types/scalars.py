"""Texts, numbers and booleans: from cells to what the API takes."""

import math
import re

from bulkcase.cells import Cell, shown, text_of
from bulkcase.mapping.faults import Fault

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
_EXACT = 2**53
"""From here on a JSON reader with one kind of number loses digits."""

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def to_text(cell: Cell) -> str | Fault:
    """Return a cell's text as it stands, outer spaces too."""
    text = text_of(cell)
    if not text.isascii() and not _is_whole(text):
        return Fault("bad_text", f"{shown(cell)} holds half a character")
    if "\0" in text:  # which few programs keep: what is read back would be another value
        return Fault("bad_text", f"{shown(cell)} holds a NUL character")
    return text


def to_number(cell: Cell) -> int | float | Fault:
    """Return the number in a cell; whole ones without a fraction, as a spreadsheet keeps 42 as 42.0."""
    text = text_of(cell).strip()
    if not _NUMBER(text):
        return Fault("bad_number", f"{shown(cell)} is not a plain number such as -12.5")
    number = float(text)
    if not math.isfinite(number) or (number.is_integer() and abs(number) >= _EXACT):
        return Fault("bad_number", f"{shown(cell)} has more digits than a JSON number keeps")
    return int(number) if number.is_integer() else number


def to_boolean(cell: Cell) -> bool | Fault:
    """Return the truth in a cell: typed, or true, false, yes, no, 1, 0 without regard to case."""
    found = _BOOLEANS.get(text_of(cell).strip().lower())
    return Fault("bad_boolean", f"{shown(cell)} is not true, false, yes, no, 1 or 0") if found is None else found


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
