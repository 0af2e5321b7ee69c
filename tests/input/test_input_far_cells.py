"""Sheets whose values reach too far to be loaded, however their XML is written."""

from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.workbooks import complaint, rewrite, rows_of, xlsx

from bulkcase.input.header import letters
from bulkcase.input.workbooks import xlsx_gaps, xlsx_parts
from bulkcase.model import Row

MOST = 50_000_000
quotes = st.sampled_from(['"', "'"])
spaces = st.sampled_from(["", " ", "\n"])
places = st.tuples(st.integers(0, 16_383) | st.integers(0, 30), st.integers(1, 1_048_576) | st.integers(1, 30))


def fill(sheet: Any) -> None:
    sheet.write_row(0, 0, ["id", "x"])
    sheet.write_row(1, 0, ["a", 1])


@pytest.mark.parametrize("written", ['r="XFD1048576"', "r='XFD1048576'", 'r = "XFD1048576"', "r\n=\n'XFD1048576'"])
def test_a_far_cell_is_seen_however_it_is_written(tmp_path: Path, written: str) -> None:
    """Quotes of both kinds and spaces are the same to an XML reader, and so they are here."""
    path = xlsx(tmp_path / "cases.xlsx", fill)
    rewrite(path, b'<row r="2"', b'<row r="1048576"', b'r="B2"', written.encode())
    assert "too far to be loaded" in complaint(path)


def test_a_far_cell_is_seen_behind_many_near_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet is looked through in pieces, and one of them is enough."""
    monkeypatch.setattr(xlsx_parts, "CHUNK", 1000)

    def many(sheet: Any) -> None:
        for row in range(300):
            sheet.write_row(row, 0, ["id", "x"])
        sheet.write(1_048_575, 16_383, 1)

    assert "too far to be loaded" in complaint(xlsx(tmp_path / "cases.xlsx", many))


def test_a_wide_sheet_that_is_not_long_is_read(tmp_path: Path) -> None:
    """Columns right of Z are no reason to refuse a sheet."""

    def wide(sheet: Any) -> None:
        sheet.write_row(0, 0, [f"c{number}" for number in range(60)])
        sheet.write_row(1, 0, ["a"] * 60)

    assert rows_of(xlsx(tmp_path / "cases.xlsx", wide)) == [Row(2, ("a",) * 60)]


@given(st.lists(st.tuples(places, quotes, spaces), min_size=1, max_size=5))
def test_no_far_sheet_is_taken_for_a_near_one(cells: list[tuple[tuple[int, int], str, str]]) -> None:
    """The quick look finds every rectangle that is too large, and more is measured than that."""
    rows = (
        f"<row{space or ' '}r{space}={space}{quote}{row}{quote}>"
        f"<c{space or ' '}r{space}={space}{quote}{letters(column)}{row}{quote}><v>1</v></c></row>"
        for (column, row), quote, space in cells
    )
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("sheet.xml", f"<worksheet><sheetData>{''.join(rows)}</sheetData></worksheet>")
    extent = (max(column for (column, _), _, _ in cells) + 1) * max(row for (_, row), _, _ in cells)
    with ZipFile(packed) as archive:
        assert xlsx_gaps._needs_reading(archive, "sheet.xml") is (extent > MOST)
