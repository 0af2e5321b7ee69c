"""Which sheet of a workbook to read, and its cells to rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from bulkcase.cells import Cell, is_blank, shown, text_of
from bulkcase.errors import InputError
from bulkcase.input.encodings import MOST_CHARACTERS
from bulkcase.input.header import Header, header_of, is_fed_back, letters
from bulkcase.model import Rejection, Row
from bulkcase.nearest import nearest

MOST_CELLS = 50_000_000
"""Cells of the rectangle around all values of a sheet, above which it is not loaded (some 2 GB)."""

MOST_TEXT = 2 << 30
"""Characters of all cells of a sheet; those that share a text have it once each as soon as they are loaded."""

MOST_ROWS = 1_048_576
"""The rows that a sheet has in every spreadsheet program."""

_OVERVIEW, _ROWS = "Summary", "Rows"
"""The first sheets of results.xlsx."""
_MOST_NAMES = 20
"""Sheets that a message lists."""
_MOST_UNITS = 32_767
"""What a cell of a workbook can hold, in units of UTF-16."""

NOT_CALCULATED = "the formula has no stored value: open the file in a spreadsheet program and save it"


_NO_PROBLEMS: Mapping[int, str] = MappingProxyType({})


class Line(NamedTuple):
    """One row of a sheet, from column A on."""

    number: int
    cells: Sequence[Cell]
    problems: Mapping[int, str] = _NO_PROBLEMS
    """What is wrong with the cells of these columns, where it cannot be said by a cell."""


class ManySheets(InputError):  # noqa: N818 - a question for whoever can be asked
    """A workbook has more than one sheet that may be meant; `names` are the visible ones."""

    def __init__(self, problem: str, names: Sequence[str]) -> None:
        super().__init__(problem)
        self.names = names


@dataclass(frozen=True, slots=True)
class SheetName:
    """A sheet with cells, as the workbook lists it."""

    name: str
    is_visible: bool = True


def chosen_sheet(
    file: str, sheets: Sequence[SheetName], wanted: str | int | None, lines_of: Callable[[str], Iterable[Line]]
) -> str:
    """Return the name of the sheet to read: as the job sets it, or one of bulkcase's own results in its place.

    Raises InputError where there is none, or where further sheets have results too, hidden or not.
    """
    chosen = _fed_back_sheet(sheets, wanted, lines_of) or sheet_of(file, sheets, wanted)
    # Only now are other sheets looked at: those of any other workbook may be large.
    if _is_results(lines_of(chosen)) and any(
        _is_results(lines_of(sheet.name)) for sheet in sheets if sheet.name != chosen
    ):
        raise InputError(f"{file}: has its rows in more sheets than one: take results.csv, which has all of them")
    return chosen


def _fed_back_sheet(
    sheets: Sequence[SheetName], wanted: str | int | None, lines_of: Callable[[str], Iterable[Line]]
) -> str | None:
    """Return the first visible sheet that is one of bulkcase's own results, where the job's setting does not find one.

    A results file that a person saved as a workbook has a sheet of another name than the job's input.
    """
    visible = [sheet.name for sheet in sheets if sheet.is_visible]
    if isinstance(wanted, int):
        # A number counts the sheets of the job's input: in results.xlsx, the first one is no rows.
        if {_OVERVIEW, _ROWS} <= set(visible) and _is_results(lines_of(_ROWS)):
            return _ROWS
        found = 1 <= wanted <= len(visible)
    else:
        found = len(visible) == 1 if wanted is None else wanted in visible
    if found:
        return None
    return next((name for name in visible if _is_results(lines_of(name))), None)


def sheet_of(name: str, sheets: Sequence[SheetName], wanted: str | int | None) -> str:
    """Return the name of the sheet to read: as set, or the only visible one; raise InputError for any other case."""
    listed = ", ".join(shown(sheet.name) for sheet in sheets[:_MOST_NAMES])
    listed += f" and {len(sheets) - _MOST_NAMES:,} more" if len(sheets) > _MOST_NAMES else ""
    visible = [sheet.name for sheet in sheets if sheet.is_visible]
    if wanted is None:
        if len(visible) == 1:
            return visible[0]
        raise ManySheets(
            f"{name}: the workbook has {len(visible) or 'no'} visible sheets ({listed or 'none'}): set input.sheet",
            visible,
        )
    if isinstance(wanted, int):
        # A person counts the tabs, and hidden sheets have none.
        if 1 <= wanted <= len(visible):
            return visible[wanted - 1]
        raise InputError(f"{name}: there is no sheet number {wanted}: set input.sheet to one of {listed or 'none'}")
    names = [sheet.name for sheet in sheets]
    if wanted in names:
        return wanted
    near = nearest(wanted, names)
    hint = f" (did you mean {shown(near)}?)" if near else ""
    raise InputError(f"{name}: there is no sheet {shown(wanted)}{hint}: set input.sheet to one of {listed or 'none'}")


def sheet_header(name: str, sheet: str, lines: Iterable[Line]) -> tuple[Header, int]:
    """Return the header, the first row that is not blank, and the column it starts in (0 is A)."""
    for line in lines:
        if line.problems:
            column, why = next(iter(line.problems.items()))
            raise InputError(f"{name}: row {line.number}: column {letters(column)} of the header: {why}")
        used = [index for index, cell in enumerate(line.cells) if not is_blank(cell)]
        if used:
            first = used[0]
            return header_of(name, line.number, line.cells[first : used[-1] + 1], first), first
    raise InputError(f"{name}: the sheet {shown(sheet)} is empty: name another one with input.sheet")


def sheet_rows(header: Header, first: int, lines: Iterable[Line]) -> Iterator[Row]:
    """Yield the rows below the header; a value outside of its columns, or a problem, rejects its row."""
    last = first + header.width
    for line in map(_bounded, lines):
        if line.number <= header.number:
            continue
        if not first and len(line.cells) == last and not line.problems and header.kept is None:
            if row := header.row(line.number, line.cells):  # nothing but the table, as it mostly is
                yield row
            continue
        table = list(line.cells[first:last])
        table += [""] * (header.width - len(table))
        if line.problems:
            yield _rejected(header, first, line, table)
        elif not all(map(is_blank, line.cells[:first])):
            yield _outside(header, line.number, table, "left of")
        elif not all(map(is_blank, line.cells[last:])):
            yield _outside(header, line.number, [*table, *line.cells[last:]], "right of")
        elif header.kept is not None and any(map(_is_cut, table)):
            why = "a text was too long for a cell of the workbook and is cut: take results.csv instead"
            yield _with(header, line.number, table, Rejection("row_unreadable", why))
        elif row := header.row(line.number, table):
            yield row


def _bounded(line: Line) -> Line:
    """Return a line whose cells are left out where they have more text than a row can have."""
    if sum(len(cell) for cell in line.cells if type(cell) is str) <= MOST_CHARACTERS:
        return line
    return Line(line.number, [], {0: f"the cells of the row have more than {MOST_CHARACTERS:,} characters together"})


def _rejected(header: Header, first: int, line: Line, table: list[Cell]) -> Row:
    column, why = next(iter(line.problems.items()))
    index = column - first
    names = header.names
    # In a fed-back file the names do not stand where the columns do.
    named = header.kept is None and 0 <= index < len(names)
    called = f"column {shown(names[index])}" if named else f"column {letters(column)}"
    return _with(header, line.number, table, Rejection("row_unreadable", f"{called}: {why}"))


def _outside(header: Header, number: int, cells: list[Cell], side: str) -> Row:
    why = f"the row has a value {side} the columns of the header"
    return _with(header, number, cells, Rejection("row_too_long", why))


def _with(header: Header, number: int, cells: list[Cell], rejection: Rejection) -> Row:
    kept = header.kept
    own = cells if kept is None else [cells[index] for index in kept]
    return Row(number, tuple(own), rejection)


def _is_cut(cell: Cell) -> bool:
    """Say whether a cell of a results workbook ends where a cell can hold no more."""
    is_long = isinstance(cell, str) and len(cell) > _MOST_UNITS // 2 and cell.endswith("…")
    return is_long and len(str(cell).encode("utf-16-le", "surrogatepass")) >= 2 * _MOST_UNITS


def _is_results(lines: Iterable[Line]) -> bool:
    for line in lines:
        if not all(map(is_blank, line.cells)):
            return is_fed_back([text_of(cell) for cell in line.cells])
    return False
