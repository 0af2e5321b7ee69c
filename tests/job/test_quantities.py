"""Durations, windows of the quota and limits of failures."""

from fractions import Fraction

import pytest

from bulkcase.job.quantities import FailureLimit, Window, duration, failure_limit, or_off, window
from bulkcase.said import seconds_text

NO_COUNTS: list[object] = [0, -1, 10**9, True, 1.5, None, [5], {}]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("500ms", 0.5), ("30s", 30.0), ("5m", 300.0), ("1h", 3600.0), ("2d", 172800.0)),
        *((" 1.5 h ", 5400.0), ("0.25s", 0.25)),
    ],
)
def test_a_duration_is_a_number_with_its_unit(text: str, seconds: float) -> None:
    """Milliseconds to days are read, fractions too."""
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "s", "0s", "0.0h", "-5s", "1w", "5 minutes", "1h30m", "٣s", 30])
def test_anything_else_is_no_duration(text: object) -> None:
    """A number without a unit could be anything and is refused, as is nothing at all."""
    with pytest.raises(ValueError, match="must be a number above zero with its unit"):
        duration(text)


@pytest.mark.parametrize("text", ["1000000000d", "9" * 400 + "s"])
def test_a_duration_that_is_too_long_is_said_to_be(text: str) -> None:
    """The line says how much it may be at most, and not that the unit is missing."""
    with pytest.raises(ValueError, match=r"is too long: must be 999999999[sd] or less"):
        duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("50/60s", Window(50, 60.0)), (" 1700 / 1h ", Window(1700, 3600.0)), ("1/500ms", Window(1, 0.5))],
)
def test_a_window_is_calls_per_time(text: str, expected: Window) -> None:
    """A number of calls, a slash and a duration make a window."""
    assert window(text) == expected


@pytest.mark.parametrize(
    "text", ["", "50", "50/", "/60s", "0/60s", "-1/60s", "1.5/60s", "²/60s", "50/60", "9" * 5000 + "/1s", 5]
)
def test_anything_else_is_no_window(text: object) -> None:
    """What does not say both its calls and its time is refused."""
    with pytest.raises(ValueError, match=r"^must be a number"):
        window(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0.4, "0.4 s"), (9.94, "9.9 s"), (10, "10 s"), (45, "45 s"), (89, "89 s"), (90, "2 min"), (720, "12 min")),
        *((5340, "89 min"), (5400, "1 h 30 min"), (7200, "2 h"), (12000, "3 h 20 min")),
        *((172800, "2 d"), (187200, "2 d 4 h")),
    ],
)
def test_seconds_are_told_as_a_person_says_them(seconds: float, text: str) -> None:
    """Two units at most, and none that is zero."""
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("written", "limit", "text"),
    [
        ("20% of 200", FailureLimit(Fraction(1, 5), 200), "20% of 200"),
        (" 2.50 %  of 100000 ", FailureLimit(Fraction(1, 40), 100_000), "2.5% of 100000"),
        ("0.001% of 1", FailureLimit(Fraction(1, 100_000), 1), "0.001% of 1"),
        ("99.999% of 50", FailureLimit(Fraction(99_999, 100_000), 50), "99.999% of 50"),
        (1, FailureLimit(Fraction(1)), "1"),
        (" 0050 ", FailureLimit(Fraction(50)), "50"),
        (10**9 - 1, FailureLimit(Fraction(10**9 - 1)), "999999999"),
    ],
)
def test_a_limit_of_failures_is_a_share_or_a_count(written: object, limit: FailureLimit, text: str) -> None:
    """A share is exact, a count may stand in quotes, and both are told as a job file writes them."""
    found = failure_limit(written)
    assert (found, found.text) == (limit, text)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        *(
            (text, "must be a share of the last rows such as")
            for text in ("", "20%", "20 of 200", "20% of", "% of 200")
        ),
        *((text, "must be a share of the last rows such as") for text in ("0", "-1", "1.5", "٣", "Off", "-5% of 200")),
        *((value, '"20% of 200", a count from 1 on, or "off"') for value in NO_COUNTS),
        *((f"{percent}% of 200", "must be more than 0% and less than 100%") for percent in ("0", "0.0", "100", "101")),
        *((f"20% of {rows}", "must be a share of 1 to 100000 rows") for rows in ("0", "100001", "999999999")),
    ],
)
def test_anything_else_is_no_limit_of_failures(written: object, told: str) -> None:
    """What can never be exceeded, or always is, is refused as is what says nothing."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared
        failure_limit(written)
    assert told in str(caught.value)


def test_off_is_no_value_at_all() -> None:
    """A setting that may be switched off is None then, and else what its reader says."""
    read = or_off(duration)
    assert (read("off"), read("8h")) == (None, 28800.0)
