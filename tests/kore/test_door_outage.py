"""The door while the server is down or the network gone: everybody pauses, one probe at a time, and all go on after."""

import asyncio

import aiohttp
import pytest
from support.api import Reply, Server
from support.doors import Opened, open_door
from support.virtual import run

from bulkcase.errors import LedgerError
from bulkcase.job.quantities import Window
from bulkcase.kore.endpoints import Request, update_case
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.model import Stop, StopReason
from bulkcase.stopping import Stopped

WIDE = [Window(1000, 60.0)]
"""Never short of slots; two of it are two minutes of patience."""
GONE = Reply(error=aiohttp.InvalidURL("nowhere"))
DOWN = Reply(503)
LATE = Reply(latency=30.0, error=TimeoutError())
INTERRUPTED = Stop(StopReason.INTERRUPTED, "interrupted")


def an_update() -> Request:
    return update_case("ci-1", b"{}", row=2)


async def one_call(opened: Opened, request: Request | None = None) -> Verdict:
    """Send an update once, as a worker does."""
    await opened.door.slot()
    return await opened.door.call(request or an_update())


async def until_it_counts(opened: Opened) -> list[Verdict]:
    """Send an update until a verdict counts; return all verdicts."""
    request, verdicts = an_update(), list[Verdict]()
    while not verdicts or not verdicts[-1].counts:
        verdicts.append(await one_call(opened, request))
    return verdicts


def test_probes_leave_after_doubling_pauses_and_cost_no_attempt(server: Server) -> None:
    """Gone for a while, the server is tried after 1, 2, 4 and 8 seconds; only the answer counts."""
    server.replies = [Reply(), *[GONE] * 4, Reply()]

    async def main() -> list[Verdict]:
        async with open_door(windows=WIDE) as opened:
            await one_call(opened)
            return await until_it_counts(opened)

    verdicts = run(main())
    assert [(verdict.kind, verdict.counts) for verdict in verdicts] == [
        *[(Kind.NOT_SENT, False)] * 4,
        (Kind.ACCEPTED, True),
    ]
    assert server.arrivals == [0.0, 0.0, 1.0, 3.0, 7.0, 15.0]


@pytest.mark.parametrize("reply", [DOWN, LATE], ids=["fails", "does not answer"])
def test_the_fifth_different_request_in_a_row_opens_it(reply: Reply, server: Server) -> None:
    """Four failures count against their rows; the fifth is an outage, and it and its probe cost nothing."""
    server.replies = [Reply(), *[reply] * 6, Reply()]

    async def main() -> list[bool]:
        async with open_door(windows=WIDE) as opened:
            await one_call(opened)
            counted = [(await one_call(opened)).counts for _ in range(4)]
            assert opened.door.pause()[1] == ""
            return counted + [verdict.counts for verdict in await until_it_counts(opened)]

    assert run(main()) == [True] * 4 + [False, False, True]


def test_one_row_that_fails_again_and_again_holds_nobody_back(server: Server) -> None:
    """A poisonous row gets its failures counted, every one, and no other call waits for it."""
    server.replies = [DOWN]

    async def main() -> None:
        async with open_door(windows=WIDE) as opened:
            request = an_update()
            assert all([(await one_call(opened, request)).counts for _ in range(50)])
            assert opened.door.try_slot()

    run(main())
    assert server.arrivals == [0.0] * 50


def test_while_a_probe_is_in_flight_nobody_leaves_and_its_answer_frees_all_at_once(server: Server) -> None:
    """A slow probe is alone; in the moment of its answer everybody who waited leaves, in the order of waiting."""
    server.replies = [GONE, Reply(latency=20.0), Reply()]
    order: list[int] = []

    async def main() -> None:
        async with open_door(windows=WIDE) as opened:
            await one_call(opened)

            async def worker(number: int) -> None:
                await opened.door.slot()
                order.append(number)
                await opened.door.call(an_update())

            tasks = [asyncio.create_task(worker(number)) for number in range(9)]
            await asyncio.sleep(15.0)
            assert not opened.door.try_slot()
            assert order == [0]
            await asyncio.gather(*tasks)
            assert opened.clock.slept == [1.0], "they are woken, they do not poll"

    run(main())
    assert order == list(range(9))
    assert server.arrivals == [0.0, 1.0] + [21.0] * 8


