"""What becomes of calls on their way to a server in virtual time, and the strict windows in which it counts them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from hypothesis import strategies as st

from bulkcase.job.quantities import Window

TICK = 1 / 64
"""Seconds; all times are whole numbers of it, so that sums of them are exact."""
_ROUNDED = 1e-6
"""Seconds by which a sum of times that are no ticks may be off: an even pace divides."""


class Way(Enum):
    """How a call can end."""

    FINE = auto()
    """It arrives and is answered."""
    THROTTLED = auto()
    """It arrives and is answered with 429; a window counts it all the same."""
    DOWN = auto()
    """It arrives at a gateway that answers 503."""
    REFUSED = auto()
    """It arrives and is refused with 412."""
    GARBLED = auto()
    """It arrives, lands, and its answer is broken JSON."""
    DROPPED = auto()
    """The connection is lost; it arrives all the same, some time up to a timeout later."""
    HANGS = auto()
    """No answer comes before its time is up; it arrives some time up to a timeout after that."""
    VANISHES = auto()
    """The connection is lost, and it never arrives."""
    UNSENT = auto()
    """No connection is made."""


LANDING = frozenset({Way.FINE, Way.GARBLED, Way.DROPPED, Way.HANGS})
"""The ways on which an update reaches its case."""


@dataclass(frozen=True)
class Fate:
    """What becomes of one call."""

    way: Way = Way.FINE
    there: int = 1
    """Ticks until it arrives, while somebody waits for its answer."""
    back: int = 1
    """Ticks from then until its answer is there, or until the connection is lost."""
    late: float = 1.0
    """When it arrives once nobody waits for it any more: 0 at once, 1 as late as it can."""
    asked: float | None = None
    """Seconds of Retry-After."""


WAYS = [Way.FINE] * 10 + [way for way in Way if way is not Way.REFUSED]
"""Ways of a bad day, from which a run recovers: nothing is refused for good."""


def fates(ways: Sequence[Way] = WAYS, *, longest: int = 200) -> st.SearchStrategy[Fate]:
    """Return the fates of calls on some ways, each leg of up to so many ticks."""
    ticks = st.integers(0, 8) | st.integers(0, longest)
    asked = st.none() | st.sampled_from([0.5, 3.0, 20.0])
    return st.builds(Fate, st.sampled_from(ways), ticks, ticks, st.sampled_from([0.0, 0.5, 1.0]), asked)


class StrictWindows:
    """Rolling windows that count every call at the moment of its arrival, and keep what was too much."""

    def __init__(self, windows: Iterable[Window]) -> None:
        self._windows = list(windows)
        self.arrivals: list[float] = []
        self.exceeded: list[str] = []
        """What was too much, in words."""

    def count(self, now: float) -> None:
        """Count a call that arrives now; time does not go back."""
        self.arrivals.append(now)
        for window in self._windows:
            since = now - window.seconds + _ROUNDED
            seen = 0
            for arrival in reversed(self.arrivals):
                if arrival <= since:
                    break
                seen += 1
            if seen > window.limit:
                self.exceeded.append(f"{seen} calls in the {window.seconds:g} s up to {now:g}: {window.limit} may come")
