"""When the calls of a run were made, and what its time went on."""

from support.ledgers import NOW, THEN, begin, good_row, new_run

from bulkcase.clock import Instant
from bulkcase.ledger import Ledger, RunRecord, RunRows
from bulkcase.ledger.changes import intent
from bulkcase.model import Call, Outcome

TARGET = "kore.example.com/account/st-1"


def a_call(left_at: float, took: float, *, verdict: str = "accepted", endpoint: str = "updateCase") -> Call:
    """Return a call that left so many seconds after the session began."""
    left = THEN.steady + left_at
    return Call(endpoint, left, left + took, verdict, 200 if verdict == "accepted" else None)


def begun(ledger: Ledger) -> tuple[RunRecord, RunRows]:
    """Return a run of one row on which a session works."""
    run = new_run(ledger)
    ledger.rows(run).add([good_row(2)], NOW)
    run = ledger.planned(run, rows=1, clears=0, notes=())
    return run, begin(ledger, run)


def later(seconds: float, *, clock: float = 0.0) -> Instant:
    """Return a moment so much later, on a clock that was set by so much meanwhile."""
    return Instant(THEN.boot, THEN.steady + seconds, THEN.wall + seconds + clock)


def test_a_session_has_worked_as_long_as_it_says_whatever_the_clock_shows(ledger: Ledger) -> None:
    """A clock that was set back or forward by an hour changes neither the time worked nor when calls were made."""
    run, rows = begun(ledger)
    rows.apply([], [a_call(1.0, 0.5), a_call(3.0, 1.0)])
    ledger.note_waits(run, {"quota": 5.0, "worked": 20.0})
    ledger.end(run, later(20.0, clock=-3600.0))
    (worked,) = ledger.times(run).worked()
    assert (worked.seconds, worked.waited) == (20.0, {"quota": 5.0})
    assert ledger.times(run).span() == (NOW + 1.5, NOW + 4.0)


def test_a_killed_session_has_worked_until_its_last_call(ledger: Ledger) -> None:
    """Recovered three days later, it has not worked for three days; also where it was killed within its report."""
    for had_noted in (False, True):
        run, rows = begun(ledger)
        rows.apply([intent(2, Outcome.PENDING)], [a_call(1.0, 0.5)])
        if had_noted:
            ledger.note_waits(run, {"quota": 5.0, "worked": 2.0})
        ledger.recover(TARGET, later(3 * 86_400.0))
        (worked,) = ledger.times(run).worked()
        assert (worked.seconds, worked.waited) == (1.5, {})
        assert ledger.times(run).span() == (NOW + 1.5, NOW + 1.5)


def test_calls_are_counted_by_slice_endpoint_and_verdict(ledger: Ledger) -> None:
    """Each call is in the slice in which it ended."""
    run, rows = begun(ledger)
    rows.apply([], [a_call(0.2, 0.1), a_call(0.9, 0.2), a_call(1.2, 0.1, verdict="throttled"), a_call(5.0, 0.1)])
    made = ledger.times(run).made(NOW, 1.0)
    assert sorted((one.nth, one.verdict, one.calls) for one in made) == [
        (0, "accepted", 1),
        (1, "accepted", 1),
        (1, "throttled", 1),
        (5, "accepted", 1),
    ]


def test_latencies_are_those_of_answers(ledger: Ledger) -> None:
    """By tenths of a millisecond; a call without an answer has none."""
    run, rows = begun(ledger)
    rows.apply([], [a_call(0.0, 0.01252), a_call(1.0, 0.01257), a_call(2.0, 3.0, verdict="unanswered")])
    assert ledger.times(run).latencies("updateCase") == {125: 2}
    assert [one.seconds for one in ledger.times(run).made(NOW, 1.0) if one.verdict == "unanswered"] == [3.0]


def test_a_run_without_calls_has_no_span(ledger: Ledger) -> None:
    """Neither calls of other runs, nor of none, are its own."""
    other, rows = begun(ledger)
    rows.apply([], [a_call(1.0, 0.5)])
    ledger.end(other, later(2.0))
    run = new_run(ledger)
    assert ledger.times(run).span() is None
    assert ledger.times(run).worked() == []