def test_a_failed_probe_goes_to_the_end_of_the_queue(server: Server) -> None:
    """Each probe is made by the one who has waited longest, so that no single row is tried again and again."""
    server.replies = [Reply(), *[GONE] * 7, Reply()]
    order: list[int] = []

    async def main() -> None:
        async with open_door(windows=WIDE) as opened:
            await one_call(opened)

            async def worker(number: int) -> None:
                request, verdict = an_update(), None
                while verdict is None or not verdict.counts:
                    await opened.door.slot()
                    order.append(number)
                    verdict = await opened.door.call(request)

            await asyncio.gather(*(worker(number) for number in range(3)))

    run(main())
    assert order == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]
    # The first three left together; the outage began with the first of them.
    assert server.arrivals == [0.0] * 4 + [1.0, 3.0, 7.0, 15.0] + [31.0] * 3


def test_an_answer_to_a_call_from_before_ends_a_pause_at_once(server: Server) -> None:
    """Whoever sleeps through a pause is woken when the server turns out to be there."""
    server.replies = [Reply(latency=0.5), *[GONE] * 2, Reply()]

    async def main() -> None:
        async with open_door(windows=WIDE) as opened:
            slow = asyncio.create_task(one_call(opened))
            await asyncio.sleep(0.1)
            await asyncio.gather(slow, until_it_counts(opened), until_it_counts(opened))

    run(main())
    assert server.arrivals == [0.0, 0.1, 0.1, 0.5, 0.5]


def test_a_slot_from_before_the_outage_does_not_leave_in_it(server: Server) -> None:
    """A call that has its slot already when the pause begins gives it back and waits like all the others."""
    server.replies = [GONE, Reply()]

    async def main() -> None:
        async with open_door(windows=[Window(2, 60.0)]) as opened:
            await opened.door.slot()
            await one_call(opened)
            await opened.door.call(an_update())
            opened.quota.take(1.0)  # the limit is two: had the first slot been lost, this would be one too many
            assert opened.free_at() == 61.0

    run(main())
    assert server.arrivals == [0.0, 1.0]


@pytest.mark.parametrize("how", ["cancelled in flight", "given back", "not recorded"])
def test_a_probe_that_comes_to_nothing_is_followed_by_the_next(how: str, server: Server) -> None:
    """When the probe ends without a verdict, the one who waits behind it is woken and is the probe."""
    server.replies = [GONE, Reply(latency=100.0), Reply()] if how == "cancelled in flight" else [GONE, Reply()]

    async def failing() -> None:
        await asyncio.sleep(1.0)
        raise LedgerError("disk full")

    async def main() -> None:
        async with open_door(windows=WIDE, recorded=failing) as opened:
            request = an_update()
            await one_call(opened, request)
            await opened.door.slot()
            waiting = asyncio.create_task(one_call(opened))
            if how == "given back":
                await asyncio.sleep(1.0)
                opened.door.give_back()
            elif how == "not recorded":
                with pytest.raises(LedgerError):
                    await opened.door.call(request)
            else:
                probe = asyncio.create_task(opened.door.call(an_update()))
                await asyncio.sleep(1.0)
                probe.cancel()
            assert (await waiting).kind is Kind.ACCEPTED
            assert opened.clock.monotonic() == 2.0

    run(main())


