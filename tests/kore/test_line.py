"""The direct line and aiohttp's session, side by side on real sockets: whatever a server does, they say the same."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.lines import (
    ANSWERS,
    BODY,
    HEADERS,
    LINES,
    OK,
    PATH,
    SILENCES,
    TOKEN,
    Opened,
    Raw,
    both,
    directly,
    raw,
    sized,
    told,
)
from support.receivers import certificates

from bulkcase.kore.line import DirectLine, SessionLine, open_line
from bulkcase.kore.verdict import Silence

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("pieces", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_is_read_alike(pieces: Sequence[bytes]) -> None:
    """However a server writes its answer, status, headers and body are those that aiohttp's session reads."""
    by_aiohttp, direct = await both(pieces)

    assert direct == by_aiohttp
    assert isinstance(direct[0][0], int)


@pytest.mark.parametrize("pieces", SILENCES.values(), ids=SILENCES)
async def test_what_is_no_answer_is_alike(pieces: Sequence[bytes]) -> None:
    """Whatever is no whole answer is the same exception as aiohttp's session raises: it may have landed."""
    by_aiohttp, direct = await both(pieces)

    assert direct == by_aiohttp
    assert direct[0][0] is Silence.CONNECTION_LOST


@pytest.mark.parametrize("pieces", [*ANSWERS.values(), *SILENCES.values()], ids=[*ANSWERS, *SILENCES])
async def test_the_next_call_is_not_harmed(pieces: Sequence[bytes]) -> None:
    """After each of them another call is answered, by the same connection exactly where aiohttp would use it again."""
    by_aiohttp, direct = await both(pieces, ANSWERS["usual"], calls=2)

    assert direct == by_aiohttp
    assert direct[1][2] == b'{"_id":"c"}'


async def test_both_say_the_same_to_the_server() -> None:
    """Method, path, body and headers are those of aiohttp's session; only their order may differ."""
    said = []
    for opened in LINES:
        async with raw(ANSWERS["usual"]) as server, opened(server.url) as line:
            await line.post("updateCase/c-1", BODY, TOKEN)
            (head, body) = server.asked[0]
            first, *headers = head.replace(b":%d" % server.port, b"").decode().strip().split("\r\n")
            said.append((first, {line for line in headers if not line.startswith("User-Agent")}, body))

    assert said[1] == said[0]
    assert said[1][0] == f"POST {PATH}updateCase/c-1 HTTP/1.1"
    assert {f"auth: {TOKEN}", "AccountId: acc-1", "Content-Type: application/json;charset=UTF-8"} <= said[1][1]


async def test_each_call_carries_its_own_token() -> None:
    """A token that changes from call to call is the one that goes out."""
    async with raw(ANSWERS["usual"]) as server, directly(server.url) as line:
        for token in ("one", "two", "two", "one"):
            await line.post("updateCase/c-1", BODY, token)

    sent = [next(line for line in head.split(b"\r\n") if line.startswith(b"auth")) for head, _ in server.asked]
    assert sent == [b"auth: one", b"auth: two", b"auth: two", b"auth: one"]


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a\nb", "a\x00b"])
async def test_a_token_cannot_add_a_header(token: str) -> None:
    """A token with a line break is refused before anything leaves, by both lines."""
    for opened in LINES:
        async with raw(ANSWERS["usual"]) as server, opened(server.url) as line:
            with pytest.raises(ValueError, match="control character"):
                await line.post("updateCase/c-1", BODY, token)
            assert server.asked == []


@pytest.mark.parametrize("opened", LINES)
async def test_a_call_whose_time_is_up_is_a_timeout(opened: Opened) -> None:
    """A server that says nothing is waited for as long as a call may take; its connection is given up."""
    async with raw([]) as server, opened(server.url, 0.05) as line:
        assert await told(line.post("updateCase/c-1", BODY, TOKEN)) == (Silence.TIMEOUT, TimeoutError)
        await asyncio.wait_for(server.gone.wait(), 5)


