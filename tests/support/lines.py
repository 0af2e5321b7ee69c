"""The two lines to a host, and a server on a real socket that writes whatever it is told."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bulkcase.kore.line import DirectLine, Line, SessionLine, open_line

PATH = "/some/stream/"
HEADERS = {"AccountId": "acc-1", "Iid": "st-1"}


@dataclass
class Raw:
    """A server that writes what it is told, whatever is asked; each connection goes on where the last one was."""

    answers: Sequence[Sequence[bytes]]
    port: int = 0
    connections: int = 0
    asked: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Head and body of each request."""
    asked_once: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client has hung up."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
                body = await reader.readexactly(int(length.split(b":")[1]))
                self.asked.append((head, body))
                self.asked_once.set()
                for piece in self.answers[min(len(self.asked), len(self.answers)) - 1]:
                    if not piece:
                        return
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone.set()
        finally:
            writer.close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def raw(*answers: Sequence[bytes]) -> AsyncGenerator[Raw]:
    """Run such a server."""
    told = Raw(answers)
    server = await asyncio.start_server(told.serve, "127.0.0.1", 0)
    told.port = server.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        server.close()


@asynccontextmanager
async def by_session(url: str, timeout: float = 10.0) -> AsyncGenerator[Line]:  # noqa: ASYNC109 - each call's
    """Open a line that is aiohttp's session."""
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout), headers=HEADERS, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield SessionLine(session, url + PATH)


@asynccontextmanager
async def directly(url: str, timeout: float = 10.0) -> AsyncGenerator[Line]:  # noqa: ASYNC109 - each call's
    """Open a line as the operations do."""
    async with open_line(base_url=url, path=PATH, timeout=timeout, headers=HEADERS, ca_bundle=None, proxy=None) as line:
        assert isinstance(line, DirectLine)
        yield line


LINES = [by_session, directly]
Opened = Callable[..., Any]
