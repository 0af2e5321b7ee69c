"""The forms of a report: those that are not wanted any more, those that fail, and those that are held open."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from support.ledgers import NOW
from support.nights import add_night, failed, same
from support.reports import files_of, hold_open

from bulkcase.errors import EnvironmentFailed
from bulkcase.job.reports import Format
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.records import ReportRecord
from bulkcase.operations import report as reports
from bulkcase.operations.common.ended import Run
from bulkcase.operations.report import write_report

ALL = ("csv", "html", "jsonl", "xlsx")
FORMS = {"html": "report.html", "jsonl": "results.jsonl", "xlsx": "results.xlsx"}
WRITERS = {"html": "write_page", "jsonl": "write_lines", "xlsx": "write_workbook"}
CSVS = ["failed.csv", "failed/refused.csv", "results.csv"]

Written = Callable[..., Run]


def test_every_format_that_a_job_may_ask_for_is_written() -> None:
    """Each format is the CSV that is always written, or one of the forms of a report, and is tried here."""
    assert set(get_args(Format)) == {"csv", *reports._FORMS} == set(ALL)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write the report of a run in some forms."""
    ledger_path = tmp_path / "ledger.sqlite3"
    with Ledger(ledger_path) as ledger:
        run = add_night(ledger, [same("ci-1"), failed("ci-2")])

    def write(*formats: str, **changes: Any) -> Run:
        with Ledger(ledger_path) as ledger:
            record: RunRecord = replace(ledger.run(run.id), report=ReportRecord(formats=formats), **changes)
            return write_report(ledger, replace(record, folder=str(tmp_path / "report")), NOW)

    return write


def summary_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_bytes())
    return found


def full(*_: object) -> str:
    raise EnvironmentFailed("No space left on device")


def faulty(*_: object) -> str:
    raise ZeroDivisionError


def test_a_form_that_is_not_wanted_any_more_is_taken_away(written: Written) -> None:
    """It would tell of another state of the run; what a person changed in a workbook is kept."""
    folder = written(*ALL).folder
    assert files_of(folder) == sorted([*CSVS, *FORMS.values(), "summary.json"])
    (folder / "results.xlsx").write_text("mended")
    made = written("csv")
    assert files_of(folder) == sorted([*CSVS, "results.edited.xlsx", "summary.json"])
    assert sorted(made.summary.files) == sorted([*CSVS, "summary.json"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("failure", [full, faulty])
def test_a_form_that_fails_leaves_no_earlier_one(
    written: Written, monkeypatch: pytest.MonkeyPatch, form: str, failure: Callable[..., str]
) -> None:
    """All others are written, and summary.json names what is there: it belongs to the rows, whatever else failed."""
    folder = written(*ALL).folder
    monkeypatch.setattr(reports, WRITERS[form], failure)
    if failure is full:
        with pytest.raises(EnvironmentFailed, match="No space left"):
            written(*ALL, reason="again")
    else:
        written(*ALL, reason="again")
    there = sorted([*CSVS, *(name for other, name in FORMS.items() if other != form), "summary.json"])
    assert files_of(folder) == there
    summary = summary_of(folder)
    assert (sorted(summary["files"]), summary["reason"]) == (there, "again")


def test_a_disk_that_is_full_while_rows_are_read_is_said_once(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads the ledger lets go of it, and is not heard later."""
    folder = written(*ALL).folder

    def failing(_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bulkcase.reporting.formats.jsonl._line", failing)
    with pytest.raises(EnvironmentFailed, match="No space left on device: free the disk"):
        written(*ALL)
    assert "results.jsonl" not in files_of(folder)


def test_a_summary_that_cannot_be_written_leaves_no_earlier_one(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers would be those of other rows."""
    folder = written("csv").folder
    monkeypatch.setattr(reports, "write_summary", full)
    with pytest.raises(EnvironmentFailed, match="No space left"):
        written("csv")
    assert files_of(folder) == CSVS


def test_files_that_are_held_open_are_named_as_they_are(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a browser or a spreadsheet shows them, and no longer."""
    folder = written(*ALL).folder
    with monkeypatch.context() as held:
        hold_open(held, *FORMS.values())
        made = written(*ALL)
    beside = ["report (2).html", "results (2).jsonl", "results (2).xlsx"]
    assert sorted(made.summary.files) == sorted([*CSVS, *beside, "summary.json"])
    assert set(beside) < set(files_of(folder))
    written("csv")
    assert files_of(folder) == [*CSVS, "summary.json"]


def test_what_a_killed_writer_left_goes_with_the_next_report(written: Written) -> None:
    """Once it is a day old: it is never read."""
    folder = written("csv").folder
    left = folder / ".results.jsonl.123.unfinished"
    left.write_text("half")
    os.utime(left, (NOW - 90_000, NOW - 90_000))
    written("csv")
    assert not left.exists()
