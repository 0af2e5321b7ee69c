"""The quota with the slots of earlier calls: of a run before this one, or of another process."""

from dataclasses import replace

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from support.schedules import SCHEDULES, Fate, Played, Schedule, is_kept, quota_of

from bulkcase.job.quantities import Window
from bulkcase.kore.quota import Quota

RESTORED = st.builds(
    lambda schedule, moments: replace(schedule, restored=tuple(moments)),
    SCHEDULES,
    st.lists(st.integers(-14, 0), min_size=1, max_size=12),
)


@settings(max_examples=400)
@given(RESTORED)
def test_earlier_calls_and_new_ones_together_exceed_no_window(schedule: Schedule) -> None:
    """However many calls came before, no new one is counted by the server in a window that is full."""
    assert is_kept(schedule, quota_of(schedule))


def test_without_the_earlier_calls_a_window_is_exceeded() -> None:
    """The schedules are hard enough: a quota that forgets what came before breaks the same rule."""
    broken = find(RESTORED, lambda schedule: not is_kept(schedule, Quota(schedule.windows, timeout=schedule.timeout)))

    assert is_kept(broken, quota_of(broken))


@settings(max_examples=400)
@given(RESTORED)
def test_earlier_calls_waste_no_slot(schedule: Schedule) -> None:
    """At each moment the quota grants a slot exactly when a plain list of all calls has room."""
    played = Played(schedule, quota_of(schedule))
    for now in played.ticks():
        assert (played.quota.free_at(now) <= now) is played.slot_is_free(now)


@settings(max_examples=400)
@given(RESTORED)
def test_who_sleeps_as_told_after_earlier_calls_never_oversleeps(schedule: Schedule) -> None:
    """Until the moment that the quota names no slot becomes free, however far over the limit it is."""
    plans = tuple(plan for plan in schedule.plans if plan.fate is not Fate.RETURNED)
    played = Played(replace(schedule, plans=plans), quota_of(schedule))
    named = 0.0
    for now in played.ticks():
        assert now >= named or not played.slot_is_free(now)
        named = max(named, played.quota.free_at(now)) if not played.slot_is_free(now) else 0.0


TABLE = [
    ("a call of before takes a slot", 1, [-3.0], 0, 7.0),
    ("a slot that is free again is not taken", 1, [-10.0, -11.0, -99.0], 0, 0.0),
    ("over the limit, enough have to become free", 2, [-8.0, -6.0, -4.0, -2.0], 0, 6.0),
    ("in whatever order they come", 2, [-2.0, -8.0, -4.0, -6.0], 0, 6.0),
    ("exactly at the limit, one is enough", 3, [-8.0, -6.0, -4.0], 0, 2.0),
    ("a call in flight may be answered first", 2, [-1.0, 25.0], 1, 10.0),
    ("but it is one call only", 2, [24.0, 25.0], 1, 34.0),
    ("two calls in flight may be", 3, [24.0, 25.0], 2, 10.0),
]


@pytest.mark.parametrize(("name", "limit", "restored", "in_flight", "free_at"), TABLE, ids=[line[0] for line in TABLE])
def test_the_moment_at_which_a_slot_is_free(
    name: str, limit: int, restored: list[float], in_flight: int, free_at: float
) -> None:
    """The quota names the moment at which enough slots are free, not the first one."""
    quota = Quota([Window(limit, 10.0)])
    for _ in range(in_flight):
        quota.take(0.0)
    quota.restore(iter(restored), 0.0)

    assert quota.free_at(0.0) == free_at


def test_each_window_keeps_what_matters_to_it() -> None:
    """The same calls are over for the short window and still there for the long one."""
    quota = Quota([Window(2, 1.0), Window(3, 100.0)])
    quota.restore(iter([-5.0, -4.0, -3.0]), 0.0)

    assert quota.free_at(0.0) == 95.0
