"""What bounds the memory that a file takes."""

from pathlib import Path
from typing import Any

import pytest
from support.hostile_xlsx import HEADER, MAIN, sheet, text, xlsx
from support.workbooks import complaint, rows_of
from support.workbooks import xlsx as written

from bulkcase.errors import InputError
from bulkcase.input import Source, encodings, open_table
from bulkcase.input.texts import text as csv_text
from bulkcase.input.workbooks import archive, sheets, xlsx_parts


@pytest.mark.parametrize(("length", "fits"), [(99, True), (100, False)])
def test_a_line_may_be_so_long_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, *, fits: bool
) -> None:
    """A line at the limit is read; one character more is told with its row."""
    monkeypatch.setattr(encodings, "MOST_CHARACTERS", 99)
    monkeypatch.setattr(encodings, "CHUNK", 10)  # what is shorter than a piece of the file is never too long
    path = tmp_path / "cases.csv"
    path.write_text("Case ID\n" + "x" * length + "\ny\n")
    if fits:
        assert len(rows_of(path)) == 2
    else:
        assert "row 2 has more than 99 characters" in complaint(path)


def test_a_record_of_many_lines_is_as_long_as_a_row_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes that open again on every line would gather cells without end."""
    monkeypatch.setattr(csv_text, "MOST_CHARACTERS", 99)
    path = tmp_path / "cases.csv"
    path.write_text('Case ID,Notes\nci-1,"a\nb"\n' + 'ci-2,"' + '\n","' * 30)
    with open_table(Source(path)) as table:
        rows = table.rows()
        assert next(rows).cells == ("ci-1", "a\nb")
        with pytest.raises(InputError, match="row 3: a quote that opens on line 4 is not closed"):
            next(rows)


def test_cells_without_places_are_found_where_they_stand(tmp_path: Path) -> None:
    """A row without a number is the next one, a cell without a place stands right of the one before."""
    path = tmp_path / "cases.xlsx"
    row = f"<row>{text('', 'ci-1')}{text('', 'x')}</row>"
    part = f"<worksheet {MAIN}><sheetData>{HEADER}{row}</sheetData></worksheet>"
    xlsx(sheet=part)(path)
    assert [(row.number, row.cells) for row in rows_of(path)] == [(2, ("ci-1", "x"))]


def test_a_far_cell_without_a_place_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and cells that do not say where they are count for the extent of a sheet."""
    monkeypatch.setattr("bulkcase.input.workbooks.xlsx_gaps.MOST_CELLS", 1000)
    path = tmp_path / "cases.xlsx"
    xlsx(sheet=sheet("<row/>" * 200 + f"<row>{'<c/>' * 9}<c><v>1</v></c></row>"))(path)
    assert "too far to be loaded" in complaint(path)


def test_texts_that_cells_share_count_once_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long text is a small part of a workbook, and a large one of the memory that its cells take."""

    def fill(page: Any) -> None:
        page.write_row(0, 0, ["Case ID", "Notes"])
        for row in range(1, 100):
            page.write_row(row, 0, [f"ci-{row}", "x" * 30_000])

    path = written(tmp_path / "cases.xlsx", fill)
    assert len(rows_of(path)) == 99
    monkeypatch.setattr(xlsx_parts, "MOST_TEXT", 2_900_000)
    assert "the texts in the cells of the sheet" in complaint(path)


def test_a_part_may_have_so_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook whose parts are too large together is refused, whichever of them is read."""
    path = tmp_path / "cases.xlsx"
    xlsx({"xl/media/image1.png": bytes(3 << 20)})(path)
    assert len(rows_of(path)) == 1
    monkeypatch.setattr(archive, "MOST_IN_ALL", 2 << 20)
    assert "inflates to more than" in complaint(path)


def test_a_row_of_a_sheet_with_too_much_text_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row is unusable, and the others are not."""
    monkeypatch.setattr(sheets, "MOST_CHARACTERS", 50)
    path = tmp_path / "cases.xlsx"
    xlsx(sheet=sheet(f'<row r="2">{text("A2", "x" * 51)}</row><row r="3">{text("A3", "ci-1")}</row>'))(path)
    long, fine = rows_of(path)
    assert long.rejection is not None
    assert "more than 50 characters together" in long.rejection.message
    assert fine.rejection is None
