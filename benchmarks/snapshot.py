"""Calls and hours that a run takes at the default quota, with the live cases read first and without: in virtual time.

    python benchmarks/snapshot.py [--rows 10000 100000 1000000] [--shares 0.001 0.01 0.1 1] [--latency 0.3]

The quota is bulkcase's own, with the windows that a job has where it says nothing; each call takes a slot and frees it
as the real one does. What is simulated is the order of the calls: pages one after the other, then for each case that
differs, in the order of the pages, its update, and before it its page once more where that is older than
snapshot.max_age by then. The case list is as long as the file; which cases differ is drawn.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.results import Comparison, at_least
from benchmarks.virtual import World, world
from bulkcase.job.settings import Snapshot
from bulkcase.planning.worth import Question, by_pages

PAGE = 50
SIZES = (10_000, 100_000, 1_000_000)
SHARES = (0.001, 0.01, 0.1, 1.0)


def blind(rows: int, latency: float) -> World:
    """Send every row."""
    made = world(lambda: latency, rows)
    for _ in range(rows):
        made.call()
    made.wait()
    return made


def with_snapshot(rows: int, places: Iterable[int], latency: float) -> World:
    """Read every page, then send what differs, each with a look at its case that is young enough."""
    read_at: list[float] = []
    made = world(lambda: latency, 0)
    for _ in range(-(-rows // PAGE)):
        made.call()
        made.wait()
        read_at.append(made.now)
    max_age = Snapshot().max_age
    for place in places:
        page = place // PAGE
        if made.now - read_at[page] > max_age:
            made.call()
            made.wait()
            read_at[page] = made.now
        made.call()
    made.wait()
    return made


def measure(sizes: Sequence[int] = SIZES, shares: Sequence[float] = SHARES, latency: float = 0.3) -> dict[str, Any]:
    """Return calls and hours for each number of rows and each share of them that differs."""
    found = []
    for rows in sizes:
        sent = blind(rows, latency)
        for share in shares:
            different = round(rows * share)
            places = sorted(random.Random(2026).sample(range(rows), different))  # noqa: S311 - nothing to guess
            read = with_snapshot(rows, places, latency)
            found.append(
                {
                    "rows": rows,
                    "share": share,
                    "calls": {"all sent": sent.calls, "read first": read.calls},
                    "hours": {"all sent": round(sent.now / 3600, 2), "read first": round(read.now / 3600, 2)},
                    "times_fewer_calls": round(sent.calls / read.calls, 2),
                    "times_faster": round(sent.now / read.now, 2),
                    "auto_reads": by_pages(Question("auto", "", rows, share=share), -(-rows // PAGE)).read,
                }
            )
    return {"page": PAGE, "latency": latency, "sizes": found}


def compared(found: dict[str, Any]) -> list[Comparison]:
    """Return the lines of the table."""
    lines = []
    for size in found["sizes"]:
        calls, hours = size["calls"], size["hours"]
        what = f"calls, {size['rows']:,} rows of which {100 * size['share']:g} % differ, read first"
        note = (
            f"{calls['all sent']:,} to {calls['read first']:,} calls; "
            f"{hours['all sent']:,.1f} to {hours['read first']:,.1f} hours, in virtual time"
        )
        lines.append(at_least(what, "all sent", size["times_fewer_calls"], None, note))
    return lines


def main() -> None:
    """Measure, and print what was found as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES, help="of the cases that differ")
    parser.add_argument("--latency", type=float, default=0.3, help="seconds to an answer")
    given = parser.parse_args()
    sys.stdout.write(json.dumps(measure(given.rows, given.shares, given.latency), indent=2) + "\n")


if __name__ == "__main__":
    main()
