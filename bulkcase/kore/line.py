"""The line to a host: one POST out, its answer back; aiohttp makes the connections and reads what comes."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import aiohttp
from aiohttp.http import HttpProcessingError
from multidict import CIMultiDict
from yarl import URL

from bulkcase.kore.transport import open_session, proxy_for

_CONTENT: Final = {"Content-Type": "application/json;charset=UTF-8"}
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What would end a header early and begin another one."""
_KEPT: Final = 15.0
"""Seconds for which a connection may wait for its next call, as in aiohttp: the host closes it some time."""
_MOST_INTERIM: Final = 1000
"""Answers that may say that one will come: a flood of them would take the time of all other calls."""
_STOOD_STILL: Final = 0.05
"""Seconds that a call may be over its time without the process having stood still."""
_A_LOOK: Final = 0.05
"""Seconds for which answers are read then."""
_KNOWN_INSIDE: Final = "3.14."
"""The aiohttp whose inside `DirectLine` knows; with any other one its session does the work."""


LARGEST_ANSWER: Final = 8 << 20
"""Bytes that the answer to an update may have, unpacked; a case of some kB is usual."""
_BEGINNING: Final = 1 << 16
"""Bytes that are kept of an answer that is larger than it may be, at most: a failure says there what it is."""
LARGEST_PAGE: Final = 32 << 20
"""Bytes that a page of cases may have, unpacked: a hundred cases of 300 kB."""


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names count without regard to case."""
    body: bytes
    is_cut: bool = False
    """Whether the body was larger than it may be: then it is its beginning."""


class Line(Protocol):
    """Where calls go out."""

    async def post(self, path: str, body: bytes, token: str, largest: int = LARGEST_ANSWER) -> Reply:
        """Post JSON to a path below the target's and return the whole answer; redirects are answers.

        Of an answer with more than `largest` bytes no more is read, and its connection is given up.

        Raises one of `bulkcase.kore.transport.NO_ANSWER`, also where the call's time is up, and ValueError for a token
        that no header can carry. Once it has returned or raised, nothing of the call goes on.
        """
        ...


class SessionLine:
    """aiohttp as everybody uses it."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Take a session and the address before the path, with a slash at its end."""
        self._session = session
        self._url = url

    async def post(self, path: str, body: bytes, token: str, largest: int = LARGEST_ANSWER) -> Reply:
        """Post by the session."""
        headers = {**_CONTENT, "auth": token}
        async with self._session.post(self._url + path, data=body, headers=headers, allow_redirects=False) as answer:
            content, is_cut = await _up_to(largest, answer.content)
            if is_cut:
                answer.close()
            return Reply(answer.status, answer.headers, content, is_cut)


class DirectLine:
    """aiohttp's connections and its parser, without what its session does anew for every call.

    That is two thirds of a call's time: the address, the headers and the cookies are the same each time, and the body,
    which is at hand, needs no task to write it. Not for calls that a proxy has to hand on.
    """

    def __init__(self, connector: aiohttp.TCPConnector, url: str, headers: Mapping[str, str], timeout: float) -> None:
        """Take connections and the address before the path; `timeout` is that of a call, in seconds.

        Raises ValueError for a header that cannot be sent.
        """
        self._url = url
        address = URL(url)
        self._loop = asyncio.get_running_loop()
        # Never sent: it names the host to the connector, and has the headers that aiohttp adds.
        sent = CIMultiDict(headers)
        sent.update(_CONTENT)
        self._like = aiohttp.ClientRequest("POST", address, headers=sent, loop=self._loop)
        self._connector = connector
        self._timeout = timeout
        lines = (f"{name}: {value}" for name, value in self._like.headers.items() if name != "Content-Length")
        self._fixed = "\r\n".join(map(_proven, lines))
        self._start = f"POST {address.raw_path}"
        self._token, self._head = "", ""
        self._idle: list[tuple[aiohttp.connector.Connection, float]] = []
        """Connections that wait for a call, and since when on the loop's clock; the last is used first."""

    async def post(self, path: str, body: bytes, token: str, largest: int = LARGEST_ANSWER) -> Reply:
        """Write the request at once and read its answer."""
        request = self._request(path, body, token)
        connection, left = self._waiting(), self._timeout
        if connection is None:
            connection, left = await self._connected()
        expired: list[bool] = []
        expiry = _Expiry(self._loop, left, connection, expired)
        try:
            reply = await _exchanged(connection, request, largest)
        except BaseException as error:
            _cut(connection)
            if expired and isinstance(error, Exception):
                raise TimeoutError from error
            if isinstance(error, HttpProcessingError):
                raise self._no_http(error, path) from error
            raise
        finally:
            expiry.cancel()
        if expired:  # what is read to the end of its connection looks whole when it is cut off
            _cut(connection)
            raise TimeoutError
        if reply.is_cut:
            _cut(connection)
        else:
            self._keep(connection)
        return reply

    def close(self) -> None:
        """Let go of the connections that wait."""
        for connection, _ in self._idle:
            connection.release()
        self._idle.clear()

    def _request(self, path: str, body: bytes, token: str) -> bytes:
        if token != self._token:
            # It changes once in a while, or with every call.
            self._head = f" HTTP/1.1\r\n{self._fixed}\r\nauth: {_proven(token)}\r\nContent-Length: "
            self._token = token
        return f"{self._start}{path}{self._head}{len(body)}\r\n\r\n".encode() + body

    async def _connected(self) -> tuple[aiohttp.connector.Connection, float]:
        """Return a new connection, and the seconds that are left of the call's time."""
        began = self._loop.time()
        try:
            async with asyncio.timeout(self._timeout):
                connection = await self._connector.connect(self._like, [], aiohttp.ClientTimeout(total=self._timeout))
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {self._url}") from error
        return connection, self._timeout - (self._loop.time() - began)

    def _waiting(self) -> aiohttp.connector.Connection | None:
        """Return a connection that can be used again, and let go of those that cannot."""
        while self._idle:
            connection, since = self._idle.pop()
            protocol = connection.protocol
            is_sound = protocol is not None and protocol.is_connected() and not protocol.should_close
            if is_sound and self._loop.time() - since < _KEPT:
                return connection
            connection.close()
        return None

    def _keep(self, connection: aiohttp.connector.Connection) -> None:
        """Let a connection wait for the next call, unless its answer was its last, or came before it was all asked."""
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None or protocol.should_close or transport.get_write_buffer_size():
            _cut(connection)
        else:
            self._idle.append((connection, self._loop.time()))

    def _no_http(self, error: HttpProcessingError, path: str) -> aiohttp.ClientResponseError:
        info = self._like.request_info._replace(url=URL(self._url + path))
        return aiohttp.ClientResponseError(info, (), status=error.code, message=error.message, headers=error.headers)