def test_news_that_come_thick_and_fast_wake_whoever_sleeps_once(server: Server) -> None:
    """The one who waits is woken for each of them, or for several at once, and leaves when it is time."""
    server.replies = [GONE, Reply()]

    async def main() -> None:
        async with open_door(windows=WIDE) as opened:
            for _ in range(4):
                await opened.door.slot()
            await opened.door.call(an_update())
            waiting = asyncio.create_task(one_call(opened))
            await asyncio.sleep(0.5)
            for _ in range(3):
                opened.door.give_back()
                await asyncio.sleep(0)
            await waiting

    run(main())
    assert server.arrivals == [0.0, 1.0]


def test_a_throttled_probe_ends_the_outage(server: Server) -> None:
    """A server that throttles is there: from then on everybody pauses for that reason, and as long as it asks."""
    server.replies = [GONE, Reply(429, headers={"Retry-After": "7"}), Reply()]

    async def main() -> None:
        async with open_door(windows=WIDE) as opened:
            await one_call(opened)
            assert opened.door.pause() == (1.0, "the server cannot be reached")
            probe = asyncio.create_task(one_call(opened))
            await asyncio.sleep(5.0)
            assert opened.door.pause() == (8.0, "throttled")
            await probe
            assert opened.door.pause()[1] == ""

    run(main())
    assert server.arrivals == [0.0, 1.0, 8.0]


def test_an_outage_without_end_stops_the_run(server: Server) -> None:
    """Two of the longest windows without a sound answer stop the run for safety, and every row is still told why."""
    server.replies = [Reply(), GONE]

    async def main() -> Opened:
        async with open_door(windows=WIDE) as opened:
            await one_call(opened)
            with pytest.raises(Stopped):
                await asyncio.gather(*(until_it_counts(opened) for _ in range(4)))
            return opened

    opened = run(main())
    assert opened.stop.stop is not None
    assert (opened.stop.stop.reason, opened.stop.stop.exit_code) == (StopReason.SAFETY, 3)
    assert "the server cannot be reached: 8 tries in 2 min" in opened.stop.stop.message
    assert server.arrivals == [0.0] * 5 + [1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 123.0]


def test_a_server_that_was_never_there_is_not_waited_for(server: Server) -> None:
    """With a wrong host the run ends after as many tries as a row has attempts."""
    server.replies = [GONE]

    async def main() -> str:
        async with open_door(windows=[Window(1000, 3600.0)], attempts=3) as opened:
            with pytest.raises(Stopped):
                await until_it_counts(opened)
            assert opened.stop.stop is not None
            return opened.stop.stop.message

    assert "3 tries in 3 s" in run(main())
    assert server.arrivals == [0.0, 1.0, 3.0]


def test_a_lost_answer_is_handed_back_even_when_the_run_gives_up(server: Server) -> None:
    """The row must know that it may have landed: the verdict comes first, and the stop meets whoever goes on."""
    server.replies = [LATE]

    async def main() -> None:
        async with open_door(windows=WIDE, attempts=1) as opened:
            verdicts = await asyncio.gather(*(one_call(opened) for _ in range(5)))
            assert {verdict.kind for verdict in verdicts} == {Kind.UNANSWERED}
            assert opened.stop.stop is not None
            with pytest.raises(Stopped):
                await opened.door.slot()

    run(main())


@pytest.mark.parametrize("at", [0.5, 5.0], ids=["in the pause", "while the probe is in flight"])
def test_a_stop_ends_every_wait_of_an_outage(at: float, server: Server) -> None:
    """Whether they sleep through a pause or wait for a probe, all are let go in the moment of the stop."""
    server.replies = [GONE, Reply(latency=20.0)]

    async def main() -> None:
        async with open_door(windows=WIDE) as opened:
            await one_call(opened)
            tasks = [asyncio.create_task(one_call(opened)) for _ in range(5)]
            await asyncio.sleep(at)
            opened.stop.set(INTERRUPTED)
            ended = await asyncio.gather(*tasks[1:], return_exceptions=True)
            assert {type(one) for one in ended} == {Stopped}
            assert opened.clock.monotonic() == at
            await asyncio.gather(tasks[0], return_exceptions=True)

    run(main())
    assert len(server.seen) == (1 if at < 1 else 2)
