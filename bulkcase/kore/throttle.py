"""How long everybody pauses when the server throttles. Pure: time comes in as an argument, on any one clock."""

from collections.abc import Sequence

from bulkcase.job.quantities import Window

_WITHOUT_WINDOWS = (1.0, 300.0)


class Throttle:
    """One pause for all workers.

    It lasts as long as the server asks; where it does not ask, the shortest window, doubling from pause to pause up to
    the longest window, until a call succeeds. Calls that left before a pause was over belong to that pause when they
    are throttled too, and say nothing about it when they are not.
    """

    def __init__(self, windows: Sequence[Window]) -> None:
        spans = [window.seconds for window in windows]
        self._shortest, self._longest = (min(spans), max(spans)) if spans else _WITHOUT_WINDOWS
        self._pauses = 0
        self._first: float | None = None
        self.until = float("-inf")
        """When calls may leave again."""

    @property
    def patience(self) -> float:
        """Seconds without any success after which a throttled run gives up: two of the longest windows."""
        return 2 * self._longest

    def throttled(self, left_at: float, now: float, asked: float | None) -> bool:
        """Note a throttled call that left at `left_at`; return whether it is time to give up.

        Only a call that left after a pause can tell that pausing did not help.
        """
        if self._first is None:
            self._first = now
        again = left_at >= self.until
        if again:
            self._pauses += 1
        doubled = self._shortest * 2.0 ** min(max(self._pauses - 1, 0), 30)
        self.until = max(self.until, now + (asked or min(doubled, self._longest)))
        return again and now - self._first >= self.patience

    def rested(self, until: float) -> None:
        """Note that nothing leaves until then, for other reasons: that time says nothing about the server."""
        if self._first is not None:
            self._first = max(self._first, until)

    def succeeded(self, left_at: float) -> None:
        """Note a call that was not throttled: the next pause starts small again."""
        if left_at >= self.until:
            self._pauses = 0
            self._first = None
