"""What calamine leaves out of an .xlsx sheet: error values, and formulas that were never calculated.

Calamine returns the empty text for both, and a blank cell means: leave the field alone. A search over the bytes of the
sheet finds out whether there may be any, and only then is its XML read (ECMA-376 part 1, 18.3.1.4 "c (Cell)").
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from zipfile import ZipFile

from bulkcase.cells import EXCEL_ERRORS
from bulkcase.errors import InputError
from bulkcase.input.header import MOST_COLUMNS, letters
from bulkcase.input.workbooks.sheets import MOST_CELLS, MOST_ROWS, NOT_CALCULATED
from bulkcase.input.workbooks.xlsx_parts import check_texts, part_of, pieces
from bulkcase.input.workbooks.xmlstream import Attributes, XmlError, walk

_TRACES = (b'"e"', b"'e'", b":f", b":row", b"\0")
"""What stands in the XML of every sheet with an error, or with formulas or rows in a namespace that is spelt out, if
also in others; NUL: in one that is UTF-16."""
_FORMULA = re.compile(rb"<f[\s/>]")
_CALCULATED = re.compile(rb"<f(?:\s[^<>]*)?(?:/>|>[^<]*</f>)<v>[^<\s&]")
"""A formula whose value begins right behind it, as nearly all do."""
_FAR = (re.compile(rb'"(?:[A-Za-z]{2,}\d|[A-Za-z]?\d{7})'), re.compile(rb"'(?:[A-Za-z]{2,}\d|[A-Za-z]?\d{7})"))
"""What stands in the XML of every sheet with a cell right of Z, or in a row of seven digits, if also in others.

A pattern that starts with one plain byte goes through a sheet in a quarter of the time that the two below take.
"""
_NEAR = 26 * 999_999
"""Cells of the largest rectangle that has neither."""
_CELL = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]+)(\d+)""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d+)""")
_PLACE_OF = rb"""(?=\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*?\sr\s*=|\sr\s*=)"""
_ANY_CELL, _ANY_ROW = re.compile(rb"<c[\s/>]"), re.compile(rb"<row[\s/>]")
_PLACED_CELL, _PLACED_ROW = re.compile(rb"<c" + _PLACE_OF), re.compile(rb"<row" + _PLACE_OF)
_PLACE = re.compile(r"([A-Z]+)(\d+)")


@dataclass(slots=True)
class Gaps:
    """Cells that are not blank though they look so; rows and columns count from 0."""

    texts: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    """Error values, as the sheet shows them."""
    problems: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    """Cells whose value cannot be told, and why."""


def gaps_of_xlsx(name: str, archive: ZipFile, sheet: str) -> Gaps:
    """Find the gaps of a sheet.

    Raises InputError for a sheet that would not fit into memory, and for an error value that calamine does not know;
    XmlError or KeyError where the workbook is not built as it should be.
    """
    part = part_of(archive, sheet)
    check_texts(name, archive, sheet, part)
    if not _needs_reading(archive, part):
        return Gaps()
    cells = _Cells(name, sheet)
    with archive.open(part) as stream:
        for _ in walk(stream, cells.start, cells.end, cells.data):
            pass
    return cells.gaps


def _needs_reading(archive: ZipFile, part: str) -> bool:
    """Say whether the sheet may have error values or formulas without one, or reaches too far to be loaded unseen."""
    is_far = MOST_CELLS < _NEAR
    for text in pieces(archive, part):
        # One byte alone is found in no time, and most sheets do not have each of them.
        if any(trace[:1] in text and trace in text for trace in _TRACES):
            return True
        if b"<f" in text and len(_FORMULA.findall(text)) != len(_CALCULATED.findall(text)):
            return True
        if not _all_have_places(text):
            return True
        is_far = is_far or any(far.search(text) for far in _FAR)
    return is_far and _extent(archive, part) > MOST_CELLS


def _extent(archive: ZipFile, part: str) -> int:
    """Return the cells of a rectangle that holds all of the sheet's, and starts at A1."""
    columns: set[bytes] = set()
    last_row = 0
    for text in pieces(archive, part):
        places = _CELL.findall(text)
        columns.update(column for column, _ in places)
        last_row = max([last_row, *map(int, _ROW.findall(text)), *map(int, {row for _, row in places})])
    widest = max((_column(column.decode().upper()) for column in columns), default=0) + 1
    return widest * last_row


def _all_have_places(text: bytes) -> bool:
    """Say whether each row and each cell in a piece says where it is; rows and cells need not."""
    named = text.count(b'<c r="') + text.count(b"<co") == text.count(b"<c")
    return (named or len(_ANY_CELL.findall(text)) == len(_PLACED_CELL.findall(text))) and (
        text.count(b'<row r="') == text.count(b"<row") or len(_ANY_ROW.findall(text)) == len(_PLACED_ROW.findall(text))
    )


class _Cells:
    """Handlers that follow the cells of a sheet."""

    def __init__(self, name: str, sheet: str) -> None:
        self.gaps = Gaps()
        self._name, self._sheet = name, sheet
        self._row = self._column = -1
        self._type = ""
        self._formula = self._has_value = self._in_value = False
        self._value: list[str] = []
        self._used = (MOST_ROWS, MOST_COLUMNS, -1, -1)
        """First row and column with a value, last row and column."""

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
        elif name == "c":
            self._at(attributes.get("r"))
            self._type = attributes.get("t", "")
            self._formula = self._has_value = False
            self._value.clear()
        elif name == "f":
            self._formula = True
        elif name in {"v", "is"}:
            self._has_value = True
            self._in_value = name == "v"

    def data(self, text: str) -> None:
        if self._in_value:
            self._value.append(text)

    def end(self, name: str) -> None:
        if name == "v":
            self._in_value = False
        elif name == "c":
            self._finish()

    def _use(self) -> None:
        """Widen the rectangle around all values; raise InputError where it is too large to be loaded."""
        top, left, bottom, right = self._used
        row, column = self._row, self._column
        if top <= row <= bottom and left <= column <= right:
            return
        top, left, bottom, right = min(top, row), min(left, column), max(bottom, row), max(right, column)
        self._used = top, left, bottom, right
        if bottom >= MOST_ROWS or right >= MOST_COLUMNS or (bottom + 1) * (right + 1) > MOST_CELLS:
            raise InputError(
                f'{self._name}: the values of the sheet "{self._sheet}" reach from row {top + 1} to row {bottom + 1} '
                f"and to column {letters(right)}, too far to be loaded: "
                "copy the table alone to a new sheet, or save it as CSV"
            )

    def _at(self, place: str | None) -> None:
        if place is None:
            self._column += 1
            return
        found = _PLACE.fullmatch(place.upper())
        if found is None:
            raise XmlError(f"a cell is at {place!r}")
        self._column, self._row = _column(found[1]), int(found[2]) - 1

    def _finish(self) -> None:
        value = "".join(self._value).strip()
        if self._type == "e":
            if value not in EXCEL_ERRORS:
                raise InputError(
                    f'{self._name}: row {self._row + 1}: column {letters(self._column)} shows the error "{value}": '
                    "mend its formula, or clear the cell"
                )
            self.gaps.texts[self._row][self._column] = value
        elif self._formula and not value and not (self._type == "str" and self._has_value):
            self.gaps.problems[self._row][self._column] = NOT_CALCULATED
        if self._has_value or self._formula:
            self._use()


def _column(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
