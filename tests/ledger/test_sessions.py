"""What a command that ended without a word leaves behind, and what the next one makes of it."""

import os
import platform
from dataclasses import replace

import pytest
from support.ledgers import NOW, THEN, WORKER, begin, everything, good_row, new_run, stored

from bulkcase.clock import Instant
from bulkcase.ledger import Ledger, RunRows, Worker
from bulkcase.ledger.changes import intent, outcome
from bulkcase.model import Call, Outcome, Result, RunState

TARGET = "kore.example.com/account/st-1"
UPDATED = Result(Outcome.UPDATED, 1, 200)
LATER = Instant("boot-1", 1600.0, NOW + 600.0)
"""Ten minutes later, on the same start of the machine."""


def a_killed_run(ledger: Ledger) -> tuple[str, RunRows]:
    """Return a run that was killed with one row updated, two in flight and one waiting."""
    run = new_run(ledger)
    rows = begin(ledger, run)
    rows.add([good_row(number) for number in range(2, 6)], NOW)
    ledger.update_run(run, rows=4)
    rows.apply([intent(2), outcome(2, UPDATED, NOW + 40.0)], [Call("updateCase", 1010.0, 1020.0, "accepted", 200, 2)])
    rows.apply([intent(3), intent(4)])
    return run.id, rows


def test_rows_in_flight_at_a_crash_are_in_doubt_and_nothing_else_is(ledger: Ledger) -> None:
    """After recovery each of them is unknown with a cause and one attempt more; the others are as they were."""
    run_id, rows = a_killed_run(ledger)
    ledger.recover(TARGET, LATER)

    found = {row.number: row.result for row in rows.all()}
    assert [found[number].outcome for number in range(2, 6)] == ["updated", "unknown", "unknown", "pending"]
    assert (found[3].attempts, found[3].code) == (1, "cut_off")
    assert "process 4711 of ops@night.example.com" in found[3].message
    assert ledger.run(run_id).state is RunState.INTERRUPTED


def test_a_killed_run_tells_how_long_it_worked_and_that_it_was_killed(ledger: Ledger) -> None:
    """Its duration reaches to its last outcome, it counts as interrupted, and its reason names the process."""
    run_id, _ = a_killed_run(ledger)
    ledger.recover(TARGET, LATER)

    run = ledger.run(run_id)
    assert (run.duration, run.finished_at, run.exit_code) == (40.0, NOW + 40.0, 130)
    assert "process 4711" in run.reason


def test_calls_in_flight_at_a_crash_count_as_given_up_now(ledger: Ledger) -> None:
    """The quota sees a call without an answer for each row in flight, ended in the moment of the recovery."""
    a_killed_run(ledger)
    ledger.recover(TARGET, LATER)

    ages = [(LATER.since(call.ended), call.answered) for call in ledger.past_calls(target=TARGET)]
    assert ages == [(0.0, False), (0.0, False), (580.0, True)]


@pytest.mark.parametrize("has_run", [True, False])
def test_a_reading_that_was_killed_counts_one_call_more(ledger: Ledger, has_run: bool) -> None:
    """No row stands for the page that may have been on its way, so that one call without an answer is added, once."""
    run = new_run(ledger)
    session = ledger.look(TARGET, "kore.example.com/account", WORKER, THEN, run)
    ledger.record_calls(session, [Call("getCases", 1010.0, 1020.0, "accepted", 200)])
    if not has_run:
        ledger.discard(run)
    ledger.recover(TARGET, LATER)

    ages = [(LATER.since(call.ended), call.answered) for call in ledger.past_calls(target=TARGET)]
    assert ages == [(0.0, False), (580.0, True)]
    lost = "SELECT endpoint, row, verdict FROM calls WHERE status IS NULL"
    assert stored(ledger.path, lost) == [("getCases", None, "unanswered")]
    assert stored(ledger.path, "SELECT ended_at FROM sessions") == [(LATER.wall,)]
    before = everything(ledger.path)
    ledger.recover(TARGET, LATER.later(9000.0))
    assert everything(ledger.path) == before


def test_a_reading_that_ended_well_is_not_recovered(ledger: Ledger) -> None:
    """A session that wrote its own end left no call behind."""
    session = ledger.look(TARGET, "kore.example.com/account", WORKER, THEN)
    ledger.end_look(session, LATER)
    ledger.recover(TARGET, LATER.later(9000.0))
    assert list(ledger.past_calls(target=TARGET)) == []
    assert stored(ledger.path, "SELECT run, reads, ended_at FROM sessions") == [(None, 1, LATER.wall)]


