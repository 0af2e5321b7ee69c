"""Schedules of calls, played tick by tick against a quota, with a plain list beside it to compare it with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from hypothesis import strategies as st

from bulkcase.job.quantities import Window
from bulkcase.kore.quota import Quota


class Fate(Enum):
    """How a call can end."""

    ANSWERED = auto()
    GIVEN_UP = auto()
    RETURNED = auto()


@dataclass(frozen=True)
class Plan:
    """One call of a schedule; all times are whole ticks, so that nothing is rounded."""

    idle: int
    """Ticks after the call before it in which nobody asks for a slot."""
    latency: int
    fate: Fate
    share: float
    """When the server counts it: 0 at departure, 1 as late as it can."""


@dataclass(frozen=True)
class Schedule:
    """A quota, and calls that want to be made under it."""

    windows: tuple[Window, ...]
    timeout: int
    plans: tuple[Plan, ...]
    restored: tuple[int, ...] = ()
    """Moments up to now from which the slots of earlier calls wait a window; the server counted them then."""


class QuotaLike(Protocol):
    """What stands in the quota's place."""

    def free_at(self, now: float) -> float: ...
    def take(self, now: float) -> None: ...
    def answered(self, now: float) -> None: ...
    def given_up(self, now: float) -> None: ...
    def returned(self) -> None: ...


WINDOWS = st.builds(Window, st.integers(1, 5), st.integers(1, 12).map(float))
PLANS = st.builds(
    Plan,
    idle=st.sampled_from([0, 0, 0, 0, 1, 2, 7]),
    latency=st.integers(0, 8),
    fate=st.sampled_from([Fate.ANSWERED] * 4 + [Fate.GIVEN_UP, Fate.RETURNED]),
    share=st.floats(0, 1),
)
SCHEDULES = st.builds(
    Schedule,
    windows=st.lists(WINDOWS, min_size=1, max_size=3).map(tuple),
    timeout=st.integers(0, 6),
    plans=st.lists(PLANS, min_size=1, max_size=30).map(tuple),
)


@dataclass
class Flight:
    """A call that left, as somebody knows it who writes down everything."""

    plan: Plan | None
    """None for one of an earlier process."""
    left: int
    free_from: int | None = None
    """The tick that its slots wait a window from; None while it is in flight."""


@dataclass
class Played:
    """A schedule being played tick by tick, with a plain list beside the quota to compare it with."""

    schedule: Schedule
    quota: QuotaLike
    flights: list[Flight] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    """The ticks at which the server counted a call."""

    def __post_init__(self) -> None:
        self.flights += [Flight(None, moment, moment) for moment in self.schedule.restored]

    def ticks(self) -> Iterator[int]:
        """Play on until every call is over; yield each tick after its answers came and before a call leaves."""
        waiting = list(reversed(self.schedule.plans))
        ready = now = 0
        while waiting or any(flight.free_from is None for flight in self.flights):
            self._end(now)
            yield now
            while waiting and now >= ready and self.quota.free_at(now) <= now:
                self._leave(plan := waiting.pop(), now)
                ready = now + plan.idle
                self._end(now)
            now += 1

    def slot_is_free(self, now: int) -> bool:
        """Say, from the plain list, whether every window has room for one more call."""
        return all(
            sum(flight.free_from is None or now < flight.free_from + window.seconds for flight in self.flights)
            < window.limit
            for window in self.schedule.windows
        )

    def _leave(self, plan: Plan, now: int) -> None:
        self.quota.take(now)
        self.flights.append(Flight(plan, now))
        if plan.fate is not Fate.RETURNED:
            late = plan.latency + (self.schedule.timeout if plan.fate is Fate.GIVEN_UP else 0)
            self.counted.append(now + int(late * plan.share))

    def _end(self, now: int) -> None:
        for flight in [flight for flight in self.flights if flight.free_from is None]:
            assert flight.plan is not None, "it is one of ours"
            if now < flight.left + flight.plan.latency:
                continue
            if flight.plan.fate is Fate.RETURNED:
                self.quota.returned()
                self.flights.remove(flight)
            elif flight.plan.fate is Fate.GIVEN_UP:
                self.quota.given_up(now)
                flight.free_from = now + self.schedule.timeout
            else:
                self.quota.answered(now)
                flight.free_from = now


def most_in_a_window(counted: Sequence[int], seconds: float, before: Sequence[int] = ()) -> int:
    """Return the most calls that a rolling window (t - W, t] of the server sees when one of ours comes."""
    everything = [*before, *counted]
    return max((sum(end - seconds < other <= end for other in everything) for end in counted), default=0)


def quota_of(schedule: Schedule) -> Quota:
    """Return the quota of a schedule, its earlier calls restored."""
    quota = Quota(schedule.windows, timeout=schedule.timeout)
    quota.restore(schedule.restored, 0.0)
    return quota


def is_kept(schedule: Schedule, quota: QuotaLike) -> bool:
    """Play a schedule and say whether the server's windows were kept."""
    played = Played(schedule, quota)
    for _ in played.ticks():
        pass
    return all(
        most_in_a_window(played.counted, window.seconds, schedule.restored) <= window.limit
        for window in schedule.windows
    )
