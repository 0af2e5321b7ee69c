"""A plan as the verbs return it: made from the ledger, when it was planned and whenever it is taken up again."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from bulkcase.job import Job, load
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.model import Outcome
from bulkcase.operations.runtime import Runtime, is_sandbox, near, place_options
from bulkcase.planning.changes import ChangeCounter, ChangeGroup
from bulkcase.planning.forecast import Forecast
from bulkcase.reporting import frame_of, write_decisions
from bulkcase.reporting.results import FAILED
from bulkcase.reporting.summary import Cause, causes_of

if TYPE_CHECKING:
    import pandas as pd

STREAM = "-"
"""What stands for standard input."""


@dataclass(frozen=True, slots=True)
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

    @property
    def is_failed_csv(self) -> bool:
        """Whether its input is the list of rows that need a person, which another run has written."""
        return Path(self.input).name == FAILED

    @property
    def calls(self) -> Mapping[str, int]:
        """The calls that it would make, by endpoint; retries come on top."""
        return {"updateCase": self.counts[Outcome.PENDING]}

    @property
    def undoable(self) -> bool:
        """Whether it could be taken back: not without the values before, which this version does not read."""
        return False

    def changes(self) -> Sequence[ChangeGroup]:
        """Return what would be set to what, in groups, the largest first."""
        counter = ChangeCounter()
        with Ledger(self.ledger) as ledger:
            for row in ledger.rows(ledger.run(self.run_id)).sendable():
                counter.see(orjson.loads(row.body))
        return counter.groups()

    def frame(self) -> "pd.DataFrame":
        """Return every row in input order, its cells as they were read and what was decided, as a pandas DataFrame."""
        with Ledger(self.ledger) as ledger:
            record = ledger.run(self.run_id)
            return frame_of(record.header, ledger.rows(record).all())


def plan_of(ledger: Ledger, run: RunRecord, job: Job, runtime: Runtime) -> Plan:
    """Return the plan that a run of the ledger is; the time that it takes is reckoned from now on."""
    rows = ledger.rows(run)
    counts = rows.counts()
    forecast = forecast_of(job, counts[Outcome.PENDING])
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
        causes=causes_of(rows),
        notes=run.notes,
    )


def command_for(plan: Plan) -> str:
    """Return the exact command that runs a plan as it is."""
    written = load(plan.job.file)
    words = ["bulkcase", "run", str(near(plan.job.file.absolute())), "--plan", plan.run_id]
    if plan.job.input.path != written.input.path:
        words += ["--input", plan.input if plan.job.input.path != STREAM else STREAM]
    # A job that has the sandbox as its host is no rehearsal.
    options = [option for option in place_options(plan.ledger) if option != "--sandbox" or not is_sandbox(written)]
    return shlex.join([*words, *options])


def write_plan(plan: Plan, path: Path) -> None:
    """Write every row with what was decided about it as a CSV; raises EnvironmentFailed where that cannot be done."""
    with Ledger(plan.ledger) as ledger:
        record = ledger.run(plan.run_id)
        write_decisions(path, record.header, ledger.rows(record).all())


def forecast_of(job: Job, calls: int) -> Forecast:
    """Return what the time of a run with so many calls depends on."""
    return Forecast(calls, job.quota.windows, job.quota.pace, job.quota.max_in_flight)


def _finish(job: Job, now: float, seconds: float) -> float:
    hours = job.safety.send_between
    return now + seconds if hours is None else hours.done_at(now, seconds)
