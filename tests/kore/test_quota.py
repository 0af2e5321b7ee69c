"""The quota: no rolling window of the server ever sees more than its limit, and no slot is wasted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from support.buckets import TokenBucket

from bulkcase.job.quantities import Window
from bulkcase.kore.quota import Quota, even_gap, seconds_for


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

    plan: Plan
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


def most_in_a_window(counted: Sequence[int], seconds: float) -> int:
    """Return the most calls that a rolling window (t - W, t] of the server sees."""
    return max((sum(end - seconds < other <= end for other in counted) for end in counted), default=0)


def is_kept(schedule: Schedule, quota: QuotaLike) -> bool:
    """Play a schedule and say whether the server's windows were kept."""
    played = Played(schedule, quota)
    for _ in played.ticks():
        pass
    return all(most_in_a_window(played.counted, window.seconds) <= window.limit for window in schedule.windows)


def quota_of(schedule: Schedule) -> Quota:
    return Quota(schedule.windows, timeout=schedule.timeout)


@settings(max_examples=400)
@given(SCHEDULES)
def test_no_rolling_window_of_the_server_is_exceeded(schedule: Schedule) -> None:
    """Whenever the server counts a call between its departure and its last moment, no window sees too many."""
    assert is_kept(schedule, quota_of(schedule))


def test_a_token_bucket_exceeds_them() -> None:
    """The schedules are hard enough: a token bucket in the quota's place breaks the same rule."""
    broken = find(SCHEDULES, lambda schedule: not is_kept(schedule, TokenBucket(schedule.windows)))

    assert is_kept(broken, quota_of(broken))


def test_the_timeout_after_a_lost_answer_is_needed() -> None:
    """Without the extra timeout for a call that was given up, its late arrival breaks the rule."""
    broken = find(SCHEDULES, lambda schedule: not is_kept(schedule, Quota(schedule.windows, timeout=0)))

    assert is_kept(broken, quota_of(broken))


@settings(max_examples=400)
@given(SCHEDULES)
def test_a_slot_is_taken_exactly_when_one_is_free(schedule: Schedule) -> None:
    """The quota agrees at each moment with a plain list of calls: it wastes no slot and grants none too early."""
    played = Played(schedule, quota_of(schedule))
    for now in played.ticks():
        assert (played.quota.free_at(now) <= now) is played.slot_is_free(now)


@settings(max_examples=400)
@given(SCHEDULES)
def test_who_sleeps_as_told_never_oversleeps(schedule: Schedule) -> None:
    """Until the moment that the quota names no slot becomes free, whatever is answered or given up meanwhile."""
    plans = tuple(plan for plan in schedule.plans if plan.fate is not Fate.RETURNED)
    played = Played(Schedule(schedule.windows, schedule.timeout, plans), quota_of(schedule))
    named = 0.0
    for now in played.ticks():
        assert now >= named or not played.slot_is_free(now)
        named = max(named, played.quota.free_at(now)) if not played.slot_is_free(now) else 0.0


@given(SCHEDULES)
def test_a_slot_is_free_a_window_after_everything_was_answered(schedule: Schedule) -> None:
    """Nobody starves: when nothing is in flight any more, the longest window later the quota is whole again."""
    played = Played(schedule, quota_of(schedule))
    last = 0
    for now in played.ticks():
        last = now
    later = last + schedule.timeout + max(window.seconds for window in schedule.windows)
    assert played.quota.free_at(later) == later


def test_an_answer_may_free_a_slot_before_one_that_was_given_up() -> None:
    """A call that was given up holds its slot longer than one that is answered after it."""
    quota = Quota([Window(2, 10.0)], timeout=30.0)
    quota.take(0.0)
    quota.take(0.0)
    quota.given_up(1.0)
    assert quota.free_at(2.0) == 12.0  # if the other call were answered right now

    quota.answered(5.0)

    assert quota.free_at(12.0) == 15.0
    assert quota.free_at(15.0) == 15.0


