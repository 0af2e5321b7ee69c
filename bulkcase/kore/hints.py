"""What an answer hints at about the server's quota: nothing is documented, so every usual header is looked at. Pure.

RateLimit-Policy: 60;w=60            a limit and its window
RateLimit-Policy: "a";q=60;w=60      the same in a later draft
X-RateLimit-Limit-Minute: 60         the same in its name
X-RateLimit-Limit: 60                a limit of a window that is not told
any other X-RateLimit-…, Retry-After told as they are
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from bulkcase.job.quantities import Window

_OURS: Final = re.compile(r"(?:x-)?rate-?limit(?:-[a-z-]+)?|retry-after", re.IGNORECASE)
_POLICY: Final = re.compile(r"(?:^|[,;\s])(?:q=)?(\d{1,9})\s*;\s*w=(\d{1,9})")
_LIMIT: Final = re.compile(r"(?:x-)?rate-?limit-limit(?:-(second|minute|hour|day))?", re.IGNORECASE)
_SPANS: Final = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
_LONGEST: Final = 60
"""Characters of a header that are told."""


class Hint(NamedTuple):
    """One header of an answer that is about a quota."""

    said: str
    limit: int | None = None
    seconds: float | None = None
    """The window of that limit, where it is told."""


def hints_in(headers: Mapping[str, str]) -> tuple[Hint, ...]:
    """Return what the headers of an answer say of a quota."""
    return tuple(hint for name, value in headers.items() if _OURS.fullmatch(name) for hint in _hints(name, value))


def allowed_in(windows: Sequence[Window], seconds: float) -> int | None:
    """Return how many calls a quota lets leave within so many seconds; None where it has no window."""
    return min((window.limit * math.ceil(seconds / window.seconds) for window in windows), default=None)


def broken_promises(hints: Iterable[Hint], windows: Sequence[Window]) -> list[Hint]:
    """Return those limits, their windows known, that a quota lets more calls leave than."""
    found = []
    for hint in hints:
        if not hint.limit or not hint.seconds:
            continue  # nor can a quota of no calls be kept to
        allowed = allowed_in(windows, hint.seconds)
        if allowed is None or allowed > hint.limit:
            found.append(hint)
    return found


def _hints(name: str, value: str) -> Iterable[Hint]:
    said = f"{name}: {value[:_LONGEST]}"
    pairs = [(int(limit), float(seconds)) for limit, seconds in _POLICY.findall(value)]
    if pairs:
        return [Hint(said, limit, seconds) for limit, seconds in pairs]
    limit = _LIMIT.fullmatch(name)
    if limit and re.fullmatch(r"\s*\d{1,9}\s*", value, re.ASCII):
        return [Hint(said, int(value), _SPANS.get((limit[1] or "").lower()))]
    return [Hint(said)]
