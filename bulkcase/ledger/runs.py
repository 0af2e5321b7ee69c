"""Runs in the ledger."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import orjson
from sqlalchemy import Connection, func, insert, or_, select, update

from bulkcase.clock import Instant, moment
from bulkcase.ledger import sessions, snapshots
from bulkcase.ledger.compared import ComparedRows
from bulkcase.ledger.purging import Purging
from bulkcase.ledger.queries.found import FoundRuns
from bulkcase.ledger.queries.history import Event, as_event, events_of
from bulkcase.ledger.queries.nights import Nights
from bulkcase.ledger.queries.times import RunTimes
from bulkcase.ledger.records import Place, ReportRecord, RunRecord
from bulkcase.ledger.rows import RunRows
from bulkcase.ledger.sent import SentRows
from bulkcase.ledger.sessions import PastCall, Worker
from bulkcase.ledger.snapshots import Snapshot
from bulkcase.ledger.storage.database import in_words, open_engine, writing
from bulkcase.ledger.storage.tables import runs
from bulkcase.model import Call, Outcome, RunState

_STAMP = "%Y%m%d-%H%M%S"
_PAGE = 500


class Ledger(FoundRuns):
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
        definition: Mapping[str, str],
        continues: str | None = None,
        undoes: str | None = None,
        reports: str | None = None,
        report: ReportRecord | None = None,
        is_part: bool = False,
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
                "definition": orjson.dumps(dict(definition)).decode(),
                "continues": continues,
                "undoes": undoes,
                "reports": reports,
                "report": (report or ReportRecord()).dumped(),
                "is_part": int(is_part),
                "state": RunState.PLANNED,
                "planned_at": now,
            }
            self._writer.execute(insert(runs).values(values))
        return self.run(str(values["id"]))

    def update_run(self, run: RunRecord, **values: Any) -> RunRecord:
        """Write the given columns of a run, and return it as it is then."""
        if "reading" in values:
            values["reading"] = _json(values["reading"])
        with writing(self._writer, self.path):
            self._writer.execute(update(runs).where(runs.c.seq == run.seq).values(values))
        return self.run(run.id)

    def planned(self, run: RunRecord, *, rows: int, clears: int, notes: Sequence[str]) -> RunRecord:
        """Note that a run's input was read to its end: before that it is no plan."""
        return self.update_run(run, rows=rows, clears=clears, notes=orjson.dumps(list(notes)).decode())

    def start(
        self,
        run: RunRecord,
        worker: Worker,
        account: str,
        now: Instant,
        place: Place,
        replaces: Sequence[RunRecord] = (),
        report: ReportRecord | None = None,
    ) -> tuple[RunRecord, RunRows]:
        """Let a session begin its work on a run; return the run as it is then, and the rows as that session's.

        Its rows take the place of what is open in the runs that it replaces. Whoever calls this holds the lock of the
        target; `account` is what an account-wide quota goes by, `report` what its report goes by from now on.
        """
        with writing(self._writer, self.path):
            reads = run.snapshot is not None
            session = sessions.open_session(self._writer, run.seq, run.target, account, worker, now, reads=reads)
            values = {
                "state": RunState.RUNNING,
                "started_at": run.started_at or now.wall,
                "exit_code": None,
                "folder": str(place.folder),
                "reports": run.reports if place.reports is None else str(place.reports.absolute()),
                "report": (report or run.report).dumped(),
            }
            self._writer.execute(update(runs).where(runs.c.seq == run.seq).values(values))
            for old in replaces:
                sessions.take_over(self._writer, old.seq, run.seq, run.id, now.wall)
        return self.run(run.id), self.rows(run, session)

    def note_waits(self, run: RunRecord, waited: Mapping[str, float]) -> None:
        """Write for what the calls of the session on a run have waited, and how long it has `worked`, in seconds."""
        with writing(self._writer, self.path):
            sessions.note_waits(self._writer, run.seq, waited)

    def end(self, run: RunRecord, now: Instant) -> None:
        """Let the session of a run end its work, and write how that run ended."""
        values = {name: getattr(run, name) for name in ("state", "exit_code", "reason", "finished_at", "duration")}
        with writing(self._writer, self.path):
            sessions.end_of_run(self._writer, run.seq, now)
            self._writer.execute(update(runs).where(runs.c.seq == run.seq).values(values))

    def look(self, target: str, account: str, worker: Worker, now: Instant, run: RunRecord | None = None) -> int:
        """Let a session begin that reads live cases and sends nothing, for a run where there is one; return its id."""
        with writing(self._writer, self.path):
            of = None if run is None else run.seq
            return sessions.open_session(self._writer, of, target, account, worker, now, reads=True)

    def end_look(self, session: int, now: Instant, waited: Mapping[str, float] | None = None) -> None:
        """Note that a session which only read is over, and for what its calls have waited."""
        with writing(self._writer, self.path):
            sessions.end(self._writer, session, now, waited)

    def record_calls(self, session: int, made: Sequence[Call]) -> None:
        """Write calls of a session."""
        RunRows(self._engine, self._writer, 0, self.path, session).apply([], made)

    def new_snapshot(self, target: str, filters: Mapping[str, Any], kept: Sequence[str], now: float) -> Snapshot:
        """Start a snapshot; those of the target that nobody needs any more are emptied."""
        texts = (_json(filters), _json(sorted(kept)))
        with writing(self._writer, self.path):
            return self.snapshot(snapshots.start(self._writer, target, *texts, now))

    def left_snapshot(
        self, target: str, filters: Mapping[str, Any], kept: Sequence[str], since: float
    ) -> Snapshot | None:
        """Return what was read of such a snapshot since a moment, and is no run's: by a plan that was interrupted."""
        texts = (_json(filters), _json(sorted(kept)))
        with in_words(self.path), self._writer.begin():
            found = snapshots.unclaimed(self._writer, target, *texts, since)
        return None if found is None else self.snapshot(found)

    def snapshot(self, number: int) -> Snapshot:
        """Return a snapshot by its id."""
        return Snapshot(self._writer, self.path, number)

    def share_that_changes(self, run: RunRecord) -> float | None:
        """Return the share of rows that are likely to differ from their cases; None where nothing tells.

        Told by the last finished run of the same job and mapping: nothing differs where it was of the same file and
        ended well; else as many as differed then, if it compared them.
        """
        before = self._runs(
            runs.c.job_file == run.job_file,
            runs.c.target == run.target,
            runs.c.seq < run.seq,
            runs.c.state == RunState.FINISHED,
        )
        alike = [one for one in before if one.definition == run.definition]
        if not alike:
            return None
        last = alike[-1]
        if last.input_sha256 == run.input_sha256 and last.exit_code == 0:
            return 0.0
        if last.snapshot is None:
            return None
        counts = self.rows(last).counts()
        compared = sum(counts.values()) - counts[Outcome.INVALID] - counts[Outcome.SUPERSEDED]
        return None if not compared else 1 - counts[Outcome.UNCHANGED] / compared

    def others_since(self, run: int, moment: float) -> list[int]:
        """Return the `seq` of the other runs that sent something to the target of a run, a `seq`, since a moment."""
        target = select(runs.c.target).where(runs.c.seq == run).scalar_subquery()
        since = or_(runs.c.started_at >= moment, runs.c.finished_at >= moment)
        return [other.seq for other in self._runs(runs.c.target == target, runs.c.seq != run, since)]

    def recover(self, target: str, now: Instant) -> None:
        """Settle what dead sessions of a target left behind; needs the lock of the target."""
        with writing(self._writer, self.path):
            sessions.recover(self._writer, target, now)

    def past_calls(self, **whose: str) -> Iterator[PastCall]:
        """Yield the calls that were made to a `target`, or to an `account`, the newest first."""
        with in_words(self.path), self._engine.connect() as reader:
            for found in reader.execution_options(yield_per=_PAGE).execute(sessions.past_calls(**whose)):
                yield sessions.as_past_call(found)

    def history(self, case: str) -> list[Event]:
        """Return all rows about a case, in the order of their runs."""
        with in_words(self.path), self._writer.begin():
            return [as_event(found) for found in self._writer.execute(events_of(case))]

    def workers(self, run: RunRecord) -> list[tuple[Worker, float, float | None]]:
        """Return who worked on a run, from when and until when (None: not ended, or killed)."""
        with in_words(self.path), self._writer.begin():
            return sessions.workers(self._writer, run.seq)

    def discard(self, run: RunRecord) -> None:
        """Take out a run of which nothing was sent, with its rows."""
        with writing(self._writer, self.path):
            sessions.discard(self._writer, run.seq)

    def rows(self, run: RunRecord, session: int | None = None) -> RunRows:
        """Return the rows and calls of a run: without a session for reading and for what needs no call."""
        if run.snapshot is not None:
            return self.compared(run, session)
        return RunRows(self._engine, self._writer, run.seq, self.path, session)

    def compared(self, run: RunRecord, session: int | None = None) -> ComparedRows:
        """Return the rows of a run that has a snapshot, which are read beside their cases."""
        assert run.snapshot is not None, "no live case was read for it"
        return ComparedRows(self._engine, self._writer, run.seq, self.path, session, snapshot=run.snapshot)

    def times(self, run: RunRecord) -> RunTimes:
        """Return when the calls of a run were made, and what its time went on."""
        return RunTimes(self._engine, self._writer, run.seq, self.path)

    def nights(self, of: Sequence[RunRecord]) -> Nights:
        """Return some runs, one at least, beside each other: what is told of cases is about the last one."""
        return Nights(self._engine, self._writer, self.path, of)

    def purging(self) -> Purging:
        """Return what takes runs out for good."""
        return Purging(self._engine, self._writer, self.path)

    def sent(self, run: RunRecord, snapshot: int | None) -> SentRows:
        """Return the rows of a run that were sent, beside the cases of a snapshot where there is one."""
        return SentRows(self._engine, self._writer, run.seq, self.path, snapshot)

    def landed(self, target: str, since: RunRecord) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield case and update of each row that has landed at a target from a run on, in the order of the runs."""
        later = [run.seq for run in self._runs(runs.c.target == target, runs.c.seq >= since.seq)]
        for seq in later:
            yield from SentRows(self._engine, self._writer, seq, self.path, None).landed()


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _stamp(now: float, last_id: str | None) -> str:
    """Return the second of a new run's id: this one, or the next after that of the last run."""
    stamp = moment(now).strftime(_STAMP)
    if last_id is None or stamp > last_id[: len(stamp)]:
        return stamp
    last = datetime.strptime(last_id[: len(stamp)], _STAMP).replace(tzinfo=UTC)
    return (last + timedelta(seconds=1)).strftime(_STAMP)


def _slug(job: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", job.lower()).strip("-")[:40] or "job"
