"""What a line reads of an answer has a bound, however it is written or packed."""

import gzip
import tracemalloc

import aiohttp
import pytest
from support.lines import BODY, LINES, OK, TOKEN, Opened, directly, raw, sized, told

from bulkcase.kore.verdict import Silence

pytestmark = pytest.mark.asyncio

LARGEST = 600_000
"""Bytes of an answer that are read here; more than aiohttp hands on at once."""


def ways(body: bytes) -> dict[str, list[bytes]]:
    """Return a body as servers send it."""
    half = len(body) // 2
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:]) if part)
    return {
        "sized": [sized(body)],
        "chunked": [OK + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"],
        "zipped": [sized(gzip.compress(body), OK + b"Content-Encoding: gzip\r\n")],
        "until the end": [OK + b"\r\n" + body, b""],
    }


@pytest.mark.parametrize("opened", LINES)
@pytest.mark.parametrize("way", ways(b""))
async def test_an_answer_is_read_up_to_its_bound_and_no_further(opened: Opened, way: str) -> None:
    """With as many bytes as it may have an answer is whole, with one more some of its beginning is kept."""
    whole = b"x" * LARGEST
    for body, is_cut in ((whole, False), (whole + b"y", True)):
        async with raw(ways(body)[way]) as server, opened(server.url) as line:
            reply = await line.post("updateCase/c-1", BODY, TOKEN, LARGEST)

        assert reply.is_cut is is_cut
        assert reply.body
        assert whole.startswith(reply.body) if is_cut else reply.body == whole


@pytest.mark.parametrize("opened", LINES)
async def test_what_was_not_read_of_an_answer_begins_no_other(opened: Opened) -> None:
    """The connection of an answer that was cut is given up, and the next call gets its own answer."""
    async with raw([sized(b"x" * 2_000_000)], [sized(b"second")]) as server, opened(server.url) as line:
        assert (await line.post("updateCase/c-1", BODY, TOKEN, LARGEST)).is_cut
        second = await line.post("updateCase/c-2", BODY, TOKEN, LARGEST)

    assert (second.body, second.is_cut, server.connections) == (b"second", False, 2)


@pytest.mark.parametrize("opened", LINES)
async def test_a_packed_answer_is_unpacked_no_further_than_it_is_read(opened: Opened) -> None:
    """A hundred megabytes packed into a hundred kilobytes take about the memory of what may be read."""
    bomb = gzip.compress(b" " * 100_000_000, compresslevel=1)
    async with raw([sized(bomb, OK + b"Content-Encoding: gzip\r\n")]) as server, opened(server.url) as line:
        tracemalloc.start()
        try:
            reply = await line.post("updateCase/c-1", BODY, TOKEN, LARGEST)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert reply.is_cut
    assert peak < 10_000_000


async def test_a_flood_of_answers_that_announce_one_ends() -> None:
    """A server that only ever says that an answer will come is given up long before the time of a call is over."""
    async with raw([b"HTTP/1.1 103 Early Hints\r\n\r\n" * 5000]) as server, directly(server.url, 60.0) as line:
        assert await told(line.post("updateCase/c-1", BODY, TOKEN)) == (
            Silence.CONNECTION_LOST,
            aiohttp.ClientResponseError,
        )
