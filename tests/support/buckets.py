"""What many clients use in the place of rolling windows, to show what it does to a strict server."""

import math
from collections.abc import Iterable

from bulkcase.job.quantities import Window


class TokenBucket:
    """A bucket for each window: full at the start, refilled at an even rate; it answers to the quota's methods."""

    def __init__(self, windows: Iterable[Window], gap: float = 0.0, timeout: float = 0.0) -> None:
        self._windows = list(windows)
        self._tokens = [float(window.limit) for window in self._windows]
        self._at = -math.inf

    def free_at(self, now: float) -> float:
        """Return when every bucket has a whole token."""
        self._refill(now)
        waits = [
            (1 - tokens) * window.seconds / window.limit
            for tokens, window in zip(self._tokens, self._windows, strict=True)
        ]
        # A hair too much rather than a wait that rounds to nothing.
        return now + max(0.0, *(wait + 1e-9 if wait > 0 else 0.0 for wait in waits))

    def take(self, now: float) -> None:
        """Take a token from every bucket."""
        self._refill(now)
        self._tokens = [tokens - 1 for tokens in self._tokens]

    def answered(self, now: float) -> None:
        """Do nothing: a bucket does not care when a call is over."""

    given_up = answered

    def returned(self) -> None:
        """Put a token back into every bucket."""
        self._tokens = [tokens + 1 for tokens in self._tokens]

    def _refill(self, now: float) -> None:
        passed = 0.0 if self._at == -math.inf else now - self._at
        self._at = now
        self._tokens = [
            min(window.limit, tokens + passed * window.limit / window.seconds)
            for tokens, window in zip(self._tokens, self._windows, strict=True)
        ]
