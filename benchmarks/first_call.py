"""How long it takes from the start of the process to the first call, and the peak of its memory, by the size of a file.

    python benchmarks/first_call.py [--csv 10000 100000 1000000] [--excel 10000 100000] [--repeat 3] [--json]

Each run is a process of its own (`bulkcase run --yes`): the whole file is read, mapped, written to the ledger and
decided about before the first call leaves. The server on loopback notes when that arrives and refuses it, and the job
stops at the first failure, so the peak, which is what the system says of the process when it has ended, has the report
in it too. An Excel file is also read by processes that do nothing else: with calamine alone, and with pandas on
calamine. Of each the fastest of the repeats counts.
"""

import argparse
import csv
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter
from typing import Any

import xlsxwriter

from benchmarks.cases import TOKEN
from benchmarks.processes import end_at_signals

HEADER = ("Case ID", "Title", "Notes", "Due", "Labels", "Customer", "Region", "Amount", "Count", "Remark")
CALAMINE = """\
import sys
from python_calamine import CalamineWorkbook
CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()
"""
PANDAS = """\
import sys
import pandas
pandas.read_excel(sys.argv[1], engine="calamine")
"""
_ALONE = {"calamine": CALAMINE, "pandas": PANDAS}
"""What reads a workbook and does nothing else."""
_TOKEN = "BULKCASE_BENCHMARK_TOKEN"  # noqa: S105 - the name of a variable
_JOB = """\
[connection]
host = "http://127.0.0.1:{port}"
stream_id = "st-1"
account_id = "1"
[auth]
token = "env:{token}"
[input]
path = "{file}"
key = "Case ID"
[mapping]
desc = "Notes"
dueDate = {{ column = "Due", format = "%Y-%m-%d", timezone = "Europe/Berlin" }}
tags = {{ column = "Labels", split = ";" }}
[quota]
windows = []
[snapshot]
read = "never"
[safety]
max_failures = 1
canary = 0
[report]
formats = ["csv"]
"""


def row(number: int) -> tuple[str | float, ...]:
    """Return a made-up row: an id in no order, texts that differ, dates and names that come again."""
    case = f"ci-{number * 2_654_435_761 % 2**32:08x}-4f1d-5c8e-9a70-b1d2e3f40516"
    due = f"20{number % 9 + 20}-{number % 12 + 1:02}-{number % 28 + 1:02}"
    texts = (f"Order {number}", f"The parcel of order {number} has not come yet", due, f"late;week {number % 52}")
    return case, *texts, f"Customer {number % 5000}", "EMEA", number / 100, number % 7, ""


def write_csv(path: Path, rows: int) -> None:
    """Write so many rows below a header."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEADER)
        lines.writerows(map(row, range(rows)))


def write_workbook(path: Path, rows: int) -> None:
    """Write so many rows below a header, with shared texts, as Excel does."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Cases")
        sheet.write_row(0, 0, HEADER)
        for number in range(rows):
            sheet.write_row(number + 1, 0, row(number))


def written(folder: Path, kind: str, rows: int) -> Path:
    """Write a file in a process of its own: what it takes there would count as memory of the next process, too."""
    path = folder / f"{rows}.{kind}"
    write = write_csv if kind == "csv" else write_workbook
    process = multiprocessing.get_context("spawn").Process(target=write, args=(path, rows))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{path.name} could not be written")
    return path


@contextmanager
def refusing() -> Iterator[tuple[int, list[float]]]:
    """Serve a refusal of whatever is asked; yield the port, and the times at which calls arrived."""
    arrived: list[float] = []

    class Refusals(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def refuse(self) -> None:
            arrived.append(perf_counter())
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.send_response(400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = do_PATCH = refuse  # noqa: N815 - as the library calls them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusals)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, arrived
    finally:
        server.shutdown()
        server.server_close()


def first_call(path: Path) -> dict[str, float]:
    """Run a job on a file; return the seconds to its first call, and its peak memory in MiB."""
    with tempfile.TemporaryDirectory(dir=path.parent) as name, refusing() as (port, arrived):
        folder = Path(name)
        (folder / "job.toml").write_text(_JOB.format(port=port, file=path, token=_TOKEN), encoding="utf-8")
        command = [sys.executable, "-m", "bulkcase", "run", "job.toml", "--yes", "--quiet", "--state", "state"]
        environment = os.environ | {_TOKEN: TOKEN}
        with (folder / "said").open("wb") as said:
            began = perf_counter()
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)  # noqa: S603 - our own
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 3 or not arrived:  # stopped by a safety rule
            raise SystemExit(f"the run of {path.name} failed: {(folder / 'said').read_text()}")
        return {"first_call_s": arrived[0] - began, "peak_mib": usage.ru_maxrss / 1024}


def seconds_of(code: str, path: Path) -> float:
    """Return the seconds of a process that runs this code with the path of a file."""
    began = perf_counter()
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)  # noqa: S603 - our own
    return perf_counter() - began


def measure(folder: Path, kind: str, rows: int, repeat: int) -> dict[str, Any]:
    """Return what a file of this kind ("csv" or "xlsx") and size takes; `folder` is for what is written."""
    path = written(folder, kind, rows)
    runs: list[dict[str, float]] = []
    alone: dict[str, list[float]] = {name: [] for name in _ALONE}
    for _ in range(repeat):
        runs.append(first_call(path))
        if kind == "xlsx":
            for name, code in _ALONE.items():
                alone[name].append(seconds_of(code, path))
    first = min(run["first_call_s"] for run in runs)
    found = {"kind": kind, "rows": rows, "first_call_s": first, "peak_mib": max(run["peak_mib"] for run in runs)}
    if kind == "xlsx":
        for name, took in alone.items():
            found |= {f"{name}_s": min(took), f"of_{name}": first / min(took)}
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in found.items()}


def line(found: dict[str, Any], least: float) -> str:
    """Return one size for people; `least` is the peak of the first size of its kind."""
    peak = found["peak_mib"]
    said = f"{found['kind']:>4} {found['rows']:>9,} rows: first call after {found['first_call_s']:6.2f} s, "
    said += f"peak {peak:6.1f} MiB, {peak / least:.2f} of the first"
    if "of_calamine" in found:
        alone = (f"{found[f'of_{name}']:.2f} times {name} alone ({found[f'{name}_s']:.2f} s)" for name in _ALONE)
        said += f"; {', '.join(alone)}"
    return said


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each size and print it."""
    end_at_signals()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", type=int, nargs="*", default=[10_000, 100_000, 1_000_000], help="rows")
    parser.add_argument("--excel", type=int, nargs="*", default=[10_000, 100_000], help="rows")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="on a real disk")  # noqa: S108
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    every: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="bulkcase-benchmark-") as name:
        for kind, sizes in (("csv", given.csv), ("xlsx", given.excel)):
            least = 0.0
            for rows in sizes:
                found = measure(Path(name), kind, rows, given.repeat)
                every.append(found)
                least = least or found["peak_mib"]
                if not given.json:
                    sys.stdout.write(f"{line(found, least)}\n")
    if given.json:
        sys.stdout.write(json.dumps(every) + "\n")


if __name__ == "__main__":
    main()
