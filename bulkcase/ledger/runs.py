"""Runs in the ledger."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import orjson
from sqlalchemy import Connection, delete, func, insert, select, update

from bulkcase.clock import moment
from bulkcase.errors import LedgerError
from bulkcase.ledger.database import in_words, open_engine, writing
from bulkcase.ledger.rows import RunRows
from bulkcase.ledger.tables import rows, runs
from bulkcase.model import RunState

_STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One execution of a plan, as the ledger has it."""

    seq: int
    id: str
    job: str
    job_file: str
    target: str
    input: str
    input_sha256: str
    header: tuple[str, ...]
    fields: tuple[str, ...]
    rows: int | None
    """Rows read from the input; None while it is being read."""
    state: RunState
    exit_code: int | None
    reason: str
    planned_at: float
    started_at: float | None
    finished_at: float | None
    duration: float


class Ledger:
    """The ledger in one file; a context manager that closes it."""

    def __init__(self, path: Path) -> None:
        """Open or make the ledger; raises LedgerError where it cannot be used."""
        self.path = path
        self._engine = open_engine(path)
        with in_words(path):
            self._writer: Connection = self._engine.connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()
        self._engine.dispose()

    def create_run(
        self,
        *,
        now: float,
        suffix: str,
        job: str,
        job_file: str,
        target: str,
        input_name: str,
        input_sha256: str,
        header: Sequence[str],
        fields: Sequence[str],
    ) -> RunRecord:
        """Add a run in the state `planned`; its id sorts after every other one of this ledger.

        `suffix` is some random text that keeps apart the ids of different ledgers.
        """
        with writing(self._writer, self.path):
            last = self._writer.scalar(select(func.max(runs.c.id)))
            values = {
                "id": f"{_stamp(now, last)}-{_slug(job)}-{suffix}",
                "job": job,
                "job_file": job_file,
                "target": target,
                "input": input_name,
                "input_sha256": input_sha256,
                "header": orjson.dumps(list(header)).decode(),
                "fields": orjson.dumps(list(fields)).decode(),
                "state": RunState.PLANNED,
                "planned_at": now,
            }
            self._writer.execute(insert(runs).values(values))
        return self.run(str(values["id"]))

    def run(self, run_id: str) -> RunRecord:
        """Return a run by its id; raises LedgerError where there is none."""
        with in_words(self.path), self._writer.begin():
            found = self._writer.execute(select(runs).where(runs.c.id == run_id)).mappings().one_or_none()
        if found is None:
            raise LedgerError(f"{self.path}: knows no run {run_id}: check the id")
        values: dict[str, Any] = dict(found)
        values["header"] = tuple(orjson.loads(values["header"]))
        values["fields"] = tuple(orjson.loads(values["fields"]))
        values["state"] = RunState(values["state"])
        return RunRecord(**values)

    def run_ids(self) -> list[str]:
        """Return the ids of all runs, the oldest first."""
        with in_words(self.path), self._writer.begin():
            return list(self._writer.scalars(select(runs.c.id).order_by(runs.c.id)))

    def update_run(self, run: RunRecord, **values: Any) -> RunRecord:
        """Write the given columns of a run, and return it as it is then."""
        with writing(self._writer, self.path):
            self._writer.execute(update(runs).where(runs.c.seq == run.seq).values(values))
        return self.run(run.id)

    def discard(self, run: RunRecord) -> None:
        """Take out a run of which nothing was sent, with its rows."""
        with writing(self._writer, self.path):
            self._writer.execute(delete(rows).where(rows.c.run == run.seq))
            self._writer.execute(delete(runs).where(runs.c.seq == run.seq))

    def rows(self, run: RunRecord) -> RunRows:
        """Return the rows and calls of a run."""
        return RunRows(self._engine, self._writer, run.seq, self.path)


def _stamp(now: float, last_id: str | None) -> str:
    """Return the second of a new run's id: this one, or the next after that of the last run."""
    stamp = moment(now).strftime(_STAMP)
    if last_id is None or stamp > last_id[: len(stamp)]:
        return stamp
    last = datetime.strptime(last_id[: len(stamp)], _STAMP).replace(tzinfo=UTC)
    return (last + timedelta(seconds=1)).strftime(_STAMP)


def _slug(job: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", job.lower()).strip("-")[:40] or "job"
