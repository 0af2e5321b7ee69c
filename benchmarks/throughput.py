"""Throughput of the whole pipeline against a bare loop: both by the clock, from the start of a process to its end.

    python benchmarks/throughput.py [--rows 20000 200000] [--pairs 3] [--folder /var/tmp]

The method is in README.md beside this file.
"""

import argparse
import csv
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from benchmarks.bare import SECRET
from benchmarks.cases import MAPPING, write_cases
from benchmarks.processes import BULKCASE, Took, end_at_signals, medians, run_to_end
from benchmarks.results import Comparison, at_least
from benchmarks.static import STREAM, Static, static_server

IN_FLIGHT = 64
BARE = Path(__file__).with_name("bare.py")
DISK = Path("/var/tmp")  # noqa: S108 - on a real disk: on a tmpfs an fsync costs nothing
VARIABLE = "BULKCASE_BENCHMARK_SECRET"
JOB = """\
[connection]
host = "http://127.0.0.1:{port}"
stream_id = "{stream}"
account_id = "1"

[auth]
client_id = "cs-1"
client_secret = "env:{variable}"
jti = {jti}

[input]
path = "{input}"
key = "Case ID"

{mapping}
[quota]
windows = []
max_in_flight = {in_flight}

[snapshot]
read = "never"

[report]
directory = "reports-{name}"

[state]
directory = "state-{name}"
"""
QUIET: Final = 0.75
"""The share of its time that the bare loop, which never waits long, has a core of a machine with nothing else to do."""
AIMS: Final = {"cached token": 0.70, "a token a call": 0.60}


def job(folder: Path, server: Static, rows: Path, *, jti: bool = False, in_flight: int = IN_FLIGHT) -> Path:
    """Write a job for a file of rows; state and reports are its own."""
    file = folder / f"{rows.stem}-{'jti' if jti else 'cached'}.toml"
    text = JOB.format(
        port=server.port,
        stream=STREAM,
        variable=VARIABLE,
        jti=str(jti).lower(),
        input=rows.name,
        mapping=MAPPING,
        in_flight=in_flight,
        name=file.stem,
    )
    file.write_text(text, encoding="utf-8")
    return file


def run_job(file: Path, rows: int) -> Took:
    """Run a job as its user starts it; raises RuntimeError unless every row was updated, and seen to be as sent.

    Its ledger is a new one: with the nights before in it, the report compares them as well.
    """
    shutil.rmtree(file.parent / f"state-{file.stem}", ignore_errors=True)
    took = run_to_end([*BULKCASE, "run", file.name, "--yes", "--new"], file.parent, variables={VARIABLE: SECRET})
    newest = max((file.parent / f"reports-{file.stem}").iterdir())
    summary = json.loads((newest / "summary.json").read_text(encoding="utf-8"))
    landed, proved = summary["outcomes"]["updated"], summary["verified"]["equal"]
    with (newest / "results.csv").open(encoding="utf-8", newline="") as results:
        written = sum(1 for _ in csv.reader(results)) - 1
    if not rows == landed == proved == written:
        raise RuntimeError(f"{rows} rows: {landed} updated, {proved} verified, {written} in the report")
    return took


def run_bare(folder: Path, server: Static, rows: Path, *, token: str | None) -> Took:
    """Run the bare loop over the same file."""
    given = [] if token is None else [token]
    return run_to_end([sys.executable, str(BARE), rows.name, server.url, str(IN_FLIGHT), *given], folder)


def ready_token() -> str:
    """Return a token like those that are signed for each call."""
    import jwt  # noqa: PLC0415 - once, and not in what is measured

    return jwt.encode({"appId": "cs-1", "sub": "bulkcase", "iat": 1, "exp": 9_999_999_999}, SECRET, "HS256")


def measure(sizes: Sequence[int] = (20_000, 200_000), pairs: int = 3, folder: Path = DISK) -> dict[str, Any]:
    """Return what both took for each number of rows, in turns; a ratio is the median of those of the turns."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=folder, prefix="bulkcase-benchmark-") as name:
        place = Path(name)
        with static_server(place) as server:
            for rows in sizes:
                # A few seconds are measured more often than many.
                found += _measured(place, server, rows, pairs if rows > 50_000 else 2 * pairs - 1)
    return {"in_flight": IN_FLIGHT, "server": server.name, "sizes": found}


def _measured(folder: Path, server: Static, rows: int, pairs: int) -> list[dict[str, Any]]:
    file = folder / f"cases-{rows}.csv"
    write_cases(file, rows)
    cached, jti = job(folder, server, file), job(folder, server, file, jti=True)
    token = ready_token()
    ways: dict[str, Callable[[], Took]] = {
        "bare": lambda: run_bare(folder, server, file, token=token),
        "cached token": lambda: run_job(cached, rows),
        "a token a call": lambda: run_job(jti, rows),
        "bare, signing": lambda: run_bare(folder, server, file, token=None),
    }
    took: dict[str, list[Took]] = {way: [] for way in ways}
    for _ in range(pairs):
        for way, run in ways.items():
            took[way].append(run())
    return [
        {
            "rows": rows,
            "token": way,
            "against": against,
            **ratios(took[way], took[against]),
            "bulkcase": medians(took[way], rows),
            "bare": medians(took[against], rows),
        }
        for way, against in (
            ("cached token", "bare"),
            ("a token a call", "bare"),
            ("a token a call", "bare, signing"),
        )
    ]


def ratios(ours: Sequence[Took], theirs: Sequence[Took]) -> dict[str, Any]:
    """Return the throughput of one as a share of the other's: by the clock, and by the processor's time."""
    pairs = list(zip(ours, theirs, strict=True))
    by_clock = [other.seconds / own.seconds for own, other in pairs]
    return {
        "ratio": round(statistics.median(by_clock), 3),
        "ratios": [round(ratio, 3) for ratio in by_clock],
        "cpu_ratio": round(statistics.median(other.cpu / own.cpu for own, other in pairs), 3),
    }


def compared(found: dict[str, Any]) -> list[Comparison]:
    """Return the lines of the table."""
    lines = []
    for size in found["sizes"]:
        note = (
            f"{size['bulkcase']['seconds']:.1f} s to {size['bare']['seconds']:.1f} s; processor "
            f"{size['bulkcase']['cpu_seconds']:.1f} s to {size['bare']['cpu_seconds']:.1f} s"
        )
        what = f"throughput, {size['rows']:,} rows, {size['token']}"
        aim = AIMS[size["token"]] if size["against"] == "bare" and size["rows"] >= 200_000 else None
        against = "a bare loop" if size["against"] == "bare" else "a bare loop that signs each call"
        line = at_least(what, f"{against}, {found['server']}", size["ratio"], aim, note)
        share = size["bare"]["cpu_seconds"] / size["bare"]["seconds"]
        if aim is not None and share < QUIET:
            line = replace(line, reached=None, note=f"{note}; not judged: the bare loop had {share:.0%} of a core")
        lines.append(line)
    return lines


def main() -> None:
    """Measure, and print what was found as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=DISK, help="on a real disk")
    given = parser.parse_args()
    end_at_signals()
    sys.stdout.write(json.dumps(measure(given.rows, given.pairs, given.folder), indent=2) + "\n")


if __name__ == "__main__":
    main()
