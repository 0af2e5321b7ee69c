"""A server on loopback with strict rolling windows, as an API's rate limiter is that keeps the time of every call.

A call counts when it arrives, in every window at once, unless one of them is full: then it is rejected, with the time
after which there is room. The way there takes its time, and so does the way back.
"""

import random
from asyncio import get_running_loop, sleep
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
from aiohttp import web

Window = tuple[int, float]
"""So many calls in so many seconds."""


@dataclass
class Strict:
    """What the server counted; times are those of the loop."""

    windows: Sequence[Window]
    latency: float
    """The longest time from leaving to the answer, in seconds."""
    seed: int = 0
    port: int = 0
    began: float | None = None
    """When the first call arrived."""
    accepted: list[float] = field(default_factory=list)
    rejected: int = 0
    _inside: list[deque[float]] = field(init=False)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._inside = [deque() for _ in self.windows]
        self._chance = random.Random(self.seed)  # noqa: S311 - nothing to guess

    def wait(self, now: float) -> float:
        """Return the seconds until there is room in every window; 0 where there is."""
        waits = [0.0]
        for (limit, seconds), arrivals in zip(self.windows, self._inside, strict=True):
            while arrivals and arrivals[0] <= now - seconds:
                arrivals.popleft()
            if len(arrivals) >= limit:
                waits.append(arrivals[0] + seconds - now)
        return max(waits)

    def arrive(self, now: float) -> float:
        """Count a call, and return 0; where there is no room, reject it and return the seconds until there is."""
        if self.began is None:
            self.began = now
        wait = self.wait(now)
        if wait:
            self.rejected += 1
            return wait
        self.accepted.append(now)
        for arrivals in self._inside:
            arrivals.append(now)
        return 0.0

    def took(self) -> float:
        """Return the seconds from the first call to the last one that was accepted."""
        assert self.began is not None
        return self.accepted[-1] - self.began

    async def handle(self, request: web.Request) -> web.Response:
        """Answer an update with the case as it was sent."""
        sent = orjson.loads(await request.read())
        there, back = (self._chance.uniform(0, self.latency / 2) for _ in "ab")
        await sleep(there)
        wait = self.arrive(get_running_loop().time())
        await sleep(back)
        if wait:
            # To the millisecond, which is more than HTTP gives, and helps whoever needs it.
            hint = {"Retry-After": f"{wait + 0.0005:.3f}"}
            return web.json_response({"errors": [{"msg": "Too many requests"}]}, status=429, headers=hint)
        body = orjson.dumps({"_id": request.match_info["case"], **sent})
        return web.Response(body=body, content_type="application/json")


@asynccontextmanager
async def serving(strict: Strict) -> AsyncIterator[Strict]:
    """Let a server listen on a free port of loopback until the block is left."""
    app = web.Application()
    app.router.add_post("/caseManagement/api/public/analytics/{stream}/updateCase/{case}", strict.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        strict.port = runner.addresses[0][1]
        yield strict
    finally:
        await runner.cleanup()


def ideal(calls: int, windows: Sequence[Window]) -> float:
    """Return the least seconds from the first to the last of so many calls that such a server could accept."""
    at: list[float] = []
    for number in range(calls):
        at.append(max([0.0, *(at[number - limit] + seconds for limit, seconds in windows if number >= limit)]))
    return at[-1]
