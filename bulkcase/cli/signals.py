"""Signals that ask the program to end: as long as nothing listens to them, each does what Ctrl-C does."""

import signal
from typing import NoReturn

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


def interrupt_by_signals() -> None:
    """Let every signal that asks the program to end do what Ctrl-C does; one that is ignored (nohup) stays ignored."""
    for number in ending_signals():
        signal.signal(number, _interrupt)


def ending_signals() -> list[signal.Signals]:
    """Return the signals that ask the program to end, without those that it was started to ignore."""
    named = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    return [number for number in named if signal.getsignal(number) is not signal.SIG_IGN]


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
