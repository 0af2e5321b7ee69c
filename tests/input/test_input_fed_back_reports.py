"""The workbook and the files per cause as input."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cells import cells
from support.records import record, write_results
from support.reports import a_summary
from support.workbooks import rows_of, xlsx

from bulkcase.cells import Cell, is_blank, text_of
from bulkcase.errors import InputError
from bulkcase.input import Source, open_table
from bulkcase.input.workbooks.sheets import Line, SheetName, chosen_sheet
from bulkcase.ledger import RowRecord
from bulkcase.model import Outcome, Result
from bulkcase.reporting.formats.workbook import write_workbook

HEADER = ("Case ID", "=Due", "Notes")
ODD = ("ci-1", "'=1+1", "_x0041_ \r\n<r>Müller</r>\x01")


def failed(number: int, line: tuple[Cell, ...], code: str = "bad_date") -> RowRecord:
    return record(number, cells=line, result=Result(Outcome.INVALID, code=code, message="=is wrong"))


@pytest.mark.parametrize("sheet", ["Cases", "Rows", 1, 2, 3, None])
def test_the_workbook_gives_the_rows_that_it_was_made_of(tmp_path: Path, sheet: str | int | None) -> None:
    """Its own columns are dropped, apostrophes taken off, and the job's sheet is the one of another workbook."""
    lines: list[tuple[Cell, ...]] = [ODD, ("007", 42, 0.1 + 0.2), ("ci-3", "", True)]
    write_workbook(tmp_path, HEADER, [failed(2, line) for line in lines], a_summary())
    with open_table(Source(tmp_path / "results.xlsx", sheet=sheet)) as table:
        assert (table.fed_back, table.sheet, table.header) == (True, "Rows", HEADER)
        assert [row.cells for row in table.rows()] == lines


def test_a_workbook_goes_through_a_report_unharmed(tmp_path: Path) -> None:
    """Cells that were read from a workbook are the same when they are read from its report."""
    path = xlsx(
        tmp_path / "cases.xlsx",
        lambda sheet: (
            sheet.write_row(0, 0, ("Case ID", "Due", "Notes")),
            sheet.write_row(1, 0, ["ci-1", 1234567890123456, 1 / 3]),
            sheet.write_row(2, 0, ["007", True, "-5"]),
            sheet.write_formula(3, 1, "=1/0", value="#DIV/0!"),
        ),
    )
    rows = rows_of(path)
    write_workbook(tmp_path, ("Case ID", "Due", "Notes"), [failed(row.number, row.cells) for row in rows], a_summary())
    again = rows_of(tmp_path / "results.xlsx")
    assert [[(text_of(cell), isinstance(cell, str)) for cell in row.cells] for row in again] == [
        [(text_of(cell), isinstance(cell, str)) for cell in row.cells] for row in rows
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(cells, min_size=3, max_size=3).map(tuple), min_size=1, max_size=5))
def test_any_cell_comes_back_as_its_text(tmp_path: Path, lines: list[tuple[Cell, ...]]) -> None:
    """What the workbook holds is what results.csv would give, but for characters that no workbook can hold."""
    write_workbook(tmp_path, HEADER, [failed(2, line) for line in lines], a_summary())
    again = rows_of(tmp_path / "results.xlsx")
    assert [tuple(map(text_of, row.cells)) for row in again] == [tuple(map(held, line)) for line in lines]


def held(cell: Cell) -> str:
    text = text_of(cell).encode("utf-8", "replace").decode()
    return text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def test_a_file_per_cause_is_input(tmp_path: Path) -> None:
    """Its rows are those of its cause, as they were, with the tip dropped as every other own column."""
    lines: list[tuple[Cell, ...]] = [ODD, ("ci-2", "a", "b")]
    write_results(tmp_path, HEADER, [failed(2, lines[0]), failed(3, lines[1], "bad_key")])
    for name, line in zip(("bad_date", "bad_key"), lines, strict=True):
        with open_table(Source(tmp_path / "failed" / f"{name}.csv", sheet="Other", delimiter="|")) as table:
            assert (table.fed_back, table.header) == (True, HEADER)
            assert [row.cells for row in table.rows()] == [line]


def test_a_misshapen_row_of_a_file_per_cause_is_rejected_until_a_person_looked(tmp_path: Path) -> None:
    """Its code stands in the file as in failed.csv."""
    write_results(tmp_path, HEADER, [failed(2, ("ci-1",), "row_too_short")])
    path = tmp_path / "failed" / "row_too_short.csv"
    (row,) = rows_of(path)
    assert row.rejection is not None
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, line = csv.reader(file)
    line[header.index("bulkcase_error_code")] = ""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, line])
    (row,) = rows_of(path)
    assert (row.rejection, row.cells) == (None, ("ci-1", "", ""))


def test_reports_of_an_undo_are_no_input(tmp_path: Path) -> None:
    """What was to be taken back is not to be sent."""
    write_results(tmp_path, HEADER, [failed(2, ODD)], "the-run")
    write_workbook(tmp_path, HEADER, [failed(2, ODD)], a_summary(undoes="the-run"))
    for path in (tmp_path / "failed" / "bad_date.csv", tmp_path / "results.xlsx"):
        with pytest.raises(InputError, match="report of an undo"):
            open_table(Source(path))


def test_masked_columns_are_not_taken_for_their_own(tmp_path: Path) -> None:
    """A masked column stands under another name, so that a job which maps it finds no such column."""
    write_workbook(tmp_path, ("Case ID", "Notes (masked)"), [failed(2, ("ci-1", "•••"))], a_summary())
    with open_table(Source(tmp_path / "results.xlsx")) as table:
        assert table.header == ("Case ID", "Notes (masked)")


def test_blank_rows_are_no_rows(tmp_path: Path) -> None:
    """Where every cell of the input is blank, the row has its number and outcome, and is input again."""
    write_workbook(tmp_path, HEADER, [failed(2, ("", "", ""))], a_summary())
    (row,) = rows_of(tmp_path / "results.xlsx")
    assert all(map(is_blank, row.cells))


def without_overview(book: Any) -> None:
    del book["Summary"]


def renamed(book: Any) -> None:
    book["Rows"].title = "Mine"


def hidden(book: Any) -> None:
    for name in ("Rows 2", "Rows 3"):
        book[name].sheet_state = "hidden"


@pytest.mark.parametrize("sheet", ["Rows 2", "Cases", 2, None])
@pytest.mark.parametrize("change", [lambda _: None, without_overview, renamed, hidden])
def test_a_workbook_whose_rows_are_in_more_sheets_than_one_is_refused(
    tmp_path: Path, sheet: str | int | None, change: Callable[[Any], None]
) -> None:
    """Whatever the job names and a person did with the sheets, never is only a part of the rows read."""
    write_workbook(tmp_path, HEADER, [failed(number, ODD) for number in range(2, 9)], a_summary(), rows_per_sheet=3)
    path = tmp_path / "results.xlsx"
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    with pytest.raises(InputError, match=r"has its rows in more sheets than one: take results\.csv"):
        open_table(Source(path, sheet=sheet))


def test_other_sheets_are_not_looked_at_where_the_chosen_one_is_no_report() -> None:
    """Those of any workbook may be large."""
    asked = []

    def lines_of(sheet: str) -> Iterator[Line]:
        asked.append(sheet)
        yield Line(1, HEADER)

    assert chosen_sheet("cases.xlsx", [SheetName("Cases"), SheetName("Rows")], "Cases", lines_of) == "Cases"
    assert set(asked) == {"Cases"}
