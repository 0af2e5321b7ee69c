"""Damage that spreadsheets do to ids, reported before anything is sent."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bulkcase.cells import Cell, shown, text_of
from bulkcase.model import Row

_is_sound = re.compile(r"[A-Za-z0-9_-]+", re.ASCII).fullmatch
"""True of a text that shows no damage but, perhaps, its length."""
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+[eE][+-]?|[eE]\+)\d+", re.ASCII)
_TRAILING_ZERO = re.compile(r"\d+[.,]0+", re.ASCII)
_NO_BREAK = re.compile("[\u00a0\u202f\u2007]")
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_DASH = re.compile("[\u2010-\u2015\u2212]")
_EXACT = 10**15
_DOMINANT = 0.9
_MOST_LENGTHS = 1000
"""Lengths that are told apart; longer keys count as one."""

_SIGNS = {
    "scientific": "in scientific notation: digits are lost, take the ids from the system they came from",
    "zero": "with a trailing .0: format the column as text before pasting ids",
    "digits": "as a number of more than 15 digits: a spreadsheet keeps 15, the rest may be wrong",
    "no-break": "with a no-break space: delete it",
    "zero-width": "with an invisible character: write the id again by hand",
    "space": "with spaces around it: delete them",
    "dash": "with a typographic dash: write a plain hyphen",
}


@dataclass(slots=True)
class _Seen:
    count: int
    example: str
    row: int


class DamageLint:
    """Looks at the key of each row as it passes by; memory does not grow with the rows.

    `header` is the table's, `key_column` the column with the key. Raises ValueError where there is no such column.
    """

    def __init__(self, header: Sequence[str], key_column: str) -> None:
        self._column = key_column
        self._index = header.index(key_column)
        self._signs: dict[str, _Seen] = {}
        self._lengths: Counter[int] = Counter()
        self._first_of_length: dict[int, tuple[str, int]] = {}

    def see(self, row: Row) -> None:
        """Look at one row; one that is rejected or has no key says nothing about the keys."""
        if row.rejection is not None:
            return
        cell = row.cells[self._index]
        if type(cell) is str and _is_sound(cell):
            text = cell
        else:
            text = text_of(cell)
            if not text.strip():
                return
            self._look_closer(cell, text, row.number)
        length = len(text)
        if length in self._lengths:
            self._lengths[length] += 1
        else:
            self._add_length(text, row.number)

    def notes(self) -> list[str]:
        """Return a sentence for each kind of damage: how many rows, an example and its row."""
        notes = [
            f"{self._rows(seen.count)} {_SIGNS[sign]} (row {seen.row}: {seen.example})"
            for sign, seen in self._signs.items()
        ]
        return [*notes, *self._odd_lengths()]

    def _look_closer(self, cell: Cell, text: str, number: int) -> None:
        for sign in _signs_of(cell, text):
            seen = self._signs.setdefault(sign, _Seen(0, shown(text), number))
            seen.count += 1

    def _add_length(self, text: str, number: int) -> None:
        length = min(len(text), _MOST_LENGTHS)
        self._first_of_length.setdefault(length, (text, number))
        self._lengths[length] += 1

    def _odd_lengths(self) -> list[str]:
        total = self._lengths.total()
        if len(self._lengths) < 2:
            return []
        usual, count = self._lengths.most_common(1)[0]
        if count < _DOMINANT * total:
            return []
        example, row = next(self._first_of_length[length] for length in self._first_of_length if length != usual)
        rest = f"of another length than the {usual} characters of the rest: digits or leading zeros may be lost"
        return [f"{self._rows(total - count)} {rest} (row {row}: {shown(example)})"]

    def _rows(self, count: int) -> str:
        return f"column {shown(self._column)}: {count:,} {'key' if count == 1 else 'keys'}"


def _signs_of(cell: Cell, text: str) -> list[str]:
    if isinstance(cell, int | float):
        return ["digits"] if abs(cell) >= _EXACT else []
    stripped = text.strip()
    signs = []
    if _SCIENTIFIC.fullmatch(stripped):
        signs.append("scientific")
    if _TRAILING_ZERO.fullmatch(stripped):
        signs.append("zero")
    if _NO_BREAK.search(text):
        signs.append("no-break")
    if _ZERO_WIDTH.search(text):
        signs.append("zero-width")
    if _DASH.search(text):
        signs.append("dash")
    if text != text.strip(" \t\r\n"):
        signs.append("space")
    return signs
