"""The rolling windows of the sandbox."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.sandbox.windows import RollingWindows, refusal_text

TABLE = [
    ("no window lets everything pass", [], [0, 0, 0], [True, True, True]),
    ("a full window refuses", [(2, 10)], [0, 1, 2], [True, True, False]),
    ("a call leaves its window after exactly its length", [(1, 10)], [0, 9.999, 10], [True, False, True]),
    ("a refused call is not counted", [(1, 10)], [0, 9, 10, 19], [True, False, True, False]),
    ("every window has to have room", [(2, 1), (3, 100)], [0, 0, 2, 4, 100], [True, True, True, False, True]),
]


@pytest.mark.parametrize(("windows", "arrivals", "admitted"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_call_is_admitted_where_every_window_has_room(
    windows: list[tuple[int, float]], arrivals: list[float], admitted: list[bool]
) -> None:
    """Each line of the table says which of its arrivals are admitted."""
    rolling = RollingWindows(windows)
    assert [rolling.admit(now) for now in arrivals] == admitted


@given(
    windows=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 20)), min_size=1, max_size=3),
    gaps=st.lists(st.integers(0, 8), max_size=60),
)
def test_refusal_is_strict_and_never_needless(windows: list[tuple[int, int]], gaps: list[int]) -> None:
    """A call is refused exactly where some window that ends with it holds its limit of admitted calls already."""
    rolling = RollingWindows(windows)
    admitted: list[int] = []
    now = 0
    for gap in gaps:
        now += gap
        room = all(sum(now - length < t <= now for t in admitted) < limit for limit, length in windows)
        assert rolling.admit(now) is room
        if room:
            admitted.append(now)


def test_the_longest_full_window_is_named() -> None:
    """Where several windows are full the longest tells how long it takes."""
    rolling = RollingWindows([(1, 60.0), (1, 3600.0)])
    rolling.admit(0.0)
    assert rolling.full(1.0) == 3600.0
    assert rolling.full(3600.0) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(60.0, "exceeded the per-minute rate limit"), (3600.0, "exceeded the hourly rate limit"), (2.0, "the rate limit")],
)
def test_the_refusal_names_its_window(seconds: float, words: str) -> None:
    """A minute and an hour are named as the platform does; any other window is a plain rate limit."""
    assert words in refusal_text(seconds)
