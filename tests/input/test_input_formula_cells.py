"""Formulas, and the look over the bytes of a sheet that tells whether one of them has no value."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkcase.input.workbooks import xlsx_gaps, xlsx_parts
from bulkcase.input.workbooks.xmlstream import walk

SHARED = '<f t="shared" ref="A1:A9" si="0">B1&gt;2</f><v>1</v>'
formulas = st.sampled_from(
    [
        *("<f>A1</f><v>1</v>", SHARED, '<f t="shared" si="0"/><v>1</v>', "<f>A1>2</f><v>x</v>", "<f></f><v>0</v>"),
        *("<v>1</v>", "<is><t>&lt;f&gt;</t></is>", "", '<f si="a>b"/><v>1</v>', "<f>A1</f> <v>1</v>"),
        *("<f>A1</f>", "<f>A1</f><v></v>", "<f>A1</f><v/>", "<f>A1</f><v> </v>", "<f>A1</f><v>&#32;</v>", "<f/>"),
        *("<f>A1</f><!-- --><v>1</v>", "<f><![CDATA[<f>]]></f>", "<!-- <f>A1</f><v>1</v> --><f>A1</f>"),
        "<f>A1</f><!-- <f>A1</f><v>1</v> -->",
    ]
)
types = st.sampled_from(["", ' t="str"', ' t="n"', " t='e'", ' t="e"'])
lines = st.lists(st.lists(st.tuples(types, formulas), max_size=4), min_size=1, max_size=12)


def packed(xml: str) -> ZipFile:
    """Return a part of a workbook."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("sheet.xml", xml)
    return ZipFile(file)


def gaps_when_read(archive: ZipFile) -> Any:
    """Return what the XML of the sheet says."""
    cells = xlsx_gaps._Cells("cases.xlsx", "Cases")
    with archive.open("sheet.xml") as stream:
        for _ in walk(stream, cells.start, cells.end, cells.data):
            pass
    return cells.gaps


@pytest.mark.parametrize("chunk", [40, 1000])
@settings(deadline=None)
@given(lines)
def test_a_sheet_with_a_gap_is_always_read(chunk: int, lines: list[list[tuple[str, str]]]) -> None:
    """However its XML is written and wherever it is cut: what the quick look passes has no gap."""
    rows = (
        f'<row r="1">{"".join(f"""<c r="A1"{kind}>{inside}</c>""" for kind, inside in line)}</row>' for line in lines
    )
    xml = f"<worksheet><sheetData>{''.join(rows)}</sheetData></worksheet>"
    with pytest.MonkeyPatch.context() as patched, packed(xml) as archive:
        patched.setattr(xlsx_parts, "CHUNK", chunk)
        if not xlsx_gaps._needs_reading(archive, "sheet.xml"):
            assert gaps_when_read(archive) == xlsx_gaps.Gaps()


def test_a_sheet_of_calculated_formulas_needs_no_reading() -> None:
    """A column of sums, filters and conditions make a workbook no slower to read."""
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Cases")
        sheet.write_row(0, 0, ["id", "x"])
        for row in range(1, 500):
            sheet.write_row(row, 0, ["a", 1])
            sheet.write_formula(row, 2, f"=B{row + 1}+1", None, 2)
        sheet.autofilter(0, 0, 499, 2)
        sheet.filter_column(0, "x == a")
        sheet.conditional_format("B1:B500", {"type": "formula", "criteria": "=B1>2"})
        sheet.data_validation("B1:B500", {"validate": "integer", "criteria": ">", "value": 0})
    with ZipFile(file) as archive:
        assert not xlsx_gaps._needs_reading(archive, "xl/worksheets/sheet1.xml")
