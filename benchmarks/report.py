"""What the report of a run costs, as against a plain csv.writer loop over the same rows.

    python benchmarks/report.py [--rows 100000] [--times 5] [--json]

It makes a ledger with one run whose rows were all updated, and then writes in turns the report of that run from the
ledger (results.csv, failed.csv, summary.json and report.html), and one CSV of as many cells from rows in memory. What
counts is the processor time of this process, the least of so many turns.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Final

from benchmarks.processes import end_at_signals
from bulkcase.clock import Instant
from bulkcase.ledger import Ledger, Place, RunRecord, Worker
from bulkcase.ledger.changes import intent, outcome
from bulkcase.ledger.records import ReportRecord
from bulkcase.model import Call, CaseUpdate, Outcome, Result, Row, RunState
from bulkcase.operations.report import write_report

HEADER: Final = ("Case ID", "Title", "Notes", "Due", "Labels")
BEGAN: Final = Instant("boot-1", 1000.0, 1_795_000_000.25)
BATCH: Final = 500
PACE: Final = 5000
"""Rows a second that the run is told to have sent."""
UPDATED: Final = Result(Outcome.UPDATED, 1, 200, verified="equal")
FIELDS: Final = ("desc", "dueDate", "tags")
VALUES: Final = ("The parcel has not come yet", 1_795_000_000_000, ["late"])


def case(number: int) -> str:
    """Return the id of a case: ids in no order, as the API's are."""
    return f"ci-{number * 2_654_435_761 % 2**32:08x}-4f1d-5c8e-9a70-b1d2e3f40516"


def cells(number: int) -> tuple[str, ...]:
    """Return the cells of a row."""
    return case(number), "Order 12345", "The parcel has not come yet", "2026-11-18", "late"


def a_run(ledger: Ledger, rows: int, folder: Path) -> RunRecord:
    """Put a run of so many updated rows into a ledger."""
    run = ledger.create_run(
        now=BEGAN.wall,
        suffix="7f3a",
        job="benchmark",
        job_file="benchmark.toml",
        target="kore.example.com/account/st-1",
        input_name="cases.csv",
        input_sha256="0" * 64,
        header=HEADER,
        fields=FIELDS,
        definition={},
        report=ReportRecord(("csv", "html"), ("desc", "userInfo", "participants", "currAssignee"), ("Notes",)),
    )
    body = dict(zip(FIELDS, VALUES, strict=True))
    batches = [range(first, min(first + BATCH, rows + 2)) for first in range(2, rows + 2, BATCH)]
    for batch in batches:
        read = ((Row(number, cells(number)), CaseUpdate(case(number), body)) for number in batch)
        ledger.rows(run).add(read, BEGAN.wall)
    run = ledger.planned(run, rows=rows, clears=0, notes=())
    run, sent = ledger.start(run, Worker("ops", "localhost", 1), "account", BEGAN, Place(folder / run.id))
    for batch in batches:
        sent.apply([intent(number) for number in batch])
        after = [(number, number / PACE) for number in batch]
        done = [outcome(number, UPDATED, BEGAN.wall + seconds) for number, seconds in after]
        sent.apply(done, [a_call(number, BEGAN.steady + seconds) for number, seconds in after])
    ledger.note_waits(run, {"worked": rows / PACE})
    return replace(run, state=RunState.FINISHED, exit_code=0, finished_at=BEGAN.wall + rows / PACE)


def a_call(number: int, ended: float) -> Call:
    """Return the call for a row; no two next to each other take the same time."""
    return Call("updateCase", ended - 0.005 - number % 61 / 10_000, ended, "accepted", 200, number)


def plain(path: Path, lines: list[tuple[str, ...]]) -> None:
    """Write lines as a CSV, one by one."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        for line in lines:
            writer.writerow(line)


def took(action: Callable[[], object]) -> float:
    """Return the seconds of this process that something takes."""
    began = process_time()
    action()
    return process_time() - began


def measure(rows: int = 100_000, times: int = 5) -> dict[str, float]:
    """Return the microseconds a row of the report and of the plain loop, and the ratio of these."""
    verdict = ("2", case(2), "updated", "equal", "200", "1", "", "", " ".join(FIELDS), "2026-11-18T11:06:40.250Z")
    with tempfile.TemporaryDirectory(prefix="bulkcase-benchmark-") as name:
        folder = Path(name)
        with Ledger(folder / "ledger.sqlite3") as ledger:
            run = a_run(ledger, rows, folder)
            lines = [(*cells(number), *verdict) for number in range(2, rows + 2)]
            reports, loops = [], []
            for turn in range(times):
                place = replace(run, folder=str(folder / f"report-{turn}"))
                reports.append(took(lambda place=place: write_report(ledger, place, BEGAN.wall)))  # type: ignore[misc]
                loops.append(took(lambda: plain(folder / "plain.csv", lines)))
    report, loop = (min(seconds) / rows * 1e6 for seconds in (reports, loops))
    return {"rows": rows, "report_us": round(report, 2), "plain_us": round(loop, 2), "ratio": round(report / loop, 2)}


def main() -> None:
    """Measure and print."""
    end_at_signals()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=5, help="turns, of which the quickest counts")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked.rows, asked.times)
    said = (
        f"{found['rows']:,} rows: the report takes {found['report_us']} us a row, a plain csv.writer loop "
        f"{found['plain_us']}: {found['ratio']} times as much"
    )
    sys.stdout.write((json.dumps(found) if asked.json else said) + "\n")


if __name__ == "__main__":
    main()
