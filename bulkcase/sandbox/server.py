"""The sandbox on a socket of this machine: it waits, sends and closes; what is answered is decided in `api`."""

import asyncio
import socket
import ssl
import struct
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bulkcase.sandbox.api import Api, Arrival, Call
from bulkcase.sandbox.chance import Draws
from bulkcase.sandbox.settings import SandboxSettings
from bulkcase.sandbox.store import Case
from bulkcase.sandbox.wire import End, Wire, spoiled

LONGEST_HANG = 600.0
"""Seconds after which a hanging call is closed, should neither side give up."""

_LINGER = "hh" if sys.platform == "win32" else "ii"
"""How the system wants to be told: close at once, without waiting for what was not sent."""

_LOOK_AGAIN = 0.001
"""Seconds until a look at whether a client has read what was sent to it."""

_GRACE = 0.1
"""Seconds that aiohttp may take to close connections whose calls have ended already."""


class Sandbox:
    """An embedded server that behaves like the Case Management API; use it as an async context manager.

    It binds the given port, or a free one, when it is entered: OSError where the port is taken. `clock` gives seconds
    since the epoch and never goes backwards; `sleep` waits for the latency. With `tls` it speaks nothing but https.
    """

    def __init__(
        self,
        settings: SandboxSettings,
        cases: Iterable[Mapping[str, Any]],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._api = Api(settings, cases)
        self._host = host
        self._port = port
        self._clock = _steady_clock(settings.clock_ahead) if clock is None else clock
        self._sleep = sleep
        self._tls = tls
        self._runner: web.ServerRunner | None = None
        self._stopping = False
        self._in_flight: set[asyncio.Task[Any]] = set()
        self._latencies = Counter[str]()

    @property
    def url(self) -> str:
        """Scheme, host and port, without a trailing slash; known once the server runs."""
        return f"{'http' if self._tls is None else 'https'}://{self._host}:{self._port}"

    @property
    def settings(self) -> SandboxSettings:
        """How this sandbox behaves."""
        return self._settings

    @property
    def cases(self) -> dict[str, Case]:
        """The cases by id, as they are now; a case is replaced by a change, never changed in place."""
        return self._api.store.cases

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in the order of decision."""
        return self._api.calls

    @property
    def before_page(self) -> Callable[[], None] | None:
        """Called before each page of getCases is looked up; set it to change cases while somebody reads them."""
        return self._api.before_page

    @before_page.setter
    def before_page(self, hook: Callable[[], None] | None) -> None:
        self._api.before_page = hook

    def change(self, case_id: str, /, **values: Any) -> Case:
        """Change a case as an update by somebody else would, unseen in `calls`; raises KeyError for no such case."""
        return self._api.store.update(case_id, values, self._clock())

    def remove(self, case_id: str) -> None:
        """Delete a case; raises KeyError for no such case."""
        del self._api.store.cases[case_id]

    def add(self, case: Mapping[str, Any]) -> Case:
        """Add a whole case as the newest one; raises ValueError where there is one with its `_id`."""
        return self._api.store.add(case)

    async def __aenter__(self) -> Self:
        server = web.Server(self._handle, access_log=None, handler_cancellation=True)
        runner = web.ServerRunner(server, shutdown_timeout=_GRACE)
        await runner.setup()
        await web.TCPSite(runner, self._host, self._port, ssl_context=self._tls).start()
        self._port = runner.addresses[0][1]
        self._runner = runner
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runner = self._runner
        assert runner is not None
        self._stopping = True
        for site in runner.sites:
            await site.stop()
        # One round of the loop lets calls start whose headers are here already, so that none is missed.
        await asyncio.sleep(0)
        in_flight = list(self._in_flight)
        for task in in_flight:
            task.cancel()
        await asyncio.gather(*in_flight, return_exceptions=True)
        await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        self._in_flight.add(task)
        try:
            return await self._serve(request)
        finally:
            self._in_flight.discard(task)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._stopping:
            return _drop(request)
        arrival = self._api.arrive(request.method, request.path, self._clock())
        # The change is made before the wait: a caller who gives up meanwhile cannot undo it.
        reply = self._api.answer(arrival, request.headers, await _body(request), self._clock())
        await self._wait(arrival)
        if reply.spoiled_by is not None and reply.status is not None:
            await self._send(request.transport, spoiled(reply.spoiled_by, reply.status, reply.body))
            return _drop(request)
        if reply.status is not None:
            headers = {"Content-Type": reply.content_type, **reply.headers}
            if self._settings.clock_ahead:
                headers["Date"] = formatdate(self._clock(), usegmt=True)
            return web.Response(body=reply.body, status=reply.status, headers=headers)
        if reply.hangs:
            await asyncio.sleep(LONGEST_HANG)
        return _drop(request)

    async def _send(self, transport: asyncio.Transport | None, wire: Wire) -> None:
        """Write the bytes of an answer as fast as they are read, or slower, and end its connection."""
        for piece in wire.pieces:
            if transport is None or transport.is_closing():
                return
            transport.write(piece)
            if wire.trickles:
                await self._sleep(self._settings.trickle)
            while transport.get_write_buffer_size():  # noqa: ASYNC110 - the transport is aiohttp's, who is told alone
                await asyncio.sleep(_LOOK_AGAIN)
        if transport is not None and wire.end is End.RESET:
            _reset(transport)
        if wire.end is End.WAIT:
            await asyncio.sleep(LONGEST_HANG)

    async def _wait(self, arrival: Arrival) -> None:
        shortest, longest = self._settings.latency
        if longest == 0:
            return
        self._latencies[arrival.key] += 1
        draws = Draws(self._settings.seed, "latency", arrival.key, self._latencies[arrival.key])
        await self._sleep(shortest + (longest - shortest) * draws.share())


async def _body(request: web.BaseRequest) -> bytes | None:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        return None


def _reset(transport: asyncio.Transport) -> None:
    """Close a connection so that its client sees a reset, and not an end."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
    transport.abort()


def _drop(request: web.BaseRequest) -> web.Response:
    """Close the connection, and return the answer that is lost with it."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _steady_clock(ahead: float) -> Callable[[], float]:
    """Return a clock that starts so many seconds ahead of the time of day and cannot be set back."""
    offset = time.time() + ahead - time.monotonic()
    return lambda: offset + time.monotonic()
