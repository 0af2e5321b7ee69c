"""Rows of several runs: what a later run has overtaken, what has landed before, what a corrected file replaces."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from support.ledgers import NOW, THEN, WORKER, begin, good_row, new_run, stored

from bulkcase.errors import UsageError
from bulkcase.ledger import Ledger, Place, RunRecord, RunRows
from bulkcase.ledger.changes import intent, outcome
from bulkcase.model import Outcome, Result, RunState

TARGET = "kore.example.com/account/st-1"
RESENT = {Outcome.PENDING, Outcome.FAILED, Outcome.UNKNOWN}


def a_run(ledger: Ledger, *outcomes: Outcome, note: str = "Closed", **more: Any) -> tuple[RunRecord, RunRows]:
    """Return a run with a row for each outcome, about the cases ci-0, ci-1 and so on; PENDING rows were never sent."""
    run = ledger.update_run(new_run(ledger, **more), rows=len(outcomes))
    rows = begin(ledger, run)
    rows.add([good_row(number + 2, f"ci-{number}", desc=note) for number in range(len(outcomes))], NOW)
    for number, end in enumerate(outcomes, 2):
        if end is not Outcome.PENDING:
            status = 412 if end is Outcome.FAILED else None
            rows.apply([intent(number), outcome(number, Result(end, 1, status), NOW)])
    return run, rows


@pytest.mark.parametrize(
    ("later", "overtaken"),
    [
        (Outcome.UPDATED, True),
        (Outcome.UNKNOWN, True),
        (Outcome.FAILED, False),
        (Outcome.PENDING, False),
    ],
)
def test_a_row_is_overtaken_when_a_later_run_may_have_changed_its_case(
    ledger: Ledger, later: Outcome, overtaken: bool
) -> None:
    """What a later run updated, or may have updated, is not for an older row to overwrite."""
    _, old = a_run(ledger, Outcome.FAILED, Outcome.UPDATED)
    new, _ = a_run(ledger, later)
    expected = [(2, Outcome.FAILED, new.id)] if overtaken else []
    assert list(old.overtaken(RESENT)) == expected


def test_an_earlier_run_and_another_target_overtake_nothing(ledger: Ledger) -> None:
    """Only what is newer, and at the same target, counts."""
    a_run(ledger, Outcome.UPDATED)
    _, rows = a_run(ledger, Outcome.PENDING)
    a_run(ledger, Outcome.UPDATED, target="kore.example.com/account/st-2")
    assert list(rows.overtaken(RESENT)) == []


def test_the_newest_of_the_runs_that_overtook_a_row_is_named(ledger: Ledger) -> None:
    """However many later runs changed the case, the row is given up once."""
    _, rows = a_run(ledger, Outcome.PENDING)
    a_run(ledger, Outcome.UPDATED)
    newest, _ = a_run(ledger, Outcome.UPDATED)
    assert list(rows.overtaken(RESENT)) == [(2, Outcome.PENDING, newest.id)]


def test_a_row_has_landed_before_when_its_case_last_got_the_same_update(ledger: Ledger) -> None:
    """Case and content count, not the row's number; what did not end updated has not landed."""
    old, _ = a_run(ledger, Outcome.UPDATED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.PENDING)
    new = new_run(ledger)
    rows = begin(ledger, new)
    rows.add([good_row(9 - number, f"ci-{number}", desc="Closed") for number in range(4)], NOW)
    assert list(rows.landed_before([old.seq])) == [(9, old.id, 2)]


def test_another_content_has_not_landed(ledger: Ledger) -> None:
    """A row that says something new about the case is sent."""
    old, _ = a_run(ledger, Outcome.UPDATED)
    rows = begin(ledger, new_run(ledger))
    rows.add([good_row(2, "ci-0", desc="Open again")], NOW)
    assert list(rows.landed_before([old.seq])) == []


@pytest.mark.parametrize("between", [Outcome.UPDATED, Outcome.UNKNOWN])
def test_what_was_overwritten_in_between_is_sent_again(ledger: Ledger, between: Outcome) -> None:
    """When a continuation gave the case, or may have given it, another value, the first one no longer stands."""
    first, _ = a_run(ledger, Outcome.UPDATED)
    second, _ = a_run(ledger, between, note="Open again")
    rows = begin(ledger, new_run(ledger))
    rows.add([good_row(2, "ci-0", desc="Closed")], NOW)
    assert list(rows.landed_before([first.seq, second.seq])) == []


