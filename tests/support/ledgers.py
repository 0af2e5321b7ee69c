"""Runs and rows to put into a ledger, and a look at the file behind its back."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bulkcase.cells import Cell
from bulkcase.clock import Instant
from bulkcase.ledger import Ledger, Place, RunRecord, RunRows, Worker
from bulkcase.model import CaseUpdate, Rejection, Row

NOW = 1_795_000_000.25
"""A moment in November 2026."""
THEN = Instant("boot-1", 1000.0, NOW)
"""The same moment, as another process can place it."""
WORKER = Worker("ops", "night.example.com", 4711)


def new_run(
    ledger: Ledger, *, now: float = NOW, job: str = "close-resolved", suffix: str = "7f3a", **more: Any
) -> RunRecord:
    """Add a run to a ledger."""
    more = {"target": "kore.example.com/account/st-1"} | more
    return ledger.create_run(
        now=now,
        suffix=suffix,
        job=job,
        job_file="/jobs/close-resolved.toml",
        input_name="cases.csv",
        input_sha256="0" * 64,
        header=("Case ID", "New Status"),
        fields=("status",),
        definition={"input.key": "Case ID"},
        **more,
    )


def begin(ledger: Ledger, run: RunRecord, now: Instant = THEN) -> RunRows:
    """Let a session begin its work on a run; return the rows as that session's."""
    return ledger.start(run, WORKER, "kore.example.com/account", now, Place(Path("reports") / run.id))[1]


def good_row(
    number: int, key: str | None = None, *, cells: tuple[Cell, ...] | None = None, **body: Any
) -> tuple[Row, CaseUpdate]:
    """Return a row that became a case update, of a case of its own where no key is given."""
    key = key or f"ci-{number}"
    return Row(number, cells or (key, "Closed")), CaseUpdate(key, body or {"desc": "Closed"})


def empty_row(number: int, key: str) -> tuple[Row, CaseUpdate]:
    """Return a row whose mapped cells are all blank."""
    return Row(number, (key, "")), CaseUpdate(key, {})


def bad_row(number: int, code: str = "bad_date", key: str | None = None) -> tuple[Row, Rejection]:
    """Return a row that could not become a case update."""
    return Row(number, (key or "", "?")), Rejection(code, f"'?' is not good enough in row {number}", key)


def stored(path: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return what is in the file, by a connection of its own."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(query, values).fetchall()
        connection.commit()
        return found


def everything(path: Path) -> list[list[tuple[Any, ...]]]:
    """Return all rows of all tables."""
    tables = ("runs", "sessions", "rows", "calls", "snapshots", "cases", "learnt")
    return [stored(path, f"SELECT * FROM {table}") for table in tables]