@pytest.mark.parametrize("opened", LINES)
async def test_an_answer_without_end_is_a_timeout_and_not_taken_for_whole(opened: Opened) -> None:
    """What comes without a length ends with its connection; where the time ends it, it is no answer."""
    async with raw([OK + b"\r\n", b"hello"]) as server, opened(server.url, 0.05) as line:
        assert await told(line.post("updateCase/c-1", BODY, TOKEN)) == (Silence.TIMEOUT, TimeoutError)


@pytest.mark.parametrize("opened", LINES)
async def test_a_cancelled_call_gives_its_connection_up(opened: Opened) -> None:
    """Nothing of a cancelled call goes on: the server sees its client hang up."""
    async with raw([]) as server, opened(server.url) as line:
        call = asyncio.ensure_future(line.post("updateCase/c-1", BODY, TOKEN))
        await server.asked_once.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(server.gone.wait(), 5)


@pytest.mark.parametrize("opened", LINES)
async def test_a_host_that_is_not_there_was_never_told(opened: Opened) -> None:
    """A refused connection counts as a call that never left."""
    async with raw(ANSWERS["usual"]) as server:
        url = server.url
    async with opened(url) as line:
        silence, _ = await told(line.post("updateCase/c-1", BODY, TOKEN))
        assert silence is Silence.NOT_CONNECTED


async def test_a_connection_that_is_not_made_in_time_was_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the time is up before there is a connection, nothing of the call can have landed."""

    async def for_ever(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", for_ever)
    async with directly("http://127.0.0.1:9", 0.01) as line:
        silence, kind = await told(line.post("updateCase/c-1", BODY, TOKEN))

    assert (silence, kind) == (Silence.NOT_CONNECTED, aiohttp.ConnectionTimeoutError)


async def test_a_connection_that_is_lost_while_it_is_made_is_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that hangs up at once is a lost connection for both lines, and no fault of the program."""
    connect = aiohttp.TCPConnector.connect

    async def lost(*parts: Any, **named: Any) -> aiohttp.connector.Connection:
        connection = await connect(*parts, **named)
        assert connection.transport is not None
        connection.transport.close()
        return connection

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", lost)

    assert {brought[0][0] for brought in await both(ANSWERS["usual"])} == {Silence.CONNECTION_LOST}


async def test_a_host_whose_certificate_is_trusted_is_told_and_no_other(tmp_path: Path) -> None:
    """With the file of its authority a call over TLS is answered; without it nothing is sent."""
    made = certificates(tmp_path)
    told_raw = Raw([ANSWERS["usual"]])
    server = await asyncio.start_server(told_raw.serve, "127.0.0.1", 0, ssl=made.server)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    brought = []
    async with server:
        for bundle in (made.authority, None):
            async with open_line(
                base_url=url, path=PATH, timeout=10.0, headers=HEADERS, ca_bundle=bundle, proxy=None
            ) as line:
                assert isinstance(line, DirectLine)
                brought.append(await told(line.post("updateCase/c-1", BODY, TOKEN)))

    assert brought[0][2] == b'{"_id":"c"}'
    assert brought[1] == (Silence.TLS, aiohttp.ClientConnectorCertificateError)
    assert len(told_raw.asked) == 1


async def test_many_calls_at_once_get_each_its_own_answer() -> None:
    """Sixty-four calls in flight on as many connections: no answer goes to another call."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(len(BODY))
                writer.write(sized(head.split(b" ")[1].rpartition(b"/")[2]))
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, directly(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as line:
        replies = await asyncio.gather(*(line.post(f"updateCase/c-{n}", BODY, TOKEN) for n in range(640)))

    assert [reply.body for reply in replies] == [b"c-%d" % n for n in range(640)]


OTHERS = [
    {"proxy": "http://proxy.example.com:3128"},
    {"version": "3.15.0"},
]


@pytest.mark.parametrize("other", OTHERS, ids=str)
async def test_where_the_direct_line_is_not_known_to_be_right_the_session_is_used(
    other: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a proxy, or with another aiohttp than the one whose inside is known, calls go by aiohttp's session."""
    if "version" in other:
        monkeypatch.setattr(aiohttp, "__version__", other["version"])

    async with open_line(
        base_url="https://api.example.com",
        path=PATH,
        timeout=1.0,
        headers=HEADERS,
        ca_bundle=None,
        proxy=other.get("proxy"),
    ) as line:
        assert isinstance(line, SessionLine)
