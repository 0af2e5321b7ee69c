"""A network in virtual time: calls take their time, get lost, and arrive when nobody waits for them any more."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any

import aiohttp
import orjson
from aiohttp.client_reqrep import ConnectionKey
from support.fates import TICK, Fate, StrictWindows, Way

from bulkcase.job.quantities import Window
from bulkcase.kore.line import Reply

TIMEOUT = 4.0
"""Seconds of one call; a whole number of ticks."""
_BUSY = b'{"errors":[{"msg":"Rate limit for this API has been reached"}]}'
_REFUSED = b'{"errors":[{"msg":"Validation errors","code":412}]}'


@dataclass(eq=False)
class Sent:
    """A call that left."""

    path: str
    body: bytes
    token: str
    fate: Fate
    case_id: str | None
    """None for a question."""
    landed: bool = False
    """Whether it has changed its case."""
    is_heard: bool = False
    """Whether its sender has got the answer."""
    reply: Reply | None = None
    """What the server said, once it has arrived."""
    handle: asyncio.TimerHandle | None = None
    """Of its arrival."""

    @property
    def values(self) -> dict[str, Any]:
        """What it says."""
        said: dict[str, Any] = orjson.loads(self.body)
        return said


@dataclass(eq=False)
class Sender:
    """A program that sends calls; a dead one sends none."""

    is_dead: bool = False
    in_flight: list[Sent] = field(default_factory=list)


class Network:
    """Carries calls to a server, each as its fate says, and counts them there."""

    def __init__(
        self, windows: Iterable[Window], fates: Iterable[Fate], answer: Callable[[Sent], Reply | None]
    ) -> None:
        """Take the server's windows, the fates of the calls in their order, and the server itself.

        `answer` is given each call that arrives well; it may note there that it has landed.
        """
        self.windows = StrictWindows(windows)
        self.sent: list[Sent] = []
        self.fates: Iterator[Fate] = chain(fates, repeat(Fate()))
        self._answer = answer
        # What is refused once is refused whenever it comes, and what was taken once is not refused.
        self._refused: set[tuple[str | None, bytes]] = set()
        self._taken: set[tuple[str | None, bytes]] = set()

    async def post(
        self, sender: Sender, path: str, body: bytes, token: str, leaves: Callable[[Sent], None] = lambda _: None
    ) -> Reply:
        """Carry a call, and return what comes back; `leaves` is told of it before."""
        if sender.is_dead:
            await asyncio.Event().wait()
        call = Sent(path, body, token, next(self.fates), path.partition("/")[2] or None)
        leaves(call)
        self.sent.append(call)
        sender.in_flight.append(call)
        if call.fate.way not in {Way.VANISHES, Way.UNSENT}:
            later = 2 * TIMEOUT if call.fate.way is Way.HANGS else 0.0
            loop = asyncio.get_running_loop()
            call.handle = loop.call_later(call.fate.there * TICK + later, self._arrive, call)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await _heard(call)
        finally:
            sender.in_flight.remove(call)
            if not sender.is_dead:
                self.leave_alone(call)

    def leave_alone(self, call: Sent) -> None:
        """Let a call that nobody waits for arrive when its fate says so, a timeout from now at the latest."""
        if call.handle is not None and call.reply is None:
            call.handle.cancel()
            call.handle = asyncio.get_running_loop().call_later(call.fate.late * TIMEOUT, self._arrive, call)

    def _arrive(self, call: Sent) -> None:
        self.windows.count(asyncio.get_running_loop().time())
        said = (call.case_id, call.body)
        if call.fate.way is Way.REFUSED and said not in self._taken:
            self._refused.add(said)
        match call.fate.way:
            case Way.THROTTLED:
                asked = {} if call.fate.asked is None else {"Retry-After": str(call.fate.asked)}
                call.reply = Reply(429, asked, _BUSY)
            case Way.DOWN:
                call.reply = Reply(503, {}, b"")
            case _ if said in self._refused:
                call.reply = Reply(412, {}, _REFUSED)
            case way:
                found = self._answer(call) or Reply(200, {}, b"{}")
                if call.landed:
                    self._taken.add(said)
                call.reply = found._replace(body=found.body[:-1]) if way is Way.GARBLED else found


async def _heard(call: Sent) -> Reply:
    """Return the answer to a call, when it has come back to its sender."""
    way = call.fate.way
    if way is Way.UNSENT:
        key = ConnectionKey("api.example.com", 443, True, True, None, None, None)
        raise aiohttp.ClientConnectorError(key, OSError("refused"))
    if way in {Way.DROPPED, Way.VANISHES}:
        await asyncio.sleep(call.fate.back * TICK)
        raise aiohttp.ServerDisconnectedError
    # At least a tick, so that it has arrived by then.
    await asyncio.sleep((call.fate.there + max(call.fate.back, 1)) * TICK + (2 * TIMEOUT if way is Way.HANGS else 0.0))
    assert call.reply is not None, "it has arrived before"
    call.is_heard = True
    return call.reply


class Wire:
    """The line of a sender to the server of a network."""

    def __init__(self, network: Network, sender: Sender, leaves: Callable[[Sent], None] = lambda _: None) -> None:
        self._network = network
        self._sender = sender
        self._leaves = leaves

    async def post(self, path: str, body: bytes, token: str, largest: int = 0) -> Reply:
        """Post as the network lets it."""
        return await self._network.post(self._sender, path, body, token, self._leaves)
