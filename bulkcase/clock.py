"""Time, as it is handed to whoever needs it."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
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


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment, so told that another process can say how long ago it was, even when the clock was set meanwhile."""

    boot: str
    """Which start of the machine `steady` belongs to; empty where the machine does not tell."""
    steady: float
    """Seconds on the monotonic scale of that start."""
    wall: float
    """Seconds since the epoch, as the clock showed them."""

    def later(self, steady: float) -> "Instant":
        """Return the moment at which the monotonic scale shows `steady`."""
        return Instant(self.boot, steady, self.wall + steady - self.steady)

    def since(self, then: "Instant") -> float:
        """Return the seconds from `then` until this moment, never less than 0.

        Between two starts of the machine only the clock on the wall tells, and a clock that was set forward meanwhile
        tells too much. Within one start it does not matter what was done to the clock.
        """
        if self.boot and self.boot == then.boot:
            return max(self.steady - then.steady, 0.0)
        return max(self.wall - then.wall, 0.0)


def moment(seconds: float) -> datetime:
    """Return seconds since the epoch as a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def iso_utc(seconds: float | None) -> str:
    """Return seconds since the epoch as ISO 8601 in UTC with milliseconds; empty for None."""
    if seconds is None:
        return ""
    if seconds < 0:
        return moment(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # As `moment` rounds, and then cuts: a report has one for every row, and many of them in one second.
    whole = int(seconds)
    microseconds = round((seconds - whole) * 1e6)
    if microseconds == 1_000_000:
        whole, microseconds = whole + 1, 0
    return f"{_to_the_second(whole)}.{microseconds // 1000:03d}Z"


@lru_cache(maxsize=4096)
def _to_the_second(seconds: int) -> str:
    return moment(seconds).isoformat(timespec="seconds").removesuffix("+00:00")
