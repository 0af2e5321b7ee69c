"""The door: what a call says, costs and leaves behind, and what follows from each verdict."""

import asyncio
from typing import Any

import aiohttp
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from support.api import Reply, Server
from support.doors import ROOT, TIMEOUT, NumberedTokens, Opened, open_door
from support.virtual import run

from bulkcase.job.quantities import Window
from bulkcase.kore.endpoints import update_case
from bulkcase.kore.tokens import ReadyToken, SignedTokens
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.model import Call, StopReason
from bulkcase.stopping import Stopped

ONE = [Window(1, 10.0)]
NO_TOKEN = Reply(401, b'{"errors":[{"msg":"Invalid JWT token","code":4002}]}')
THROTTLED = Reply(429, headers={"Retry-After": "7"})


async def one_call(opened: Opened) -> Verdict:
    """Send one update as a worker does."""
    await opened.door.slot()
    return await opened.door.call(update_case("ci-1", b'{"desc":"new"}', row=2))


def kinds(opened: Opened) -> list[str]:
    """Return what was recorded, call by call."""
    return [call.verdict for call in opened.calls]


def test_a_call_says_what_the_api_wants(server: Server) -> None:
    """Address, headers and body are those of the documentation; the token goes without Bearer."""

    async def main() -> None:
        async with open_door() as opened:
            assert (await one_call(opened)).kind is Kind.ACCEPTED

    run(main())
    (sent,) = server.seen
    assert sent["url"] == f"{ROOT}/updateCase/ci-1"
    assert sent["url"] == "https://api.example.com/caseManagement/api/public/analytics/st-1/updateCase/ci-1"
    assert sent["data"] == b'{"desc":"new"}'
    assert sent["allow_redirects"] is False
    headers = sent["headers"]
    assert headers["auth"] == "token-1"
    assert headers["AccountId"] == "acc-1"
    assert headers["Iid"] == "st-1"
    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    "key", ["", ".", "..", "a/b", "a?b", "a#b", "a%2Fb", "a b", "a\n", "ä", "٣", "ci-1/", "http://x"]
)
def test_a_case_id_that_could_change_the_address_is_refused(key: str) -> None:
    """Only letters, digits, hyphen and underscore ever get into the address."""
    with pytest.raises(ValueError, match="not a case id"):
        update_case(key, b"{}")


def test_a_call_is_recorded_with_its_times(server: Server) -> None:
    """The record has endpoint, row, status, verdict, and when the call left and was answered."""
    server.replies = [Reply(latency=2.0)]

    async def main() -> list[Call]:
        async with open_door() as opened:
            await asyncio.sleep(1.0)
            await one_call(opened)
            return opened.calls

    assert run(main()) == [Call("updateCase", 1.0, 3.0, "accepted", 200, 2)]


ENDINGS = {
    "accepted": (Reply(latency=1.0), Kind.ACCEPTED, 11.0),
    "refused": (Reply(412, latency=1.0), Kind.REFUSED, 11.0),
    "failed over there": (Reply(500, latency=1.0), Kind.TRANSIENT, 11.0),
    "answered with broken JSON": (Reply(body=b"{", latency=1.0), Kind.UNANSWERED, 11.0),
    "timed out": (Reply(latency=1.0, error=TimeoutError()), Kind.UNANSWERED, 11.0 + TIMEOUT),
    "cut off": (Reply(latency=1.0, error=aiohttp.ServerDisconnectedError()), Kind.UNANSWERED, 11.0 + TIMEOUT),
    "not connected": (Reply(latency=1.0, error=aiohttp.InvalidURL("x")), Kind.NOT_SENT, 11.0 + TIMEOUT),
}


@pytest.mark.parametrize(("reply", "kind", "free_at"), ENDINGS.values(), ids=list(ENDINGS))
def test_a_slot_is_kept_a_window_after_its_answer(reply: Reply, kind: Kind, free_at: float, server: Server) -> None:
    """An answered call frees its slot a window later, an unanswered one a timeout after that; each is recorded once."""
    server.replies = [reply]

    async def main() -> tuple[Verdict, Opened, float]:
        async with open_door(windows=ONE) as opened:
            return await one_call(opened), opened, opened.free_at()

    verdict, opened, seen = run(main())
    assert (verdict.kind, seen) == (kind, free_at)
    assert kinds(opened) == [kind]


