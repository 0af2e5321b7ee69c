"""The key of a row: the id of its case, taken as it stands or not at all."""

import re
import string
import unicodedata

from bulkcase.cells import Cell, is_blank, is_excel_error, shown, text_of
from bulkcase.mapping.faults import Fault, excel_error

_KEY = re.compile(r"[A-Za-z0-9_-]+").fullmatch
_EXCEL_DIGITS = 15
_SAME_ID = "format the column as text and paste the ids again"

_DAMAGE = (
    (
        re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+"),
        f"is a number in scientific notation, its digits are lost: {_SAME_ID}",
    ),
    (re.compile(r"[+-]?\d+[.,]0+"), f"is an id that a spreadsheet made a number, with .0 added: {_SAME_ID}"),
    (re.compile(r"[+-]?\d+[.,]\d+"), f"is a decimal number, no id: {_SAME_ID}"),
)


def read_key(cell: Cell) -> str | Fault:
    """Return the key in a cell, or why there is none; nothing but ASCII white space around it is taken off."""
    if isinstance(cell, str):
        key = cell.strip(string.whitespace)
        return key if _KEY(key) else _not_a_key(cell, key)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return Fault("bad_key", f"{shown(cell)} is {_typed(cell)}, no id: {_SAME_ID}")
    if isinstance(cell, float) and not cell.is_integer():
        return Fault("bad_key", f"{shown(cell)} is a decimal number, no id: {_SAME_ID}")
    if abs(cell) >= 10**_EXCEL_DIGITS:
        reason = f"is a number of more than {_EXCEL_DIGITS} digits, of which Excel keeps only {_EXCEL_DIGITS}"
        return Fault("bad_key", f"{shown(cell)} {reason}: {_SAME_ID}")
    return text_of(cell)


def read_reference(cell: Cell) -> str | Fault:
    """Return the reference in a cell, or why there is none; it is looked for among the live cases, never sent."""
    if isinstance(cell, str) and (reference := cell.strip(string.whitespace)) and not is_excel_error(cell):
        return reference if reference.isprintable() else Fault("bad_key", f"{shown(cell)} {_why(reference)}")
    return read_key(cell)


def _typed(cell: Cell) -> str:
    return "true or false" if isinstance(cell, bool) else "a date or a time"


def _not_a_key(cell: str, key: str) -> Fault:
    if is_excel_error(cell):
        return excel_error(cell)
    if is_blank(cell):
        return Fault("bad_key", "is blank: every row needs the id of its case")
    return Fault("bad_key", f"{shown(cell)} {_why(key)}")


def _why(key: str) -> str:
    for char in key:
        if not char.isascii() and (char.isspace() or unicodedata.category(char) == "Cf"):
            name = "a no-break space" if char.isspace() else "a zero-width character"
            return f"contains {name} ({ascii(char)[1:-1]}), which does not show: type the id again"
    for damage, reason in _DAMAGE:
        if damage.fullmatch(key):
            return reason
    return "has other characters than letters, digits, '-' and '_'"
