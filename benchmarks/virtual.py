"""bulkcase's own quota in virtual time: what is simulated is when calls leave and are answered."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from bulkcase.job.settings import Quota as QuotaSettings
from bulkcase.kore.quota import Quota, even_gap


@dataclass
class World:
    """Virtual time, and the quota in it."""

    quota: Quota
    latency: Callable[[], float]
    """How long the next call takes to its answer."""
    in_flight: int
    now: float = 0.0
    calls: int = 0
    answers: list[float] = field(default_factory=list)

    def call(self) -> float:
        """Make a call as soon as a slot and a worker are free; return the seconds that it takes to its answer."""
        while len(self.answers) >= self.in_flight:
            self._answered()
        while (free := self.quota.free_at(self.now)) > self.now:
            if self.answers and self.answers[0] <= free:
                self._answered()
            else:
                self.now = free
        self.quota.take(self.now)
        self.calls += 1
        latency = self.latency()
        heapq.heappush(self.answers, self.now + latency)
        return latency

    def _answered(self) -> None:
        self.now = max(self.now, heapq.heappop(self.answers))
        self.quota.answered(self.now)

    def wait(self) -> None:
        """Let every call be answered."""
        while self.answers:
            self._answered()


def world(latency: Callable[[], float], calls: int, pace: str | None = None) -> World:
    """Return a quota with the default settings for a run of so many calls, at their pace or another one."""
    settings = QuotaSettings()
    gap = even_gap(settings.windows, pace or settings.pace, calls)
    return World(Quota(settings.windows, gap=gap, timeout=30.0), latency, settings.max_in_flight)
