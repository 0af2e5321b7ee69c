"""The first signal stops a run in good order, on loops that know signals and on those of Windows, which do not."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from bulkcase.cli.common import signals
from bulkcase.cli.common.interrupts import stopped_by_signals
from bulkcase.stopping import StopSwitch


class WithoutSignals(asyncio.SelectorEventLoop):
    """A loop as Windows has them."""

    add_signal_handler = asyncio.AbstractEventLoop.add_signal_handler
    remove_signal_handler = asyncio.AbstractEventLoop.remove_signal_handler


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the signals of this process as they were."""
    before = {number: signal.getsignal(number) for number in signals.ending_signals()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    signals._asked_at = None


async def interrupted(number: signal.Signals, times: int) -> tuple[str, bool]:
    """Send a signal to a task that works on; return why it was stopped, and whether it was cancelled."""
    stop = StopSwitch()
    with stopped_by_signals(stop):
        for _ in range(times):
            signal.raise_signal(number)
            for _ in range(5):
                try:
                    await asyncio.sleep(0)
                except asyncio.CancelledError:
                    return str(stop.stop), True
        return "" if stop.stop is None else stop.stop.message, False


@pytest.mark.parametrize("loop", [WithoutSignals, asyncio.SelectorEventLoop])
def test_the_first_signal_sets_the_switch_and_the_second_cancels(loop: type[asyncio.AbstractEventLoop]) -> None:
    """Nothing is raised in the middle of anything by one signal, whatever the loop knows of signals."""
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(interrupted(signal.SIGTERM, 1)) == ("interrupted by SIGTERM", False)
        assert runner.run(interrupted(signal.SIGTERM, 2))[1]


@pytest.mark.parametrize("loop", [WithoutSignals, asyncio.SelectorEventLoop])
def test_after_a_run_a_signal_interrupts_as_before(loop: type[asyncio.AbstractEventLoop]) -> None:
    """Once the run is over nothing listens any more, and what Ctrl-C does is an interruption again."""
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(interrupted(signal.SIGTERM, 1))
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
