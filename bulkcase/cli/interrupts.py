"""Signals: the first one stops a run in good order, the second one ends the program at once."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bulkcase.cli.console import err
from bulkcase.model import Stop, StopReason
from bulkcase.stopping import StopSwitch

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def stopped_by_signals(stop: StopSwitch) -> Iterator[None]:
    """Let the first signal set the switch; meant for the time in which calls are made. Needs a running loop."""
    loop = asyncio.get_running_loop()
    signals = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    if sys.platform == "win32":  # its loops know no signal handlers, Ctrl-C raises KeyboardInterrupt
        yield
        return

    def first(received: signal.Signals) -> None:
        for number in signals:
            loop.remove_signal_handler(number)
        stop.set(Stop(StopReason.INTERRUPTED, f"interrupted by {received.name}"))
        err.print("stopping: calls in flight are let finish; once more ends at once")

    for number in signals:
        loop.add_signal_handler(number, first, number)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
