"""Which runs may be purged, and why others stay."""

from collections.abc import Sequence

import pytest
from support.ledgers import NOW, new_run

from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.keeping import ended_at, families, staying


def a_run(ledger: Ledger, nth: int, ended: float | None = None, **more: str) -> RunRecord:
    """Add a run that was planned at an hour and ended at another, if it was started."""
    run = new_run(ledger, now=NOW + nth, suffix=f"{nth:04x}", **more)
    if ended is None:
        return run
    return ledger.update_run(run, started_at=NOW + nth, finished_at=NOW + ended)


def kept(every: Sequence[RunRecord], *chosen: RunRecord, shared: bool = True) -> dict[str, str]:
    """Return which of the chosen runs stay, all of which share cases, or none."""
    found = staying({run.seq for run in chosen}, every, alone={}, needs=lambda *_: shared)
    return {run.id: found[run.seq] for run in chosen if run.seq in found}


def test_a_run_ended_when_it_last_did(ledger: Ledger) -> None:
    """A plan that was never started is as old as its planning."""
    assert ended_at(a_run(ledger, 1)) == NOW + 1
    assert ended_at(a_run(ledger, 2, 5)) == NOW + 5


def test_a_later_run_stays_as_long_as_an_earlier_one(ledger: Ledger) -> None:
    """Purged alone, what it changed would be forgotten by one that could still send the same case."""
    first, second, third = every = [a_run(ledger, nth, nth) for nth in (1, 2, 3)]
    assert kept(every, first) == {}
    assert kept(every, first, second) == {}
    assert kept(every, second, third).keys() == {second.id, third.id}
    assert first.id in kept(every, second)[second.id]
    assert kept(every, second, third, shared=False) == {}


def test_one_that_stays_keeps_those_behind_it(ledger: Ledger) -> None:
    """What is not purged itself, for whatever reason, is in the way of those that it needs."""
    first, second, third = every = [a_run(ledger, nth, nth) for nth in (1, 2, 3)]
    found = staying({first.seq, second.seq, third.seq}, every, alone={first.seq: "not over"}, needs=lambda *_: True)
    assert found.keys() == {first.seq, second.seq, third.seq}
    assert found[first.seq] == "not over"


def test_what_was_planned_before_another_ended_needs_it(ledger: Ledger) -> None:
    """A run that was resumed after a later one was planned may have changed what that one was compared with."""
    first, _ = every = [a_run(ledger, 1, 9), a_run(ledger, 2)]
    assert kept(every, first).keys() == {first.id}
    first, _ = every = [a_run(ledger, 11, 12), a_run(ledger, 13)]
    assert kept(every, first) == {}


def test_another_target_does_not_matter(ledger: Ledger) -> None:
    """Its cases are other ones, whatever they are called."""
    other, run = every = [a_run(ledger, 1, 1, target="kore.example.com/account/st-2"), a_run(ledger, 2, 2)]
    assert kept(every, run) == {}
    assert kept(every, other) == {}


@pytest.mark.parametrize("link", ["continues", "undoes"])
def test_those_that_belong_together_go_together(ledger: Ledger, link: str) -> None:
    """Neither a corrected run nor one that was taken back is purged without the other one."""
    first = a_run(ledger, 1, 1)
    second = a_run(ledger, 2, 2, **{link: first.id})
    third = a_run(ledger, 3, 3, **{link: second.id})
    other = a_run(ledger, 4, 4)
    every = [first, second, third, other]
    for chosen in ([first], [second], [third], [first, second], [second, third]):
        assert kept(every, *chosen, shared=False).keys() == {run.id for run in chosen}
    assert kept(every, first, second, third, shared=False) == {}
    assert [len(family) for family in families([third, other, first, second])] == [1, 3]
