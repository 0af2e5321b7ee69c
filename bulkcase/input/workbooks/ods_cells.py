"""The cells of an OpenDocument sheet, followed through its XML."""

import datetime as dt
import re
from collections.abc import Iterator

from bulkcase.cells import BLANK, EXCEL_ERRORS, Cell
from bulkcase.input.encodings import MOST_CHARACTERS
from bulkcase.input.header import MOST_COLUMNS
from bulkcase.input.workbooks.sheets import MOST_ROWS, NOT_CALCULATED, Line
from bulkcase.input.workbooks.xmlstream import Attributes, XmlError

_CELLS = frozenset({"table-cell", "covered-table-cell"})
_NOT_THE_VALUE = frozenset({"annotation", "frame", "note", "ruby-text"})
"""What may stand inside of a paragraph, and has text of its own: comments, drawings, footnotes."""
_NUMBERS = frozenset({"float", "percentage", "currency"})
_FAILED = re.compile(r"Err:\d+|#[A-Z0-9/_]+[!?]?")
"""What a spreadsheet program shows for a formula that failed; Err:502 and its like are LibreOffice's own."""
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d+))?S)?")
_SPACES = re.compile(r"[ \t\r\n]+")


class SheetParser:
    """Handlers for `xmlstream.walk` that gather the lines of one sheet."""

    def __init__(self, sheet: str) -> None:
        self._sheet = sheet
        self._inside = False
        self._done: list[tuple[int, Line]] = []
        self._row = 0
        self._repeat_row = 1
        self._cells: list[Cell] = []
        self._problems: dict[int, str] = {}
        self._blanks = 0
        self._cell: Attributes | None = None
        self._paragraphs: list[str] = []
        self._characters = 0
        self._skipping = 0
        self._in_paragraph = 0

    def taken(self) -> Iterator[Line]:
        """Yield the lines that are complete, and forget them; blank ones are left out."""
        done, self._done = self._done, []
        for repeat, line in done:
            for offset in range(repeat):
                yield Line(line.number + offset, line.cells, line.problems)

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "table" and "name" in attributes and self._cell is None:
            self._inside = attributes["name"] == self._sheet
        elif not self._inside:
            return
        elif self._skipping:
            self._skipping += 1
        elif self._cell is not None:
            self._start_in_cell(name, attributes)
        elif name == "table-row":
            self._repeat_row = _repeat(attributes, "number-rows-repeated", MOST_ROWS)
            self._cells, self._problems, self._blanks = [], {}, 0
        elif name in _CELLS:
            self._cell = attributes
            self._paragraphs, self._characters = [], 0
        elif name == "shapes":
            self._skipping = 1

    def end(self, name: str) -> None:
        if not self._inside:
            return
        if self._skipping:
            self._skipping -= 1
        elif self._in_paragraph:
            self._in_paragraph -= 1
        elif name in _CELLS:
            self._finish_cell()
        elif name == "table-row":
            if self._cells:
                self._done.append((self._repeat_row, Line(self._row + 1, self._cells, self._problems)))
            self._row += self._repeat_row
            if self._cells and self._row > MOST_ROWS:
                raise XmlError(f"the sheet has more than {MOST_ROWS:,} rows")
        elif name == "table":
            self._inside = False

    def data(self, text: str) -> None:
        if self._in_paragraph and not self._skipping:
            plain = _SPACES.sub(" ", text)
            if not self._paragraphs[-1]:
                plain = plain.lstrip(" ")
            elif self._paragraphs[-1].endswith(" ") and plain.startswith(" "):
                plain = plain[1:]
            self._add(plain)

    def _start_in_cell(self, name: str, attributes: Attributes) -> None:
        if name in _NOT_THE_VALUE or not (self._in_paragraph or name in {"p", "h"}):
            self._skipping = 1
            return
        if not self._in_paragraph:
            self._paragraphs.append("")
        self._in_paragraph += 1
        if name == "s":
            self._add(" " * _repeat(attributes, "c", MOST_CHARACTERS))
        elif name in {"tab", "line-break"}:
            self._add("\t" if name == "tab" else "\n")

    def _add(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > MOST_CHARACTERS:
            raise XmlError(f"a cell of row {self._row + 1} has more than {MOST_CHARACTERS:,} characters")
        self._paragraphs[-1] += text

    def _finish_cell(self) -> None:
        assert self._cell is not None
        repeat = _repeat(self._cell, "number-columns-repeated", MOST_COLUMNS)
        value, problem = _value(self._cell, "\n".join(self._paragraphs))
        self._cell = None
        if value == BLANK and not problem:
            self._blanks += repeat
            return
        self._cells += [BLANK] * self._blanks
        self._blanks = 0
        if problem:
            self._problems |= {len(self._cells) + offset: problem for offset in range(repeat)}
        self._cells += [value] * repeat
        if len(self._cells) > MOST_COLUMNS:
            raise XmlError(f"row {self._row + 1} has more than {MOST_COLUMNS:,} cells")


def _repeat(attributes: Attributes, key: str, most: int) -> int:
    count = int(attributes.get(key, "1"))
    if not 1 <= count <= most:
        raise XmlError(f"something repeats {count:,} times")
    return count


def _value(attributes: Attributes, text: str) -> tuple[Cell, str]:
    """Return a cell's value and no problem, or a blank and what is wrong with it."""
    kind = attributes.get("value-type", "")
    is_formula = "formula" in attributes
    shown = text.strip()
    if attributes.get("calcext:value-type") == "error" or (is_formula and _FAILED.fullmatch(shown)):
        return (shown, "") if shown in EXCEL_ERRORS else (BLANK, f'the formula failed ("{shown}"): mend it')
    try:
        return _typed(kind, attributes, text, is_formula=is_formula)
    except (KeyError, ValueError):
        return BLANK, f'the value of the cell cannot be read (it shows "{shown}"): write it again'


def _typed(kind: str, attributes: Attributes, text: str, *, is_formula: bool) -> tuple[Cell, str]:
    if not kind:
        return (BLANK, NOT_CALCULATED) if is_formula and not text else (text, "")
    if kind == "string":
        return attributes.get("string-value", text), ""
    if kind in _NUMBERS:
        number = float(attributes["value"])
        return (int(number) if number.is_integer() and abs(number) < 10**15 else number), ""
    if kind == "boolean":
        return {"true": True, "false": False}[attributes["boolean-value"]], ""
    if kind == "date":
        written = attributes["date-value"]
        return (dt.datetime.fromisoformat(written) if "T" in written else dt.date.fromisoformat(written)), ""
    if kind == "time":
        return _time(attributes["time-value"]), ""
    raise ValueError(kind)


def _time(written: str) -> dt.time | dt.timedelta:
    found = _DURATION.fullmatch(written)
    if found is None:
        raise ValueError(written)
    sign, days, hours, minutes, seconds, fraction = found.groups(default="0")
    length = dt.timedelta(
        days=int(days),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds),
        microseconds=int(fraction[:6].ljust(6, "0")),
    )
    if sign == "-":
        return -length
    if length >= dt.timedelta(days=1):
        return length
    return dt.time(int(hours), int(minutes), int(seconds), length.microseconds)
