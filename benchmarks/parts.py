"""The parts of the benchmark: each is a script beside this file that prints what it found as JSON."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import memory, quota, snapshot, throughput, tools
from benchmarks.results import Comparison, at_most

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Part:
    """A script, and how it is called."""

    name: str
    compared: Callable[[Any], list[Comparison]]
    """Makes lines of the table of what the script found."""
    full: Sequence[str] = ()
    quick: Sequence[str] = ()
    """Arguments: to measure, and to see that it works."""
    takes_folder: bool = False
    """Whether it is told which disk to use."""

    @property
    def script(self) -> Path:
        """The script."""
        return FOLDER / f"{self.name}.py"


def of_the_start(found: Any) -> list[Comparison]:
    """Return how long commands take that make no call, by a bare interpreter's time."""
    bare, *commands = found["commands"].items()
    return [
        at_most(
            name,
            f"`{bare[0]}`",
            round(one["ratio"], 2),
            6 if name == "bulkcase --version" else None,
            f"{1000 * one['median_s']:.0f} ms to {1000 * bare[1]['median_s']:.0f} ms",
        )
        for name, one in commands
    ]


def of_first_calls(found: Any) -> list[Comparison]:
    """Return how long it takes to the first call, by the time that reading the file alone takes, and the memory."""
    lines = []
    books = [one for one in found if one["kind"] == "xlsx"]
    for one in books:
        what = f"time to the first call, Excel, {one['rows']:,} rows of 10 columns"
        for reader, aim in (("calamine", 2 if one["rows"] >= 100_000 else None), ("pandas", None)):
            note = f"{one['first_call_s']:.1f} s to {one[f'{reader}_s']:.1f} s"
            lines.append(at_most(what, f"a process that reads it with {reader}", one[f"of_{reader}"], aim, note))
    few, *more = [one for one in found if one["kind"] == "csv"]
    for one in more:
        note = f"{one['peak_mib']:.0f} MiB to {few['peak_mib']:.0f} MiB; after {one['first_call_s']:.1f} s"
        what = f"peak memory at the first call, CSV, {one['rows']:,} rows"
        lines.append(at_most(what, f"{few['rows']:,} rows", round(one["peak_mib"] / few["peak_mib"], 3), None, note))
    return lines


def of_the_ledger(found: Any) -> list[Comparison]:
    """Return the share of a run's time that is spent in the ledger."""
    took = f"{found['ledger_seconds']:.1f} s of {found['seconds']:.1f} s, {found['in_flight']} in flight"
    return [at_most(f"time in the ledger, {found['rows']:,} rows", "the whole run", found["ledger_share"], None, took)]


def of_the_report(found: Any) -> list[Comparison]:
    """Return how long the report takes, by the time of a plain CSV of as many cells."""
    note = f"{found['report_us']:.1f} us to {found['plain_us']:.1f} us a row of the processor's time"
    return [at_most(f"report of {found['rows']:,} rows", "a plain csv.writer loop", found["ratio"], None, note)]


PARTS = (
    Part("throughput", throughput.compared, (), ("--rows", "200", "--pairs", "1"), takes_folder=True),
    Part("tools", tools.compared, (), ("--rows", "40", "--times", "1"), takes_folder=True),
    Part("quota", quota.compared, (), ("--scenarios", "10/1s", "--windows-each", "2", "--virtual-calls", "500")),
    Part("start", of_the_start, ("--json",), ("--json", "--times", "1")),
    Part(
        "first_call",
        of_first_calls,
        ("--json",),
        ("--json", "--csv", "100", "200", "--excel", "100", "--repeat", "1"),
        takes_folder=True,
    ),
    Part("memory", memory.compared, (), ("--rows", "100", "200", "--of", "run"), takes_folder=True),
    Part(
        "ledger",
        of_the_ledger,
        ("--json", "--in-flight", "64"),
        ("--json", "--rows", "200", "--in-flight", "16"),
        takes_folder=True,
    ),
    Part("report", of_the_report, ("--json",), ("--json", "--rows", "300", "--times", "1")),
    Part("snapshot", snapshot.compared, (), ("--rows", "1000", "--shares", "0.01")),
)
