import csv
import datetime as dt
import io
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cells import cells
from support.ledgers import NOW, good_row, new_run
from support.records import FINISHED_TEXT, HEADER, record, write_results
from support.reports import files_of

from bulkcase.cells import Cell, text_of
from bulkcase.errors import EnvironmentFailed
from bulkcase.formulas import restore
from bulkcase.ledger import Ledger, RowRecord
from bulkcase.ledger.changes import intent
from bulkcase.model import Outcome, Result

COLUMNS = [
    "bulkcase_row",
    "bulkcase_case_id",
    "bulkcase_outcome",
    "bulkcase_verified",
    "bulkcase_http_status",
    "bulkcase_attempts",
    "bulkcase_error_code",
    "bulkcase_error",
    "bulkcase_changed",
    "bulkcase_finished_at",
]
FOR_A_PERSON = {"mismatch", "conflict", "failed", "invalid", "unknown"}


def lines_of(path: Path) -> list[list[str]]:
    """Read a file as any program would that knows CSV and its byte order mark."""
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def written(folder: Path, *rows: RowRecord, header: tuple[str, ...] = HEADER) -> list[list[str]]:
    write_results(folder, header, rows)
    return lines_of(folder / "results.csv")


def test_the_columns_stand_behind_those_of_the_input(tmp_path: Path) -> None:
    """Both files have the input's header and then the ten columns, whose names are a promise."""
    header, _ = written(tmp_path, record())
    assert header == [*HEADER, *COLUMNS]
    assert lines_of(tmp_path / "failed.csv") == [header]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (record(), ["2", "ci-1", "updated", "", "200", "1", "", "", "status desc", FINISHED_TEXT]),
        (
            record(result=Result(Outcome.UPDATED, 1, 200, verified="equal")),
            ["2", "ci-1", "updated", "equal", "200", "1", "", "", "status desc", FINISHED_TEXT],
        ),
        (
            record(3, result=Result(Outcome.FAILED, 5, 500, "http_500", "the server failed")),
            ["3", "ci-1", "failed", "", "500", "5", "http_500", "the server failed", "status desc", FINISHED_TEXT],
        ),
        (
            record(4, result=Result(Outcome.INVALID, code="bad_key", message="is blank"), case_key=""),
            ["4", "", "invalid", "", "", "0", "bad_key", "is blank", "", FINISHED_TEXT],
        ),
        (
            record(5, result=Result(Outcome.PENDING, 2, 429, "stopped", "stopped"), finished_at=None),
            ["5", "ci-1", "pending", "", "429", "2", "stopped", "stopped", "", ""],
        ),
        (
            record(6, result=Result(Outcome.UNCHANGED, code="nothing_to_change")),
            ["6", "ci-1", "unchanged", "", "", "0", "nothing_to_change", "", "", FINISHED_TEXT],
        ),
        (
            record(7, result=Result(Outcome.UNKNOWN), finished_at=None),
            ["7", "ci-1", "unknown", "", "", "0", "", "", "status desc", ""],
        ),
    ],
    ids=lambda value: value.result.outcome if isinstance(value, RowRecord) else "",
)
def test_a_verdict_says_what_became_of_its_row(tmp_path: Path, row: RowRecord, verdict: list[str]) -> None:
    """Number, key, outcome, answer, cause, the fields that were or may have been sent, and the moment in UTC."""
    assert written(tmp_path, row)[1][len(HEADER) :] == verdict


def test_failed_has_the_rows_that_need_a_person(tmp_path: Path) -> None:
    """Five outcomes go into failed.csv, as the same lines that results.csv has; order is that of the input."""
    every = [record(number, outcome) for number, outcome in enumerate(Outcome, 2)]
    lines = written(tmp_path, *every)
    assert [line[4] for line in lines[1:]] == [outcome.value for outcome in Outcome]
    failed = lines_of(tmp_path / "failed.csv")
    assert failed[1:] == [line for line in lines[1:] if line[4] in FOR_A_PERSON]
    assert len(failed) == 1 + len(FOR_A_PERSON)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(cells, min_size=2, max_size=2).map(tuple))
def test_cells_can_be_read_back(tmp_path: Path, line: tuple[Cell, ...]) -> None:
    """Every cell's text, with its line breaks, quotes and odd characters, is what a reader of these files gets."""
    _, found = written(tmp_path, record(cells=line))
    expected = [text_of(cell).encode("utf-8", "replace").decode().replace("\0", "\ufffd") for cell in line]
    assert [restore(text) for text in found[:2]] == expected
    assert found[2:] == written(tmp_path, record())[1][2:]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("'quoted", "''quoted"),
        ("\tx", "'\tx"),
        ("-5", "-5"),
        (-5, "-5"),
        ("-5+1", "'-5+1"),
        ("0007", "0007"),
        (" spaces ", " spaces "),
        ('say "so", twice\nor\r\nmore', 'say "so", twice\nor\r\nmore'),
        (42.0, "42"),
        (True, "TRUE"),
        (dt.date(2026, 11, 23), "2026-11-23"),
        (dt.timedelta(hours=-30), "'-30:00:00"),
    ],
)
def test_a_cell_is_as_it_was_and_harmless(tmp_path: Path, cell: Cell, shown: str) -> None:
    """Cells stay as they were, but for an apostrophe before what a spreadsheet would run."""
    assert written(tmp_path, record(cells=("ci-1", cell)))[1][1] == shown


