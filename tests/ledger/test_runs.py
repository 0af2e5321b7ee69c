from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import NOW, THEN, WORKER, bad_row, everything, good_row, new_run, stored

from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger
from bulkcase.ledger.runs import _stamp
from bulkcase.model import Call, RunState

moments = st.integers(0, 4_000_000_000).map(float)


def test_a_new_run_is_planned(ledger: Ledger) -> None:
    """A run starts as a plan, with what it was made from and nothing that it has not done."""
    run = new_run(ledger)
    assert (run.state, run.rows, run.exit_code, run.reason) == (RunState.PLANNED, None, None, "")
    assert (run.planned_at, run.started_at, run.finished_at, run.duration) == (NOW, None, None, 0.0)
    assert (run.header, run.fields) == (("Case ID", "New Status"), ("status",))
    assert (run.snapshot, run.reading) == (None, {})
    assert ledger.run(run.id) == run


def test_an_id_is_time_job_and_chance(ledger: Ledger) -> None:
    """An id tells when, in UTC, and what, and is not the one of another ledger."""
    moment = datetime(2026, 11, 23, 20, 15, 0, 999_999, tzinfo=UTC).timestamp()
    assert new_run(ledger, now=moment).id == "20261123-201500-close-resolved-7f3a"


@pytest.mark.parametrize(
    ("job", "slug"),
    [
        ("Close Resolved!", "close-resolved"),
        ("../../etc", "etc"),
        ("Größe", "gr-e"),
        ("äöü", "job"),
        ("x" * 90, "x" * 40),
    ],
)
def test_an_id_is_fit_for_a_folder(ledger: Ledger, job: str, slug: str) -> None:
    """Whatever a job is called, its run's id is plain letters, digits and hyphens."""
    assert new_run(ledger, job=job).id.split("-", 2)[2] == f"{slug}-7f3a"


def test_ids_sort_in_the_order_of_their_runs(ledger: Ledger) -> None:
    """Runs of one second, and runs after the clock went back, sort after those before them, whatever their jobs."""
    moves = [0.0, 0.0, 0.5, 1.0, -3600.0, 0.0, 86_400.0]
    ids = [new_run(ledger, now=NOW + move, job=job).id for move, job in zip(moves, "zyxwvua", strict=True)]
    assert ids == sorted(ids)
    assert len({run_id[:15] for run_id in ids}) == len(ids)


@given(moments, moments)
def test_a_stamp_is_later_than_the_last_and_no_earlier_than_now(now: float, last: float) -> None:
    """A run's second is the present one, or the one after the last run's where that is not past."""
    before = _stamp(last, None)
    assert _stamp(now, f"{before}-job-0000") == max(_stamp(now, None), _stamp(last + 1, None))


def test_an_update_changes_the_run_that_is_meant(ledger: Ledger) -> None:
    """The given columns of one run are written, and it is returned as it is then."""
    first, second = new_run(ledger), new_run(ledger)
    changed = ledger.update_run(second, state=RunState.RUNNING, rows=7, started_at=NOW)
    assert (changed.state, changed.rows, changed.started_at) == (RunState.RUNNING, 7, NOW)
    assert ledger.run(second.id) == changed
    assert ledger.run(first.id) == first


def test_an_unknown_run_is_said(ledger: Ledger) -> None:
    """A run that is not there is one line that names the ledger and the id."""
    with pytest.raises(LedgerError, match="knows no run 20261123-000000-nothing-0000"):
        ledger.run("20261123-000000-nothing-0000")


def test_a_run_outlives_its_ledger_object(tmp_path: Path) -> None:
    """What was written is there when the ledger is opened again."""
    with Ledger(tmp_path / "ledger.sqlite3") as ledger:
        run = new_run(ledger)
        ledger.rows(run).add([good_row(2)], NOW)
    with Ledger(tmp_path / "ledger.sqlite3") as again:
        assert again.run(run.id) == run
        assert [row.number for row in again.rows(run).sendable()] == [2]


def test_a_discarded_run_leaves_nothing(ledger: Ledger) -> None:
    """A plan that failed half-way is gone with its rows, and other runs are as they were."""
    kept = new_run(ledger)
    ledger.rows(kept).add([good_row(2)], NOW)
    before = everything(ledger.path)
    dropped = new_run(ledger)
    ledger.rows(dropped).add([good_row(2), bad_row(3)], NOW)
    ledger.discard(dropped)
    assert everything(ledger.path) == before


def test_the_calls_of_a_discarded_run_still_count(ledger: Ledger) -> None:
    """The server has counted the calls that read live cases for a plan: they outlive it, and so does who made them."""
    run = new_run(ledger)
    ledger.rows(run).add([good_row(2)], NOW)
    session = ledger.look(run.target, "kore.example.com/account", WORKER, THEN, run)
    ledger.record_calls(session, [Call("getCases", 1001.0, 1002.0, "accepted", 200)])
    ledger.end_look(session, THEN.later(1002.0))
    before = list(ledger.past_calls(target=run.target))
    ledger.discard(run)
    assert ledger.runs() == []
    assert stored(ledger.path, "SELECT count(*) FROM rows") == [(0,)]
    assert list(ledger.past_calls(target=run.target)) == before
    assert len(before) == 1
    assert stored(ledger.path, "SELECT run, user, pid FROM sessions") == [(None, WORKER.user, WORKER.pid)]
