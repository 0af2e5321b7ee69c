"""What clients do in the place of a quota: a token bucket for each window, or a fixed delay between calls.

Each has `free_at(now)`, which returns `now` where a call may leave and else when one may, and `take(now)`.
"""

from asyncio import Lock, TaskGroup, get_running_loop, sleep
from collections.abc import Iterator, Sequence
from typing import Protocol

import aiohttp

from benchmarks.strict import Window


class Limiter(Protocol):
    """When calls may leave."""

    def free_at(self, now: float) -> float:
        """Return `now` where a call may leave, else when one may."""
        ...

    def take(self, now: float) -> None:
        """Let a call leave now."""
        ...


class TokenBucket:
    """A bucket for each window: full at the start, and filled again at the window's rate."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows = windows
        self._tokens = [float(limit) for limit, _ in windows]
        self._at: float | None = None

    def free_at(self, now: float) -> float:
        """Return when every bucket has a whole token."""
        passed = 0.0 if self._at is None else now - self._at
        self._at = now
        self._tokens = [
            min(limit, tokens + passed * limit / seconds)
            for (limit, seconds), tokens in zip(self._windows, self._tokens, strict=True)
        ]
        waits = [
            (1 - tokens) * seconds / limit
            for (limit, seconds), tokens in zip(self._windows, self._tokens, strict=True)
            if tokens < 1 - 1e-9  # what rounding may lose
        ]
        return now + max(waits, default=0.0)

    def take(self, now: float) -> None:  # noqa: ARG002 - as the other one
        """Take a token from every bucket."""
        self._tokens = [tokens - 1 for tokens in self._tokens]


class FixedDelay:
    """So many seconds from one call to the next."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._due = 0.0

    def free_at(self, now: float) -> float:
        """Return when the delay is over."""
        return max(now, self._due)

    def take(self, now: float) -> None:
        """Begin the next delay."""
        self._due = now + self._delay


def even_delay(windows: Sequence[Window], spare: float = 0.0) -> float:
    """Return the delay that fills every window, were calls to arrive as they leave; `spare` is added to a window."""
    return max((seconds + spare) / limit for limit, seconds in windows)


async def send_all(limiter: Limiter, calls: int, url: str, in_flight: int) -> None:
    """Send so many calls as the limiter lets them; what is rejected is sent again when the server's hint says."""
    turn = Lock()

    async def leave() -> None:
        async with turn:
            loop = get_running_loop()
            while (free := limiter.free_at(now := loop.time())) > now:  # noqa: ASYNC110 - it is time that it waits for
                await sleep(free - now)
            limiter.take(now)

    async def work(session: aiohttp.ClientSession, numbers: Iterator[int]) -> None:
        for number in numbers:
            while True:
                await leave()
                async with session.post(f"{url}ci-{number}", json={"desc": f"note {number}"}) as answer:
                    await answer.read()
                    if answer.status == 200:
                        break
                    await sleep(float(answer.headers["Retry-After"]))

    numbers = iter(range(calls))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session, TaskGroup() as workers:
        for _ in range(in_flight):
            workers.create_task(work(session, numbers))
