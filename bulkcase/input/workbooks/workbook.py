"""Excel workbooks to rows.

Calamine reads them, and what it leaves blank by mistake is filled in from the file itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from zipfile import ZipFile

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from bulkcase.cells import Cell
from bulkcase.errors import InputError
from bulkcase.input.content import Content, Source
from bulkcase.input.table import Table
from bulkcase.input.workbooks.sheets import Line, SheetName, chosen_sheet, sheet_header, sheet_rows
from bulkcase.input.workbooks.xls_gaps import check_xls, gaps_of_xls
from bulkcase.input.workbooks.xlsx_gaps import Gaps, gaps_of_xlsx
from bulkcase.input.workbooks.xlsx_parts import check_xlsx

_EXACT = 10**15
"""Excel keeps 15 digits of a number; a longer one stays the float that it is."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    cells: CalamineSheet
    gaps: Gaps

    def lines(self) -> Iterator[Line]:
        """Yield the sheet's rows from column A on, with the gaps filled in."""
        start = self.cells.start
        left = [""] * start[1] if start else []
        number = 0
        for number, cells in enumerate(self.cells.iter_rows(), 1):
            yield self._line(number, [*left, *[_native(cell) if type(cell) is float else cell for cell in cells]])
        for row in sorted({*self.gaps.texts, *self.gaps.problems}):
            if row >= number:
                yield self._line(row + 1, [])

    def _line(self, number: int, cells: list[Cell]) -> Line:
        texts, problems = self.gaps.texts.get(number - 1), self.gaps.problems.get(number - 1)
        if texts:
            cells += [""] * (max(texts) + 1 - len(cells))
            for column, text in texts.items():
                cells[column] = text
        return Line(number, cells, problems) if problems else Line(number, cells)


def table_of_workbook(content: Content, source: Source, kind: str) -> Table:
    """Open a sheet of an .xlsx or .xls workbook; raise InputError where it cannot be read as it stands."""
    digest = content.sha256()
    with _read_errors(content.name):
        if kind == "xlsx":
            with content.open() as stream, ZipFile(stream) as archive:
                check_xlsx(content.name, archive)
        else:
            check_xls(content.name, content.path)
        workbook = CalamineWorkbook.from_path(str(content.path))
        with workbook:
            # A sheet is loaded whole: the one that is chosen stays, and is not loaded once more.
            load = lru_cache(maxsize=1)(partial(_load, content, workbook, kind))
            name = chosen_sheet(content.name, _sheets(workbook), source.sheet, lambda sheet: load(sheet).lines())
            sheet = load(name)
    content.check_unchanged()
    header, first = sheet_header(content.name, name, sheet.lines())
    return Table(
        content=content,
        header=header,
        sha256=digest,
        rows=lambda: sheet_rows(header, first, sheet.lines()),
        sheet=name,
    )


def _sheets(workbook: CalamineWorkbook) -> Sequence[SheetName]:
    return [
        SheetName(sheet.name, sheet.visible == SheetVisibleEnum.Visible)
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    ]


def _load(content: Content, workbook: CalamineWorkbook, kind: str, sheet: str) -> _Sheet:
    # The gaps come first: they refuse a sheet that calamine would die of, taking the process with it.
    if kind == "xls":
        gaps = gaps_of_xls(content.path, sheet)
    else:
        with content.open() as stream, ZipFile(stream) as archive:
            gaps = gaps_of_xlsx(content.name, archive, sheet)
    return _Sheet(workbook.get_sheet_by_name(sheet), gaps)


def _native(number: float) -> int | float:
    """Return a whole number as one: calamine hands 42 over as 42.0."""
    return int(number) if -_EXACT < number < _EXACT and number.is_integer() else number


@contextmanager
def _read_errors(name: str) -> Iterator[None]:
    """Turn what the libraries raise for a file that is not as it should be into one InputError.

    A panic of calamine arrives as a BaseException of a class that cannot be imported.
    """
    try:
        yield
    except InputError:
        raise
    except BaseException as error:
        is_panic = type(error).__name__ == "PanicException"
        if not isinstance(error, Exception) and not is_panic:
            raise
        if isinstance(error, MemoryError):
            raise
        detail = "" if is_panic else f" ({_one_line(error)})"
        if "password" in detail.lower() or "encrypted" in detail.lower():
            raise InputError(f"{name}: the workbook has a password: save a copy without one") from error
        raise InputError(
            f"{name}: the workbook is damaged or unusual and cannot be read{detail}: "
            "open it in a spreadsheet program, save it again, or save it as CSV"
        ) from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
