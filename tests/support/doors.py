"""A door with everything that it is handed, each part where a test can see it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from support.virtual import VirtualClock

from bulkcase.job.quantities import Window
from bulkcase.kore.breaker import Breaker
from bulkcase.kore.door import Door
from bulkcase.kore.endpoints import path_of
from bulkcase.kore.line import SessionLine
from bulkcase.kore.quota import Quota
from bulkcase.kore.throttle import Throttle
from bulkcase.kore.tokens import Tokens
from bulkcase.kore.transport import open_session
from bulkcase.model import Call
from bulkcase.stopping import StopSwitch

HOST = "https://api.example.com"
STREAM = "st-1"
ROOT = f"{HOST}/caseManagement/api/public/analytics/{STREAM}"
TIMEOUT = 30.0


async def nothing_waits() -> None:
    """Find everything durable already."""


class NumberedTokens:
    """Tokens that say how often they were renewed."""

    def __init__(self, *, renewable: bool = True) -> None:
        self._renewable = renewable
        self._number = 1

    def current(self) -> str:
        """Return the token of this number."""
        return f"token-{self._number}"

    def renew(self, refused: str) -> bool:
        """Count on, unless somebody else already has."""
        if self._renewable and refused == self.current():
            self._number += 1
        return self._renewable


@dataclass
class Opened:
    """A door, and what it was handed."""

    door: Door
    quota: Quota
    breaker: Breaker
    clock: VirtualClock
    stop: StopSwitch
    calls: list[Call] = field(default_factory=list)
    """What it recorded."""

    def free_at(self) -> float:
        """Return when the quota names a free slot, with nothing in flight."""
        return self.quota.free_at(self.clock.monotonic())


def a_door(
    session: aiohttp.ClientSession,
    *,
    windows: Sequence[Window] = (),
    tokens: Tokens | None = None,
    quota: Quota | None = None,
    attempts: int = 5,
    recorded: Callable[[], Awaitable[None]] = nothing_waits,
) -> Opened:
    """Return a door on a session; `quota` may be something else in the quota's place."""
    clock, stop, calls = VirtualClock(), StopSwitch(), list[Call]()
    quota = quota or Quota(windows, timeout=TIMEOUT)
    throttle = Throttle(windows)
    breaker = Breaker(patience=throttle.patience, attempts=attempts)
    door = Door(
        SessionLine(session, f"{HOST}{path_of(STREAM)}"),
        tokens=tokens or NumberedTokens(),
        quota=quota,
        throttle=throttle,
        breaker=breaker,
        clock=clock,
        stop=stop,
        record=calls.append,
        recorded=recorded,
    )
    return Opened(door, quota, breaker, clock, stop, calls)


@asynccontextmanager
async def open_door(
    *,
    windows: Sequence[Window] = (),
    tokens: Tokens | None = None,
    attempts: int = 5,
    recorded: Callable[[], Awaitable[None]] = nothing_waits,
) -> AsyncGenerator[Opened]:
    """Open a door on a session as the operations open one."""
    session = open_session(
        base_url=HOST,
        timeout=TIMEOUT,
        headers={"AccountId": "acc-1", "Iid": "st-1"},
        ca_bundle=None,
        proxy=None,
    )
    async with session:
        yield a_door(session, windows=windows, tokens=tokens, attempts=attempts, recorded=recorded)
