"""Signals: the first one stops a run in good order, the second one ends the program at once."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from bulkcase.cli.common.console import say
from bulkcase.cli.common.signals import ending_signals, heed_signals, interrupt_by_signals
from bulkcase.model import Stop, StopReason
from bulkcase.stopping import StopSwitch

GRACE = 20.0
"""Seconds for which calls in flight are let finish after the first signal."""


@contextmanager
def stopped_by_signals(stop: StopSwitch) -> Iterator[None]:
    """Let the first signal set the switch and the second one cancel this task; for the time in which a run is at work.

    Nothing is raised in the middle of anything: the loop hears of signals between two steps, and a report that is being
    written is written to its end.
    """
    heed_signals()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    signals, heard = ending_signals(), 0

    def hear(number: signal.Signals) -> None:
        nonlocal heard
        if heard and number.name == "SIGHUP":
            return  # a terminal that closes sends it twice, by its shell and by the system: nobody asks again by it
        heard += 1
        if heard == 1:
            reason = Stop(StopReason.INTERRUPTED, f"interrupted by {number.name}")
            stop.set(reason)
            loop.call_later(GRACE, stop.abandon, reason)
            say(f"stopping: what is under way is let finish, {GRACE:.0f} s at most; once more ends at once")
        elif heard == 2 and task is not None:
            task.cancel()

    for number in signals:
        _listen(loop, number, hear)
    try:
        yield
    finally:
        for number in signals:
            with suppress(NotImplementedError):  # as in _listen
                loop.remove_signal_handler(number)
        interrupt_by_signals()


def _listen(loop: asyncio.AbstractEventLoop, number: signal.Signals, hear: Callable[[signal.Signals], object]) -> None:
    """Let the loop call `hear` between two steps once the signal has come."""
    try:
        loop.add_signal_handler(number, hear, number)
    except NotImplementedError:  # a loop of Windows, which a signal wakes all the same
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(hear, number))
