"""What calamine leaves out of an .xls sheet: error values, and texts of no length."""

import struct
from io import StringIO
from pathlib import Path

from bulkcase.errors import InputError
from bulkcase.input.encodings import MOST_CHARACTERS
from bulkcase.input.workbooks.sheets import MOST_CELLS, MOST_TEXT
from bulkcase.input.workbooks.xlsx_gaps import Gaps

_DIMENSIONS = 0x200
_EMPTY_TEXT = (
    "the cell holds an empty text, or a formula that was never calculated (an .xls file does not tell which): "
    "save the file as .xlsx, or clear the cell"
)


def check_xls(name: str, path: Path) -> None:
    """Raise InputError for a workbook that does not fit into memory, with all of its sheets, as calamine loads them.

    A sheet is as large as the rectangle around its values. Raises whatever xlrd raises for a damaged file.
    """
    import xlrd  # noqa: PLC0415 - only old workbooks need it

    with xlrd.open_workbook(str(path), logfile=StringIO(), on_demand=True, ragged_rows=True) as book:
        longest = max(map(len, book._sharedstrings), default=0)  # noqa: SLF001 - nothing else tells before the sheets
        if longest > MOST_CHARACTERS:
            raise InputError(f"{name}: a text of the workbook has more than {MOST_CHARACTERS:,} characters: shorten it")
        # calamine makes room for as many cells as a sheet says that it has, which may be any number.
        cells, characters = _said_cells(book.mem, book.base, book.base + book.stream_len), 0
        for number in range(book.nsheets):
            sheet = book.sheet_by_index(number)
            # calamine leaves out the blank rows above the values; here they count.
            cells += sheet.nrows * sheet.ncols
            for row in range(sheet.nrows if longest else 0):
                characters += sum(len(value) for value in sheet.row_values(row) if isinstance(value, str))
            book.unload_sheet(number)
            if cells > MOST_CELLS or characters > MOST_TEXT:
                raise InputError(
                    f"{name}: the values of its sheets reach too far, or have too much text, to be loaded: "
                    "copy the table alone to a new workbook, or save it as CSV"
                )


def _said_cells(stream: bytes, start: int, end: int) -> int:
    """Return how many cells the sheets say that they have: first and last row and column ([MS-XLS] 2.4.90)."""
    cells = 0
    while start + 4 <= end:
        kind, length = struct.unpack_from("<HH", stream, start)
        if kind == _DIMENSIONS and length >= 12 and start + 16 <= end:
            top, bottom, left, right = struct.unpack_from("<IIHH", stream, start + 4)
            upside_down = bottom < top or right < left
            cells += MOST_CELLS + 1 if upside_down else (bottom - top) * (right - left)
        start += 4 + length
    return cells


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
