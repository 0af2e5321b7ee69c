"""Waiting at the door: slots in order, stops that end every wait, and nothing lost when both come at once."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from support.api import Reply, Server
from support.doors import NumberedTokens, Opened, open_door
from support.virtual import run

from bulkcase.errors import CredentialsError
from bulkcase.job.quantities import Window
from bulkcase.kore.endpoints import update_case
from bulkcase.kore.tokens import Tokens
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.model import Stop, StopReason
from bulkcase.stopping import Stopped

ONE = [Window(1, 10.0)]
INTERRUPTED = Stop(StopReason.INTERRUPTED, "interrupted")


async def one_call(opened: Opened) -> Verdict:
    """Send one update as a worker does."""
    await opened.door.slot()
    return await opened.door.call(update_case("ci-1", b'{"desc":"new"}', row=2))


async def all_stopped(tasks: list[asyncio.Task[None]]) -> bool:
    """Say whether all tasks ended with Stopped."""
    return all(isinstance(ended, Stopped) for ended in await asyncio.gather(*tasks, return_exceptions=True))


def test_a_stop_ends_every_wait_for_a_slot_at_once() -> None:
    """Whoever waits, at the head of the queue or behind, is let go in no time and has taken no slot."""

    async def main() -> None:
        async with open_door(windows=[Window(1, 3600.0)]) as opened:
            assert opened.door.try_slot()
            tasks = [asyncio.create_task(opened.door.slot()) for _ in range(5)]
            await asyncio.sleep(1.0)
            opened.stop.set(INTERRUPTED)
            assert await all_stopped(tasks)
            assert opened.clock.monotonic() == 1.0
            opened.door.give_back()
            assert opened.free_at() == 1.0  # the one slot is whole again
            assert not opened.door.try_slot()
            with pytest.raises(Stopped):
                await opened.door.slot()

    run(main())


def test_a_stop_during_a_pause_ends_the_call(server: Server) -> None:
    """A throttled call that waits for the pause to end is let go at once."""
    server.replies = [Reply(429, headers={"Retry-After": "3600"})]

    async def main() -> None:
        async with open_door() as opened:
            task = asyncio.create_task(one_call(opened))
            await asyncio.sleep(1.0)
            opened.stop.set(INTERRUPTED)
            with pytest.raises(Stopped):
                await task
            assert opened.clock.monotonic() == 1.0

    run(main())
    assert len(server.seen) == 1


def test_a_call_in_flight_is_let_finish(server: Server) -> None:
    """A stop does not touch a call that has left; its verdict counts."""
    server.replies = [Reply(latency=20.0)]

    async def main() -> Verdict:
        async with open_door() as opened:
            task = asyncio.create_task(one_call(opened))
            await asyncio.sleep(1.0)
            opened.stop.set(INTERRUPTED)
            return await task

    assert run(main()).kind is Kind.ACCEPTED


class NoTokens:
    """Tokens that cannot be had."""

    def current(self) -> str:
        raise CredentialsError("no token")

    def renew(self, refused: str) -> bool:
        return False


@pytest.mark.parametrize(
    ("tokens", "stops", "error"), [(NumberedTokens(), True, Stopped), (NoTokens(), False, CredentialsError)]
)
def test_a_call_that_does_not_leave_gives_its_slot_back(
    tokens: Tokens, stops: bool, error: type[Exception], server: Server
) -> None:
    """Stopped before it left, or without a token: nothing is sent or recorded, and the slot is free again."""

    async def main() -> None:
        async with open_door(windows=ONE, tokens=tokens) as opened:
            await opened.door.slot()
            if stops:
                opened.stop.set(INTERRUPTED)
            request = update_case("ci-1", b"{}")
            with pytest.raises(error):
                await opened.door.call(request)
            assert opened.free_at() == 0.0
            assert (opened.calls, request.calls) == ([], 0)

    run(main())
    assert server.seen == []


def test_slots_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    """First come, first served, for more callers than slots and over many windows."""
    order: list[tuple[int, float]] = []

    async def main() -> None:
        async with open_door(windows=[Window(2, 10.0)]) as opened:

            async def worker(number: int) -> None:
                await opened.door.slot()
                order.append((number, opened.clock.monotonic()))
                opened.quota.answered(opened.clock.monotonic())

            async with asyncio.TaskGroup() as tasks:
                for number in range(9):
                    tasks.create_task(worker(number))

    run(main())
    assert order == [(number, 10.0 * (number // 2)) for number in range(9)]


def test_nobody_overtakes_those_who_wait() -> None:
    """`try_slot` takes no slot while somebody waits for one, not even in the moment in which the turn is handed on."""
    taken: list[str] = []

    async def main() -> None:
        async with open_door(windows=[Window(1, 10.0)]) as opened:
            assert opened.door.try_slot()

            async def wait(name: str) -> None:
                await opened.door.slot()
                taken.append(name)
                opened.quota.returned()  # the next slot is free at once: a temptation

            async def barge() -> None:
                while len(taken) < 3:
                    if opened.door.try_slot():
                        taken.append("barged in")
                        opened.quota.returned()
                    await asyncio.sleep(max(10.0 - opened.clock.monotonic(), 0.0))

            async with asyncio.TaskGroup() as tasks:
                for name in "abc":
                    tasks.create_task(wait(name))
                tasks.create_task(barge())
                await asyncio.sleep(0)
                opened.quota.answered(0.0)

    run(main())
    assert taken == ["a", "b", "c"]


def test_a_slot_that_frees_before_a_given_up_one_is_not_slept_through() -> None:
    """Who waits for the slot of a lost call gets the slot of a call that is answered meanwhile, if that is sooner."""

    async def main() -> float:
        async with open_door(windows=[Window(2, 10.0)]) as opened:
            assert opened.door.try_slot()
            assert opened.door.try_slot()
            opened.quota.given_up(0.0)  # free again at 10 + TIMEOUT
            waiting = asyncio.create_task(opened.door.slot())
            await asyncio.sleep(5.0)
            opened.quota.answered(5.0)  # free again at 15
            await waiting
            return opened.clock.monotonic()

    assert run(main()) == 15.0


def test_a_cancelled_waiter_leaves_the_others_in_order() -> None:
    """Cancelling the head of the queue, or one behind it, takes no slot and hands the turn on."""
    order: list[int] = []

    async def main() -> None:
        async with open_door(windows=ONE) as opened:
            assert opened.door.try_slot()
            opened.quota.answered(0.0)

            async def worker(number: int) -> None:
                await opened.door.slot()
                order.append(number)
                opened.quota.answered(opened.clock.monotonic())

            tasks = [asyncio.create_task(worker(number)) for number in range(4)]
            await asyncio.sleep(1.0)
            tasks[0].cancel()
            tasks[2].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert opened.clock.monotonic() == 20.0
            assert not opened.door.try_slot()
            await asyncio.sleep(10.0)
            assert opened.door.try_slot()

    run(main())
    assert order == [1, 3]


def a_crowd(how_many: int, opened: Opened) -> Coroutine[Any, Any, None]:
    """Let so many wait for a slot under one task group, beside one task that fails after a second."""

    async def fail() -> None:
        await asyncio.sleep(1.0)
        opened.stop.set(INTERRUPTED)
        raise ZeroDivisionError

    async def crowd() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fail())
            for _ in range(how_many):
                tasks.create_task(opened.door.slot())

    return crowd()


def test_a_stop_and_a_cancellation_at_once_leave_nobody_behind() -> None:
    """When the run is stopped in the moment in which the group is cancelled, all waits end and no slot is lost."""

    async def main() -> None:
        async with open_door(windows=ONE) as opened:
            assert opened.door.try_slot()
            with pytest.raises(BaseExceptionGroup) as caught:
                await a_crowd(5, opened)
            # The waiters were cancelled, and say so: only the fault itself, or a stop, is in the group.
            assert caught.value.subgroup(ZeroDivisionError) is not None
            rest = caught.value.split(ZeroDivisionError)[1]
            assert rest is None or rest.split(Stopped)[1] is None
            assert opened.clock.monotonic() == 1.0
            opened.door.give_back()
            assert opened.free_at() == 1.0

    run(main())


@pytest.mark.parametrize("stop_is_first", [True, False])
def test_a_stop_in_the_moment_a_slot_frees_loses_no_slot(stop_is_first: bool, server: Server) -> None:
    """Stopped just as the wait is over, a call either leaves and is let finish, or does not and gives its slot back."""

    async def main() -> None:
        async with open_door(windows=ONE) as opened:
            assert opened.door.try_slot()
            opened.quota.answered(0.0)

            async def stop() -> None:
                await asyncio.sleep(10.0)
                opened.stop.set(INTERRUPTED)

            both = [stop(), one_call(opened)] if stop_is_first else [one_call(opened), stop()]
            ended = await asyncio.gather(*both, return_exceptions=True)
            assert isinstance(ended[1], Stopped) is stop_is_first
            assert opened.free_at() == (10.0 if stop_is_first else 20.0)

    run(main())
    assert len(server.seen) == (0 if stop_is_first else 1)


def test_a_long_wait_for_the_quota_is_told_and_a_short_one_is_not() -> None:
    """Whoever watches is told of waits that a person would wonder about, once somebody waits."""

    async def main() -> None:
        async with open_door(windows=[Window(1, 60.0)]) as opened:
            assert opened.door.pause()[1] == ""
            await opened.door.slot()
            opened.quota.answered(0.0)
            assert opened.door.pause()[1] == ""
            waiting = asyncio.create_task(opened.door.slot())
            await asyncio.sleep(10.0)
            assert opened.door.pause() == (60.0, "the quota is used up")
            await asyncio.sleep(46.0)
            assert opened.door.pause()[1] == ""
            await waiting

    run(main())


def test_a_held_door_lets_nothing_leave_until_its_moment() -> None:
    """However free the quota is, a call waits until the door is let go, and people are told why."""

    async def main() -> None:
        async with open_door() as opened:
            opened.door.hold(100.0, "waiting for the night", 300.0)
            assert not opened.door.try_slot()
            assert opened.door.pause() == (300.0, "waiting for the night")
            waiting = asyncio.create_task(opened.door.slot())
            await asyncio.sleep(50.0)
            opened.door.hold(200.0, "waiting for the night", 300.0)
            await waiting
            assert opened.clock.monotonic() == 200.0

    run(main())
