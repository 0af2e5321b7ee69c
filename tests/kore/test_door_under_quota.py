"""The door and its quota against a server with strict rolling windows and a slow network, in virtual time."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import aiohttp
from support.buckets import TokenBucket
from support.doors import TIMEOUT, a_door
from support.virtual import run

from bulkcase.job.quantities import Window
from bulkcase.kore.endpoints import update_case
from bulkcase.kore.quota import Quota, seconds_for
from bulkcase.kore.verdict import Kind

WINDOWS = (Window(60, 1.0), Window(400, 8.0))
CALLS = 2000
WORKERS = 32
IDEAL = seconds_for(CALLS, WINDOWS)
SLOWEST = 0.1
"""Seconds of the longest round trip."""


@dataclass(frozen=True)
class Answer:
    """As much of aiohttp's answer as the door reads."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> "Answer":
        return self

    def at_eof(self) -> bool:
        return True

    async def readany(self) -> bytes:
        return b'{"errors":[{"msg":"rate limit"}]}' if self.status == 429 else b"{}"


class StrictServer:
    """Stands in a session's place: counts a call somewhere on its way and rejects it where a window is full."""

    def __init__(self) -> None:
        self._random = random.Random(7)
        self._counted: deque[float] = deque(maxlen=max(window.limit for window in WINDOWS))
        self.accepted = self.rejected = 0

    @asynccontextmanager
    async def post(self, url: str, **_: Any) -> AsyncGenerator[Answer]:
        """Take a call on its way there and back."""
        there, back = (self._random.uniform(0.0, SLOWEST / 2) for _ in "tb")
        await asyncio.sleep(there)
        status = self._admit(asyncio.get_running_loop().time())
        await asyncio.sleep(back)
        yield Answer(status)

    def _admit(self, now: float) -> int:
        for window in WINDOWS:
            if sum(now - window.seconds < counted <= now for counted in self._counted) >= window.limit:
                self.rejected += 1
                return 429
        self._counted.append(now)
        self.accepted += 1
        return 200


def send_all(quota: Any) -> tuple[StrictServer, float]:
    """Send all calls from so many workers; return the server and the seconds it took."""
    server = StrictServer()

    async def main() -> float:
        opened = a_door(cast("aiohttp.ClientSession", server), windows=WINDOWS, quota=quota)
        waiting = iter(range(CALLS))

        async def worker() -> None:
            for number in waiting:
                await opened.door.slot()
                verdict = await opened.door.call(update_case(f"ci-{number}", b"{}"))
                assert verdict.kind is Kind.ACCEPTED

        async with asyncio.TaskGroup() as tasks:
            for _ in range(WORKERS):
                tasks.create_task(worker())
        return opened.clock.monotonic()

    return server, run(main())


def test_a_strict_server_rejects_nothing_and_little_time_is_lost() -> None:
    """Two thousand calls under two windows: none rejected, within 7 % of the ideal time and never below it."""
    server, seconds = send_all(Quota(WINDOWS, timeout=TIMEOUT))

    assert (server.accepted, server.rejected) == (CALLS, 0)
    assert IDEAL <= seconds <= 1.07 * IDEAL


def test_a_token_bucket_in_its_place_is_rejected() -> None:
    """The same calls with token buckets: the server turns some away."""
    server, _ = send_all(TokenBucket(WINDOWS))

    assert server.accepted == CALLS
    assert server.rejected > 0
