"""The quota: no rolling window of the server ever sees more than its limit, and no slot is wasted."""

from collections.abc import Sequence

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from support.buckets import TokenBucket
from support.schedules import SCHEDULES, WINDOWS, Fate, Played, Schedule, is_kept, quota_of

from bulkcase.job.quantities import Window
from bulkcase.kore.quota import Quota, even_gap, seconds_for


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
