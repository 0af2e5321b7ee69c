"""Which runs may be purged, and why the others stay. Pure.

A run goes only where no run that is kept has any use for it:

- those that belong together (a corrected file and the run that it corrects, an undo and the run that it takes back) go
  together, or none of them does;
- a run that may have changed a case stays as long as an earlier one is kept that could still send an update of that
  case, or be taken back or corrected: whatever is asked about later changes of a case has the same answer afterwards.

Each run is asked about once, and again only where one has been kept since: a ledger may have thousands.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from math import inf
from typing import Protocol, Self

from bulkcase.ledger.records import RunRecord


class Cases(Protocol):
    """What knows the cases of runs, see `bulkcase.ledger.shared`."""

    def keep(self, run: RunRecord) -> None:
        """Know of a run that is kept."""

    def reading(self, run: RunRecord, until: int) -> Iterator[None]:
        """Get to know the kept runs, `until` at most, that may need a run, one with each step."""

    def holder(self, run: RunRecord, until: int) -> int | None:
        """Return a kept run, `until` at most, that could still send, or take back, a case that a run has changed."""


class Together(str):
    """Why a run stays that goes only together with another one."""

    __slots__ = ("other",)

    def __new__(cls, why: str, other: str) -> Self:
        """Return the reason; `other` is the id of the other one."""
        reason = super().__new__(cls, why)
        reason.other = other
        return reason

    other: str


def never() -> bool:
    """Say that there is time for whatever is asked."""
    return False


def ended_at(run: RunRecord) -> float:
    """Return when a run ended, in seconds since the epoch; for a plan that was never started, when it was made."""
    return max(at for at in (run.finished_at, run.started_at, run.planned_at) if at is not None)


def staying(
    chosen: Collection[int],
    every: Sequence[RunRecord],
    *,
    alone: Mapping[int, str],
    cases: Cases,
    is_late: Callable[[], bool] = never,
) -> dict[int, str]:
    """Return those of the chosen runs that stay, each with the reason; all are given by their `seq`.

    `every` has all runs of the ledger, and `alone` the chosen ones that stay whatever the others do, with the reason.
    Once it `is_late`, what is not known yet to be needed by nobody stays.
    """
    work = _Staying(every, {run.seq: run for run in every if run.seq in chosen and run.seq not in alone}, cases)
    work.kept.update(alone)
    reach = work.reach()
    order = sorted(reach, key=lambda seq: (reach[seq], seq))
    work.keep_others()
    # What was kept, one after the other; each run is asked about those that came since it was asked last.
    news, asked = [-1], dict.fromkeys(order, 0)
    is_over = False
    while not is_over:
        is_over = True
        for seq in order:
            if seq not in work.going:
                continue
            since, asked[seq] = news[asked[seq] :], len(news)
            if any(one <= reach[seq] for one in since) and (why := work.why(seq, reach[seq], is_late)):
                news += work.keep(seq, why)
                is_over = False
    return work.kept


def belonging(
    chosen: Collection[int], every: Sequence[RunRecord], share: Callable[[RunRecord, RunRecord], bool], most: int
) -> set[int]:
    """Return the chosen runs with those that have to go with them, by their `seq`; with more than `most`, not all.

    `share` says of two runs whether the second may need the first.
    """
    runs = {run.seq: run for run in every}
    kin, reach = _kin(every), _reach(every, runs)
    found = dict.fromkeys(chosen)
    waiting = list(found)
    for seq in waiting:
        run = runs[seq]
        before = (one for one in every if one.target == run.target and one.seq <= reach[seq])
        others = chain(kin[run.id], (one.seq for one in before if one.seq not in found and share(run, one)))
        for other in others:
            if len(found) > most:
                return set(found)
            if other not in found:
                found[other] = None
                waiting.append(other)
    return set(found)


def _reach(every: Iterable[RunRecord], of: Mapping[int, RunRecord]) -> dict[int, int]:
    """Return for each of some runs the `seq` of the last one that was planned before it ended.

    What was planned by then may have been compared with what this one then changed; where a clock was set back, so may
    what has a lower `seq`.
    """
    planned = sorted((run.planned_at, run.seq) for run in every)
    last = list(accumulate((seq for _, seq in planned), max))
    return {seq: last[bisect_right(planned, (ended_at(run), inf)) - 1] for seq, run in of.items()}


class _Staying:
    """Runs that may go, as far as is known, and those that stay."""

    def __init__(self, every: Sequence[RunRecord], going: dict[int, RunRecord], cases: Cases) -> None:
        self.kept: dict[int, str] = {}
        """The reason by the `seq`."""
        self.going = going
        self._every = {run.seq: run for run in every}
        self._cases = cases
        self._kin = _kin(every)

    def reach(self) -> dict[int, int]:
        """Return how far the runs reach that may go, see `_reach`."""
        return _reach(self._every.values(), self.going)

    def keep_others(self) -> None:
        """Keep what nobody wants to go, with what belongs to it."""
        for seq in [seq for seq in self._every if seq not in self.going]:
            self.keep(seq)

    def keep(self, seq: int, why: str = "") -> list[int]:
        """Keep a run, and those that belong to it; return the `seq` of all."""
        if self.going.pop(seq, None):
            self.kept[seq] = why
        done = [seq]
        for one in done:
            run = self._every[one]
            self._cases.keep(run)
            mine = [kin for kin in self._kin[run.id] if self.going.pop(kin, None)]
            together = Together(f"run {run.id}, which belongs to it, is kept: they go together", run.id)
            self.kept |= dict.fromkeys(mine, together)
            done += mine
        return done

    def why(self, seq: int, until: int, is_late: Callable[[], bool]) -> str:
        """Return why a run stays as long as others are kept; empty where it need not."""
        run = self._every[seq]
        if is_late() or any(is_late() for _ in self._cases.reading(run, until)):
            return "there was no time to find out whether a kept run needs it: bulkcase purge takes that time"
        holder = self._cases.holder(run, until)
        if holder is None:
            return ""
        its = self._every[holder].id
        return Together(f"run {its}, which is kept, has rows about cases that it changed later: they go together", its)


def _kin(every: Iterable[RunRecord]) -> Mapping[str, list[int]]:
    """Return by the id of each run the `seq` of those that it names, and of those that name it."""
    found = defaultdict[str, list[int]](list)
    by_id = {run.id: run.seq for run in every}
    for run in every:
        for link in _names(run)[1:]:
            found[link].append(run.seq)
            found[run.id] += [by_id[link]] if link in by_id else []
    return found


def families(of: Sequence[RunRecord]) -> list[list[RunRecord]]:
    """Return runs in groups of those that belong together; each group is purged at once."""
    groups: dict[str, list[RunRecord]] = {}
    for run in of:
        akin = {id(groups[name]): groups[name] for name in _names(run) if name in groups}
        group = [*(one for members in akin.values() for one in members), run]
        for name in (name for member in group for name in _names(member)):
            # Behind the others, as a group is as old as its last run.
            groups.pop(name, None)
            groups[name] = group
    return list({id(group): group for group in groups.values()}.values())


def _names(run: RunRecord) -> list[str]:
    """Return the ids of a run and of those that it names."""
    return [name for name in (run.id, run.continues, run.undoes) if name is not None]
