"""Peak memory by the number of rows: of a plan, with the live cases read first and without, and of a whole run.

    python benchmarks/memory.py [--rows 10000 1000000] [--of plan "plan, cases read" run] [--folder /var/tmp]

Each is a process of its own, its peak is what the system says of it when it has ended. The live cases of a plan come
from a server on loopback that makes up the pages as they are asked for, as many cases as the file has rows, of which
one in a hundred differs from its row; a run sends every row to the server of `throughput.py`. There is no quota.
"""

import argparse
import json
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

from benchmarks.cases import TOKEN, write_cases
from benchmarks.processes import BULKCASE, end_at_signals, run_to_end
from benchmarks.results import Comparison, at_most
from benchmarks.static import static_server
from benchmarks.throughput import DISK, job, run_job

PAGE = 100
WAYS = ("plan", "plan, cases read", "run")
AIM = 1.3
MOST = 250
"""MiB."""
_JOB = """\
[connection]
host = "http://127.0.0.1:{port}"
stream_id = "st-1"
account_id = "1"
[auth]
token = "env:BENCHMARK_TOKEN"
[input]
path = "{rows}.csv"
key = "Case ID"
[mapping]
desc = "Notes"
[quota]
windows = []
[snapshot]
read = "{read}"
"""


def case(number: int) -> dict[str, object]:
    """Return a made-up case."""
    note = f"changed note {number}" if number % 100 == 0 else f"note {number}"
    created = f"2026-{number // 90_000 % 12 + 1:02}-01T00:00:00.000Z"
    return {
        "_id": f"ci-{number:08}",
        "refId": f"CS{number:08}",
        "name": f"case {number}",
        "desc": note,
        "createdAt": created,
    }


@contextmanager
def pages(total: int) -> Iterator[int]:
    """Serve so many cases; yield the port."""

    class Pages(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body in one packet: two would wait for each other.
        wbufsize = 1 << 20

        def do_POST(self) -> None:
            asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            start = asked["skip"]
            found = [case(number) for number in range(start, min(start + PAGE, total))]
            answer = {"results": found, "limit": PAGE, "hasMore": start + PAGE < total, "totalResults": total}
            body = orjson.dumps(answer)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def peak_of_plan(folder: Path, rows: int, read: str) -> float:
    """Return the peak memory of a plan in MiB."""
    with (folder / f"{rows}.csv").open("w", encoding="utf-8") as file:
        file.write("Case ID,Notes\n")
        file.writelines(f"ci-{number:08},note {number}\n" for number in range(rows))
    with pages(rows) as port:
        (folder / "job.toml").write_text(_JOB.format(port=port, rows=rows, read=read), encoding="utf-8")
        command = [*BULKCASE, "plan", "job.toml", "--quiet", "--state", f"state-{rows}-{read}"]
        return run_to_end(command, folder, variables={"BENCHMARK_TOKEN": TOKEN}).peak


def peak_of_run(folder: Path, rows: int) -> float:
    """Return the peak memory of a run in MiB, from its input to its report."""
    file = folder / f"{rows}.csv"
    write_cases(file, rows)
    with static_server(folder) as server:
        return run_job(job(folder, server, file), rows).peak


def measure(
    sizes: Sequence[int] = (10_000, 1_000_000), ways: Sequence[str] = WAYS, folder: Path = DISK
) -> dict[str, Any]:
    """Return the MiB of each way for each number of rows, and the ratio of the last of these to the first."""
    found: dict[str, dict[int, float]] = {way: {} for way in ways}
    for way in ways:
        for rows in sizes:
            with tempfile.TemporaryDirectory(dir=folder, prefix="bulkcase-benchmark-") as name:
                if way == "run":
                    peak = peak_of_run(Path(name), rows)
                else:
                    peak = peak_of_plan(Path(name), rows, "always" if "read" in way else "never")
            found[way][rows] = round(peak, 1)
    ratios = {way: round(peaks[sizes[-1]] / peaks[sizes[0]], 3) for way, peaks in found.items()}
    return {
        "sizes": list(sizes),
        "mib": {way: {str(rows): peak for rows, peak in peaks.items()} for way, peaks in found.items()},
        "ratios": ratios,
    }


def compared(found: dict[str, Any]) -> list[Comparison]:
    """Return the lines of the table."""
    few, many = found["sizes"][0], found["sizes"][-1]
    aims = many >= 1_000_000
    lines = []
    for way, ratio in found["ratios"].items():
        least, most = (found["mib"][way][str(rows)] for rows in (few, many))
        what = f"peak memory of a {way}, {many:,} rows"
        lines.append(at_most(what, f"{few:,} rows", ratio, AIM if aims else None, f"{most:.0f} MiB to {least:.0f} MiB"))
        if way == "run":
            lines.append(at_most(what, f"{MOST} MiB", round(most / MOST, 3), 1 if aims else None, f"{most:.0f} MiB"))
    return lines


def main() -> None:
    """Measure, and print what was found as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--of", nargs="+", default=WAYS, choices=WAYS)
    parser.add_argument("--folder", type=Path, default=DISK, help="on a real disk")
    given = parser.parse_args()
    end_at_signals()
    sys.stdout.write(json.dumps(measure(given.rows, given.of, given.folder), indent=2) + "\n")


if __name__ == "__main__":
    main()
