import datetime as dt
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from support.cells import cells
from support.records import HEADER, record
from support.reports import RUN, a_summary, sheets_of

from bulkcase.causes import tip
from bulkcase.cells import Cell, text_of
from bulkcase.formulas import defuse
from bulkcase.ledger import RowRecord
from bulkcase.model import Outcome, Result
from bulkcase.reporting.formats.results import COLUMNS
from bulkcase.reporting.formats.workbook import write_workbook

LONGEST = 32_767
NO_XML = re.compile("[\ufffe\uffff]")
FAILED = Result(Outcome.FAILED, 2, 412, "http_412", "=the server said no", "different")


def written(
    folder: Path, *rows: RowRecord, header: tuple[str, ...] = HEADER, **options: Any
) -> dict[str, list[list[Any]]]:
    assert write_workbook(folder, header, rows, a_summary(), **options) == "results.xlsx"
    return sheets_of(folder / "results.xlsx")


def cell_of(folder: Path, cell: Cell) -> Any:
    return written(folder, record(cells=("ci-1", cell)))["Rows"][1][1]


def test_rows_are_the_input_and_their_fate(tmp_path: Path) -> None:
    """The columns of the results behind those of the input, numbers and moments as such, then what to do."""
    sheet = written(tmp_path, record(3, result=FAILED), record(4, result=Result(Outcome.PENDING), finished_at=None))
    header, failed, pending = sheet["Rows"]
    assert header == [*HEADER, *COLUMNS, "bulkcase_tip"]
    moment = dt.datetime(2026, 11, 18, 11, 6, 40, 250_000)  # noqa: DTZ001 - a sheet knows no zone
    texts = ["http_412", "'=the server said no", "status desc", moment, tip("http_412")]
    assert failed == ["ci-1", "Closed", 3, "ci-1", "failed", "different", 412, 2, *texts]
    assert pending == ["ci-1", "Closed", 4, "ci-1", "pending", None, None, 0, None, None, None, None, None]


def test_a_sheet_can_be_looked_through(tmp_path: Path) -> None:
    """The header stays in sight, every column has a filter, and the moments say that they are UTC."""
    written(tmp_path, *(record(number, Outcome.FAILED) for number in range(2, 7)), rows_per_sheet=3)
    book = openpyxl.load_workbook(tmp_path / "results.xlsx")
    assert book.sheetnames == ["Summary", "Rows", "Rows 2"]
    for sheet, last in ((book["Rows"], 4), (book["Rows 2"], 3)):
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == f"A1:M{last}"
        assert all(8 <= column.width <= 51 for column in sheet.column_dimensions.values())
        assert "UTC" in sheet["L2"].number_format
        assert sheet.column_dimensions["L"].width >= len("2026-11-18 11:06:40 UTC")
    assert book["Summary"].column_dimensions["B"].width >= len("2026-11-18 11:06:40 UTC")


def test_an_outcome_has_a_colour(tmp_path: Path) -> None:
    """In the cell itself, so that it stays with its row when rows are sorted, and on the summary's list."""
    rows = [record(number, outcome) for number, outcome in enumerate(Outcome, 2)]
    written(tmp_path, *rows)
    book = openpyxl.load_workbook(tmp_path / "results.xlsx")
    colours = {line[4].value: line[4].fill.fgColor.rgb for line in book["Rows"].iter_rows(min_row=2)}
    assert len(set(colours.values())) == 6
    assert colours["updated"] == "FFC6EFCE"
    assert colours["failed"] == colours["invalid"] == "FFFFC7CE"
    listed = {line[0].value: line[0].fill.fgColor.rgb for line in book["Summary"].iter_rows()}
    assert {name: listed[name] for name in colours} == colours


def test_rows_beyond_the_limit_go_on_in_another_sheet(tmp_path: Path) -> None:
    """Each sheet has its header, no row is lost, and the summary says so."""
    sheets = written(tmp_path, *(record(number) for number in range(2, 9)), rows_per_sheet=3)
    rows = [sheets[name] for name in ("Rows", "Rows 2", "Rows 3")]
    assert [[line[2] for line in sheet[1:]] for sheet in rows] == [[2, 3, 4], [5, 6, 7], [8]]
    assert rows[0][0] == rows[1][0] == rows[2][0]
    assert sheets["Summary"][-1][0] == "The rows go on in 3 sheets: Rows, Rows 2 …"


