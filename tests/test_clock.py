"""Moments that another process, or another start of the machine, can place."""

import datetime as dt
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulkcase.clock import Instant, iso_utc

seconds = st.floats(0, 1e9, allow_nan=False)


@given(seconds, seconds, st.floats(-1e6, 1e6))
def test_within_one_start_of_the_machine_the_clock_on_the_wall_does_not_matter(
    then: float, later: float, jump: float
) -> None:
    """However the clock was set meanwhile, the age of a moment is what the monotonic scale says."""
    first = Instant("boot-1", then, 1.8e9)
    second = Instant("boot-1", then + later, 1.8e9 + later + jump)
    # A double has steps of a quarter of a microsecond at two billion seconds.
    assert second.since(first) == pytest.approx(later, abs=1e-6)


@pytest.mark.parametrize(("boot", "other"), [("boot-1", "boot-2"), ("", ""), ("boot-1", "")])
@pytest.mark.parametrize(("passed", "age"), [(3600.0, 3600.0), (0.0, 0.0), (-3600.0, 0.0)])
def test_between_two_starts_only_the_clock_on_the_wall_tells(boot: str, other: str, passed: float, age: float) -> None:
    """After a restart, or on a machine that does not tell, ages come from the clock and are never negative."""
    assert Instant(other, 5.0, 1.8e9 + passed).since(Instant(boot, 9e6, 1.8e9)) == age


def test_a_moment_on_the_scale_of_another_is_as_far_away_on_both_clocks() -> None:
    """A call that ended 90 seconds after its session began ended 90 seconds later on the wall, too."""
    assert Instant("boot-1", 100.0, 1.8e9).later(190.0) == Instant("boot-1", 190.0, 1.8e9 + 90.0)


@given(st.floats(-6e10, 2e11) | st.integers(-(10**10), 10**11) | st.floats(1.7e9, 1.9e9))
@example(1_795_000_000.9999996)
@example(1_795_000_000.9994999)
@example(math.nextafter(1_795_000_000, 0))
@example(-0.0000004)
def test_a_moment_is_told_as_its_date_and_time_in_utc(moment: float) -> None:
    """Rounded to microseconds as dates are, and then cut to milliseconds."""
    found = dt.datetime.fromtimestamp(moment, dt.UTC)
    assert iso_utc(moment) == f"{found.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def test_no_moment_is_told_as_nothing() -> None:
    """What has not happened has no time."""
    assert iso_utc(None) == ""
