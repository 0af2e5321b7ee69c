"""The rate limit: strict rolling windows, without a clock of their own."""

from collections import deque
from collections.abc import Iterable

Window = tuple[int, float]
"""How many calls may arrive in how many seconds."""

_NAMES = {60.0: "per-minute rate limit", 3600.0: "hourly rate limit"}


class RollingWindows:
    """Calls counted in every window at once; only admitted calls count."""

    def __init__(self, windows: Iterable[Window]) -> None:
        self._counted = [(limit, seconds, deque[float]()) for limit, seconds in windows]

    def full(self, now: float) -> float | None:
        """Return the length of the longest window (now - seconds, now] that has no room, None where all have."""
        lengths = []
        for limit, seconds, arrivals in self._counted:
            while arrivals and arrivals[0] <= now - seconds:
                arrivals.popleft()
            if len(arrivals) >= limit:
                lengths.append(seconds)
        return max(lengths, default=None)

    def admit(self, now: float) -> bool:
        """Count a call that arrives now, and say whether there was room; `now` never goes backwards."""
        if self.full(now) is not None:
            return False
        for _, _, arrivals in self._counted:
            arrivals.append(now)
        return True

    def headers(self) -> dict[str, str]:
        """Return what a server may say of its windows in each answer; nothing where it has none."""
        if not self._counted:
            return {}
        limit, seconds, arrivals = self._counted[0]
        policy = ", ".join(f"{most};w={span:g}" for most, span, _ in self._counted)
        return {
            "RateLimit-Policy": policy,
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(limit - len(arrivals)),
            "X-RateLimit-Reset": f"{seconds:g}",
        }


def refusal_text(seconds: float) -> str:
    """Return what the server says when a window of this length is full."""
    return f"You've exceeded the {_NAMES.get(seconds, 'rate limit')} for this API. Please try again later."
