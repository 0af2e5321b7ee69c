"""The sandbox and time: windows, latency, chance under concurrency, and how it stops."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest

from bulkcase.sandbox import Fault, Sandbox, SandboxSettings, generate_cases

NOW = 1_795_000_000.0
CASES = generate_cases(20, 1, NOW)
CASE_ID = CASES[0]["_id"]
UPDATE = f"updateCase/{CASE_ID}"
CHANGE = {"desc": "changed"}

Caller = Callable[..., Coroutine[Any, Any, Any]]


async def until(true: Callable[[], bool]) -> None:
    """Give the loop its turns until something is true."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - the server has no event for it, and no time passes
            await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_a_full_window_refuses_every_kind_of_call(call: Caller) -> None:
    """Reads and refused credentials fill the window too; what it refuses is recorded and changes nothing."""
    moments = iter(NOW + second for second in (0, 0, 1, 1, 30, 30, 60, 60))
    async with Sandbox(SandboxSettings(windows=[(2, 60.0)]), CASES, clock=lambda: next(moments)) as server:
        await call(server, "getCases")
        await call(server, UPDATE, CHANGE, headers={})
        refused = await call(server, UPDATE, CHANGE)
        admitted = await call(server, UPDATE, CHANGE)
    assert [record.status for record in server.calls] == [200, 401, 429, 200]
    assert [record.rejected_by_window for record in server.calls] == [False, False, True, False]
    assert [record.applied for record in server.calls] == [False, False, False, True]
    assert [record.arrived_at - NOW for record in server.calls] == [0, 1, 30, 60]
    assert refused.json["errors"][0]["code"] == 429
    assert "exceeded the per-minute rate limit" in refused.json["errors"][0]["msg"]
    assert "Retry-After" not in refused.headers
    assert admitted.status == 200


@pytest.mark.asyncio
async def test_retry_after_is_sent_where_it_is_configured(call: Caller) -> None:
    """A full window and the fault both carry the configured seconds."""
    settings = SandboxSettings(windows=[(1, 60.0)], retry_after=7.0, script=[Fault.THROTTLE_RETRY_AFTER])
    async with Sandbox(settings, CASES, clock=lambda: NOW) as server:
        answers = [await call(server, UPDATE, CHANGE) for _ in range(2)]
    assert [(answer.status, answer.headers["Retry-After"]) for answer in answers] == [(429, "7")] * 2
    assert [record.rejected_by_window for record in server.calls] == [False, True]


@pytest.mark.asyncio
async def test_latency_is_between_its_bounds_and_repeats(call: Caller) -> None:
    """Each call waits its own time between the bounds, the same in each run, after its change was made."""

    async def waits() -> list[float]:
        waited: list[float] = []
        landed: list[bool] = []

        async def wait(seconds: float) -> None:
            waited.append(seconds)
            landed.append(server.cases[CASE_ID]["desc"] == "changed")

        async with Sandbox(SandboxSettings(latency=(0.2, 0.3)), CASES, sleep=wait) as server:
            for _ in range(10):
                await call(server, UPDATE, CHANGE)
        assert all(landed)
        return waited

    first = await waits()
    assert len(set(first)) == 10
    assert all(0.2 <= seconds < 0.3 for seconds in first)
    assert await waits() == first


@pytest.mark.asyncio
async def test_the_same_seed_hits_the_same_calls_under_any_concurrency(call: Caller) -> None:
    """Who is hit by chance does not depend on how many calls are under way at once."""
    settings = SandboxSettings(faults={Fault.UNAVAILABLE: 0.3, Fault.ERRORS: 0.2}, seed=3)

    async def fates(at_once: int) -> list[tuple[str | None, Fault | None]]:
        async with Sandbox(settings, CASES) as server:
            free = asyncio.Semaphore(at_once)

            async def update(case_id: str) -> None:
                for _ in range(3):
                    async with free:
                        await call(server, f"updateCase/{case_id}", CHANGE)

            await asyncio.gather(*[update(case["_id"]) for case in CASES])
        return sorted(((record.case_id, record.fault) for record in server.calls), key=lambda pair: str(pair[0]))

    alone = await fates(1)
    assert {fault for _, fault in alone} == {None, Fault.UNAVAILABLE, Fault.ERRORS}
    assert await fates(10) == alone