def test_a_corrected_file_takes_the_place_of_what_is_open(ledger: Ledger) -> None:
    """Pending rows are superseded, those in doubt where the new file has their case; what is final stays."""
    old, rows = a_run(ledger, Outcome.UPDATED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.PENDING, Outcome.UNKNOWN)
    new = new_run(ledger)
    ledger.rows(new).add([good_row(2, "ci-2")], NOW)
    ledger.start(new, WORKER, "kore.example.com/account", THEN, Place(Path("reports")), [old])

    found = {row.case_key: (row.result.outcome.value, row.result.code) for row in rows.all()}
    assert found == {
        "ci-0": ("updated", ""),
        "ci-1": ("failed", ""),
        "ci-2": ("superseded", "corrected_file"),
        "ci-3": ("superseded", "corrected_file"),
        "ci-4": ("unknown", ""),
    }


def test_a_family_is_all_runs_that_belong_together(ledger: Ledger) -> None:
    """A run, those that continue it, and theirs: the same family from whichever of them one starts."""
    first, stranger = new_run(ledger), new_run(ledger)
    second = new_run(ledger, continues=first.id)
    third = new_run(ledger, continues=second.id)
    cousin = new_run(ledger, continues=first.id)
    family = [first.id, second.id, third.id, cousin.id]
    assert [[run.id for run in ledger.related(one)] for one in (first, second, third, cousin)] == [family] * 4
    assert [run.id for run in ledger.related(stranger)] == [stranger.id]


def test_a_run_is_found_by_any_part_of_its_id_that_is_its_own(ledger: Ledger) -> None:
    """The whole id, a part of it, and "last" (the newest that was started, or the newest plan) will do."""
    first, second = (ledger.update_run(new_run(ledger, job=job), rows=1, started_at=NOW) for job in ("close", "reopen"))
    planned = ledger.update_run(new_run(ledger, job="plan"), rows=1)
    assert ledger.find(first.id) == first
    assert ledger.find("close") == first
    assert ledger.find("last") == second
    assert ledger.find("last", plan=True) == planned


@pytest.mark.parametrize(
    ("text", "says"), [("7f3a", "may mean 2 runs"), ("x", 'has no run "x"'), ("", 'has no run ""')]
)
def test_what_means_no_run_or_several_is_said(ledger: Ledger, text: str, says: str) -> None:
    """A part that fits several runs names them, one that fits none says where runs are listed."""
    for job in ("close", "reopen"):
        ledger.update_run(new_run(ledger, job=job), rows=1)
    with pytest.raises(UsageError, match=says):
        ledger.find(text)


def test_unfinished_runs_are_those_that_were_started_and_not_ended(ledger: Ledger) -> None:
    """Plans, finished and abandoned runs are in nobody's way, and runs of another job or at another target neither."""
    states = [*RunState]
    for state in states:
        ledger.update_run(new_run(ledger), rows=1, state=state)
    ledger.update_run(new_run(ledger), rows=1, state=RunState.PAUSED, job_file="/jobs/other.toml")
    ledger.update_run(new_run(ledger), rows=1, state=RunState.PAUSED, target="elsewhere.example.com/account/st-1")
    found = [run.state for run in ledger.unfinished("/jobs/close-resolved.toml", TARGET)]
    assert found == [RunState.RUNNING, RunState.STOPPED, RunState.INTERRUPTED, RunState.PAUSED]


def test_a_case_s_history_has_each_row_about_it_with_values_and_people(ledger: Ledger) -> None:
    """Run, file, row, values, outcome, moment and user come in the order of the runs; other cases are left out."""
    first, _ = a_run(ledger, Outcome.UPDATED, Outcome.UPDATED)
    second, _ = a_run(ledger, Outcome.PENDING, note="Open again")
    (one, two) = ledger.history("ci-0")
    assert (one.run, one.input, one.row, one.outcome, one.values) == (
        first.id,
        "cases.csv",
        2,
        "updated",
        {"desc": "Closed"},
    )
    assert (one.finished_at, one.by) == (NOW, "ops@night.example.com")
    assert (two.run, two.outcome, two.finished_at, two.by) == (second.id, "pending", None, "")
    assert ledger.history("ci-9") == []


def test_a_case_is_found_without_looking_at_every_row(ledger: Ledger) -> None:
    """History, and the questions between runs, find their rows by run and case, however many there are."""
    _, rows = a_run(ledger, Outcome.PENDING)
    asked: list[str] = []

    def ask(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.extend(str(step[-1]) for step in stored(ledger.path, f"EXPLAIN QUERY PLAN {statement}", *parameters))

    event.listen(ledger._engine, "before_cursor_execute", ask)
    list(rows.overtaken(RESENT))
    rows.newer(2)
    list(rows.landed_before([1]))
    ledger.history("ci-0")
    by_case = [step for step in asked if re.search(r"rows_by_case \((run=\?|ANY\(run\)) AND case_key=\?\)", step)]
    assert len(by_case) >= 5
    assert [step for step in asked if step.startswith("SCAN rows")] == []
