"""Peak memory of a plan by the number of rows: with the live cases read first, and without.

    python benchmarks/memory.py [--rows 10000 1000000]

Each plan is a process of its own (`bulkcase plan`), its peak is what the system says of it when it has ended. The cases
come from a server on loopback that makes up the pages as they are asked for, as many cases as the file has rows, of
which one in a hundred differs from its row. There is no quota.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson

PAGE = 100
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


def peak(folder: Path, rows: int, port: int, read: str) -> float:
    """Return the peak memory of a plan in MiB."""
    (folder / "job.toml").write_text(_JOB.format(port=port, rows=rows, read=read), encoding="utf-8")
    command = [sys.executable, "-m", "bulkcase", "plan", "job.toml", "--quiet", "--state", f"state-{rows}-{read}"]
    environment = os.environ | {"BENCHMARK_TOKEN": "visibly-fake"}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the plan of {rows:,} rows failed: {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / 1024


def main() -> None:
    """Print a line for each size, and the ratio to the smallest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--read", nargs="+", default=["never", "always"], choices=["never", "always"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in given.rows:
            with (folder / f"{rows}.csv").open("w", encoding="utf-8") as file:
                file.write("Case ID,Notes\n")
                file.writelines(f"ci-{number:08},note {number}\n" for number in range(rows))
        for read in given.read:
            least = None
            for rows in given.rows:
                with pages(rows) as port:
                    mebibytes = peak(folder, rows, port, read)
                least = mebibytes if least is None else least
                sys.stdout.write(
                    f"snapshot.read {read:>6}, {rows:>9,} rows: {mebibytes:6.1f} MiB, {mebibytes / least:.2f}\n"
                )


if __name__ == "__main__":
    main()
