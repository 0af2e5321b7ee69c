"""The header of a table, and what it makes of the cells below it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulkcase.cells import Cell, is_blank, shown, text_of
from bulkcase.errors import InputError
from bulkcase.formulas import restore
from bulkcase.model import Rejection, Row

MOST_COLUMNS = 16_384
"""The columns that a sheet has in every spreadsheet program."""
_MOST_PROBLEMS, _MOST_LETTERS = 8, 20
"""What is told of a header at once."""
_OWN = "bulkcase_"
_OWN_DECISION = "bulkcase_decision"
_OWN_UNDOES = "bulkcase_undoes"
_OWN_ROW, _OWN_OUTCOME, _OWN_CODE = "bulkcase_row", "bulkcase_outcome", "bulkcase_error_code"
_MISSHAPEN = {
    "row_too_short": "was too short when it was read, so its cells may stand in wrong columns here",
    "row_too_long": "was too long when it was read, so cells are missing or stand in wrong columns here",
    "row_unreadable": "could not be read, so its cells are not all here",
}


@dataclass(frozen=True, slots=True)
class Header:
    """The named columns of a table."""

    number: int
    """The row it stands in."""
    names: tuple[str, ...]
    """As in the file, without the columns that bulkcase adds to its results."""
    width: int
    """Columns with a name, bulkcase's own included."""
    nameless: int = 0
    """Cells of the header's record behind the last name."""
    kept: tuple[int, ...] | None = None
    """Where the `names` stand in a file of bulkcase's own; None in any other file."""
    code_at: int | None = None
    """Where such a file has the error codes."""

    @property
    def fed_back(self) -> bool:
        """Say whether the file is one of bulkcase's own results files."""
        return self.kept is not None

    def row(self, number: int, cells: Sequence[Cell]) -> Row | None:
        """Return a record as a row; None where it is wholly blank."""
        if self.kept is None and not self.nameless and len(cells) == self.width and not is_blank(cells[0]):
            return Row(number, tuple(cells))  # as nearly every row is
        if all(map(is_blank, cells)):
            return None
        if len(cells) != self.width + self.nameless:
            return Row(number, self._own(cells), self._wrong_length(len(cells)))
        if self.nameless:
            return self._cut(number, cells)
        return self._whole(number, cells)

    def _cut(self, number: int, cells: Sequence[Cell]) -> Row:
        for index in range(self.width, len(cells)):
            if not is_blank(cells[index]):
                why = f"the row has a value in column {letters(index)}, which has no name in the header"
                return Row(number, self._own(cells), Rejection("row_too_long", why))
        return self._whole(number, cells[: self.width])

    def _whole(self, number: int, cells: Sequence[Cell]) -> Row:
        if self.kept is None:
            return Row(number, tuple(cells))
        code = text_of(cells[self.code_at]).strip() if self.code_at is not None else ""
        rejection = None
        if why := _MISSHAPEN.get(code):
            rejection = Rejection(code, f"the row {why}: correct it, then clear its {_OWN_CODE}")
        return Row(number, self._own(cells), rejection)

    def _own(self, cells: Sequence[Cell]) -> tuple[Cell, ...]:
        if self.kept is None:
            return tuple(cells)
        return tuple(_restored(cells[index]) for index in self.kept if index < len(cells))

    def _wrong_length(self, found: int) -> Rejection:
        expected = self.width + self.nameless
        code = "row_too_short" if found < expected else "row_too_long"
        return Rejection(code, f"the row has {_cells(found)}, the header has {expected}")


def header_of(name: str, number: int, cells: Sequence[Cell], first: int = 0) -> Header:
    """Return the header that stands in these cells, the first of them in column `first` (0 is A).

    Raises InputError for a name that stands there twice, for a column without one between or before others, for more
    columns than a spreadsheet can have, and for the report of an undo.
    """
    texts = [text_of(cell) for cell in cells]
    width = max((index + 1 for index, text in enumerate(texts) if text.strip()), default=0)
    if len(texts) > MOST_COLUMNS:
        raise InputError(
            f"{name}: the header (row {number}) has {len(texts):,} columns, more than the {MOST_COLUMNS:,} of a "
            "spreadsheet: set input.delimiter if it is another one, or export fewer columns"
        )
    names = texts[:width]
    problems = [
        f"{name}: column {letters(first + index)} has no name in the header (row {number}): "
        "give it one, or delete the column"
        for index, text in enumerate(names)
        if not text.strip()
    ]
    problems += _duplicates(name, names, first)
    if problems:
        raise InputError(*_few(name, problems))
    if _OWN_UNDOES in names:
        raise InputError(f"{name}: is the report of an undo, whose rows are no updates: go on with bulkcase retry")
    if not is_fed_back(names):
        return Header(number, tuple(names), width, len(texts) - width)
    kept = tuple(index for index, text in enumerate(names) if not text.startswith(_OWN))
    return Header(
        number,
        tuple(restore(names[index]) for index in kept),
        width,
        len(texts) - width,
        kept,
        names.index(_OWN_CODE) if _OWN_CODE in names else None,
    )


def is_fed_back(names: Sequence[str]) -> bool:
    """Say whether a header is that of a file of bulkcase's own: of results, or of a plan."""
    return _OWN_ROW in names and not {_OWN_OUTCOME, _OWN_DECISION}.isdisjoint(names)


def letters(index: int) -> str:
    """Return the column's name in a spreadsheet: 0 is A, 26 is AA."""
    name = ""
    while index >= 0:
        index, digit = divmod(index, 26)
        name = chr(ord("A") + digit) + name
        index -= 1
    return name


def _restored(cell: Cell) -> Cell:
    return restore(cell) if isinstance(cell, str) else cell


def _duplicates(name: str, names: Sequence[str], first: int) -> list[str]:
    places: dict[str, list[str]] = {}
    for index, text in enumerate(names):
        if text.strip():
            places.setdefault(text, []).append(letters(first + index))
    return [
        f"{name}: {len(columns)} columns are named {shown(text)} ({_few_letters(columns)}): rename all but one"
        for text, columns in places.items()
        if len(columns) > 1
    ]


def _few(name: str, problems: list[str]) -> list[str]:
    """Return the first problems, and how many more there are: thousands of columns may have one each."""
    more = len(problems) - _MOST_PROBLEMS
    if more <= 0:
        return problems
    return [*problems[:_MOST_PROBLEMS], f"{name}: {more:,} more columns of the header have no name, or not one alone"]


def _few_letters(columns: Sequence[str]) -> str:
    more = len(columns) - _MOST_LETTERS
    return ", ".join(columns[:_MOST_LETTERS]) + (f" and {more:,} more" if more > 0 else "")


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"