async def _exchanged(connection: aiohttp.connector.Connection, request: bytes, largest: int) -> Reply:
    """Write a request and return the answer to it, skipping what only says that one will come."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or transport.is_closing():
        raise aiohttp.ClientConnectionResetError("the connection was closed while it was made")
    # A parser of its own for each answer: what came unasked before, or behind the last one, must not begin it.
    protocol.set_response_params(read_until_eof=True)
    transport.write(request)
    message, payload = await protocol.read()
    interim = 0
    while 100 <= message.code < 200 and message.code != 101:
        interim += 1
        if interim > _MOST_INTERIM:
            raise HttpProcessingError(message="too many answers that only say that one will come", code=message.code)
        message, payload = await protocol.read()
    return Reply(message.code, message.headers, *await _up_to(largest, payload))


async def _up_to(largest: int, content: aiohttp.StreamReader) -> tuple[bytes, bool]:
    """Return a body; of one with more than so many bytes its beginning, and that there was more.

    aiohttp's own `read` has no bound, and lets what is packed unpack at once: a megabyte can become a gigabyte.
    """
    first = await content.readany()
    if content.at_eof() and len(first) <= largest:
        return first, False
    blocks, size = [first], len(first)
    while size <= largest and (block := await content.readany()):
        blocks.append(block)
        size += len(block)
    return (first[:_BEGINNING], True) if size > largest else (b"".join(blocks), False)


class _Expiry:
    """Ends a call whose time is up: whoever reads its answer hears that the connection is gone.

    Where the process itself stood still (a lid that was closed, a disk that was waited for), the answer may have come
    long ago: it is read before the time counts as up.
    """

    __slots__ = ("_at", "_connection", "_expired", "_handle", "_loop")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        seconds: float,
        connection: aiohttp.connector.Connection,
        expired: list[bool],
    ) -> None:
        self._loop, self._connection, self._expired = loop, connection, expired
        self._at = loop.time() + seconds
        self._handle = loop.call_later(seconds, self._expire)

    def cancel(self) -> None:
        """Let the call be: it has ended."""
        self._handle.cancel()

    def _expire(self) -> None:
        if self._loop.time() - self._at > _STOOD_STILL:
            self._at = float("inf")
            self._handle = self._loop.call_later(_A_LOOK, self._expire)
            return
        self._expired.append(True)
        if self._connection.transport is not None:
            self._connection.transport.abort()


def _cut(connection: aiohttp.connector.Connection) -> None:
    """Let go of a connection, and of what it has not sent yet: closed, it would go on sending that."""
    if connection.transport is not None:
        connection.transport.abort()
    connection.close()


def _proven(text: str) -> str:
    """Return a text that can stand in a header."""
    if _FORBIDDEN.search(text):
        raise ValueError("a control character in a header of a call")
    return text


@asynccontextmanager
async def open_line(
    *,
    base_url: str,
    path: str,
    timeout: float,  # noqa: ASYNC109 - each call's, not this one's
    headers: Mapping[str, str],
    ca_bundle: Path | None,
    proxy: str | None,
) -> AsyncGenerator[Line]:
    """Open a line to a path of a host, and close its connections afterwards; see `open_session`."""
    session = open_session(base_url=base_url, timeout=timeout, headers=headers, ca_bundle=ca_bundle, proxy=proxy)
    async with session:
        connector = session.connector
        is_plain = proxy_for(base_url, proxy) is None and aiohttp.__version__.startswith(_KNOWN_INSIDE)
        if is_plain and isinstance(connector, aiohttp.TCPConnector):
            with closing(DirectLine(connector, base_url + path, session.headers, timeout)) as line:
                yield line
        else:
            yield SessionLine(session, base_url + path)
