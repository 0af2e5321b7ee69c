"""The switch that ends a run early."""

import asyncio

import pytest
from support.virtual import run

from bulkcase.model import Stop, StopReason
from bulkcase.stopping import Stopped, StopSwitch

FIRST = Stop(StopReason.INTERRUPTED, "first")
SECOND = Stop(StopReason.SAFETY, "second")


def test_the_first_reason_stands() -> None:
    """A later reason changes nothing."""
    switch = StopSwitch()
    switch.check()
    switch.set(FIRST)
    switch.set(SECOND)

    assert switch.stop is FIRST
    with pytest.raises(Stopped):
        switch.check()


def test_every_wait_ends_in_the_moment_of_the_stop() -> None:
    """All waits, however many, are over at once; one that begins later does not begin."""

    async def main() -> None:
        switch = StopSwitch()

        async def wait() -> None:
            async with switch.interruptible():
                await asyncio.sleep(3600)

        tasks = [asyncio.create_task(wait()) for _ in range(100)]
        await asyncio.sleep(1)
        switch.set(FIRST)
        ended = await asyncio.gather(*tasks, wait(), return_exceptions=True)
        assert {type(one) for one in ended} == {Stopped}
        assert asyncio.get_running_loop().time() == 1

    run(main())


def test_a_wait_that_is_over_is_left_alone() -> None:
    """A stop after an interruptible wait does not touch the task that waited."""

    async def main() -> str:
        switch = StopSwitch()

        async def work() -> str:
            async with switch.interruptible():
                await asyncio.sleep(1)
            await asyncio.sleep(10)
            return "done"

        task = asyncio.create_task(work())
        await asyncio.sleep(5)
        switch.set(FIRST)
        return await task

    assert run(main()) == "done"


def test_errors_inside_are_handed_on() -> None:
    """A TimeoutError of what is waited for is not taken for a stop."""

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with StopSwitch().interruptible(), asyncio.timeout(1):
                await asyncio.sleep(10)

    run(main())


@pytest.mark.parametrize("stop_is_first", [True, False])
def test_a_task_that_is_cancelled_and_stopped_at_once_is_cancelled(stop_is_first: bool) -> None:
    """Cancellation is never swallowed by a stop that comes in the same turn of the loop."""

    async def main() -> None:
        switch = StopSwitch()

        async def wait() -> None:
            async with switch.interruptible():
                await asyncio.sleep(3600)

        task = asyncio.create_task(wait())
        await asyncio.sleep(1)
        if stop_is_first:
            switch.set(FIRST)
            task.cancel()
        else:
            task.cancel()
            switch.set(FIRST)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    run(main())


def test_a_task_group_that_fails_while_it_is_stopped_reports_the_fault() -> None:
    """A fault in one task, which also stops the run, cancels the others and is what the group raises."""

    async def main() -> None:
        switch = StopSwitch()

        async def wait() -> None:
            async with switch.interruptible():
                await asyncio.sleep(3600)

        async def fail() -> None:
            await asyncio.sleep(1)
            switch.set(FIRST)
            raise ZeroDivisionError

        async def together() -> None:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(3):
                    tasks.create_task(wait())
                tasks.create_task(fail())

        with pytest.raises(ExceptionGroup) as caught:
            await together()
        assert caught.value.subgroup(ZeroDivisionError) is not None
        assert asyncio.get_running_loop().time() == 1

    run(main())


def test_abandoning_sets_the_switch_and_cuts_off_what_is_in_flight() -> None:
    """It needs a reason, so nothing can be cut off in a run that goes on; waits and flights end in that moment."""

    async def main() -> None:
        switch = StopSwitch()

        async def wait() -> None:
            async with switch.interruptible():
                await asyncio.sleep(3600)

        async def fly() -> bool:
            with switch.flight() as flight:
                await asyncio.sleep(3600)
            return flight.was_cut_off

        tasks = [asyncio.create_task(wait()), asyncio.create_task(fly()), asyncio.create_task(fly())]
        await asyncio.sleep(1)
        switch.abandon(FIRST)
        switch.abandon(SECOND)
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert switch.stop is FIRST
        assert isinstance(ended[0], Stopped)
        assert ended[1:] == [True, True]
        assert asyncio.get_running_loop().time() == 1

    run(main())


@pytest.mark.parametrize("how", ["ends by itself", "breaks", "swallows it"])
def test_a_flight_that_is_over_leaves_its_task_alone(how: str) -> None:
    """Whatever a body does when it is cut off, its task goes on, and nothing of the cut reaches a later wait."""

    async def main() -> None:
        switch = StopSwitch()

        async def work() -> str:
            try:
                with switch.flight() as flight:
                    try:
                        await asyncio.sleep(1 if how == "ends by itself" else 10)
                    except asyncio.CancelledError:
                        if how == "breaks":
                            raise ZeroDivisionError from None
            except ZeroDivisionError:
                assert how == "breaks"
            assert not flight.was_cut_off
            async with asyncio.timeout(20):
                await asyncio.sleep(10)
            return "done"

        task = asyncio.create_task(work())
        await asyncio.sleep(2)
        switch.abandon(FIRST)
        assert await task == "done"
        assert task.cancelling() == 0

    run(main())
