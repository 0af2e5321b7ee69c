"""How long everybody pauses when the server throttles."""

from dataclasses import dataclass

import pytest

from bulkcase.job.quantities import Window
from bulkcase.kore.throttle import Throttle

MINUTE, HOUR = Window(60, 60.0), Window(1800, 3600.0)


def pauses(throttle: Throttle, count: int) -> list[float]:
    """Return the length of each of so many pauses in a row, each tried again as soon as it is over."""
    lengths, now = [], 0.0
    for _ in range(count):
        throttle.throttled(now, now + 1.0, None)
        lengths.append(throttle.until - (now + 1.0))
        now = throttle.until
    return lengths


def test_nothing_is_paused_at_first() -> None:
    """Before the first throttled call, calls may leave at any time."""
    assert Throttle([MINUTE]).until == float("-inf")


@pytest.mark.parametrize(
    ("windows", "lengths"),
    [
        ([MINUTE, HOUR], [60, 120, 240, 480, 960, 1920, 3600, 3600]),
        ([HOUR, MINUTE], [60, 120, 240, 480, 960, 1920, 3600, 3600]),
        ([MINUTE], [60, 60, 60]),
        ([], [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]),
    ],
)
def test_pauses_double_from_the_shortest_window_to_the_longest(windows: list[Window], lengths: list[float]) -> None:
    """Where the server does not say how long, each pause without a success is twice the last one."""
    assert pauses(Throttle(windows), len(lengths)) == lengths


def test_many_pauses_do_not_overflow() -> None:
    """A day of throttling leaves the length at the longest window."""
    assert pauses(Throttle([MINUTE, HOUR]), 2000)[-1] == 3600


@pytest.mark.parametrize(("asked", "until"), [(7.0, 8.0), (600.0, 601.0), (0.0, 61.0), (None, 61.0)])
def test_what_the_server_asks_for_wins(asked: float | None, until: float) -> None:
    """Retry-After sets the pause, shorter or longer than ours; none, or zero, leaves it to the windows."""
    throttle = Throttle([MINUTE, HOUR])
    throttle.throttled(0.0, 1.0, asked)

    assert throttle.until == until


def test_a_burst_of_calls_in_flight_is_one_pause() -> None:
    """Calls that left before the pause was over only move its end; they do not double it."""
    throttle = Throttle([MINUTE, HOUR])
    for answered in (1.0, 2.0, 3.0):
        throttle.throttled(0.0, answered, None)
    throttle.throttled(2.5, 4.0, None)  # it had its slot in hand when the pause began

    assert throttle.until == 64.0
    throttle.throttled(64.0, 65.0, None)
    assert throttle.until == 65.0 + 120


def test_a_pause_is_never_shortened() -> None:
    """A late answer of the burst that asks for less does not let calls leave earlier."""
    throttle = Throttle([MINUTE])
    throttle.throttled(0.0, 1.0, 100.0)
    throttle.throttled(0.0, 2.0, 3.0)

    assert throttle.until == 101.0


def test_a_success_after_the_pause_resets_the_doubling() -> None:
    """When a call after a pause succeeds, the next pause is as short as the first."""
    throttle = Throttle([MINUTE, HOUR])
    assert pauses(throttle, 3) == [60, 120, 240]
    now = throttle.until
    throttle.succeeded(now)
    throttle.throttled(now, now + 1.0, None)

    assert throttle.until == now + 61.0


def test_a_success_from_before_the_pause_says_nothing() -> None:
    """An answer to a call that left before the pause was over resets nothing, and halves nothing."""
    throttle = Throttle([MINUTE, HOUR])
    throttle.throttled(0.0, 1.0, None)
    throttle.succeeded(0.0)
    throttle.throttled(0.0, 2.0, None)
    assert throttle.until == 62.0

    throttle.throttled(62.0, 63.0, None)
    assert throttle.until == 63.0 + 120


def test_a_straggler_after_a_success_still_pauses_a_whole_window() -> None:
    """A throttled call from before the success that reset the doubling counts as a first pause."""
    throttle = Throttle([MINUTE, HOUR])
    throttle.throttled(0.0, 1.0, None)
    throttle.succeeded(61.0)
    throttle.throttled(0.0, 62.0, None)

    assert throttle.until == 122.0


@dataclass(frozen=True)
class Call:
    """A throttled call, or a success, and whether it is time to give up then."""

    left: float
    answered: float
    is_throttled: bool = True
    gives_up: bool = False


PATIENCE = {
    "still within two windows": [Call(0, 1), Call(61, 120.9)],
    "after two windows": [Call(0, 1), Call(61, 121, gives_up=True)],
    "after a success it starts anew": [Call(0, 1), Call(61, 62, False), Call(90, 121), Call(181, 240)],
    "a slow answer of the first burst": [Call(0, 1), Call(0.5, 500)],
    "a success from before the pause does not count": [Call(0, 1), Call(0, 2, False), Call(61, 121, gives_up=True)],
}


@pytest.mark.parametrize("calls", PATIENCE.values(), ids=list(PATIENCE))
def test_patience_lasts_two_of_the_longest_windows(calls: list[Call]) -> None:
    """A run gives up when a call after a pause is throttled two of the longest windows after the first one."""
    throttle = Throttle([Window(1, 1.0), MINUTE])
    assert throttle.patience == 120.0

    gave_up = []
    for call in calls:
        if call.is_throttled:
            gave_up.append(throttle.throttled(call.left, call.answered, None))
        else:
            throttle.succeeded(call.left)
            gave_up.append(False)

    assert gave_up == [call.gives_up for call in calls]
