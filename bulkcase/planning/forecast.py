"""When a run will be done, at its quota and at the pace seen so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulkcase.job.quantities import Window
from bulkcase.kore.quota import even_gap, seconds_for


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the time of a run depends on: its calls, its quota, its calls in flight."""

    calls: int
    windows: Sequence[Window]
    pace: str
    max_in_flight: int

    @property
    def gap(self) -> float:
        """Seconds between two calls at an even pace; 0 in a burst."""
        return even_gap(self.windows, self.pace, self.calls)

    @property
    def seconds(self) -> float:
        """The least seconds that the quota allows from the first call to the last."""
        return seconds_for(self.calls, self.windows, self.gap)

    def finish(
        self, *, started: float, now: float, done: int, seconds_a_row: float, paused_until: float = 0.0
    ) -> float:
        """Return when the last row will be done, on the clock of `started` and `now`; never before `now`.

        No quota lets what is left go faster than it would on windows that are free, from now or from a pause's end on.
        `seconds_a_row` is how long a row was seen to be in flight, its retries included.
        """
        left = max(self.calls - done, 0)
        by_quota = started + self.seconds
        by_rest = max(now, paused_until) + seconds_for(left, self.windows, self.gap)
        by_pace = now + left * seconds_a_row / self.max_in_flight
        return max(by_quota, by_rest, by_pace) if left else now
