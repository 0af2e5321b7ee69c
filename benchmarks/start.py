"""How long the program takes until it answers, against the same interpreter that does nothing.

    python benchmarks/start.py [--times 15] [--json]

Processes are started in turn, so that whatever else the machine does meets all of them; medians by the clock, from the
start of a process to its end, and the ratio to `python -c pass`. The program is begun as the script `bulkcase` begins
it. What pip does on installing is done before: every module is compiled.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.cases import TOKEN
from benchmarks.processes import end_at_signals

BARE = "python -c pass"
_PROGRAM = "import sys; from bulkcase.cli.main import main; sys.exit(main())"
_COMMANDS = {
    "bulkcase --version": ["--version"],
    "bulkcase --help": ["--help"],
    "bulkcase run --help": ["run", "--help"],
    "bulkcase check (100 rows, CSV)": ["check", "job.toml"],
    "bulkcase plan (100 rows, CSV, no call)": ["plan", "job.toml"],
}
_ROWS = 100
_JOB = """\
[connection]
host = "https://kore.example.com"
stream_id = "st-1"
account_id = "6639"

[auth]
token = "env:BULKCASE_BENCHMARK_TOKEN"

[input]
path = "cases.csv"
key = "Case ID"

[mapping]
desc = "Notes"

[snapshot]
read = "never"

[state]
directory = "state"
"""


def measure(times: int = 15) -> dict[str, Any]:
    """Return for each command, and the bare interpreter, its median in seconds and its ratio to that interpreter."""
    commands = {BARE: ["-c", "pass"]} | {name: ["-c", _PROGRAM, *words] for name, words in _COMMANDS.items()}
    took: dict[str, list[float]] = {name: [] for name in commands}
    with TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder)
        for turn in range(times + 1):
            for what, command in commands.items():
                seconds = _seconds([sys.executable, *command], folder)
                if turn:  # the first one compiles
                    took[what].append(seconds)
    medians = {what: statistics.median(seconds) for what, seconds in took.items()}
    return {
        "python": sys.version.split()[0],
        "times": times,
        "commands": {
            what: {"median_s": round(seconds, 4), "min_s": round(min(took[what]), 4), "ratio": seconds / medians[BARE]}
            for what, seconds in medians.items()
        },
    }


def _prepare(folder: Path) -> None:
    (folder / "job.toml").write_text(_JOB, encoding="utf-8")
    rows = [f"ci-{number:06},note {number}" for number in range(_ROWS)]
    (folder / "cases.csv").write_text("\n".join(["Case ID,Notes", *rows, ""]), encoding="utf-8")


def _seconds(command: Sequence[str], folder: Path) -> float:
    """Return how long a command takes; raises RuntimeError, with its last words, where it fails."""
    began = perf_counter()
    ended = subprocess.run(  # noqa: S603 - the benchmark's own commands
        command, cwd=folder, env=_environment(folder), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    seconds = perf_counter() - began
    if ended.returncode:
        raise RuntimeError(f"{command}: {ended.stderr.decode(errors='replace').strip()[-500:]}")
    return seconds


def _environment(folder: Path) -> Mapping[str, str]:
    """Return this environment, with compiled modules kept, a token, and no place for anything outside of the folder."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    package = str(Path(__file__).parents[1])
    return kept | {
        "PYTHONPATH": os.pathsep.join(filter(None, [package, kept.get("PYTHONPATH")])),
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "BULKCASE_BENCHMARK_TOKEN": TOKEN,
    }


def main() -> None:
    """Measure and print."""
    end_at_signals()
    options = argparse.ArgumentParser(description="How long bulkcase takes to start.")
    options.add_argument("--times", type=int, default=15, metavar="N", help="how often each is started")
    options.add_argument("--json", action="store_true", help="print JSON")
    chosen = options.parse_args()
    found = measure(chosen.times)
    if chosen.json:
        print(json.dumps(found, indent=2))  # noqa: T201 - its result
        return
    for what, one in found["commands"].items():
        print(f"{what:40} {one['median_s'] * 1000:8.1f} ms {one['ratio']:7.2f}")  # noqa: T201 - its result


if __name__ == "__main__":
    main()
