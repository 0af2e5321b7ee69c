"""A plan as the verbs return it: made from the ledger, when it was planned and whenever it is taken up again."""

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulkcase.clock import iso_utc
from bulkcase.errors import EnvironmentFailed, UsageError
from bulkcase.fields.catalogue import READ_ONLY
from bulkcase.fields.changes import ChangeCounter, ChangeGroup
from bulkcase.job import Job, load_without_rows
from bulkcase.job.needs import oldest_look
from bulkcase.job.paths import near
from bulkcase.job.sources import FILE
from bulkcase.job.variants import rehearsal
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.snapshots import SnapshotRecord
from bulkcase.ledger.storage.stored import root_of
from bulkcase.model import Outcome
from bulkcase.operations.common.notebook import causes, counted, line, table
from bulkcase.operations.common.runtime import Runtime, command_line, is_sandbox, ledger_path, target_name
from bulkcase.planning.forecast import Forecast
from bulkcase.reporting import frame_of_plan, write_decisions
from bulkcase.reporting.masked import changes_told, masked_row
from bulkcase.reporting.summary import Cause, causes_of
from bulkcase.said import number

if TYPE_CHECKING:
    import pandas as pd

STREAM = "-"
"""What stands for standard input."""


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """A run that has not started: what it would do."""

    job: Job
    run_id: str
    ledger: Path
    input: str
    """What messages call the file."""
    rows: int
    cases: int
    counts: Mapping[Outcome, int]
    """The rows by outcome; those that would be sent are `pending`."""
    fields: Sequence[str]
    """The case fields that the job sets."""
    clears: int
    """How many values would be emptied."""
    forecast: Forecast
    finish_at: float
    """When it would be done if it started now, at this quota and in these hours; seconds since the epoch."""
    causes: Sequence[Cause]
    notes: Sequence[str]
    """What a person should know of the file before sending it."""
    reading: Mapping[str, Any]
    """Whether live cases were read (`read`), and why (`why`); empty where nobody looked.

    Where they were: `pages`, `cases`, and `gaps`: why some may be missing."""
    rereads: int
    """Pages of live cases that are read again: too old when their rows have their turn, or to verify what was sent."""
    fed_back: bool = False
    """Whether its input is a file that a run has written, or a copy of one; known while it is being planned."""

    @property
    def calls(self) -> Mapping[str, int]:
        """The calls that it would make, by endpoint; retries, and what the canary reads, come on top."""
        calls = {"updateCase": self.counts[Outcome.PENDING]}
        return calls | {"getCases": self.rereads} if self.rereads else calls

    @property
    def not_found(self) -> int:
        """The rows whose cases do not exist."""
        return sum(cause.count for cause in self.causes if cause.code == "case_not_found")

    @property
    def undoable(self) -> bool:
        """Whether it could be taken back as a whole, see `why_not_undoable`."""
        return not self.why_not_undoable

    @property
    def why_not_undoable(self) -> str:
        """Why it could not be taken back."""
        if not self.reading.get("read"):
            return "the values before are not read"
        owned = sorted(READ_ONLY.intersection(map(root_of, self.fields)))
        return f"fields of the server are not put back ({', '.join(owned)})" if owned else ""

    def changes(self) -> Sequence[ChangeGroup]:
        """Return what would be changed from what to what, in groups, the largest first."""
        with Ledger(self.ledger) as ledger:
            record = ledger.run(self.run_id)
            counter = ChangeCounter(record.report.private)
            counter.see_all(ledger.rows(record).differences())
        return counter.groups()

    def frame(self) -> "pd.DataFrame":
        """Return every row in input order, its cells as they were read and what was decided, as a pandas DataFrame.

        The index is the row's number in the file; `bulkcase_decision` is a category. Each field that the plan changes
        has two columns, `bulkcase_from.FIELD` and `bulkcase_to.FIELD`, with values as people know them: missing where a
        row leaves the field alone, and from where nobody has read what stands there. It is in memory as a whole: 1.5 kB
        a row of a dozen cells. What `report.private` names is masked. Once it is run, the outcomes stand in the place
        of the decisions. Raises LedgerError, also where the plan was purged.
        """
        with Ledger(self.ledger) as ledger:
            record = ledger.run(self.run_id)
            with closing(ledger.rows(record).all_with_changes()) as rows:
                return frame_of_plan(record.header, rows, record.report.private)

    def __repr__(self) -> str:
        return line("Plan", self.run_id, (self._told(), f"{sum(self.calls.values()):,} calls"))

    def _told(self) -> str:
        """Return what is decided about the rows, in short."""
        others = (one for one in self.counts.items() if one[0] is not Outcome.PENDING)
        return counted([("to send", self.counts[Outcome.PENDING]), *others]) or "no rows"

    def _repr_html_(self) -> str:
        """Return it as a notebook shows it."""
        read = ("read" if self.reading["read"] else "not read") + f": {self.reading['why']}" if self.reading else ""
        facts = [
            ("job", f"{self.job.name} → {target_name(self.job)}"),
            ("input", f"{self.input}: {number(self.rows, 'row')} about {number(self.cases, 'case')}"),
            ("rows", self._told()),
            *causes(self.causes),
            ("sets", ", ".join(self.fields)),
            ("empties", number(self.clears, "value") if self.clears else ""),
            ("live cases", read),
            ("undo", self.why_not_undoable or "can be undone"),
            ("calls", f"{sum(self.calls.values()):,}, not done before {iso_utc(self.finish_at)}"),
            *(("note", note) for note in self.notes),
        ]
        return table(f"Plan {self.run_id}", facts)