def test_the_summary_comes_first(tmp_path: Path) -> None:
    """What ran, how it ended, and what to do, before any row."""
    sheets = written(tmp_path, record())
    assert list(sheets) == ["Summary", "Rows"]
    facts = {line[0]: line[1:] for line in sheets["Summary"] if line[0]}
    assert f"bulkcase run {RUN}" in facts
    assert {name: facts[name][0] for name in ("job", "target", "state", "exit code")} == {
        "job": "nightly",
        "target": "kore.example.com/account/st-1",
        "state": "finished",
        "exit code": "1: finished, and some rows did not end well",
    }
    assert facts["finished"][0] == dt.datetime(2026, 11, 18, 11, 7, 40, 250_000)  # noqa: DTZ001 - as above
    assert facts["duration"][0] == dt.timedelta(seconds=61.5)
    counts = ("rows", "cases", "updated", "failed", "pending", "updateCase", "retries", "throttled")
    assert [facts[name][0] for name in counts] == [10, 9, 7, 3, 0, 12, 2, 1]
    assert facts["http_412"] == [3, "row 7: the server said no", tip("http_412")]
    assert "reason" not in facts
    assert "Notes" not in facts


@pytest.mark.parametrize(
    "cell",
    [
        "007",
        "123456789012345678901234",
        42,
        -5,
        10**15 - 1,
        1.5,
        0.1 + 0.2,
        1e300,
        2.0**60,
        True,
        dt.datetime(2026, 11, 23, 13, 45, 58, 250_000),  # noqa: DTZ001 - a sheet knows no zone
        dt.time(13, 45),
        dt.timedelta(hours=30),
        "https://example.com",
        "{=1+1}",
        "#N/A",
    ],
    ids=repr,
)
def test_a_cell_is_what_it_was(tmp_path: Path, cell: Cell) -> None:
    """Text stays text, also where it looks like a number, a link or an error."""
    found = cell_of(tmp_path, cell)
    assert (found, type(found)) == (cell, type(cell))


def test_a_date_is_one(tmp_path: Path) -> None:
    """It can be sorted and filtered as a date, and shows no time."""
    assert cell_of(tmp_path, dt.date(2026, 11, 23)) == dt.datetime(2026, 11, 23)  # noqa: DTZ001 - as openpyxl has it
    assert openpyxl.load_workbook(tmp_path / "results.xlsx")["Rows"]["B2"].number_format == "yyyy-mm-dd"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("'quoted", "''quoted"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (10**15, "1000000000000000"),
        (-(2**70), str(-(2**70))),
        (float("nan"), "nan"),
        (float("-inf"), "'-inf"),
        (5e-324, "5e-324"),
        (dt.date(1900, 2, 28), "1900-02-28"),
        (dt.datetime(1899, 12, 31, 1), "1899-12-31T01:00:00"),  # noqa: DTZ001 - a sheet knows no zone
        (dt.datetime(2026, 11, 23), "2026-11-23T00:00:00"),  # noqa: DTZ001 - as above
        (dt.datetime(2026, 11, 23, 1, tzinfo=dt.UTC), "2026-11-23T01:00:00+00:00"),
        (dt.time(1, 2, 3, 4), "01:02:03.000004"),
        (dt.timedelta(hours=-30), "'-30:00:00"),
        ("\ud83dx\ufffe", "?x\ufffd"),
    ],
    ids=repr,
)
def test_what_a_sheet_cannot_hold_is_harmless_text(tmp_path: Path, cell: Cell, shown: str) -> None:
    """Nothing is run, rounded, or shown as another day."""
    assert cell_of(tmp_path, cell) == shown
    assert openpyxl.load_workbook(tmp_path / "results.xlsx")["Rows"]["B2"].data_type == "s"