def test_header_key_and_message_are_harmless_too(tmp_path: Path) -> None:
    """Whatever comes from the file or the server cannot become a formula."""
    result = Result(Outcome.FAILED, 1, 400, "http_400", "=HYPERLINK()")
    header, line = written(tmp_path, record(result=result, case_key="-x", cells=("-x", "")), header=("=Case", "Note"))
    assert header[0] == "'=Case"
    assert (line[0], line[3], line[9]) == ("'-x", "'-x", "'=HYPERLINK()")


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (("ci-1",), ["ci-1", ""]),
        ((), ["", ""]),
        (("ci-1", "a", "b", "c"), ["ci-1", "a"]),
    ],
)
def test_short_and_long_rows_keep_the_verdict_in_its_columns(
    tmp_path: Path, cells: tuple[Cell, ...], shown: list[str]
) -> None:
    """A row with fewer or more cells than the header has its verdict under the verdict's columns all the same."""
    _, line = written(tmp_path, record(cells=cells))
    assert line[:2] == shown
    assert line[2:5] == ["2", "ci-1", "updated"]
    assert len(line) == len(HEADER) + len(COLUMNS)


def test_a_spreadsheet_knows_the_encoding(tmp_path: Path) -> None:
    """The files start with a byte order mark, have one only, and are UTF-8."""
    written(tmp_path, record(cells=("ci-1", "Größe 日本")))
    content = (tmp_path / "results.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfCase ID")
    assert content.count(b"\xef\xbb\xbf") == 1
    assert "Größe 日本".encode() in content


def test_line_breaks_in_a_cell_are_quoted(tmp_path: Path) -> None:
    """A record of more than one line is in quotes, and each record ends as RFC 4180 says."""
    written(tmp_path, record(cells=("ci-1", "a\nb")))
    assert b'"a\nb",2,ci-1' in (tmp_path / "results.csv").read_bytes()
    assert (tmp_path / "results.csv").read_bytes().endswith(b"Z\r\n")


def test_a_row_in_flight_shows_as_unknown(tmp_path: Path, ledger: Ledger) -> None:
    """A row whose call had left when the run ended may have landed: it says so, and needs a person."""
    run = new_run(ledger)
    rows = ledger.rows(run)
    rows.add([good_row(2, "ci-1"), good_row(3, "ci-2")], NOW)
    rows.apply([intent(2)])
    write_results(tmp_path, run.header, rows.all())
    assert [line[4] for line in lines_of(tmp_path / "results.csv")[1:]] == ["unknown", "pending"]
    assert [line[:5] for line in lines_of(tmp_path / "failed.csv")[1:]] == [["ci-1", "Closed", "2", "ci-1", "unknown"]]


def breaking() -> Iterator[RowRecord]:
    yield record()
    raise KeyboardInterrupt


def failing() -> Iterator[RowRecord]:
    yield record()
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("rows", "error"), [(breaking, KeyboardInterrupt), (failing, EnvironmentFailed)], ids=["interrupted", "disk full"]
)
@pytest.mark.parametrize("was_there", [True, False])
def test_a_file_is_whole_or_not_at_all(
    tmp_path: Path, rows: type[Iterator[RowRecord]], error: type[BaseException], was_there: bool
) -> None:
    """Whatever ends the writing half-way, files that were there stay, and nothing half-written is left."""
    if was_there:
        written(tmp_path, record(9))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(error):
        write_results(tmp_path, HEADER, rows())
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_both_files_are_new_or_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the second file does not reach the disk, the first one is not replaced either: they tell of one state."""
    written(tmp_path, record(9))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    reached: list[int] = []

    def sync(file: int) -> None:
        reached.append(file)
        if len(reached) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", sync)
    with pytest.raises(EnvironmentFailed, match="No space left on device: free the disk"):
        write_results(tmp_path, HEADER, [record(2), record(3, Outcome.FAILED)])
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_what_stood_there_is_replaced(tmp_path: Path) -> None:
    """A report that is made again is the new one alone."""
    written(tmp_path, record(2), record(3), record(4, Outcome.FAILED))
    assert len(written(tmp_path, record(2))) == 2
    assert len(lines_of(tmp_path / "failed.csv")) == 1
    assert files_of(tmp_path) == ["failed.csv", "results.csv"]


def test_a_report_is_its_owners_only(tmp_path: Path) -> None:
    """The folder of a run and its files can be read by nobody else."""
    folder = tmp_path / "reports" / "20261123-201500-close-resolved-7f3a"
    written(folder, record())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A report that has no place is one line with the place, the reason and what to do."""
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(EnvironmentFailed, match=r"reports/run: Not a directory: .*--reports; the ledger has every"):
        write_results(tmp_path / "reports" / "run", HEADER, [record()])
