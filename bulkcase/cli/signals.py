"""Signals that ask the program to end: as long as nothing listens to them, each does what Ctrl-C does."""

import atexit
import os
import signal
import time
from typing import NoReturn

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_INTERRUPTED = 130
_AS_ONE = 1.0
"""Seconds in which signals are one: who holds Ctrl-C down sends many, and a terminal that closes sends two."""

_asked_at: float | None = None
"""When the first signal came, on the monotonic scale."""


def end_by_signals() -> None:
    """Let every signal that asks the program to end do so at once: nothing was begun yet.

    While libraries are imported, an exception can strike where Python swallows it. One that is ignored (nohup) stays
    ignored.
    """
    for number in ending_signals():
        signal.signal(number, _end)


def interrupt_from_now_on() -> None:
    """Let the signals that end the program do what Ctrl-C does from now on: a command begins."""
    for number in ending_signals():
        if signal.getsignal(number) is _end:
            signal.signal(number, _interrupt)


def interrupt_by_signals() -> None:
    """Let every signal that asks the program to end do what Ctrl-C does; one that is ignored (nohup) stays ignored."""
    global _asked_at  # noqa: PLW0603 - signals are the whole process's too
    _asked_at = None
    for number in ending_signals():
        signal.signal(number, _interrupt)


def heed_signals() -> None:
    """Raise KeyboardInterrupt where a signal came before and what it raised was swallowed: nothing more is begun."""
    if _asked_at is not None:
        raise KeyboardInterrupt


def leave_by_signals(exit_code: int) -> None:
    """Let a signal end the program at once with the code that it ends with anyway: all is done but to wait."""
    for number in ending_signals():
        signal.signal(number, lambda *_: os._exit(exit_code))
    # When nothing is left to wait for, Python takes its handlers away, and a signal would end it with another code.
    atexit.register(_hear_no_more)


def ending_signals() -> list[signal.Signals]:
    """Return the signals that ask the program to end, without those that it was started to ignore."""
    named = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    return [number for number in named if signal.getsignal(number) is not signal.SIG_IGN]


def _hear_no_more() -> None:
    for number in ending_signals():
        signal.signal(number, signal.SIG_IGN)


def _interrupt(*_: object) -> None:
    """Raise KeyboardInterrupt, once: what ends in good order is not struck again, but after a while ended at once."""
    global _asked_at  # noqa: PLW0603 - as above
    now = time.monotonic()
    if _asked_at is None:
        _asked_at = now
        raise KeyboardInterrupt
    if now - _asked_at > _AS_ONE:
        os._exit(_INTERRUPTED)


def _end(*_: object) -> NoReturn:
    if os.isatty(2):
        os.write(2, b"interrupted: nothing was begun\n")
    os._exit(_INTERRUPTED)