def test_a_text_with_tags_is_a_text(tmp_path: Path) -> None:
    """A cell cannot bring in markup of its own, which would break the file or hide what it says."""
    assert cell_of(tmp_path, "<r><t>x</t></broken></r>") == "<r><t>x</t></broken></r>"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(cells, min_size=2, max_size=2).map(tuple))
def test_any_cell_can_be_read(tmp_path: Path, line: tuple[Cell, ...]) -> None:
    """The workbook opens in openpyxl and calamine, and both show the same text, or what a sheet can hold of it."""
    header = (defuse(text_of(line[0])) + "x", "Note")
    result = Result(Outcome.FAILED, code="bad_text", message=text_of(line[1]))
    shown = written(tmp_path, record(cells=line, result=result, case_key=text_of(line[0])), header=header)["Rows"][1]
    with CalamineWorkbook.from_path(tmp_path / "results.xlsx") as book:
        read = book.get_sheet_by_name("Rows").to_python()[1]
    for cell, by_openpyxl, by_calamine in zip(line, shown[:2], read[:2], strict=True):
        if isinstance(cell, str):
            assert by_calamine == defuse(NO_XML.sub("\ufffd", cell.encode("utf-8", "replace").decode()))
            assert str(by_openpyxl or "").splitlines() == str(by_calamine).splitlines()
        else:
            assert by_openpyxl is not None
            assert by_calamine != ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * LONGEST, "x" * LONGEST),
        ("x" * (LONGEST + 1), "x" * (LONGEST - 1) + "…"),
        ("=" * LONGEST, "'" + "=" * (LONGEST - 2) + "…"),
        ("😀" * (LONGEST // 2), "😀" * (LONGEST // 2)),
        ("😀" * LONGEST, "😀" * (LONGEST // 2) + "…"),
        ("x" + "😀" * LONGEST, "x" + "😀" * (LONGEST // 2 - 1) + "…"),
    ],
    ids=["fits", "one too many", "harmless and cut", "pairs", "cut pairs", "no half pair"],
)
def test_long_text_is_cut_and_the_summary_says_so(tmp_path: Path, text: str, shown: str) -> None:
    """As much as a cell holds, and never half a character; results.csv has the whole of it."""
    sheets = written(tmp_path, record(cells=("ci-1", text)))
    assert sheets["Rows"][1][1] == shown
    said = (
        "Longer than the 32,767 characters that a cell holds: 1 text; it ends in … here, and is whole in results.csv."
    )
    assert (sheets["Summary"][-1][0] == said) == shown.endswith("…")


def test_columns_beyond_a_sheet_are_left_out_and_the_summary_says_so(tmp_path: Path) -> None:
    """The fate of a row is worth more than its last columns."""
    header = tuple(f"c{number}" for number in range(16_380))
    sheets = written(tmp_path, record(cells=header), header=header)
    assert len(sheets["Rows"][0]) == 16_384
    assert sheets["Rows"][0][-13:] == ["c16370", "c16371", "c16372", *COLUMNS, "bulkcase_tip"][-13:]
    assert (
        sheets["Summary"][-1][0]
        == "A sheet has 16,384 columns, so the last 7 of the input are not here: see results.csv."
    )


def test_short_and_long_rows_keep_the_verdict_in_its_columns(tmp_path: Path) -> None:
    """As in results.csv."""
    _, short, long = written(tmp_path, record(cells=()), record(cells=("a", "b", "c")))["Rows"]
    assert short[:4] == [None, None, 2, "ci-1"]
    assert long[:4] == ["a", "b", 2, "ci-1"]


def test_a_run_without_rows_has_its_headers(tmp_path: Path) -> None:
    """Nothing to show is no reason to fail."""
    assert len(written(tmp_path)["Rows"]) == 1


def test_an_undo_is_told(tmp_path: Path) -> None:
    """In a column as in results.csv, so that the reader knows that its rows are no updates."""
    write_workbook(tmp_path, HEADER, [record()], a_summary(undoes="the-run", continues="another"))
    sheets = sheets_of(tmp_path / "results.xlsx")
    header, line = sheets["Rows"]
    assert (header[-2], line[-2]) == ("bulkcase_undoes", "the-run")
    assert {"undoes", "continues"} < {line[0] for line in sheets["Summary"]}
