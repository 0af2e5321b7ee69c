"""A process from its start to its end: what it took by the clock, of the processor, and of memory."""

import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any

BULKCASE = (sys.executable, "-m", "bulkcase")


@dataclass(frozen=True, slots=True)
class Took:
    """What a process took, and the processes that it waited for."""

    seconds: float
    """By the clock, from the start of the process to its end."""
    cpu: float
    """Seconds of the processor, the system's for it too."""
    peak: float
    """MiB of memory at the most."""


def run_to_end(
    command: Sequence[str],
    folder: Path,
    *,
    reads: Path | None = None,
    writes: Path | None = None,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Took:
    """Run a command in a folder until it ends; raises RuntimeError, with its last words, where it fails.

    It reads standard input from a file, or finds it empty, and writes standard output to one; `variables` are set in
    its environment.
    """
    said = folder / "stderr.txt"
    with (
        (reads or Path(os.devnull)).open("rb") as source,
        (writes or folder / "stdout.txt").open("wb") as target,
        said.open("wb") as errors,
    ):
        began = perf_counter()
        process = subprocess.Popen(  # noqa: S603 - the benchmark's own commands
            command, cwd=folder, env=environment(folder, variables), stdin=source, stdout=target, stderr=errors
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        last = said.read_text("utf-8", "replace")[-500:].strip()
        raise RuntimeError(f"{Path(command[0]).name} {command[1]} ended with {process.returncode}: {last}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Took(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def end_at_signals() -> None:
    """Let SIGTERM and SIGHUP end this process as Ctrl-C does, so that servers are ended and folders deleted."""

    def end(number: int, _: object) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def environment(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with a home, and so a place for locks, in a folder that is deleted again.

    Modules are compiled once and kept, as they are wherever nobody forbids it.
    """
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**given, "HOME": str(folder), "XDG_STATE_HOME": str(folder), **variables}


def medians(runs: Sequence[Took], rows: int) -> Mapping[str, Any]:
    """Return what several runs of one kind took, for programs."""
    seconds = statistics.median(took.seconds for took in runs)
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(statistics.median(took.cpu for took in runs), 3),
        "peak_mib": round(max(took.peak for took in runs), 1),
        "rows_a_second": round(rows / seconds),
    }
