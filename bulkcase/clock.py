"""Time, as it is handed to whoever needs it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What tells the time and lets it pass; tests bring one of their own."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    def now(self) -> float:
        """Return seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...


class SystemClock:
    """The machine's own time."""

    monotonic = staticmethod(time.monotonic)
    now = staticmethod(time.time)
    sleep = staticmethod(asyncio.sleep)


def moment(seconds: float) -> datetime:
    """Return seconds since the epoch as a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def iso_utc(seconds: float | None) -> str:
    """Return seconds since the epoch as ISO 8601 in UTC with milliseconds; empty for None."""
    if seconds is None:
        return ""
    return moment(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
