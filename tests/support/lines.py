"""The two lines to a host, and a server on a real socket that writes whatever it is told."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bulkcase.kore.line import DirectLine, Line, SessionLine, open_line
from bulkcase.kore.transport import NO_ANSWER, silence_of

PATH = "/some/stream/"
HEADERS = {"AccountId": "acc-1", "Iid": "st-1"}

BODY = b'{"desc":"a note"}'
TOKEN = "not-a-real-token"
OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"x" * 300_000


def sized(body: bytes, head: bytes = OK) -> bytes:
    """Return an answer that tells its length."""
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


ANSWERS = {
    "usual": [sized(b'{"_id":"c"}', OK + b"Content-Type: application/json\r\n")],
    "in chunks": [OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
    "zipped": [sized(gzip.compress(b"hello"), OK + b"Content-Encoding: gzip\r\n")],
    "in three pieces": [OK[:9], OK[9:] + b"Content-Length: 5\r\n", b"\r\nhello"],
    "long": [sized(LONG)],
    "after a continue": [b"HTTP/1.1 100 Continue\r\n\r\n", sized(b"late")],
    "after early hints": [b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + sized(b"late")],
    "without a body": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "empty": [sized(b"")],
    "a redirect": [sized(b"", b"HTTP/1.1 302 Found\r\nLocation: http://other.example.com/\r\n")],
    "a refusal": [sized(b"no", b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n")],
    "until the end": [OK + b"\r\n", b"hello", b""],
    "of old HTTP": [b"HTTP/1.0 200 OK\r\n\r\nhello", b""],
    "that is the last": [sized(b"bye", OK + b"Connection: close\r\n"), b""],
    "odd headers": [sized(b"x", OK + b"X-Odd: \xc3\xa9 \xff\r\nDate: never\r\n")],
}
"""What a server writes, piece by piece; an empty piece closes the connection."""

SILENCES = {
    "nothing": [b""],
    "half a head": [OK[:11], b""],
    "half a body": [OK + b"Content-Length: 10\r\n\r\nhello", b""],
    "half a chunk": [OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe", b""],
    "no HTTP": [b"SSH-2.0-OpenSSH_9.2\r\n"],
    "broken zip": [sized(b"no zip at all", OK + b"Content-Encoding: gzip\r\n")],
    "a broken chunk": [OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"],
    "two lengths": [OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"],
    "a head without end": [OK + b"X-Long: " + b"x" * 20_000],
    "only a continue": [b"HTTP/1.1 100 Continue\r\n\r\n", b""],
}


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


async def told(calls: Awaitable[Any]) -> tuple[Any, ...]:
    """Return what a call brought: its answer, or the silence and what it was raised as."""
    try:
        reply = await calls
    except NO_ANSWER as error:
        return silence_of(error), type(error)
    return reply.status, dict(reply.headers), reply.body


async def both(*answers: Sequence[bytes], calls: int = 1) -> list[list[Any]]:
    """Return what so many calls bring by each line, and how many connections they took."""
    found = []
    for opened in LINES:
        async with raw(*answers) as server, opened(server.url) as line:
            brought: list[Any] = [await told(line.post(f"updateCase/c-{n}", BODY, TOKEN)) for n in range(calls)]
            found.append([*brought, server.connections])
    return found
