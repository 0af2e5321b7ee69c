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


def of_the_ledger(found: Any) -> list[Comparison]:
    """Return the share of a run's time that is spent in the ledger."""
    took = f"{found['ledger_seconds']:.1f} s of {found['seconds']:.1f} s, {found['in_flight']} in flight"
    return [at_most(f"time in the ledger, {found['rows']:,} rows", "the whole run", found["ledger_share"], 0.15, took)]


PARTS = (
    Part("throughput", throughput.compared, (), ("--rows", "200", "--pairs", "1"), takes_folder=True),
    Part("tools", tools.compared, (), ("--rows", "40", "--times", "1"), takes_folder=True),
    Part("quota", quota.compared, (), ("--scenarios", "10/1s", "--windows-each", "2", "--virtual-calls", "500")),
    Part("memory", memory.compared, (), ("--rows", "100", "200", "--of", "run"), takes_folder=True),
    Part(
        "ledger",
        of_the_ledger,
        ("--json", "--in-flight", "64"),
        ("--json", "--rows", "200", "--in-flight", "16"),
        takes_folder=True,
    ),
    Part("snapshot", snapshot.compared, (), ("--rows", "1000", "--shares", "0.01")),
)
