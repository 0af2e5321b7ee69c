"""A server before another one that does what no handler can: refuse, reset before it has read, be gone a while."""

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any

from support.looped import Looped


class Meddling(Enum):
    """What becomes of a call that is struck; none of them reaches the server behind as a whole."""

    NONE = "nothing"
    AT_ACCEPT = "reset when the connection is accepted"
    IN_HEAD = "reset behind half the head of the request"
    IN_BODY = "reset behind half the body of the request"
    KEPT = "closed when a connection that was kept is used again"


class Meddler(Looped):
    """Hands calls on to another server, but for every so manieth one; runs in a thread of its own while entered."""

    def __init__(self, how: Meddling = Meddling.NONE, *, every: int = 3) -> None:
        super().__init__("meddler")
        self._how = how
        self._every = every
        self._seen = 0
        self.struck = 0
        """How many calls, or connections where it is at their beginning, were struck."""
        self._behind = ("", 0)
        self._gateway: int | None = None
        self._port = 0
        self._server: asyncio.Server | None = None
        self._writers = set[asyncio.StreamWriter]()
        self._tasks = set[asyncio.Task[None]]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def leads_to(self, url: str) -> None:
        """Hand calls on to that address."""
        host, _, port = url.removeprefix("http://").partition(":")
        self._behind = (host, int(port))

    def close(self) -> None:
        """Hang up on everybody, and refuse all connections from now on."""
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result()

    def down_for(self, seconds: float, *, gateway: int | None = None) -> None:
        """Be gone for so long from now: refuse connections, or answer this status as a gateway whose server is gone."""
        self.loop.call_soon_threadsafe(self._spawn, self._down(seconds, gateway))

    async def serve(self) -> None:
        await self._open()
        self.ready.set()
        await self.done.wait()
        await self._close()
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _down(self, seconds: float, gateway: int | None) -> None:
        self._gateway = gateway
        if gateway is None:
            await self._close()
        await asyncio.sleep(seconds)
        self._gateway = None
        if gateway is None:
            await self._open()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _strikes(self, how: Meddling) -> bool:
        if how is not self._how:
            return False
        self._seen += 1
        struck = self._seen % self._every == 0
        self.struck += struck
        return struck

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ours = {writer}
        self._writers.add(writer)
        try:
            if self._strikes(Meddling.AT_ACCEPT):
                _reset(writer)
                return
            behind_reader, behind = await asyncio.open_connection(*self._behind)
            ours.add(behind)
            self._writers.add(behind)
            self._spawn(_pump(behind_reader, writer))
            await self._hand_on(reader, writer, behind)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # one of the two sides has hung up, which ends the other one
        finally:
            self._writers -= ours
            for one in ours:
                one.transport.abort()

    async def _hand_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, behind: asyncio.StreamWriter
    ) -> None:
        is_kept = False
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            body = await reader.readexactly(int(length.split(b":")[1]))
            if self._gateway is not None:
                page = b"<html><h1>Bad gateway</h1></html>"
                writer.write(b"HTTP/1.1 %d Bad\r\nContent-Type: text/html\r\n" % self._gateway)
                writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(page), page))
                self.struck += 1
                continue
            if is_kept and self._strikes(Meddling.KEPT):
                return
            for how, part in _PARTS.items():
                if self._strikes(how):
                    behind.write(part(head, body))
                    await behind.drain()
                    _reset(writer)
                    return
            behind.write(head + body)
            is_kept = True


_PARTS: dict[Meddling, Callable[[bytes, bytes], bytes]] = {
    Meddling.IN_HEAD: lambda head, _: head[: len(head) // 2],
    Meddling.IN_BODY: lambda head, body: head + body[: len(body) // 2],
}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on what one side says, until it ends."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # the other side has hung up
    finally:
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
