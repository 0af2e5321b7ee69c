"""What a server does with calls, for a client whose transport is mocked."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aioresponses import CallbackResult
from yarl import URL


@dataclass(frozen=True)
class Reply:
    """What the server does with one call."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    latency: float = 0.0
    error: Exception | None = None


@dataclass
class Server:
    """Answers calls to one case in the order of its replies, the last one again and again."""

    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    arrivals: list[float] = field(default_factory=list)
    """The loop's time of each call."""
    seen: list[Mapping[str, Any]] = field(default_factory=list)
    """What aiohttp was asked for, call by call."""

    async def answer(self, url: URL, **kwargs: Any) -> CallbackResult:
        """Play the next reply."""
        self.seen.append({"url": str(url), **kwargs})
        self.arrivals.append(asyncio.get_running_loop().time())
        reply = self.replies[min(len(self.seen), len(self.replies)) - 1]
        await asyncio.sleep(reply.latency)
        if reply.error is not None:
            raise reply.error
        return CallbackResult(status=reply.status, body=reply.body, headers=dict(reply.headers))