def plan_of(ledger: Ledger, run: RunRecord, job: Job, runtime: Runtime) -> Plan:
    """Return the plan that a run of the ledger is; the time that it takes is reckoned from now on."""
    rows = ledger.rows(run)
    totals = rows.totals()
    counts = totals.outcomes
    rereads = _rereads(ledger, run, job, counts[Outcome.PENDING], runtime.clock.now())
    forecast = forecast_of(job, counts[Outcome.PENDING] + rereads)
    return Plan(
        job=job,
        run_id=run.id,
        ledger=ledger.path,
        input=str(near(Path(run.input))) if Path(run.input).is_absolute() else run.input,
        rows=sum(counts.values()),
        cases=rows.cases(),
        counts=counts,
        fields=run.fields,
        clears=run.clears,
        forecast=forecast,
        finish_at=_finish(job, runtime.clock.now(), forecast.seconds),
        causes=causes_of(rows, run, totals),
        notes=(*run.notes, *_partly(rows.partly() if run.undoes is not None else 0)),
        reading=run.reading,
        rereads=rereads,
    )


def _partly(count: int) -> Iterator[str]:
    if count:
        yield f"of {count:,} rows only a part is put back: see the conflicts of its report for what stays, and why"


def _rereads(ledger: Ledger, run: RunRecord, job: Job, sends: int, now: float) -> int:
    """Return how many pages will be read again: those too old when the turn of their rows comes, and to verify them."""
    if run.snapshot is None or not sends:
        return 0
    record = ledger.snapshot(run.snapshot).record()
    pages = ledger.compared(run).places(page=record.paging.get("size") or 1)
    verified = 0
    if job.safety.verify == "live":
        # What is sent may take cases out of a list that is filtered: all of them are read then.
        verified = record.pages if record.filter else pages
    return verified + _too_old(record, job, sends, pages, now)


def _too_old(record: SnapshotRecord, job: Job, sends: int, pages: int, now: float) -> int:
    """Return how many of the pages will be too old when the turn of their rows comes, at the pace of the quota."""
    # Pages get old in the order in which they were read, and their rows have their turn in the same order.
    duration, span = forecast_of(job, sends + pages).seconds, record.read_at - record.started_at
    at_start, at_end = now - record.started_at, now + duration - record.started_at - span
    oldest, youngest = max(at_start, at_end), min(at_start, at_end)
    limit = oldest_look(job)
    if oldest <= limit:
        return 0
    return pages if youngest >= limit else math.ceil(pages * (oldest - limit) / (oldest - youngest))


def command_for(plan: Plan) -> str:
    """Return the exact command that runs a plan as it is."""
    if plan.job.undoes is not None:
        return command_line("undo", plan.job.undoes, plan.ledger)
    words = ["bulkcase", "run", str(near(plan.job.file.absolute())), "--plan", plan.run_id]
    written = load_without_rows(plan.job.file)
    # Rows that came by a pipe are in the ledger; another file is named again, so that it is found to be the same.
    if plan.job.cells is None and plan.job.input.path not in {written.input.path, STREAM}:
        words += ["--input", plan.input]
    if is_sandbox(plan.job) and not is_sandbox(written):
        words.append("--sandbox")
        written = rehearsal(written)
    if plan.ledger != ledger_path(written):
        folder = plan.ledger.parent.parent if is_sandbox(plan.job) else plan.ledger.parent
        words += ["--state", str(near(folder))]
    return shlex.join(words)


def refuse_output(job: Job, path: Path) -> None:
    """Raise UsageError for a file that is to be read, or that is none: a table must not take its place."""
    read = {job.file.resolve()} | {job.path(file).resolve() for file in _files_of(job)}
    if path.resolve() in read:
        raise UsageError(f"{path}: is what the plan is made from: name another file with -o")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: is no file: name a file with -o")


def _files_of(job: Job) -> Iterator[str]:
    if job.input.path != STREAM:
        yield job.input.path
    for lookup in job.lookups.values():
        if isinstance(lookup, str) and lookup.startswith(FILE):
            yield lookup.removeprefix(FILE).strip()


def write_plan(plan: Plan, path: Path) -> None:
    """Write every row with what was decided about it as a CSV; raises EnvironmentFailed where that cannot be done."""
    with Ledger(plan.ledger) as ledger:
        record = ledger.run(plan.run_id)
        try:
            private = record.report.private
            rows = (
                (masked_row(row, record.header, private), changes_told(sent, before, private))
                for row, sent, before in ledger.rows(record).all_with_changes()
            )
            write_decisions(path, private.header(record.header), rows)
        except EnvironmentFailed:
            raise EnvironmentFailed(
                f"{path}: cannot be written: name another file with -o; the plan is saved: {command_for(plan)}"
            ) from None


def forecast_of(job: Job, calls: int) -> Forecast:
    """Return what the time of a run with so many calls depends on."""
    return Forecast(calls, job.quota.windows, job.quota.pace, job.quota.max_in_flight)


def _finish(job: Job, now: float, seconds: float) -> float:
    hours = job.safety.send_between
    return now + seconds if hours is None else hours.done_at(now, seconds)
