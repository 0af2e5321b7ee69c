"""The direct line and aiohttp's session, side by side on real sockets: whatever a server does, they say the same."""

import asyncio
import gzip
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.lines import HEADERS, LINES, PATH, Opened, Raw, directly, raw
from support.receivers import certificates

from bulkcase.kore.line import DirectLine, SessionLine, open_line
from bulkcase.kore.transport import NO_ANSWER, silence_of
from bulkcase.kore.verdict import Silence

BODY = b'{"desc":"a note"}'
TOKEN = "not-a-real-token"
OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"x" * 300_000

pytestmark = pytest.mark.asyncio


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


async def test_what_was_not_asked_for_is_no_answer_to_the_next_call() -> None:
    """Bytes after an answer close its connection: the next call gets its own answer by another one."""
    double = sized(b"first") + sized(b"never asked for")
    by_aiohttp, direct = await both([double], [sized(b"second")], calls=2)

    assert direct == by_aiohttp
    assert direct[1][2] == b"second"


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
