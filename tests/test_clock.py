"""Moments that another process, or another start of the machine, can place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.clock import Instant

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
