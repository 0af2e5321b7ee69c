"""Signals that ask the program to end: as long as nothing listens to them, each does what Ctrl-C does."""

import atexit
import os
import signal
import sys
import time
from typing import NoReturn

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""The last one is Windows' for Ctrl-Break and for a console that is closed; it has no SIGHUP."""
_INTERRUPTED = 130
_AS_ONE = 1.0
"""Seconds in which signals are one: who holds Ctrl-C down sends many, and a terminal that closes sends two."""

_asked_at: float | None = None
"""When the first signal came, on the monotonic scale."""
_leaves_with: int | None = None
"""The exit code of the program, once that is known."""


def end_by_signals() -> None:
    """Let every signal that asks the program to end do so at once: nothing was begun yet.

    While libraries are imported, an exception can strike where Python swallows it. One that is ignored (nohup) stays
    ignored.
    """
    # Registered first, it is called last.
    atexit.register(_leave)
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
    global _leaves_with  # noqa: PLW0603 - as above
    _leaves_with = exit_code
    for number in ending_signals():
        signal.signal(number, lambda *_: os._exit(exit_code))


def ending_signals() -> list[signal.Signals]:
    """Return the signals that ask the program to end, without those that it was started to ignore."""
    named = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    return [number for number in named if signal.getsignal(number) is not signal.SIG_IGN]


def _leave() -> None:
    """End the program when all else is done.

    Python would take its handlers away first, so that a signal ended it with another code, and then libuv would wait
    for name services that hang.
    """
    if _leaves_with is None:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # that is Python's to tell
    os._exit(_leaves_with)


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
