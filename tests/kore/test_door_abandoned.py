"""The door when calls in flight are cut off, and what has to be durable before a call leaves again."""

import asyncio

import aiohttp
import pytest
from support.api import Reply, Server
from support.doors import TIMEOUT, NumberedTokens, Opened, open_door
from support.virtual import run

from bulkcase.errors import LedgerError
from bulkcase.job.quantities import Window
from bulkcase.kore.endpoints import update_case
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.model import Call, Stop, StopReason
from bulkcase.stopping import Stopped

ONE = [Window(1, 10.0)]
INTERRUPTED = Stop(StopReason.INTERRUPTED, "interrupted twice")


async def one_call(opened: Opened) -> Verdict:
    """Send one update as a worker does."""
    await opened.door.slot()
    return await opened.door.call(update_case("ci-1", b"{}", row=2))


def test_calls_in_flight_are_cut_off_at_once(server: Server) -> None:
    """Each is unanswered, recorded, and keeps its slot as a call without an answer does; its task goes on."""
    server.replies = [Reply(latency=20.0)]

    async def main() -> Opened:
        async with open_door(windows=[Window(3, 10.0)]) as opened:
            tasks = [asyncio.create_task(one_call(opened)) for _ in range(3)]
            await asyncio.sleep(1.0)
            opened.stop.abandon(INTERRUPTED)
            verdicts = await asyncio.gather(*tasks)
            assert [(v.kind, v.code, v.status) for v in verdicts] == [(Kind.UNANSWERED, "cut_off", None)] * 3
            assert opened.clock.monotonic() == 1.0
            assert opened.free_at() == 1.0 + TIMEOUT + 10.0
            assert [task.cancelling() for task in tasks] == [0, 0, 0]
            return opened

    assert run(main()).calls == [Call("updateCase", 0.0, 1.0, "unanswered", None, 2)] * 3


def test_who_waits_when_calls_are_cut_off_is_stopped(server: Server) -> None:
    """Waits end as with any stop, no call leaves any more, and a call that is over is left alone."""
    server.replies = [Reply(), Reply(latency=20.0)]

    async def main() -> None:
        async with open_door(windows=[Window(2, 10.0)]) as opened:
            assert (await one_call(opened)).kind is Kind.ACCEPTED
            flying, waiting = (asyncio.create_task(one_call(opened)) for _ in "ab")
            await asyncio.sleep(1.0)
            opened.stop.abandon(INTERRUPTED)
            opened.stop.abandon(INTERRUPTED)
            ended = await asyncio.gather(flying, waiting, one_call(opened), return_exceptions=True)
            assert [type(one) for one in ended] == [Verdict, Stopped, Stopped]
            await asyncio.sleep(1.0)  # this task, which made a call before, is not cancelled

    run(main())
    assert len(server.seen) == 2


def test_a_call_let_finish_can_still_be_cut_off(server: Server) -> None:
    """After a stop, calls are let finish until somebody loses patience; the first reason stands."""
    server.replies = [Reply(latency=20.0)]
    first = Stop(StopReason.HOURS, "six o'clock")

    async def main() -> None:
        async with open_door() as opened:
            task = asyncio.create_task(one_call(opened))
            await asyncio.sleep(1.0)
            opened.stop.set(first)
            await asyncio.sleep(1.0)
            assert not task.done()
            opened.stop.abandon(INTERRUPTED)
            assert (await task).code == "cut_off"
            assert opened.clock.monotonic() == 2.0
            assert opened.stop.stop is first

    run(main())


@pytest.mark.parametrize("order", ["cancel, abandon", "abandon, cancel"])
def test_a_real_cancellation_is_never_swallowed(order: str, server: Server) -> None:
    """A task that is cancelled in the moment in which its call is cut off is cancelled, and its call recorded once."""
    server.replies = [Reply(latency=20.0)]

    async def main() -> Opened:
        async with open_door() as opened:
            task = asyncio.create_task(one_call(opened))
            await asyncio.sleep(1.0)
            for what in order.split(", "):
                if what == "cancel":
                    task.cancel()
                else:
                    opened.stop.abandon(INTERRUPTED)
            with pytest.raises(asyncio.CancelledError):
                await task
            assert task.cancelled()
            return opened

    assert [call.verdict for call in run(main()).calls] == [Kind.UNANSWERED]


