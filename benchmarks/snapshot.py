"""Hours that a run takes at the default quota, with the live cases read first and without: in virtual time.

    python benchmarks/snapshot.py [--rows 100000] [--share 0.01] [--latency 0.3]

The quota is bulkcase's own, with the windows that a job has where it says nothing; each call takes a slot and frees it
as the real one does. What is simulated is the order of the calls: pages one after the other, then for each case that
differs, in the order of the pages, its update, and before it its page once more where that is older than
snapshot.max_age by then. The case list is as long as the file; which cases differ is drawn.
"""

import argparse
import heapq
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from bulkcase.job.settings import Quota as QuotaSettings
from bulkcase.job.settings import Snapshot
from bulkcase.kore.quota import Quota, even_gap
from bulkcase.planning.worth import Question, by_pages

PAGE = 50


@dataclass
class World:
    """Virtual time, and the quota in it."""

    quota: Quota
    latency: float
    in_flight: int
    now: float = 0.0
    calls: int = 0
    answers: list[float] = field(default_factory=list)

    def call(self) -> float:
        """Make a call as soon as a slot and a worker are free; return when its answer comes."""
        while len(self.answers) >= self.in_flight:
            self._answered()
        while (free := self.quota.free_at(self.now)) > self.now:
            if self.answers and self.answers[0] <= free:
                self._answered()
            else:
                self.now = free
        self.quota.take(self.now)
        self.calls += 1
        heapq.heappush(self.answers, self.now + self.latency)
        return self.now + self.latency

    def _answered(self) -> None:
        self.now = max(self.now, heapq.heappop(self.answers))
        self.quota.answered(self.now)

    def wait(self) -> None:
        """Let every call be answered."""
        while self.answers:
            self._answered()


def world(latency: float, calls: int) -> World:
    """Return a quota with the default settings for a run of so many calls."""
    settings = QuotaSettings()
    gap = even_gap(settings.windows, settings.pace, calls)
    return World(Quota(settings.windows, gap=gap, timeout=30.0), latency, settings.max_in_flight)


def blind(rows: int, latency: float) -> World:
    """Send every row."""
    made = world(latency, rows)
    for _ in range(rows):
        made.call()
    made.wait()
    return made


def with_snapshot(rows: int, places: Iterator[int], latency: float) -> World:
    """Read every page, then send what differs, each with a look at its case that is young enough."""
    read_at: list[float] = []
    made = world(latency, 0)
    for _ in range(-(-rows // PAGE)):
        made.call()
        made.wait()
        read_at.append(made.now)
    for place in places:
        page = place // PAGE
        if made.now - read_at[page] > Snapshot().max_age:
            made.call()
            made.wait()
            read_at[page] = made.now
        made.call()
    made.wait()
    return made


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def main() -> None:
    """Print a line for each way, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--share", type=float, default=0.01, help="of the cases that differ")
    parser.add_argument("--latency", type=float, default=0.3, help="seconds to an answer")
    given = parser.parse_args()
    different = round(given.rows * given.share)
    places = iter(sorted(random.Random(2026).sample(range(given.rows), different)))  # noqa: S311 - nothing to guess
    choice = by_pages(Question("auto", "", given.rows), -(-given.rows // PAGE))
    say(f"{given.rows:,} rows, {different:,} of them differ; {choice.why}: {'read' if choice.read else 'not read'}")
    ways = {
        "all rows sent": blind(given.rows, given.latency),
        "read, then sent": with_snapshot(given.rows, places, given.latency),
    }
    for name, made in ways.items():
        say(f"{name:>16}: {made.calls:>8,} calls, {made.now / 3600:6.2f} hours")
    before, after = ways.values()
    say(f"{'ratio':>16}: {before.calls / after.calls:.1f} times fewer calls, {before.now / after.now:.1f} times faster")


if __name__ == "__main__":
    main()
