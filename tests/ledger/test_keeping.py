"""Which runs may be purged, and why others stay."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ledgers import NOW, new_run

from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.keeping import ended_at, families, staying


class Known:
    """Cases of runs: all of them share one, none does, or those of the same target do that are said to."""

    def __init__(self, *, shared: bool | set[tuple[int, int]] = True) -> None:
        self.shared = shared
        self.runs: list[RunRecord] = []
        self.asked = 0
        self.is_slow = False

    def keep(self, run: RunRecord) -> None:
        self.runs.append(run)

    def reading(self, run: RunRecord, until: int) -> Iterator[None]:
        yield from (None for one in self.runs if one.seq <= until and one.target == run.target and self.is_slow)

    def holder(self, run: RunRecord, until: int) -> int | None:
        self.asked += 1
        known = (one for one in self.runs if one.seq <= until and one.target == run.target)
        return next((one.seq for one in known if self.has(one.seq, run.seq)), None)

    def has(self, earlier: int, later: int) -> bool:
        return self.shared if isinstance(self.shared, bool) else (earlier, later) in self.shared


def a_run(ledger: Ledger, nth: int, ended: float | None = None, **more: str) -> RunRecord:
    """Add a run that was planned at an hour and ended at another, if it was started."""
    run = new_run(ledger, now=NOW + nth, suffix=f"{nth:04x}", **more)
    if ended is None:
        return run
    return ledger.update_run(run, started_at=NOW + nth, finished_at=NOW + ended)


def kept(every: Sequence[RunRecord], *chosen: RunRecord, shared: bool = True) -> dict[str, str]:
    """Return which of the chosen runs stay, all of which share cases, or none."""
    found = staying({run.seq for run in chosen}, every, alone={}, cases=Known(shared=shared))
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
    found = staying({first.seq, second.seq, third.seq}, every, alone={first.seq: "not over"}, cases=Known())
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


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_all_that_is_needed_stays_and_nothing_else(data: st.DataObject) -> None:
    """Whatever is chosen, linked and shared, those stay that one which stays needs, by the plainest reckoning."""
    count = data.draw(st.integers(2, 7))
    seqs = range(1, count + 1)
    ends = [seq + data.draw(st.integers(0, 3)) for seq in seqs]
    links = [
        data.draw(st.sampled_from([None, *map(str, range(1, seq))])) if data.draw(st.booleans()) else None
        for seq in seqs
    ]
    every = [record(seq, end, link) for seq, end, link in zip(seqs, ends, links, strict=True)]
    pairs = {(one, other) for one in seqs for other in seqs if one != other}
    mask = data.draw(st.integers(0, 2 ** len(pairs) - 1))
    shared = {pair for nth, pair in enumerate(sorted(pairs)) if mask >> nth & 1}
    chosen = data.draw(st.sets(st.sampled_from(seqs)))
    alone = dict.fromkeys(data.draw(st.sets(st.sampled_from(sorted(chosen)))) if chosen else (), "alone")

    expected = set(seqs) - chosen | alone.keys()
    before = None
    while before != expected:
        before = set(expected)
        for run, kept in ((run, kept) for run in every for kept in every if kept.seq in before):
            is_akin = kept.id == run.continues or run.id == kept.continues
            is_earlier = kept.planned_at <= ended_at(run)
            if is_akin or (is_earlier and (kept.seq, run.seq) in shared):
                expected.add(run.seq)
    found = staying(chosen, every, alone=alone, cases=Known(shared=shared))
    assert found.keys() == expected & chosen
    assert {seq: why for seq, why in found.items() if seq in alone} == alone


def record(seq: int, end: float, link: str | None = None) -> RunRecord:
    """Return a run that was planned at its number."""
    names = dict.fromkeys(RunRecord.__slots__)
    known = {"seq": seq, "id": str(seq), "continues": link, "target": "t", "planned_at": NOW + seq, "definition": {}}
    return RunRecord(**{**names, **known, "started_at": NOW + seq, "finished_at": NOW + end})  # type: ignore[arg-type]  # by name


def test_a_clock_that_was_set_back_settles_nothing() -> None:
    """A run whose planning seems to come after the end of a later one counts as one before it."""
    first, second = replace(record(1, 1), planned_at=NOW + 50), record(2, 3)
    assert staying({2}, [first, second], alone={}, cases=Known()).keys() == {2}
    every = [replace(record(1, 20), planned_at=NOW + 10), record(2, 5), replace(record(3, 20), planned_at=NOW + 6)]
    assert staying({3}, every, alone={}, cases=Known(shared={(2, 3)})).keys() == {3}


def test_a_run_is_asked_about_again_when_another_one_is_kept() -> None:
    """What nobody needed so far stays after all, where one that was planned before its end turns out to stay."""
    every = [record(1, 1), record(2, 9), record(3, 9)]
    needed = Known(shared={(1, 3), (3, 2)})
    assert staying({2, 3}, every, alone={}, cases=needed).keys() == {2, 3}


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("lasts", [0, 1000], ids=["one after the other", "all at once"])
def test_each_run_is_asked_about_a_few_times_at_most(lasts: int, *, shared: bool) -> None:
    """What the answer costs grows with the runs, and not with their square."""
    every = [record(seq, seq + lasts) for seq in range(1, 401)]
    known = Known(shared=shared)
    found = staying({run.seq for run in every[1::2]}, every, alone={}, cases=known)
    assert len(found) == (200 if shared else 0)
    assert known.asked <= 400


def test_what_there_is_no_time_for_stays() -> None:
    """The oldest go all the same, what is not known to be needed by nobody stays, and the reason says just that."""
    every = [record(seq, seq) for seq in range(1, 7)]
    left = iter([False, False, *[True] * 10])
    known = Known(shared=False)
    found = staying({1, 2, 3, 4}, every, alone={}, cases=known, is_late=lambda: next(left))
    assert found.keys() == {3, 4}
    assert all("no time to find out" in why for why in found.values())


def test_getting_to_know_what_is_kept_has_an_end() -> None:
    """Many kept runs that come before the first one that may go are not all read, where that takes too long."""
    every = [record(seq, seq) for seq in range(1, 21)]
    known, asked = Known(shared=False), itertools.count()
    known.is_slow = True
    found = staying({20}, every, alone={}, cases=known, is_late=lambda: next(asked) > 9)
    assert "no time to find out" in found[20]
    assert (next(asked), known.asked) == (11, 0)
