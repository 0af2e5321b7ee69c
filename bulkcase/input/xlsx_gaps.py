"""What calamine leaves out of an .xlsx sheet: error values, and formulas that were never calculated.

Calamine returns the empty text for both, and a blank cell means: leave the field alone. A search over the bytes of the
sheet finds out whether there may be any, and only then is its XML read (ECMA-376 part 1, 18.3.1.4 "c (Cell)").
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from zipfile import ZipFile

from bulkcase.cells import EXCEL_ERRORS
from bulkcase.errors import InputError
from bulkcase.input.content import CHUNK
from bulkcase.input.header import letters
from bulkcase.input.sheets import MOST_CELLS, NOT_CALCULATED
from bulkcase.input.xmlstream import Attributes, XmlError, walk

_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_TRACES = (b'"e"', b"'e'", b":f", b"\0")
"""What stands in the XML of every sheet with an error, or with a formula in a namespace that is spelt out, if also in
others; NUL: in one that is UTF-16."""
_FORMULA = re.compile(rb"<f[\s/>]")
_CALCULATED = re.compile(rb"<f(?:\s[^<>]*)?(?:/>|>[^<]*</f>)<v>[^<\s&]")
"""A formula whose value begins right behind it, as nearly all do."""
_FAR = (re.compile(rb'"(?:[A-Z]{2,3}\d|\d{7})'), re.compile(rb"'(?:[A-Z]{2,3}\d|\d{7})"))
"""What stands in the XML of every sheet with a cell right of Z, or in a row of seven digits, if also in others.

A pattern that starts with one plain byte goes through a sheet in a quarter of the time that the two below take.
"""
_NEAR = 26 * 999_999
"""Cells of the largest rectangle that has neither."""
_CELL = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,3})\d""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br\s*=\s*["'](\d+)""")
_OVERLAP = 256
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
    part = _part_of(archive, sheet)
    if not _needs_reading(archive, part):
        return Gaps()
    cells = _Cells(name)
    with archive.open(part) as stream:
        for _ in walk(stream, cells.start, cells.end, cells.data):
            pass
    cells.check_extent(sheet)
    return cells.gaps


def _part_of(archive: ZipFile, sheet: str) -> str:
    parts = {name.lower(): name for name in archive.namelist()}
    ids: dict[str, str] = {}
    targets: dict[str, str] = {}

    def on_sheet(name: str, attributes: Attributes) -> None:
        if name == "sheet":
            ids[attributes["name"]] = attributes["id"]

    def on_relation(name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            targets[attributes["Id"]] = attributes["Target"]

    for part, handler in ((_WORKBOOK, on_sheet), (_RELATIONS, on_relation)):
        with archive.open(parts[part]) as stream:
            for _ in walk(stream, handler):
                pass
    target = posixpath.normpath(posixpath.join("/xl", targets[ids[sheet]]))
    return parts[target.lstrip("/").lower()]


def _needs_reading(archive: ZipFile, part: str) -> bool:
    """Say whether the sheet may have error values or formulas without one, or reaches too far to be loaded unseen."""
    is_far = MOST_CELLS < _NEAR
    for text in _pieces(archive, part):
        # One byte alone is found in no time, and most sheets do not have each of them.
        if any(trace[:1] in text and trace in text for trace in _TRACES):
            return True
        if b"<f" in text and len(_FORMULA.findall(text)) != len(_CALCULATED.findall(text)):
            return True
        is_far = is_far or any(far.search(text) for far in _FAR)
    return is_far and _extent(archive, part) > MOST_CELLS


def _extent(archive: ZipFile, part: str) -> int:
    """Return the cells of a rectangle that holds all of the sheet's, and starts at A1."""
    columns: set[bytes] = set()
    last_row = 0
    for text in _pieces(archive, part):
        columns.update(_CELL.findall(text))
        last_row = max([last_row, *map(int, _ROW.findall(text))])
    widest = max((_column(column.decode()) for column in columns), default=0) + 1
    return widest * last_row


def _pieces(archive: ZipFile, part: str) -> Iterator[bytes]:
    """Yield a part in pieces of whole cells; where none is to be seen, in pieces that overlap a little."""
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            text = tail + chunk
            last = text.rfind(b"<c")
            yield text[:last] if last > 0 else text
            tail = text[last:] if last > 0 else text[-_OVERLAP:]
    yield tail


class _Cells:
    """Handlers that follow the cells of a sheet."""

    def __init__(self, name: str) -> None:
        self.gaps = Gaps()
        self._name = name
        self._row = self._column = -1
        self._type = ""
        self._formula = self._has_value = self._in_value = False
        self._value: list[str] = []
        self._rows_used: set[int] = set()
        self._columns_used: set[int] = set()

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

    def check_extent(self, sheet: str) -> None:
        """Raise InputError where the rectangle around all values is too large to be loaded."""
        if not self._rows_used:
            return
        top, bottom = min(self._rows_used), max(self._rows_used)
        left, right = min(self._columns_used), max(self._columns_used)
        if (bottom - top + 1) * (right - left + 1) > MOST_CELLS:
            raise InputError(
                f'{self._name}: the values of the sheet "{sheet}" reach from row {top + 1} to row {bottom + 1} '
                f"and to column {letters(right)}, too far to be loaded; "
                "copy the table alone to a new sheet, or save it as CSV."
            )

    def _at(self, place: str | None) -> None:
        if place is None:
            self._column += 1
            return
        found = _PLACE.fullmatch(place)
        if found is None:
            raise XmlError(f"a cell is at {place!r}")
        self._column, self._row = _column(found[1]), int(found[2]) - 1

    def _finish(self) -> None:
        value = "".join(self._value).strip()
        if self._type == "e":
            if value not in EXCEL_ERRORS:
                raise InputError(
                    f'{self._name}: row {self._row + 1}: column {letters(self._column)} shows the error "{value}"; '
                    "mend its formula, or clear the cell."
                )
            self.gaps.texts[self._row][self._column] = value
        elif self._formula and not value and not (self._type == "str" and self._has_value):
            self.gaps.problems[self._row][self._column] = NOT_CALCULATED
        if self._has_value or self._formula:
            self._rows_used.add(self._row)
            self._columns_used.add(self._column)


def _column(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
