"""Sessions that read live cases: what they leave behind when they are killed, and the calls that still count."""

from typing import Any

from support.ledgers import NOW, THEN, WORKER, begin, good_row, new_run, stored

from bulkcase.clock import Instant
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.changes import intent
from bulkcase.model import Call, Outcome, RunState

TARGET, ACCOUNT = "kore.example.com/account/st-1", "kore.example.com/account"
LATER = Instant("boot-1", 1600.0, NOW + 600.0)
READ = Call("getCases", 1001.0, 1002.0, "accepted", 200)


def calls(ledger: Ledger) -> list[tuple[Any, ...]]:
    return stored(ledger.path, "SELECT session, row, endpoint, verdict, status FROM calls ORDER BY id")


def ages(ledger: Ledger) -> list[tuple[float, bool]]:
    return [(LATER.since(call.ended), call.answered) for call in ledger.past_calls(target=TARGET)]


def a_plan(ledger: Ledger, *, is_read: bool = True, **values: Any) -> RunRecord:
    """Return a plan whose live cases were read."""
    run = new_run(ledger)
    ledger.rows(run).add([good_row(number) for number in (2, 3, 4)], NOW)
    snapshot = ledger.new_snapshot(TARGET, {}, ["desc"], NOW).id if is_read else None
    return ledger.update_run(run, rows=3, snapshot=snapshot, **values)


def test_a_reading_that_was_killed_may_have_lost_one_call(ledger: Ledger) -> None:
    """The quota counts it as given up in the moment of the recovery, once, and the plan is as it was."""
    run = a_plan(ledger)
    session = ledger.look(TARGET, ACCOUNT, WORKER, THEN, run)
    ledger.record_calls(session, [READ])
    for _ in range(2):
        ledger.recover(TARGET, LATER)
        assert calls(ledger) == [
            (session, None, "getCases", "accepted", 200),
            (session, None, "getCases", "unanswered", None),
        ]
    assert ages(ledger) == [(0.0, False), (598.0, True)]
    assert ledger.run(run.id) == run
    assert ledger.workers(run) == [(WORKER, NOW, NOW + 600.0)]


def test_a_reading_for_no_run_is_recovered_too(ledger: Ledger) -> None:
    """It is known by its target, and rows that wait meanwhile are not touched."""
    run = a_plan(ledger)
    session = ledger.look(TARGET, ACCOUNT, WORKER, THEN)
    ledger.recover(TARGET, LATER)
    assert calls(ledger) == [(session, None, "getCases", "unanswered", None)]
    assert ledger.rows(run).counts()[Outcome.PENDING] == 3


def test_a_reading_that_ended_well_has_lost_nothing(ledger: Ledger) -> None:
    """Its end is the moment that it wrote."""
    run = a_plan(ledger)
    ledger.end_look(ledger.look(TARGET, ACCOUNT, WORKER, THEN, run), THEN.later(1010.0))
    ledger.recover(TARGET, LATER)
    assert calls(ledger) == []
    assert ledger.workers(run) == [(WORKER, NOW, NOW + 10.0)]


def test_a_reading_at_another_target_is_left_alone(ledger: Ledger) -> None:
    """It may go on at this moment, under another lock."""
    ledger.look("elsewhere", ACCOUNT, WORKER, THEN)
    ledger.recover(TARGET, LATER)
    assert calls(ledger) == []


def test_a_run_that_reads_between_its_rows_may_have_lost_one_call_more(ledger: Ledger) -> None:
    """One for each row in flight, and one for the page that it may have been reading."""
    run = a_plan(ledger)
    begin(ledger, run).apply([intent(2), intent(4)])
    ledger.recover(TARGET, LATER)
    assert sorted(call[1:] for call in calls(ledger) if call[1]) == [
        (2, "updateCase", "unanswered", None),
        (4, "updateCase", "unanswered", None),
    ]
    assert [call[1:] for call in calls(ledger) if not call[1]] == [(None, "getCases", "unanswered", None)]
    assert [age for age, _ in ages(ledger)] == [0.0] * 3
    assert ledger.run(run.id).state is RunState.INTERRUPTED


def test_a_run_that_never_read_has_lost_calls_of_rows_only(ledger: Ledger) -> None:
    """What was not begun cannot be lost."""
    begin(ledger, a_plan(ledger, is_read=False)).apply([intent(3)])
    ledger.recover(TARGET, LATER)
    assert [call[1:3] for call in calls(ledger)] == [(3, "updateCase")]


def test_a_plan_that_was_killed_while_it_read_is_taken_out_and_its_calls_count(ledger: Ledger) -> None:
    """Neither run nor rows are left, and the quota sees what was sent for it, the lost call too."""
    run = new_run(ledger)
    ledger.rows(run).add([good_row(2)], NOW)
    session = ledger.look(TARGET, ACCOUNT, WORKER, THEN, run)
    ledger.record_calls(session, [READ, READ])
    ledger.recover(TARGET, LATER)
    assert stored(ledger.path, "SELECT count(*) FROM runs UNION ALL SELECT count(*) FROM rows") == [(0,), (0,)]
    assert ages(ledger) == [(0.0, False), (598.0, True), (598.0, True)]
    assert len(list(ledger.past_calls(account=ACCOUNT))) == 3


def test_a_plan_that_is_taken_out_leaves_its_calls(ledger: Ledger) -> None:
    """They were made, whether anything came of it or not; rows and calls of others are as they were."""
    kept, run = a_plan(ledger), a_plan(ledger)
    for one in (kept, run):
        session = ledger.look(TARGET, ACCOUNT, WORKER, THEN, one)
        ledger.record_calls(session, [READ])
        ledger.end_look(session, LATER)
    ledger.discard(run)
    assert [one.id for one in ledger.runs()] == [kept.id]
    assert ledger.rows(kept).calls_by_endpoint() == {"getCases": 1}
    assert ages(ledger) == [(598.0, True)] * 2
    assert stored(ledger.path, "SELECT DISTINCT run FROM rows") == [(kept.seq,)]


def test_a_quiet_reading_costs_the_quota_nothing(ledger: Ledger) -> None:
    """A session without a call is none."""
    ledger.end_look(ledger.look(TARGET, ACCOUNT, WORKER, THEN), LATER)
    assert ages(ledger) == []
