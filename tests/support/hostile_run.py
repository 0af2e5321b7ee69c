"""The program over hostile files: in a process of its own for each, with bounds, and measured."""

import resource
import time
from dataclasses import dataclass
from pathlib import Path

from support.forked import Forked
from support.forks import Task
from support.program import environment

MOST_SPACE = 6 << 30
"""Bytes of address space: a process that wants more dies of it, and the machine does not."""
SECONDS = 60
"""After so long of its processor's time a process is stopped; after twice as long by the clock as well."""
LIMITS = [(resource.RLIMIT_AS, MOST_SPACE), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)]


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a command."""

    code: int
    """The exit code; the negative number of the signal that ended it."""
    output: str
    """Standard output, then standard error."""
    peak: int
    """The most memory it held, in bytes."""
    seconds: float


def run(folder: Path, *arguments: str) -> Ended:
    """Run a command to its end, with no more libraries in its memory than it needs."""
    started = time.monotonic()
    task = Task(arguments, str(folder), environment(folder), limits=LIMITS)
    process = Forked(task, libraries=("bulkcase.cli.check",))
    try:
        output, errors = process.communicate(timeout=2 * SECONDS)
    finally:
        process.kill()
    return Ended(process.wait(), output + errors, process.peak, time.monotonic() - started)
