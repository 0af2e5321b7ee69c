"""What calamine leaves out of an .xls sheet: error values, and texts of no length."""

from io import StringIO
from pathlib import Path

from bulkcase.input.xlsx_gaps import Gaps

_EMPTY_TEXT = (
    "the cell holds an empty text, or a formula that was never calculated (an .xls file does not tell which); "
    "save the file as .xlsx, or clear the cell"
)


def gaps_of_xls(path: Path, sheet: str) -> Gaps:
    """Find the gaps of a sheet; raises whatever xlrd raises for a damaged file."""
    import xlrd  # noqa: PLC0415 - only old workbooks need it

    gaps = Gaps()
    # xlrd would print its warnings.
    with xlrd.open_workbook(str(path), logfile=StringIO(), on_demand=True, ragged_rows=True) as book:
        cells = book.sheet_by_name(sheet)
        for row in range(cells.nrows):
            types = cells.row_types(row)
            if xlrd.XL_CELL_ERROR not in types and xlrd.XL_CELL_TEXT not in types:
                continue
            for column, (kind, value) in enumerate(zip(types, cells.row_values(row), strict=True)):
                if kind == xlrd.XL_CELL_ERROR:
                    gaps.texts[row][column] = xlrd.error_text_from_code[value]
                elif kind == xlrd.XL_CELL_TEXT and not value:
                    gaps.problems[row][column] = _EMPTY_TEXT
    return gaps
