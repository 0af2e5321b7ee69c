"""run: send what the plan decided, and report."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bulkcase.clock import Clock
from bulkcase.errors import BulkcaseError
from bulkcase.job import Job
from bulkcase.ledger import Journal, Ledger, RunRecord, RunRows
from bulkcase.model import FINE, Outcome, RunState, Stop, StopReason
from bulkcase.operations.plan import Plan, plan_into
from bulkcase.operations.progress import OnProgress, Tally, reporting
from bulkcase.operations.runtime import Runtime, is_sandbox, ledger_path, report_folder
from bulkcase.operations.target import open_door, open_target, remote_target
from bulkcase.reporting import FILES, Summary, frame_of, write_results, write_summary
from bulkcase.sending import Pool, Sender
from bulkcase.stopping import StopSwitch

if TYPE_CHECKING:
    import pandas as pd

_log = logging.getLogger(__name__)

_STATES = {
    StopReason.INTERRUPTED: RunState.INTERRUPTED,
    StopReason.SAFETY: RunState.STOPPED,
    StopReason.HOURS: RunState.PAUSED,
    StopReason.FAULT: RunState.STOPPED,
}


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has ended, however it ended."""

    id: str
    ledger: Path
    folder: Path
    """Where its report is."""
    summary: Summary

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """The rows by outcome: all nine, zeros too."""
        return self.summary.outcomes

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        return self.summary.exit_code or 0

    def frame(self) -> "pd.DataFrame":
        """Return every row in input order, its cells as they were read and what became of it, as a pandas DataFrame."""
        with Ledger(self.ledger) as ledger:
            record = ledger.run(self.id)
            return frame_of(record.header, ledger.rows(record).all())


async def run(
    what: Job | Plan,
    *,
    limit: int | None = None,
    on_progress: OnProgress | None = None,
    stop: StopSwitch | None = None,
    runtime: Runtime | None = None,
) -> Run:
    """Send the updates of a job or of its plan, and write the report.

    `stop` ends it early from outside. Raises UsageError before any call where job, input or credentials are unusable,
    and EnvironmentFailed where the ledger or the report cannot be written.
    """
    runtime = runtime or Runtime()
    began = runtime.clock.monotonic()
    job = what if isinstance(what, Job) else what.job
    check_credentials(job, runtime)
    with Ledger(ledger_path(job)) as ledger:
        prepared = plan_into(ledger, what, limit=limit, runtime=runtime) if isinstance(what, Job) else what
        return await _execute(ledger, prepared, began, on_progress, stop or StopSwitch(), runtime)


def abandon(planned: Plan) -> None:
    """Mark a plan that nobody wants to run."""
    with Ledger(planned.ledger) as ledger:
        ledger.update_run(ledger.run(planned.run_id), state=RunState.ABANDONED)


def check_credentials(job: Job, runtime: Runtime | None = None) -> None:
    """Raise CredentialsError where a secret of the job cannot be had here."""
    if not is_sandbox(job):
        remote_target(job, runtime or Runtime())


async def _execute(
    ledger: Ledger, planned: Plan, began: float, on_progress: OnProgress | None, stop: StopSwitch, runtime: Runtime
) -> Run:
    record = ledger.run(planned.run_id)
    if record.state is not RunState.PLANNED:
        raise BulkcaseError(f"run {record.id} is {record.state}, not planned: make a new plan")
    record = ledger.update_run(record, state=RunState.RUNNING, started_at=runtime.clock.now())
    rows = ledger.rows(record)
    with _faults_stop(stop):
        if planned.counts[Outcome.PENDING]:
            await _send(planned, rows, on_progress, stop, runtime)
    return _finish(ledger, record, rows, planned.job, stop.stop, began, runtime.clock)


@contextmanager
def _faults_stop(stop: StopSwitch) -> Iterator[None]:
    """Let a fault stop the run as any other reason does, so that its report is still written."""
    try:
        yield
    except BulkcaseError as fault:
        stop.set(Stop(StopReason.FAULT, str(fault)))
    except Exception as fault:  # noqa: BLE001 - a fault of this program must not cost the report
        _log.debug("a fault of bulkcase", exc_info=True)
        stop.set(Stop(StopReason.FAULT, f"a fault of bulkcase ({type(fault).__name__}: {fault}): please report it"))


async def _send(
    planned: Plan, rows: RunRows, on_progress: OnProgress | None, stop: StopSwitch, runtime: Runtime
) -> None:
    job, clock = planned.job, runtime.clock
    journal = Journal(rows.apply)
    async with (
        open_target(job, runtime, rows.waiting_cases()) as target,
        open_door(job, target, planned.forecast, runtime, stop, journal) as door,
    ):
        tally = Tally(planned.forecast, clock, lambda: (door.paused_until, door.why_paused))
        pool = Pool(
            rows.sendable(),
            door=door,
            sender=Sender(door, job.retry, clock=clock, chance=runtime.chance, stop=stop),
            journal=journal,
            clock=clock,
            stop=stop,
            on_settled=tally.settled,
        )
        async with reporting(tally, on_progress, clock):
            await pool.run(min(job.quota.max_in_flight, planned.forecast.calls))


def _finish(
    ledger: Ledger, record: RunRecord, rows: RunRows, job: Job, stop: Stop | None, began: float, clock: Clock
) -> Run:
    """Write the end of a run into the ledger, and its report."""
    counts = rows.counts()
    assert record.rows == sum(counts.values()), f"{record.rows} rows were read, {counts} are accounted for"
    state, exit_code, reason = _ending(counts, stop)
    record = ledger.update_run(record, state=state, exit_code=exit_code, reason=reason, finished_at=clock.now())
    folder = report_folder(job, record.id)
    write_results(folder, record.header, rows.all())
    record = ledger.update_run(record, duration=record.duration + clock.monotonic() - began)
    summary = Summary.of(record, rows, FILES)
    write_summary(folder, summary)
    return Run(record.id, ledger.path, folder, summary)


def _ending(counts: Mapping[Outcome, int], stop: Stop | None) -> tuple[RunState, int, str]:
    """Return state, exit code and reason; a stop that came when nothing was left to do did not stop anything."""
    open_rows = counts[Outcome.PENDING] + counts[Outcome.UNKNOWN]
    if stop is not None and (open_rows or stop.reason is StopReason.FAULT):
        return _STATES[stop.reason], stop.exit_code, stop.message
    fine = all(outcome in FINE for outcome, count in counts.items() if count)
    return RunState.FINISHED, 0 if fine else 1, ""
