"""The quota: rolling windows of calls that are never exceeded, by construction.

A slot of a window of W seconds is taken before a call leaves and becomes free W seconds after its answer came; with no
answer, W + timeout after it was given up. The server counted the call no later than that, so whatever the network's
delay, none of its windows sees more than its limit. Pure: time comes in as an argument, in seconds of any one clock.
"""

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

from bulkcase.job.quantities import Window


class RollingWindow:
    """One window, and the slots of it that are taken."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._in_flight = 0
        self._free_at: list[float] = []

    def free_at(self, now: float) -> float:
        """Return `now` where a slot is free, else the earliest moment at which one can be: look again then.

        A call in flight that is answered at once frees its slot a whole window from now, and that may be before the
        slot of a call that was given up.
        """
        while self._free_at and self._free_at[0] <= now:
            heappop(self._free_at)
        too_many = self._in_flight + len(self._free_at) - self._window.limit
        if too_many < 0:
            return now
        if too_many:
            # Restored calls can be more than the limit: so many more slots have to become free before one is.
            if_answered_now = [now + self._window.seconds] * self._in_flight
            return sorted(self._free_at + if_answered_now)[too_many]
        soonest = self._free_at[0] if self._free_at else float("inf")
        return min(soonest, now + self._window.seconds) if self._in_flight else soonest

    def take(self) -> None:
        """Take a slot for a call that is about to leave."""
        self._in_flight += 1

    def restore(self, free_from: Iterable[float], now: float) -> None:
        """Take the slots of earlier calls, each free W seconds after its moment; those that are free again are not."""
        self._free_at += [free_at for moment in free_from if (free_at := moment + self._window.seconds) > now]
        heapify(self._free_at)

    def release(self, free_from: float | None) -> None:
        """Let a slot become free W seconds after `free_from`, or at once where its call never left."""
        self._in_flight -= 1
        if free_from is not None:
            heappush(self._free_at, free_from + self._window.seconds)


class Quota:
    """All windows at once, and an even pace where one is asked for.

    With `gap` the calls leave so many seconds apart on average; what falls behind (an answer was slow, the run was
    paused) is made up for by a few calls at most, never in a burst.
    """

    def __init__(self, windows: Iterable[Window], gap: float = 0.0, timeout: float = 0.0) -> None:
        self._windows = [RollingWindow(window) for window in windows]
        self._gap = gap
        self._timeout = timeout
        self._due = float("-inf")

    def free_at(self, now: float) -> float:
        """Return `now` where a call may leave, else the earliest moment at which one can: look again then."""
        return max(now, self._due, *(window.free_at(now) for window in self._windows))

    def take(self, now: float) -> None:
        """Take a slot of every window for a call that leaves now."""
        for window in self._windows:
            window.take()
        self._due = max(self._due, now - _SLACK * self._gap) + self._gap

    def restore(self, free_from: Iterable[float], now: float) -> None:
        """Take the slots of calls that were made before: by an earlier process, or by another one meanwhile.

        Each moment is one from which a call's slots become free a window later, on the clock of `now`: of its answer,
        or a timeout after it was given up. They may be more than the windows allow.
        """
        moments = list(free_from)
        for window in self._windows:
            window.restore(moments, now)

    def answered(self, now: float) -> None:
        """Note that a call was answered: its slots become free a window later."""
        self._release(now)

    def given_up(self, now: float) -> None:
        """Note that a call brought no answer: the server may count it as late as a timeout from now."""
        self._release(now + self._timeout)

    def returned(self) -> None:
        """Note that the call never left: its slots are free at once."""
        self._release(None)

    def _release(self, free_from: float | None) -> None:
        for window in self._windows:
            window.release(free_from)


_SLACK = 8
"""How many gaps a pace that fell behind may make up for."""


def even_gap(windows: Sequence[Window], pace: str, calls: int) -> float:
    """Return the seconds between two calls at an even pace; 0 for a burst.

    "auto" is even where the job does not fit into the longest window.
    """
    if not windows or pace == "burst":
        return 0.0
    longest = max(windows, key=lambda window: window.seconds)
    if pace == "auto" and calls <= longest.limit:
        return 0.0
    return max(window.seconds / window.limit for window in windows)


def seconds_for(calls: int, windows: Sequence[Window], gap: float = 0.0) -> float:
    """Return the least seconds between the first and the last of so many calls under a quota, without network delay.

    Exact where a longer window has room in time for its whole limit at the pace of the next shorter one (60 a minute
    and 1,800 an hour: 30 minutes of 60), as quotas are; else less than it takes.
    """
    even = max(calls - 1, 0) * gap
    burst, rest = 0.0, calls
    for window in _binding(windows):
        full = max(rest - 1, 0) // window.limit
        burst += full * window.seconds
        rest -= full * window.limit
    return max(burst, even)


def _binding(windows: Sequence[Window]) -> list[Window]:
    """Return, the longest first, the windows that allow fewer calls a second than every shorter one."""
    binding: list[Window] = []
    for window in sorted(windows, key=lambda window: (window.seconds, window.limit)):
        if not binding or window.limit / window.seconds < binding[-1].limit / binding[-1].seconds:
            binding.append(window)
    return binding[::-1]