@pytest.mark.asyncio
@pytest.mark.parametrize(("fault", "applied"), [(Fault.HANG, False), (Fault.HANG_AFTER, True)])
async def test_a_hanging_call_ends_when_the_server_stops(call: Caller, fault: Fault, applied: bool) -> None:
    """A hanging call has no answer; the server stops at once all the same, and leaves no task behind."""
    before = asyncio.all_tasks()
    async with asyncio.timeout(5):
        async with Sandbox(SandboxSettings(script=[fault]), CASES) as server:
            hanging = asyncio.create_task(call(server, UPDATE, CHANGE))
            await until(lambda: bool(server.calls))
            assert not hanging.done()
        with pytest.raises(aiohttp.ClientConnectionError):
            await hanging
    assert (server.calls[0].status, server.calls[0].applied) == (None, applied)
    assert (server.cases[CASE_ID]["desc"] == "changed") is applied
    assert asyncio.all_tasks() == before


@pytest.mark.asyncio
async def test_a_hanging_call_ends_when_its_caller_gives_up(call: Caller) -> None:
    """Nothing of a call is left on the server once its caller is gone, and the change it made stays."""
    async with Sandbox(SandboxSettings(script=[Fault.HANG_AFTER]), CASES) as server:
        hanging = asyncio.create_task(call(server, UPDATE, CHANGE))
        await until(lambda: bool(server.calls))
        hanging.cancel()
        await until(lambda: not server._in_flight)
        assert server.cases[CASE_ID]["desc"] == "changed"


@pytest.mark.asyncio
async def test_a_hang_is_bounded(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hanging call is closed in the end, should neither side give up."""
    monkeypatch.setattr("bulkcase.sandbox.server.LONGEST_HANG", 0.0)
    async with Sandbox(SandboxSettings(script=[Fault.HANG]), CASES) as server:
        with pytest.raises(aiohttp.ClientConnectionError):
            await call(server, UPDATE, CHANGE)


@pytest.mark.asyncio
async def test_it_stops_with_waiting_calls_and_idle_connections() -> None:
    """Calls that wait for their latency and kept-alive connections do not hold the server up, or leave a task."""
    before = asyncio.all_tasks()
    waiting = asyncio.Event()

    async def forever(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(5), aiohttp.ClientSession() as session:
        async with Sandbox(SandboxSettings(), CASES) as idle:
            assert (await session.get(idle.url)).status == 404
        async with Sandbox(SandboxSettings(latency=(1.0, 2.0)), CASES, sleep=forever) as busy:
            call = asyncio.create_task(session.get(busy.url).__aenter__())
            await waiting.wait()
        with pytest.raises(aiohttp.ClientConnectionError):
            await call
    assert asyncio.all_tasks() == before


@pytest.mark.asyncio
async def test_a_call_that_comes_while_it_stops_is_dropped(call: Caller) -> None:
    """Once the server stops nothing is counted or changed any more, not on an open connection either."""
    async with Sandbox(SandboxSettings(), CASES) as server:
        server._stopping = True
        with pytest.raises(aiohttp.ClientConnectionError):
            await call(server, UPDATE, CHANGE)
    assert server.calls == []
    assert list(server.cases.values()) == CASES


@pytest.mark.asyncio
async def test_a_taken_port_is_an_os_error() -> None:
    """Two sandboxes cannot share a port; the second one says so and leaves the first alone."""
    async with Sandbox(SandboxSettings(), CASES) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            await Sandbox(SandboxSettings(), CASES, port=port).__aenter__()
        async with aiohttp.ClientSession() as session, session.get(first.url) as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"latency": (0.3, 0.2)},
        {"latency": (-0.1, 0.2)},
        {"windows": [(0, 60.0)]},
        {"windows": [(1, 0.0)]},
        {"faults": {Fault.HANG: 0.6, Fault.HTML: 0.6}},
        {"faults": {Fault.HANG: -0.1}},
        {"page_size": 0},
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    """Each of these is a ValueError before a server starts."""
    with pytest.raises(ValueError, match=r"latency|window|chances|page"):
        SandboxSettings(**wrong)
