import json
import stat
from pathlib import Path

import pytest
from support.ledgers import NOW, bad_row, begin, good_row, new_run

from bulkcase.causes import tip
from bulkcase.errors import EnvironmentFailed
from bulkcase.ledger import Ledger, RunRecord, RunRows
from bulkcase.ledger.changes import decision, intent, outcome
from bulkcase.model import Call, Outcome, Result, RunState
from bulkcase.reporting import Summary, write_summary

FILES = ("results.csv", "failed.csv", "summary.json")
KEYS = [
    "run_id",
    "job",
    "target",
    "state",
    "exit_code",
    "reason",
    "continues",
    "undoes",
    "rows",
    "cases",
    "outcomes",
    "verified",
    "canary",
    "calls",
    "retries",
    "throttled",
    "started_at",
    "finished_at",
    "duration_s",
    "errors",
    "files",
]
NINE = ["updated", "unchanged", "superseded", "mismatch", "conflict", "failed", "invalid", "unknown", "pending"]


def finished_run(ledger: Ledger) -> tuple[RunRecord, RunRows]:
    run = new_run(ledger)
    rows = begin(ledger, run)
    rows.add([good_row(2, "a"), good_row(3, "b"), good_row(4, "a"), bad_row(5), bad_row(6)], NOW)
    calls = [
        Call("getCases", NOW, NOW + 1, "accepted", 200),
        Call("updateCase", NOW, NOW + 1, "throttled", 429, 2),
        Call("updateCase", NOW, NOW + 1, "accepted", 200, 2),
    ]
    rows.apply([decision(4, Result(Outcome.SUPERSEDED, code="same_row", message="the same as row 2"), NOW)])
    rows.apply([intent(2), intent(3), outcome(2, Result(Outcome.UPDATED, 2, 200, verified="equal"), NOW + 1)], calls)
    run = ledger.update_run(
        run,
        state=RunState.FINISHED,
        rows=5,
        canary="cases",
        exit_code=1,
        reason="",
        started_at=NOW,
        finished_at=NOW + 61.5,
        duration=61.50049,
    )
    return run, rows


def test_the_summary_has_the_promised_keys(tmp_path: Path, ledger: Ledger) -> None:
    """Programs find exactly these keys, in this order, with these values."""
    run, rows = finished_run(ledger)
    write_summary(tmp_path, Summary.of(run, rows, rows.totals(), FILES))
    found = json.loads((tmp_path / "summary.json").read_text())
    assert list(found) == KEYS
    assert found == {
        "run_id": run.id,
        "job": "close-resolved",
        "target": "kore.example.com/account/st-1",
        "state": "finished",
        "exit_code": 1,
        "reason": "",
        "continues": None,
        "undoes": None,
        "rows": 5,
        "cases": 2,
        "outcomes": dict.fromkeys(NINE, 0) | {"updated": 1, "superseded": 1, "unknown": 1, "invalid": 2},
        "verified": {"equal": 1},
        "canary": "cases",
        "calls": {"getCases": 1, "updateCase": 2},
        "retries": 1,
        "throttled": 1,
        "started_at": "2026-11-18T11:06:40.250Z",
        "finished_at": "2026-11-18T11:07:41.750Z",
        "duration_s": 61.5,
        "errors": [
            {
                "code": "bad_date",
                "count": 2,
                "example": "row 5: '?' is not good enough in row 5",
                "tip": tip("bad_date"),
            }
        ],
        "files": ["results.csv", "failed.csv", "summary.json"],
    }
    assert list(found["outcomes"]) == NINE


def test_a_plan_has_a_summary_too(tmp_path: Path, ledger: Ledger) -> None:
    """What has not happened is null or zero, and all nine outcomes are there."""
    run = new_run(ledger)
    ledger.rows(run).add([good_row(2)], NOW)
    write_summary(tmp_path, Summary.of(run, ledger.rows(run), ledger.rows(run).totals(), []))
    found = json.loads((tmp_path / "summary.json").read_text())
    assert list(found) == KEYS
    assert (found["state"], found["exit_code"], found["rows"]) == ("planned", None, 1)
    assert (found["started_at"], found["finished_at"], found["duration_s"]) == (None, None, 0.0)
    assert found["outcomes"] == dict.fromkeys(NINE, 0) | {"pending": 1}
    assert (found["calls"], found["errors"], found["files"]) == ({}, [], [])
    assert (found["verified"], found["canary"], found["undoes"]) == ({}, "", None)


def test_rows_are_counted_by_what_their_cases_show(ledger: Ledger) -> None:
    """Those of this run that were compared, and no others."""
    run = new_run(ledger)
    rows, theirs = begin(ledger, run), begin(ledger, new_run(ledger, suffix="0001"))
    shown = ["equal", "equal", "normalised", "not_shown", ""]
    for each in (rows, theirs):
        each.add([good_row(number) for number in range(2, 7)], NOW)
        each.apply([intent(number) for number in range(2, 7)])
    done = [Result(Outcome.UPDATED, 1, 200, verified=verified) for verified in shown]
    rows.apply([outcome(number, result, NOW) for number, result in enumerate(done, 2)])
    theirs.apply([outcome(2, Result(Outcome.MISMATCH, 1, 200, "mismatch", verified="different"), NOW)])
    assert Summary.of(run, rows, rows.totals(), []).as_json()["verified"] == {
        "equal": 2,
        "normalised": 1,
        "not_shown": 1,
    }


def test_an_undo_names_the_run_that_it_takes_back(ledger: Ledger) -> None:
    """By its id, as `continues` does."""
    run = new_run(ledger)
    undo = ledger.update_run(new_run(ledger, suffix="0001"), undoes=run.id)
    assert Summary.of(undo, ledger.rows(undo), ledger.rows(undo).totals(), []).as_json()["undoes"] == run.id


@pytest.mark.parametrize("state", RunState)
def test_each_state_of_a_run_has_its_name(ledger: Ledger, state: RunState) -> None:
    """The state is told in the word that the run has for it."""
    run = ledger.update_run(new_run(ledger), state=state, reason="why")
    found = Summary.of(run, ledger.rows(run), ledger.rows(run).totals(), []).as_json()
    assert (found["state"], found["reason"]) == (state.value, "why")


def test_the_summary_is_its_owners_only(tmp_path: Path, ledger: Ledger) -> None:
    """Nobody else can read it, and it ends with a line break."""
    run, rows = finished_run(ledger)
    write_summary(tmp_path / "run", Summary.of(run, rows, rows.totals(), FILES))
    file = tmp_path / "run" / "summary.json"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file.parent, file)] == [0o700, 0o600]
    assert file.read_text().endswith("}\n")


def test_a_summary_that_cannot_be_written_is_said(tmp_path: Path, ledger: Ledger) -> None:
    """A folder in the way of the file is an error of the environment, and nothing is left beside it."""
    run, rows = finished_run(ledger)
    (tmp_path / "summary.json").mkdir()
    with pytest.raises(EnvironmentFailed, match="Is a directory"):
        write_summary(tmp_path, Summary.of(run, rows, rows.totals(), FILES))
    assert [file.name for file in tmp_path.iterdir()] == ["summary.json"]
