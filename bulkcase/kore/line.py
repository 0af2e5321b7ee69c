"""The line to a host: one POST out, its answer back; aiohttp makes the connections and reads what comes."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import aiohttp
from aiohttp.http import HttpProcessingError
from yarl import URL

from bulkcase.kore.transport import open_session, proxy_for

_CONTENT: Final = {"Content-Type": "application/json;charset=UTF-8"}
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What would end a header early and begin another one."""
_KNOWN_INSIDE: Final = "3.14."
"""The aiohttp whose inside `DirectLine` knows; with any other one its session does the work."""


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names count without regard to case."""
    body: bytes


class Line(Protocol):
    """Where calls go out."""

    async def post(self, path: str, body: bytes, token: str) -> Reply:
        """Post JSON to a path below the target's and return the whole answer; redirects are answers.

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

    async def post(self, path: str, body: bytes, token: str) -> Reply:
        """Post by the session."""
        headers = {**_CONTENT, "auth": token}
        async with self._session.post(self._url + path, data=body, headers=headers, allow_redirects=False) as answer:
            return Reply(answer.status, answer.headers, await answer.read())


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
        loop = asyncio.get_running_loop()
        # Never sent: it names the host to the connector, and has the headers that aiohttp adds.
        self._like = aiohttp.ClientRequest("POST", address, headers={**headers, **_CONTENT}, loop=loop)
        self._connector = connector
        self._timeout = timeout
        self._limits = aiohttp.ClientTimeout(total=timeout)
        lines = (f"{name}: {value}" for name, value in self._like.headers.items() if name != "Content-Length")
        self._fixed = "\r\n".join(map(_proven, lines))
        self._start = f"POST {address.raw_path}"
        self._token, self._head = "", ""

    async def post(self, path: str, body: bytes, token: str) -> Reply:
        """Write the request at once and read its answer."""
        if token != self._token:
            # It changes once in a while, or with every call.
            self._head = f" HTTP/1.1\r\n{self._fixed}\r\nauth: {_proven(token)}\r\nContent-Length: "
            self._token = token
        request = f"{self._start}{path}{self._head}{len(body)}\r\n\r\n".encode() + body
        connection = None
        try:
            async with asyncio.timeout(self._timeout):
                connection = await self._connector.connect(self._like, [], self._limits)
                reply = await _exchanged(connection, request)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, HttpProcessingError):
                raise self._no_http(error, path) from error
            if connection is None and isinstance(error, TimeoutError):
                raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {self._url}") from error
            raise
        connection.release()
        return reply

    def _no_http(self, error: HttpProcessingError, path: str) -> aiohttp.ClientResponseError:
        info = self._like.request_info._replace(url=URL(self._url + path))
        return aiohttp.ClientResponseError(info, (), status=error.code, message=error.message, headers=error.headers)


async def _exchanged(connection: aiohttp.connector.Connection, request: bytes) -> Reply:
    """Write a request and return the answer to it, skipping what only says that one will come."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or transport.is_closing():
        raise aiohttp.ClientConnectionResetError("the connection was closed while it was made")
    protocol.set_response_params(read_until_eof=True)
    transport.write(request)
    message, payload = await protocol.read()
    while 100 <= message.code < 200 and message.code != 101:
        message, payload = await protocol.read()
    return Reply(message.code, message.headers, await payload.read())


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
            yield DirectLine(connector, base_url + path, dict(session.headers), timeout)
        else:
            yield SessionLine(session, base_url + path)
