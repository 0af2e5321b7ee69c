"""A connection of the direct line serves one call after the other, and nothing of one reaches the next."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
import pytest_asyncio
from support.lines import (
    ANSWERS,
    BODY,
    OK,
    TOKEN,
    both,
    directly,
    raw,
    sized,
)

from bulkcase.kore.line import DirectLine
from bulkcase.kore.verdict import Silence

pytestmark = pytest.mark.asyncio


async def test_what_was_not_asked_for_is_no_answer_to_the_next_call() -> None:
    """Bytes after an answer close its connection: the next call gets its own answer by another one."""
    double = sized(b"first") + sized(b"never asked for")
    by_aiohttp, direct = await both([double], [sized(b"second")], calls=2)

    assert direct == by_aiohttp
    assert direct[1][2] == b"second"


async def test_half_an_answer_that_nobody_asked_for_does_not_begin_the_next_one() -> None:
    """The rest of a stale answer is no answer to the call that meets it: nobody knows what became of that."""
    stale = sized(b'{"message":"done"}')
    refused = sized(b"{}", b"HTTP/1.1 412 Precondition Failed\r\n")
    by_aiohttp, direct = await both([sized(b"first") + stale[:25]], [stale[25:], refused], calls=2)

    assert direct == by_aiohttp
    assert direct[1][0] is Silence.CONNECTION_LOST


@pytest.mark.parametrize("trailer", [b"Retry-After: 9", b"Content-Encoding: gzip"])
async def test_what_comes_behind_an_answer_is_no_header_of_the_next_one(trailer: bytes) -> None:
    """The trailers of an answer in chunks say nothing about the answer to another call."""
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n" + trailer + b"\r\n\r\n"
    by_aiohttp, direct = await both([chunked], ANSWERS["usual"], calls=2)

    assert direct == by_aiohttp
    assert direct[1] == (200, {"Content-Type": "application/json", "Content-Length": "11"}, b'{"_id":"c"}')


@pytest_asyncio.fixture
async def deaf() -> AsyncIterator[tuple[str, list[int]]]:
    """Run a server that answers a first call before it has read it, and reads no more of it; and all others."""
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(len(connections))
        if len(connections) == 1:
            cast("asyncio.ReadTransport", writer.transport).pause_reading()
            writer.write(sized(b"no", b"HTTP/1.1 413 Content Too Large\r\n"))
        else:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWERS["usual"][0])
        opened.append(writer)

    opened: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", connections
    server.close()
    for writer in opened:
        writer.transport.abort()


async def test_a_connection_whose_request_was_not_read_is_not_used_again(deaf: tuple[str, list[int]]) -> None:
    """A call does not queue behind what a server did not want to read, and the line closes all the same."""
    url, connections = deaf
    async with directly(url, 5.0) as line:
        refused = await line.post("updateCase/c-1", b"x" * 20_000_000, TOKEN)
        landed = await line.post("updateCase/c-2", BODY, TOKEN)

    assert (refused.status, landed.status) == (413, 200)
    assert len(connections) == 2


async def test_a_connection_that_has_waited_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host may close it at any moment, and a call on its way then would be in doubt."""
    monkeypatch.setattr("bulkcase.kore.line._KEPT", 0.0)
    async with raw(ANSWERS["usual"]) as server, directly(server.url) as line:
        for number in range(3):
            await line.post(f"updateCase/c-{number}", BODY, TOKEN)

    assert server.connections == 3


async def test_a_connection_that_was_closed_while_it_waited_is_not_used_again() -> None:
    """A host that hangs up between two calls costs the second one nothing."""
    async with raw([sized(b"first"), b""], ANSWERS["usual"]) as server, directly(server.url) as line:
        assert isinstance(line, DirectLine)
        first = await line.post("updateCase/c-1", BODY, TOKEN)
        ((waiting, _),) = line._idle
        if waiting.protocol is not None and waiting.protocol.closed is not None:
            await waiting.protocol.closed
        second = await line.post("updateCase/c-2", BODY, TOKEN)

    assert (first.body, second.body) == (b"first", b'{"_id":"c"}')
    assert server.connections == 2
