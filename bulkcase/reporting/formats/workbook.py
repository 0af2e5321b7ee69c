"""results.xlsx: the run in numbers, and every row's fate beside what the row was, for a spreadsheet.

Typed as the input was, and valid input again.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bulkcase.causes import tip
from bulkcase.cells import text_of
from bulkcase.ledger.queries.shown import RowRecord
from bulkcase.reporting.files import make_folder
from bulkcase.reporting.formats.excel import MOST_CHARACTERS, MOST_COLUMNS, MOST_ROWS, Cells, excel_book, new_sheet
from bulkcase.reporting.formats.overview import write_overview
from bulkcase.reporting.formats.results import COLUMNS, TIP, UNDOES, changed_fields, verdict_cells
from bulkcase.reporting.summary import Summary

FILE: Final = "results.xlsx"

_MEASURED: Final = 100
"""Rows of a sheet whose cells decide how wide its columns are."""
_NARROWEST, _WIDEST = 8, 50
_MARGIN: Final = 4
"""Characters that the button of a filter takes."""


def write_workbook(
    folder: Path,
    header: Sequence[str],
    rows: Iterable[RowRecord],
    summary: Summary,
    *,
    rows_per_sheet: int = MOST_ROWS - 1,
) -> str:
    """Write results.xlsx and return the file's name; raises EnvironmentFailed where it cannot be written.

    Rows beyond `rows_per_sheet` go on in another sheet.
    """
    make_folder(folder)
    names: list[str] = []
    with excel_book(folder / FILE, names.append) as book:
        cells = Cells(book)
        overview = new_sheet(book, "Summary")
        sheets = _Sheets(book, cells, header, summary.undoes, rows_per_sheet)
        for row in rows:
            sheets.add(row)
        sheets.finish()
        write_overview(overview, cells, summary, list(sheets.notes()))
    return names[0]


class _Sheets:
    """The sheets of rows, one after the other."""

    def __init__(self, book: Any, cells: Cells, header: Sequence[str], undoes: str | None, most: int) -> None:
        self._book = book
        self._cells = cells
        self._undoes = undoes
        self._most = most
        own = [*COLUMNS, *([UNDOES] if undoes else []), TIP]
        self._width = min(len(header), MOST_COLUMNS - len(own))
        self._left_out = len(header) - self._width
        self._columns = [*header[: self._width], *own]
        self._count = 0
        self._next()

    def add(self, row: RowRecord) -> None:
        """Write a row, on a new sheet where this one is full."""
        if self._line == self._most:
            self.finish()
            self._next()
        self._line += 1
        for column, cell in enumerate(row.cells[: self._width]):
            self._cells.write(self._sheet, self._line, column, cell)
        self._verdict(row)
        if self._line <= _MEASURED:
            shown = [
                *map(text_of, row.cells[: self._width]),
                *[""] * (self._width - len(row.cells)),
                *verdict_cells(row),
            ]
            for column, text in enumerate(shown):
                self._widths[column] = max(self._widths[column], len(text) + 1)

    def finish(self) -> None:
        """Give the sheet its filters, and its columns their widths."""
        self._sheet.autofilter(0, 0, self._line, len(self._columns) - 1)
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, min(width, _WIDEST))

    def notes(self) -> Iterator[str]:
        """Yield what a person should know of the sheets."""
        if self._count > 1:
            yield f"The rows go on in {self._count} sheets: Rows, Rows 2 …"
        if cut := self._cells.cut:
            what = "1 text; it ends in … here, and is" if cut == 1 else f"{cut:,} texts; they end in … here, and are"
            yield f"Longer than the {MOST_CHARACTERS:,} characters that a cell holds: {what} whole in results.csv."
        if left := self._left_out:
            which = "the last one of the input is" if left == 1 else f"the last {left:,} of the input are"
            yield f"A sheet has {MOST_COLUMNS:,} columns, so {which} not here: see results.csv."

    def _next(self) -> None:
        self._count += 1
        self._sheet = new_sheet(self._book, "Rows" if self._count == 1 else f"Rows {self._count}")
        self._sheet.freeze_panes(1, 0)
        for column, name in enumerate(self._columns):
            self._cells.text(self._sheet, 0, column, name, self._cells.heading)
        self._widths = [max(len(name[:_WIDEST]) + _MARGIN, _NARROWEST) for name in self._columns]
        self._line = 0

    def _verdict(self, row: RowRecord) -> None:
        """Write what became of a row, in the order of `COLUMNS`."""
        sheet, cells, line, first, result = self._sheet, self._cells, self._line, self._width, row.result
        sheet.write_number(line, first, row.number)
        cells.text(sheet, line, first + 1, row.case_key)
        cells.text(sheet, line, first + 2, result.outcome.value, cells.outcomes[result.outcome])
        cells.text(sheet, line, first + 3, result.verified)
        if result.http_status is not None:
            sheet.write_number(line, first + 4, result.http_status)
        sheet.write_number(line, first + 5, result.attempts)
        cells.text(sheet, line, first + 6, result.code)
        cells.text(sheet, line, first + 7, result.message)
        cells.text(sheet, line, first + 8, changed_fields(row))
        cells.moment(sheet, line, first + 9, row.finished_at)
        if self._undoes:
            cells.text(sheet, line, first + 10, self._undoes)
        cells.text(sheet, line, len(self._columns) - 1, tip(result.code))
