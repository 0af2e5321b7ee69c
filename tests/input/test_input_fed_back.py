"""Bulkcase's own results files as input."""

import csv
from pathlib import Path

import pytest
import xlsxwriter

from bulkcase.errors import InputError
from bulkcase.formulas import defuse
from bulkcase.input import Source, Table, open_table

HEADER = ["Case ID", "'=Due", "Notes", "bulkcase_row", "bulkcase_outcome", "bulkcase_error_code", "bulkcase_error"]
OWN = ["2", "failed", "http_412", "why"]


def results(path: Path, *rows: list[str], delimiter: str = ",", encoding: str = "utf-8-sig") -> Table:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([HEADER, *rows])
    return open_table(Source(path, sheet="Other", encoding="cp1252", delimiter="|"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_results_are_read_as_they_were_written(tmp_path: Path, delimiter: str) -> None:
    """The job's delimiter and encoding are ignored, own columns are dropped, and apostrophes taken off."""
    original = ("ci-1", "=1+1", "'tis -5, Müller")
    with results(tmp_path / "failed.csv", [*map(defuse, original), *OWN], delimiter=delimiter) as table:
        assert table.fed_back
        assert table.header == ("Case ID", "=Due", "Notes")
        assert [row.cells for row in table.rows()] == [original]


@pytest.mark.parametrize("code", ["row_too_short", "row_too_long", "row_unreadable"])
def test_rows_that_were_misshapen_are_rejected_until_a_person_looked(tmp_path: Path, code: str) -> None:
    """The results file padded or cut such a row, so its cells may stand in wrong columns."""
    own = ["2", "invalid", code, "why"]
    with results(tmp_path / "failed.csv", ["ci-1", "", "'=x", *own], ["ci-2", "", "", *OWN]) as table:
        rejected, fine = table.rows()
    assert fine.rejection is None
    assert rejected.cells == ("ci-1", "", "=x")
    assert rejected.rejection is not None
    assert rejected.rejection.code == code
    assert "clear its bulkcase_error_code" in rejected.rejection.message


def test_a_misshapen_row_of_results_is_rejected(tmp_path: Path) -> None:
    """The rule for too short and too long holds in results files too."""
    with results(tmp_path / "failed.csv", ["ci-1"], ["ci-2", "a", "b", *OWN, "x"]) as table:
        short, long = table.rows()
    assert short.rejection is not None
    assert (short.rejection.code, short.cells) == ("row_too_short", ("ci-1",))
    assert long.rejection is not None
    assert (long.rejection.code, long.cells) == ("row_too_long", ("ci-2", "a", "b"))


def test_results_in_another_encoding_are_refused(tmp_path: Path) -> None:
    """The job's encoding is not tried on them, for it is the one of another file."""
    with pytest.raises(InputError, match="is not UTF-8"):
        results(tmp_path / "failed.csv", ["ci-1", "", "Müller", *OWN], encoding="cp1252")


def test_one_own_column_does_not_make_a_results_file(tmp_path: Path) -> None:
    """Both bulkcase_row and bulkcase_outcome are needed, and apostrophes stay in any other file."""
    path = tmp_path / "cases.csv"
    path.write_text("a,bulkcase_row\n'=x,1\n")
    with open_table(Source(path)) as table:
        assert not table.fed_back
        assert [row.cells for row in table.rows()] == [("'=x", "1")]


@pytest.mark.parametrize("sheet", ["Cases", 2, None])
def test_results_saved_as_a_workbook_are_found(tmp_path: Path, sheet: str | int | None) -> None:
    """The sheet that the job names is the one of another workbook."""
    path = tmp_path / "failed.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("failed")
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, ["ci-1", "x", "'=y", *OWN])
    with open_table(Source(path, sheet=sheet)) as table:
        assert table.fed_back
        assert table.sheet == "failed"
        assert [row.cells for row in table.rows()] == [("ci-1", "x", "=y")]