@pytest.mark.parametrize("error", [None, ZeroDivisionError()])
def test_a_call_that_is_cancelled_or_breaks_is_recorded_once_and_keeps_its_slot(
    error: Exception | None, server: Server
) -> None:
    """The server may have counted it, so its slot is given up, and the record says that no answer was seen."""
    server.replies = [Reply(latency=5.0, error=error)]

    async def main() -> tuple[Opened, float]:
        async with open_door(windows=ONE) as opened:
            task = asyncio.create_task(one_call(opened))
            if error is None:
                await asyncio.sleep(1.0)
                task.cancel()
            with pytest.raises(asyncio.CancelledError if error is None else type(error)):
                await task
            return opened, opened.free_at() - asyncio.get_running_loop().time()

    opened, wait = run(main())
    assert kinds(opened) == [Kind.UNANSWERED]
    assert wait == TIMEOUT + 10.0


def test_redirects_are_not_followed(server: Server) -> None:
    """The token is never carried to where a server points."""
    server.replies = [Reply(307, headers={"Location": f"{ROOT}/updateCase/ci-1"}), Reply()]

    async def main() -> Verdict:
        async with open_door() as opened:
            return await one_call(opened)

    verdict = run(main())
    assert (verdict.kind, verdict.code, len(server.seen)) == (Kind.REFUSED, "redirected", 1)


def test_refused_credentials_get_one_fresh_token(server: Server) -> None:
    """After a 401 the call leaves again with another token, and with a slot of its own."""
    server.replies = [NO_TOKEN, Reply()]

    async def main() -> Opened:
        async with open_door(windows=ONE) as opened:
            assert (await one_call(opened)).kind is Kind.ACCEPTED
            assert opened.stop.stop is None
            return opened

    assert kinds(run(main())) == [Kind.CREDENTIALS, Kind.ACCEPTED]
    assert [sent["headers"]["auth"] for sent in server.seen] == ["token-1", "token-2"]
    assert server.arrivals == [0.0, 10.0]


REFUSALS = {
    "a second 401": (NO_TOKEN, True, 2, "Invalid JWT token"),
    "a 401 for a token that cannot be renewed": (NO_TOKEN, False, 1, "Invalid JWT token"),
    "a replay": (Reply(401, b"possibly a replay"), True, 2, "set auth.jti = true"),
    "a wrong stream": (Reply(400, b"Invalid StreamId"), True, 1, "check connection.stream_id"),
    "a distrusted certificate": (
        Reply(error=aiohttp.ServerFingerprintMismatch(b"a", b"b", "x", 1)),
        True,
        1,
        "connection.ca_bundle",
    ),
}


@pytest.mark.parametrize(("reply", "renewable", "calls", "says"), REFUSALS.values(), ids=list(REFUSALS))
def test_refused_credentials_and_targets_stop_the_run(
    reply: Reply, renewable: bool, calls: int, says: str, server: Server
) -> None:
    """What would be refused for every row stops the run for safety, and the row is not judged."""
    server.replies = [reply]

    async def main() -> tuple[Opened, Any]:
        async with open_door(tokens=NumberedTokens(renewable=renewable)) as opened:
            with pytest.raises(Stopped):
                await one_call(opened)
            return opened, opened.stop.stop

    opened, stop = run(main())
    assert (stop.reason, stop.exit_code) == (StopReason.SAFETY, 3)
    assert says in stop.message
    assert len(opened.calls) == len(server.seen) == calls


def test_many_refused_calls_share_one_fresh_token(server: Server) -> None:
    """When a token goes bad for all calls in flight, it is renewed once."""
    server.replies = [NO_TOKEN] * 20 + [Reply()]

    async def main() -> None:
        async with open_door() as opened:
            verdicts = await asyncio.gather(*(one_call(opened) for _ in range(20)))
            assert {verdict.kind for verdict in verdicts} == {Kind.ACCEPTED}

    run(main())
    assert [sent["headers"]["auth"] for sent in server.seen] == ["token-1"] * 20 + ["token-2"] * 20