def test_without_windows_every_call_may_leave() -> None:
    """`windows = []` is no limit."""
    quota = Quota([])
    for _ in range(1000):
        quota.take(1.0)

    assert quota.free_at(1.0) == 1.0


def test_an_even_pace_makes_up_for_a_few_calls_only() -> None:
    """Calls leave a gap apart; after a long idle time nine leave at once, and not the hundred that were missed."""
    quota = Quota([], gap=2.0)
    steady = []
    now = 0.0
    for _ in range(30):
        now = quota.free_at(now)
        quota.take(now)
        steady.append(now)
    assert steady[9:] == [2.0 * number for number in range(1, 22)]

    late, burst = now + 200.0, 0
    while quota.free_at(late) <= late:
        quota.take(late)
        burst += 1

    assert burst == 9
    assert quota.free_at(late) == late + 2.0


MINUTE, HOUR = Window(50, 60.0), Window(1700, 3600.0)
GAPS = [
    ("burst", (MINUTE, HOUR), 10**6, 0.0),
    ("even", (MINUTE, HOUR), 1, 3600 / 1700),
    ("even", (MINUTE,), 1, 1.2),
    ("auto", (MINUTE, HOUR), 1700, 0.0),
    ("auto", (MINUTE, HOUR), 1701, 3600 / 1700),
    ("auto", (HOUR, MINUTE), 1701, 3600 / 1700),
    ("auto", (Window(10, 60.0), Window(1700, 3600.0)), 1701, 6.0),
    ("even", (), 10, 0.0),
    ("auto", (), 10, 0.0),
]


@pytest.mark.parametrize(("pace", "windows", "calls", "gap"), GAPS)
def test_the_even_gap(pace: str, windows: Sequence[Window], calls: int, gap: float) -> None:
    """Even is the pace of the tightest window; auto is even where the calls do not fit into the longest window."""
    assert even_gap(windows, pace, calls) == gap


def greedy(calls: int, windows: Sequence[Window], gap: float = 0.0) -> float:
    """Return when the last of so many calls leaves if each leaves as soon as it may and is answered at once."""
    left: list[float] = []
    for number in range(calls):
        times = [left[number - window.limit] + window.seconds for window in windows if number >= window.limit]
        left.append(max(times, default=0.0))
    return max(left[-1] if left else 0.0, max(calls - 1, 0) * gap)


@st.composite
def nested(draw: st.DrawFn) -> list[Window]:
    """Windows of which each longer one has room in time for its whole limit at the pace of the one before."""
    windows = [Window(draw(st.integers(1, 6)), float(draw(st.integers(1, 5))))]
    for _ in range(draw(st.integers(0, 2))):
        shorter = windows[-1]
        limit = draw(st.integers(1, 4 * shorter.limit))
        rounds = -(-limit // shorter.limit)
        windows.append(Window(limit, rounds * shorter.seconds + draw(st.integers(0, 9))))
    return draw(st.permutations(windows))


@settings(max_examples=300)
@given(windows=nested(), calls=st.integers(0, 150), gap=st.sampled_from([0.0, 0.5, 3.0]))
def test_the_least_seconds_are_exact_for_nested_windows(windows: Sequence[Window], calls: int, gap: float) -> None:
    """For nested windows the formula says what a call-by-call simulation says."""
    assert seconds_for(calls, windows, gap) == greedy(calls, windows, gap)


@settings(max_examples=300)
@given(windows=st.lists(WINDOWS, max_size=3), calls=st.integers(0, 150))
def test_the_least_seconds_are_never_too_many(windows: Sequence[Window], calls: int) -> None:
    """For any windows at all the formula never promises a later end than the quota forces."""
    assert seconds_for(calls, windows) <= greedy(calls, windows)


def test_a_longer_window_that_never_binds_changes_nothing() -> None:
    """A long window that allows more calls a second than a short one is left out of the forecast."""
    assert seconds_for(1001, [Window(10, 1.0), Window(1000, 10.0)]) == greedy(1001, [Window(10, 1.0)]) == 100.0
