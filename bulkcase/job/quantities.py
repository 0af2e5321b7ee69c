"""Quantities as a person writes them in a job file: durations and windows of the quota."""

import re
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(ms|s|m|h|d)")
_LIMIT = re.compile(r"[0-9]{1,9}")


class Window(NamedTuple):
    """At most `limit` calls in any `seconds` seconds."""

    limit: int
    seconds: float


def duration(text: object) -> float:
    """Return the seconds in a text such as "500ms", "30s", "5m", "1h", "2d".

    Raises ValueError with a message for the person who wrote it.
    """
    found = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None or not float(found[1]):
        raise ValueError('must be a number above zero with its unit, such as "30s", "5m", "1h" or "2d"')
    return float(found[1]) * _SECONDS[found[2]]


def window(text: object) -> Window:
    """Return the window in a text such as "50/60s" or "1700/1h".

    Raises ValueError with a message for the person who wrote it.
    """
    limit, slash, span = text.partition("/") if isinstance(text, str) else ("", "", "")
    if not slash or not _LIMIT.fullmatch(limit.strip()) or not int(limit):
        raise ValueError('must be a number of calls, a slash and a time, such as "50/60s" or "1700/1h"')
    return Window(int(limit), duration(span))


def seconds_text(seconds: float) -> str:
    """Return seconds as a person says them: "45 s", "12 min", "3 h 20 min", "2 d 4 h"."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{round(seconds, 1):g} s"
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


Duration = Annotated[float, BeforeValidator(duration)]
QuotaWindow = Annotated[Window, BeforeValidator(window)]
