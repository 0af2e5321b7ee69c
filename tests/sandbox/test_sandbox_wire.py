"""What the sandbox does to the bytes of an answer, as a client sees them that reads what comes."""

import asyncio
import gzip
import time
import zlib
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

import jwt
import orjson
import pytest

from bulkcase.sandbox import Fault, Sandbox, SandboxSettings, generate_cases
from bulkcase.sandbox.faults import LANDS
from bulkcase.sandbox.wire import End, is_of_wire, spoiled

CASES = generate_cases(3, 1, 1_795_000_000.0)
CASE_ID = CASES[0]["_id"]
BODY = b'{"_id":"ci-1","desc":"changed"}'
OF_WIRE = [fault for fault in Fault if is_of_wire(fault)]
MIB = 1 << 20
Caller = Callable[..., Awaitable[Any]]


def request(settings: SandboxSettings) -> bytes:
    """Return an update as it leaves a client."""
    token = jwt.encode({"appId": settings.client_id, "sub": "x"}, settings.client_secret, algorithm="HS256")
    path = f"/caseManagement/api/public/analytics/{settings.stream_id}/updateCase/{CASE_ID}"
    heads = f"POST {path} HTTP/1.1\r\nHost: x\r\nauth: {token}\r\nAccountId: {settings.account_id}\r\n"
    body = b'{"desc":"changed"}'
    return f"{heads}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def heard(server: Sandbox, most: int = 400_000) -> tuple[bytes, str]:
    """Return what a client reads, not much more than so many bytes, and how it ended."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request(server.settings))
    data = b""
    try:
        while len(data) < most:
            piece = await asyncio.wait_for(reader.read(65_536), 0.2)
            if not piece:
                return data, "closed"
            data += piece
    except ConnectionResetError:
        return data, "reset"
    except TimeoutError:
        return data, "open"
    finally:
        writer.transport.abort()
    return data, "more"


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", OF_WIRE)
async def test_a_fault_of_the_wire_lands_as_it_says_and_is_on_record(fault: Fault) -> None:
    """The change is made or not as its list says, and the connection ends as its way of spoiling says."""
    settings = SandboxSettings(faults={fault: 1.0}, trickle=0.0)
    async with Sandbox(settings, CASES) as server:
        _, ended = await heard(server)
        (call,) = server.calls
        has_landed = server.cases[CASE_ID]["desc"] == "changed"

    assert (call.fault, call.applied, has_landed) == (fault, fault in LANDS, fault in LANDS)
    ends = {End.CLOSE: {"closed", "more"}, End.RESET: {"reset", "more"}, End.WAIT: {"open"}}
    assert ended in ends[spoiled(fault, 200, BODY).end]


@pytest.mark.asyncio
async def test_half_an_answer_is_half_of_the_true_one() -> None:
    """What comes of an answer that is cut off is its beginning."""
    async with Sandbox(SandboxSettings(faults={Fault.HALF_BODY: 1.0}), CASES) as server:
        data, ended = await heard(server)
        whole = orjson.dumps(server.cases[CASE_ID])

    head, _, body = data.partition(b"\r\n\r\n")
    assert ended == "closed"
    assert b"Content-Length: %d" % len(whole) in head
    assert body == whole[: len(whole) // 2]


@pytest.mark.asyncio
async def test_a_slow_answer_takes_its_time_behind_every_byte() -> None:
    """The time between two bytes is that of the settings."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    settings = SandboxSettings(faults={Fault.SLOW_BODY: 1.0}, trickle=7.5)
    async with Sandbox(settings, CASES, sleep=sleep) as server:
        data, _ = await heard(server)

    assert set(waited) == {7.5}
    assert len(waited) == len(data.partition(b"\r\n\r\n")[2]) + 1


def body_of(fault: Fault) -> bytes:
    """Return the packed body of a bomb."""
    return b"".join(spoiled(fault, 200, BODY).pieces).partition(b"\r\n\r\n")[2]


def test_a_bomb_is_small_and_its_beginning_is_blanks() -> None:
    """Some kB up to a MB are what leaves, and unpacked they begin with more blanks than an answer may have bytes."""
    sizes = {fault: len(body_of(fault)) for fault in Fault if fault.name.endswith("_BOMB")}
    assert sizes.keys() == {Fault.GZIP_BOMB, Fault.DEFLATE_BOMB, Fault.ZSTD_BOMB, Fault.NESTED_BOMB}
    assert all(size < 1.2 * MIB for size in sizes.values())
    assert sizes[Fault.NESTED_BOMB] < 10_000
    for fault, bits in ((Fault.GZIP_BOMB, 31), (Fault.DEFLATE_BOMB, -15)):
        assert zlib.decompressobj(bits).decompress(body_of(fault), 10 * MIB) == b" " * (10 * MIB)
    assert gzip.decompress(body_of(Fault.NESTED_BOMB)) == body_of(Fault.GZIP_BOMB)


def test_the_end_of_a_bomb_is_the_true_answer() -> None:
    """Who unpacks it all learns what became of the call."""
    packed = body_of(Fault.GZIP_BOMB)
    last = packed[packed.rindex(b"\x1f\x8b\x08") :]

    assert gzip.decompress(last) == BODY
    assert body_of(Fault.ZSTD_BOMB).endswith(BODY)


@pytest.mark.parametrize("fault", [Fault.ENDLESS_BODY, Fault.ENDLESS_HEAD, Fault.INTERIM_ENDLESS])
def test_what_has_no_end_has_none(fault: Fault) -> None:
    """However many pieces a client reads, there is another one."""
    assert sum(len(piece) for piece in islice(spoiled(fault, 200, BODY).pieces, 1000)) > MIB


@pytest.mark.asyncio
async def test_the_server_s_clock_may_be_another_one(call: Caller) -> None:
    """Its calls and the dates of its answers are by its own clock."""
    async with Sandbox(SandboxSettings(clock_ahead=600.0), CASES) as server:
        answer = await call(server, "getCases", {})
        (record,) = server.calls

    assert abs(record.arrived_at - time.time() - 600.0) < 30.0
    assert abs(parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time() - 600.0) < 30.0


@pytest.mark.asyncio
async def test_a_throttle_s_date_is_not_before_the_time_it_asks_for(call: Caller) -> None:
    """A date has whole seconds: it is rounded up."""
    settings = SandboxSettings(script=[Fault.THROTTLE_DATE], retry_after=2.0)
    async with Sandbox(settings, CASES, clock=lambda: 1_795_000_000.25) as server:
        answer = await call(server, f"updateCase/{CASE_ID}", {})

    assert answer.status == 429
    assert parsedate_to_datetime(answer.headers["Retry-After"]).timestamp() == 1_795_000_003.0


@pytest.mark.asyncio
async def test_a_refused_update_is_spoiled_too(call: Caller) -> None:
    """A fault of the wire spoils whatever the answer is, and nothing lands that would not have landed without it."""
    settings = SandboxSettings(script=[Fault.CLOSE_AFTER])
    async with Sandbox(settings, CASES) as server:
        answer = await call(server, f"updateCase/{CASE_ID}", {"desc": 1})
        assert (answer.status, server.calls[0].status, server.calls[0].applied) == (412, 412, False)


def test_a_time_between_bytes_cannot_be_negative() -> None:
    """Settings that cannot be are refused when they are made."""
    with pytest.raises(ValueError, match="between two bytes"):
        SandboxSettings(trickle=-1.0)