def test_a_cut_in_the_moment_of_the_timeout_leaves_no_trace(server: Server) -> None:
    """A call that ends by itself just as it is cut off has a verdict, and its task is not cancelled later."""
    server.replies = [Reply(latency=5.0, error=TimeoutError()), Reply(latency=5.0)]

    async def main() -> None:
        async with open_door() as opened:
            loop = asyncio.get_running_loop()
            loop.call_at(5.0, opened.stop.abandon, INTERRUPTED)

            async def worker() -> Verdict:
                verdict = await one_call(opened)
                await asyncio.sleep(1.0)
                return verdict

            verdicts = await asyncio.gather(worker(), worker())
            assert {verdict.code for verdict in verdicts} <= {"timeout", "", "cut_off"}
            assert len(opened.calls) == 2

    run(main())


NO_TOKEN = Reply(401, b'{"errors":[{"msg":"Invalid JWT token"}]}')
AGAIN = {
    "retried": ([Reply(500), Reply()], 2),
    "throttled": ([Reply(429, headers={"Retry-After": "7"}), Reply()], 1),
    "with a fresh token": ([NO_TOKEN, Reply()], 1),
    "the server was gone": ([Reply(error=aiohttp.InvalidURL("x")), Reply()], 2),
}


@pytest.mark.parametrize(("replies", "calls"), AGAIN.values(), ids=list(AGAIN))
def test_nothing_leaves_again_before_what_came_before_is_durable(
    replies: list[Reply], calls: int, server: Server
) -> None:
    """Before a request leaves another time the door waits for its record to be durable; the first time it does not."""
    server.replies = replies
    seen: list[tuple[int, int]] = []

    async def main() -> None:
        async def recorded() -> None:
            await asyncio.sleep(0.5)
            seen.append((len(server.seen), len(opened.calls)))

        async with open_door(recorded=recorded) as opened:
            request = update_case("ci-1", b"{}")
            for _ in range(calls):
                await opened.door.slot()
                verdict = await opened.door.call(request)
            assert verdict.kind is Kind.ACCEPTED

    run(main())
    assert seen == [(1, 1)], "recorded once, after the first call left and before the second one did"
    assert server.arrivals[1] - server.arrivals[0] >= 0.5


@pytest.mark.parametrize("error", [LedgerError("disk full"), asyncio.CancelledError()], ids=["broken", "cancelled"])
def test_what_cannot_be_made_durable_does_not_leave(error: BaseException, server: Server) -> None:
    """Where the record cannot be written nothing is sent again, and the slot in hand is given back."""
    server.replies = [NO_TOKEN, Reply()]

    async def failing() -> None:
        raise error

    async def main() -> None:
        async with open_door(windows=ONE, tokens=NumberedTokens(), recorded=failing) as opened:
            with pytest.raises(type(error)):
                await one_call(opened)
            assert opened.clock.monotonic() == opened.free_at() == 10.0

    run(main())
    assert len(server.seen) == 1


def test_a_stop_while_the_record_is_written_keeps_the_call_from_leaving(server: Server) -> None:
    """Between what is durable and the next departure the run may have been stopped; then nothing leaves."""
    server.replies = [NO_TOKEN, Reply()]

    async def main() -> None:
        async def recorded() -> None:
            opened.stop.set(INTERRUPTED)

        async with open_door(windows=ONE, recorded=recorded) as opened:
            with pytest.raises(Stopped):
                await one_call(opened)
            assert opened.free_at() == 10.0

    run(main())
    assert len(server.seen) == 1