@pytest.mark.parametrize("jump", [0.0, 3600.0, -3600.0])
def test_a_call_s_age_survives_a_restart_of_the_machine(ledger: Ledger, jump: float) -> None:
    """Found by the clock alone after a restart, lost calls are of no age, and others of none below zero."""
    a_killed_run(ledger)
    rebooted = Instant("boot-2", 30.0, NOW + 600.0 + jump)
    ledger.recover(TARGET, rebooted)

    ages = [rebooted.since(call.ended) for call in ledger.past_calls(target=TARGET)]
    assert ages == [0.0, 0.0, max(580.0 + jump, 0.0)]


def test_recovery_happens_once(ledger: Ledger) -> None:
    """A second recovery finds nothing to do."""
    a_killed_run(ledger)
    ledger.recover(TARGET, LATER)
    before = everything(ledger.path)
    ledger.recover(TARGET, LATER.later(1700.0))
    assert everything(ledger.path) == before


def test_recovery_leaves_other_targets_alone(ledger: Ledger) -> None:
    """A run of another target may be at work at this moment: without its lock nobody touches it."""
    a_killed_run(ledger)
    before = everything(ledger.path)
    ledger.recover("other.example.com/account/st-1", LATER)
    assert everything(ledger.path) == before


def test_a_session_that_ended_well_is_not_recovered(ledger: Ledger) -> None:
    """A run that wrote its own end keeps it."""
    run = new_run(ledger)
    begin(ledger, run)
    ended = replace(ledger.run(run.id), state=RunState.FINISHED, exit_code=0, finished_at=NOW, duration=5.0)
    ledger.end(ended, LATER)
    ledger.recover(TARGET, LATER.later(9000.0))
    assert ledger.run(run.id) == ended


def test_a_row_that_is_still_being_sent_when_its_run_ends_is_unknown(ledger: Ledger) -> None:
    """After a fault or a cancellation nobody waits for its answer any more, and the report names a cause."""
    run = new_run(ledger)
    rows = begin(ledger, run)
    rows.add([good_row(2)], NOW)
    rows.apply([intent(2)])
    rows.settle_in_flight(NOW)

    (row,) = rows.all()
    assert (row.result.outcome, row.result.code, row.result.attempts) == (Outcome.UNKNOWN, "cut_off", 1)
    assert [code for code, *_ in rows.causes(rows.totals())] == ["cut_off"]


def test_an_input_that_was_half_read_at_a_crash_is_taken_out(ledger: Ledger) -> None:
    """A plan whose rows were not read to the end is no plan; a whole one of the same target stays."""
    whole = ledger.update_run(new_run(ledger), rows=0)
    half = new_run(ledger)
    ledger.rows(half).add([good_row(2)], NOW)
    assert [run.id for run in ledger.runs()] == [whole.id]
    ledger.recover(TARGET, LATER)
    assert stored(ledger.path, "SELECT id FROM runs") == [(whole.id,)]
    assert stored(ledger.path, "SELECT count(*) FROM rows") == [(0,)]


def test_who_worked_on_a_run_is_kept(ledger: Ledger) -> None:
    """Each session has its user, host and process, its beginning and its end; one that goes on has no end."""
    run = ledger.update_run(new_run(ledger), rows=0)
    begin(ledger, run)
    ledger.end(run, LATER)
    begin(ledger, run, LATER)
    assert ledger.workers(run) == [(WORKER, NOW, NOW + 600.0), (WORKER, NOW + 600.0, None)]


def test_this_process_can_say_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker has the process, user and host of here and now, even where the user has no name."""
    monkeypatch.setenv("LOGNAME", "ops")
    assert Worker.here() == Worker("ops", platform.node(), os.getpid())
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654)
    assert Worker.here().user == "unknown"


def test_a_quota_counts_by_target_or_by_account(ledger: Ledger) -> None:
    """Calls to another stream of the account are seen where the account shares the quota, and only there."""
    first, second = new_run(ledger), new_run(ledger, target="kore.example.com/account/st-2")
    for run, endpoint in ((first, "updateCase"), (second, "getCases")):
        begin(ledger, run).apply([], [Call(endpoint, 1000.0, 1001.0, "accepted", 200)])

    assert len(list(ledger.past_calls(target=TARGET))) == 1
    assert len(list(ledger.past_calls(account="kore.example.com/account"))) == 2
    assert list(ledger.past_calls(target="kore.example.com/account/st-3")) == []


def test_calls_are_counted_for_the_run_that_made_them(ledger: Ledger) -> None:
    """A run's calls are those of all its sessions, with calls of other runs between them."""
    first, second = new_run(ledger), new_run(ledger)
    call = Call("updateCase", 1000.0, 1001.0, "accepted", 200)
    for run, count in ((first, 1), (second, 2), (first, 3)):
        begin(ledger, run, THEN).apply([], [call] * count)
        ledger.end(run, LATER)

    assert ledger.rows(first).calls_by_endpoint() == {"updateCase": 4}
    assert ledger.rows(second).calls_by_endpoint() == {"updateCase": 2}
