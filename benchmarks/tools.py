"""Throughput against what people use for it otherwise: newman, `xargs -P16 curl`, GNU parallel with curl.

    python benchmarks/tools.py [--rows 2000 20000] [--newman COMMAND] [--folder /var/tmp]

Each sends the body of every row, with the token, to the same server, and checks that the status is 200. What they read
(bodies, addresses) is made before the clock starts; bulkcase reads, maps, keeps, verifies and reports meanwhile.
"""

import argparse
import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.cases import case_ids, due, labels, notes, write_cases
from benchmarks.processes import Took, end_at_signals, medians, run_to_end
from benchmarks.results import Comparison, at_least, not_measured
from benchmarks.static import Static, static_server
from benchmarks.throughput import DISK, job, ratios, ready_token, run_job

JOBS = "16"
AIMS: Final = {"newman": 30.0, "xargs -P16 curl": 15.0, "parallel -j16 curl": None}


def body(case_id: str) -> bytes:
    """Return what is sent for a case."""
    kind = case_id[-1]
    return orjson.dumps({"desc": notes(case_id), "dueDate": due(kind), "tags": labels(kind)})


class Tools:
    """The commands, and what they read; each method runs one over all rows: RuntimeError where one failed."""

    def __init__(self, folder: Path, server: Static, rows: int, newman: str) -> None:
        self._folder, self._server, self._rows, self._newman = folder, server, rows, newman
        self._headers = {
            "auth": ready_token(),
            "AccountId": "1",
            "Iid": "st-1",
            "Content-Type": "application/json;charset=UTF-8",
        }

    def all(self) -> dict[str, Callable[[], Took] | str]:
        """Return each tool's way to run it, or why it cannot be run here."""
        found: dict[str, Callable[[], Took] | str] = {}
        for name, run, needs in (
            ("newman", self.newman, [self._newman]),
            ("xargs -P16 curl", self.xargs, ["xargs", "curl"]),
            ("parallel -j16 curl", self.parallel, ["parallel", "curl"]),
        ):
            missing = [command for command in needs if shutil.which(command) is None]
            found[name] = f"{', '.join(Path(command).name for command in missing)}: not installed" if missing else run
        return found

    def newman(self) -> Took:
        """Run a collection of one request over a CSV, one iteration a row, with a test of the status."""
        data, collection = self._folder / "data.csv", self._folder / "collection.json"
        with data.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "body"])
            writer.writerows([case_id, body(case_id).decode()] for case_id in case_ids(self._rows))
        test = 'pm.test("accepted", function () { pm.response.to.have.status(200); });'
        request = {
            "method": "POST",
            "url": f"{self._server.url}{{{{id}}}}",
            "header": [{"key": key, "value": value} for key, value in self._headers.items()],
            "body": {"mode": "raw", "raw": "{{body}}"},
        }
        script = {"listen": "test", "script": {"type": "text/javascript", "exec": [test]}}
        schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
        item = {"name": "update", "event": [script], "request": request}
        collection.write_bytes(orjson.dumps({"info": {"name": "updates", "schema": schema}, "item": [item]}))
        # Silent is the fastest that it can be; it ends with 1 where a test has failed.
        newman = [str(shutil.which(self._newman)), "run", collection.name, "-d", data.name, "--silent"]
        return run_to_end(newman, self._folder)

    def xargs(self) -> Took:
        """Run one curl a row, 16 at once, without a shell between."""
        return self._curls(["xargs", "-0", "-n", "2", f"-P{JOBS}", *self._curl()])

    def parallel(self) -> Took:
        """Run one curl a row, 16 at once, by GNU parallel."""
        return self._curls(["parallel", "--will-cite", "-0", "-N", "2", f"-j{JOBS}", *self._curl(quoted=True)])

    def _curl(self, *, quoted: bool = False) -> list[str]:
        quote = "'" if quoted else ""
        headers = [part for key, value in self._headers.items() for part in ("-H", f"{quote}{key}: {value}{quote}")]
        # -q: without anybody's own settings. Body and address are put behind it.
        shown = f"{quote}%{{http_code}}\\n{quote}"
        return ["curl", "-q", "-s", "-o", "/dev/null", "-w", shown, *headers, "--data-binary"]

    def _curls(self, command: Sequence[str]) -> Took:
        asked, answers = self._folder / "asked", self._folder / "answers"
        with asked.open("wb") as file:
            file.writelines(
                b"%b\0%b\0" % (body(case_id), f"{self._server.url}{case_id}".encode())
                for case_id in case_ids(self._rows)
            )
        took = run_to_end(command, self._folder, reads=asked, writes=answers)
        said = answers.read_text(encoding="ascii").split()
        if said != ["200"] * self._rows:
            raise RuntimeError(f"{command[0]}: {said.count('200')} of {self._rows} calls were accepted")
        return took


def measure(
    sizes: Sequence[int] = (2_000, 20_000), times: int = 3, newman: str = "newman", folder: Path = DISK
) -> dict[str, Any]:
    """Return what bulkcase and each tool took for as many rows, in turns: `times` for the first size, else once."""
    found = []
    with tempfile.TemporaryDirectory(dir=folder, prefix="bulkcase-benchmark-") as name:
        place = Path(name)
        with static_server(place) as server:
            for number, rows in enumerate(sizes):
                tools = Tools(place, server, rows, newman).all()
                found.append(_measured(place, server, rows, tools, 1 if number else times))
    missing = {tool: way for tool, way in tools.items() if isinstance(way, str)}
    return {"server": server.name, "missing": missing, "sizes": found}


def _measured(
    folder: Path, server: Static, rows: int, tools: dict[str, Callable[[], Took] | str], times: int
) -> dict[str, Any]:
    file = folder / f"rows-{rows}.csv"
    write_cases(file, rows)
    own = job(folder, server, file)
    ways = {"bulkcase": lambda: run_job(own, rows), **{tool: way for tool, way in tools.items() if callable(way)}}
    took: dict[str, list[Took]] = {way: [] for way in ways}
    for _ in range(times):
        for way, run in ways.items():
            took[way].append(run())
    return {
        "rows": rows,
        "took": {way: medians(runs, rows) for way, runs in took.items()},
        "ratios": {way: ratios(took["bulkcase"], runs)["ratio"] for way, runs in took.items() if way != "bulkcase"},
    }


def compared(found: dict[str, Any]) -> list[Comparison]:
    """Return the lines of the table."""
    lines = [not_measured("rows a second", tool, why) for tool, why in found["missing"].items()]
    for size in found["sizes"]:
        for tool, ratio in size["ratios"].items():
            own, other = (size["took"][way]["rows_a_second"] for way in ("bulkcase", tool))
            what = f"rows a second, {size['rows']:,} rows"
            lines.append(at_least(what, tool, ratio, AIMS[tool], f"{own:,} to {other:,} a second"))
    return lines


def main() -> None:
    """Measure, and print what was found as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[2000, 20_000])
    parser.add_argument("--times", type=int, default=3, help="for the first number of rows")
    parser.add_argument("--newman", default="newman", help="the command, where it is not in PATH")
    parser.add_argument("--folder", type=Path, default=DISK, help="on a real disk")
    given = parser.parse_args()
    end_at_signals()
    sys.stdout.write(json.dumps(measure(given.rows, given.times, given.newman, given.folder), indent=2) + "\n")


if __name__ == "__main__":
    main()