def test_a_throttled_call_waits_and_leaves_again(server: Server) -> None:
    """Throttling is no verdict on a row: the call waits as long as the server asks, then leaves with a new slot."""
    server.replies = [THROTTLED, THROTTLED, Reply()]

    async def main() -> tuple[Opened, Verdict, int]:
        async with open_door(windows=[Window(5, 60.0)]) as opened:
            await opened.door.slot()
            request = update_case("ci-1", b"{}")
            verdict = await opened.door.call(request)
            return opened, verdict, request.calls

    opened, verdict, calls = run(main())
    assert (verdict.kind, calls) == (Kind.ACCEPTED, 3)
    assert kinds(opened) == [Kind.THROTTLED, Kind.THROTTLED, Kind.ACCEPTED]
    assert server.arrivals == [0.0, 7.0, 14.0]


def test_a_pause_holds_everybody_back(server: Server) -> None:
    """While one call is throttled no other gets a slot, however many are free; all leave when the pause is over."""
    server.replies = [THROTTLED, Reply()]

    async def main() -> None:
        async with open_door(windows=[Window(9, 60.0)]) as opened:
            first = asyncio.create_task(one_call(opened))
            await asyncio.sleep(1.0)
            assert not opened.door.try_slot()
            assert opened.door.pause() == (7.0, "throttled")
            await asyncio.gather(first, *(one_call(opened) for _ in range(4)))

    run(main())
    assert server.arrivals == [0.0] + [7.0] * 5


def test_throttling_without_end_stops_the_run(server: Server) -> None:
    """Two of the longest windows without a success stop the run for safety, naming what to lower."""
    server.replies = [Reply(429)]

    async def main() -> Opened:
        async with open_door(windows=[Window(100, 60.0)]) as opened:
            with pytest.raises(Stopped):
                await one_call(opened)
            return opened

    opened = run(main())
    assert opened.stop.stop is not None
    assert opened.stop.stop.reason is StopReason.SAFETY
    assert "quota.windows" in opened.stop.stop.message
    assert server.arrivals == [0.0, 60.0, 120.0]


def token() -> str:
    """Return a token as the platform's are; the secret is visibly fake."""
    tokens = SignedTokens(
        client_id="cs-1",
        secret=SecretStr("not-a-real-secret-not-a-real-secret"),
        subject="someone",
        algorithm="HS256",
        lifetime=300,
        now=lambda: 1_800_000_000.0,
    )
    return tokens.current()


TOKEN = token()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.integers(0, 320),
    status=st.sampled_from([200, 302, 400, 401, 429, 500]),
    place=st.sampled_from(["text", "envelope", "errors of a success", "location", "exception"]),
    echoed=st.sampled_from([TOKEN, TOKEN[:90], f"Bearer {TOKEN}", "opaque-token-not-real"]),
)
# Cut in the middle of the token, once for each place in which it can come.
@example(before=279, status=302, place="location", echoed="opaque-token-not-real")
@example(before=279, status=500, place="text", echoed="opaque-token-not-real")
@example(before=279, status=400, place="envelope", echoed="opaque-token-not-real")
@example(before=279, status=200, place="errors of a success", echoed="opaque-token-not-real")
@example(before=279, status=200, place="exception", echoed="opaque-token-not-real")
@example(before=230, status=302, place="location", echoed=TOKEN)
def test_a_token_that_comes_back_is_never_told(
    before: int, status: int, place: str, echoed: str, server: Server
) -> None:
    """Wherever a server repeats the token, and wherever its words are cut, the message does not show it."""
    text = "x" * before + " " + echoed
    body = {
        "text": text.encode(),
        "envelope": orjson.dumps({"errors": [{"msg": text}]}),
        "errors of a success": orjson.dumps({"_id": "ci-1", "errors": [text]}),
    }.get(place, b"")
    error = aiohttp.ClientPayloadError(text) if place == "exception" else None
    server.seen.clear()
    server.replies = [Reply(status, body, {"Location": text}, error=error), Reply(500, body)]
    ours = ReadyToken(SecretStr(echoed if echoed.startswith("opaque") else TOKEN))

    async def main() -> str:
        async with open_door(tokens=ours) as opened:
            try:
                verdict = await one_call(opened)
            except Stopped:
                assert opened.stop.stop is not None
                return opened.stop.stop.message
            return verdict.message

    message = run(main())
    secrets = [part for whole in (echoed, TOKEN) for part in whole.split(".")[1:]] + ["opaque-token"]
    # The first part of a token is the same for everybody and tells nothing.
    assert not any(part[:8] in message for part in secrets if len(part) >= 8)
