"""What headers hint at about a quota."""

import pytest

from bulkcase.job.quantities import Window
from bulkcase.kore.hints import Hint, allowed_in, broken_promises, hints_in

HEADERS = [
    ({"RateLimit-Policy": "60;w=60, 1800;w=3600"}, [(60, 60.0), (1800, 3600.0)]),
    ({"ratelimit-policy": '"burst";q=100;w=60,"daily";q=1000;w=86400'}, [(100, 60.0), (1000, 86400.0)]),
    ({"RateLimit-Limit": "100, 100;w=10"}, [(100, 10.0)]),
    ({"X-RateLimit-Limit-Minute": "60"}, [(60, 60.0)]),
    ({"X-RateLimit-Limit-Hour": "1800"}, [(1800, 3600.0)]),
    ({"X-Rate-Limit-Limit": " 60 "}, [(60, None)]),
    ({"X-RateLimit-Remaining": "12"}, [(None, None)]),
    ({"Retry-After": "30"}, [(None, None)]),
    ({"X-RateLimit-Limit": "٦٠"}, [(None, None)]),
    ({"X-RateLimit-Limit": "9" * 40}, [(None, None)]),
    ({"RateLimit-Policy": "60;w="}, [(None, None)]),
    ({"Content-Type": "application/json", "X-Limit": "3", "Date": "now"}, []),
]


@pytest.mark.parametrize(("headers", "found"), HEADERS)
def test_limits_are_read_from_every_usual_header(
    headers: dict[str, str], found: list[tuple[int | None, float | None]]
) -> None:
    """A limit, and its window where that is told; what cannot be read is told as it is; other headers are none."""
    assert [(hint.limit, hint.seconds) for hint in hints_in(headers)] == found


def test_a_header_is_told_in_short() -> None:
    """However long a header is, what is told of it fits a line."""
    (hint,) = hints_in({"RateLimit-Reset": "x" * 5000})
    assert hint.said == "RateLimit-Reset: " + "x" * 60


@pytest.mark.parametrize(
    ("windows", "seconds", "most"),
    [
        ([(50, 60.0)], 60.0, 50),
        ([(50, 60.0)], 3600.0, 3000),
        ([(50, 60.0), (1700, 3600.0)], 3600.0, 1700),
        ([(50, 60.0)], 10.0, 50),
        ([(50, 60.0)], 61.0, 100),
        ([], 60.0, None),
    ],
)
def test_what_a_quota_lets_leave_in_a_time_is_known(
    windows: list[tuple[int, float]], seconds: float, most: int | None
) -> None:
    """All windows hold at once, and one that is over begins anew."""
    assert allowed_in([Window(*window) for window in windows], seconds) == most


def test_only_limits_with_a_window_can_be_broken() -> None:
    """A limit of an unknown window says nothing that can be compared."""
    hints = [Hint("a", 60, 60.0), Hint("b", 10, None), Hint("c"), Hint("d", 0, 0.0), Hint("e", 3000, 60.0)]
    assert broken_promises(hints, [Window(100, 60.0)]) == [hints[0]]
    assert broken_promises(hints, []) == [hints[0], hints[4]]
