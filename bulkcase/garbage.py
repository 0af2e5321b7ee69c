"""The garbage collector at work: a run makes hundreds of small objects a row, and hardly one of them in a cycle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

_SELDOM: Final = (5_000, 20, 100)
"""Python's own 700 new objects between two looks cost a quarter of a run's time. With many more than these, failed
calls pile up with all that they had in hand: aiohttp's exceptions are in cycles."""


def collect_seldom() -> None:
    """Let garbage be looked for seldom from now on, for a process that is bulkcase's own."""
    gc.set_threshold(*_SELDOM)


_lock = Lock()
_at_work = 0
_before = gc.get_threshold()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let garbage be looked for seldom while the body runs.

    As it was before afterwards: whoever calls bulkcase from a program of their own has other needs.
    """
    global _at_work, _before  # noqa: PLW0603 - the collector is the whole process's too
    with _lock:
        _at_work += 1
        if _at_work == 1:
            _before = gc.get_threshold()
            gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        with _lock:
            _at_work -= 1
            if not _at_work:
                gc.set_threshold(*_before)
