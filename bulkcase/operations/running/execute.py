"""Sending what a run has to send, under its stop rules, and writing down how it ended."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

from bulkcase.errors import BulkcaseError, EnvironmentFailed, IllegalTransition, LedgerError
from bulkcase.hidden import without_secrets
from bulkcase.job import Job
from bulkcase.kore.door import Door
from bulkcase.ledger import ComparedRows, Journal, Place, RunRecord, RunRows
from bulkcase.logged import RUN, row_ended, run_went, tells_of_rows
from bulkcase.model import NEEDS_A_PERSON, Outcome, Result, RunState, Stop, StopReason
from bulkcase.operations.closing.ending import ending
from bulkcase.operations.closing.herald import Herald, heralded
from bulkcase.operations.common.desk import Desk, at_desk
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.options import Guard, Options
from bulkcase.operations.common.planned import command_for, forecast_of, plan_of
from bulkcase.operations.common.progress import Tally, reporting
from bulkcase.operations.common.runtime import Runtime, account_name, command_line, report_folder
from bulkcase.operations.deciding.reported import report_of
from bulkcase.operations.live.compare import OnDecided
from bulkcase.operations.live.credentials import check_credentials, disclose
from bulkcase.operations.live.reader import a_reader, wanted_of
from bulkcase.operations.live.target import left_by_earlier, open_door, open_target
from bulkcase.operations.live.watch import refuse_outside_hours, stop_on_failures, watching
from bulkcase.operations.purging.expired import purge_expired
from bulkcase.operations.report import write_report
from bulkcase.operations.running.crew import Crew
from bulkcase.operations.running.supply import Supply, by_place, in_order
from bulkcase.reporting import make_folder
from bulkcase.sending.pool import OnSettled
from bulkcase.stopping import Stopped, StopSwitch

_log = logging.getLogger(__name__)

_WITH_A_CASE = frozenset(Outcome) - {Outcome.INVALID}


@asynccontextmanager
async def at_work(job: Job, command: str, options: Options) -> AsyncGenerator["Execution"]:
    """Prepare to send rows of a job: credentials, hours, the lock of the target, the ledger; tell how it ended.

    Raises CredentialsError, OutsideHours, Locked or EnvironmentFailed, before anything was done.
    """
    runtime = options.get("runtime") or Runtime()
    is_watched, guard = options.get("watched", False), options.get("guard")
    # Who is told hears of it when the target is free for others: they may take their time.
    options.setdefault("tells", True)
    async with heralded(
        job, runtime, is_watched=is_watched, guard=guard, disclose=lambda: disclose(job, options)
    ) as herald:
        check_credentials(job, runtime)
        refuse_outside_hours(job, runtime.clock, wait=options.get("wait", False))
        with at_desk(job, command, runtime) as desk:
            execution = Execution(desk, options, herald)
            yield execution
            if execution.worked_on is not None:
                purge_expired(desk, execution.worked_on)


class Execution:
    """One session's work on a run."""

    def __init__(self, desk: Desk, options: Options, herald: Herald) -> None:
        self._desk = desk
        self._options = options
        self._herald = herald
        self._stop = options.get("stop") or StopSwitch()
        self._guard: Guard = options.get("guard") or (lambda _: nullcontext())
        self._on_progress = options.get("on_progress")
        self._wait = options.get("wait", False)
        reports = options.get("reports")
        self._reports = None if reports is None else Path(reports)
        self._fault: Stop | None = None
        self._journal: Journal | None = None
        self.worked_on: RunRecord | None = None
        """The run that it has begun to work on."""
        self._began = 0.0
        """When it began its work on the run, on the clock's monotonic scale."""
        self._waited: Mapping[str, float] = {}
        """For what its calls have waited."""
        self._left = 0
        """Rows that are to be sent and have not been settled."""

    @property
    def desk(self) -> Desk:
        """Where it works."""
        return self._desk

    async def run(self, before: RunRecord, outcomes: Collection[Outcome], replaces: Sequence[RunRecord] = ()) -> Run:
        """Send the rows of a run that have these outcomes, and report; what is open in the replaced runs is superseded.

        Cancelled, it writes down what is known and leaves the report to `bulkcase report`. Raises LedgerError or
        EnvironmentFailed, with the command that goes on from there.
        """
        desk, runtime = self._desk, self._desk.runtime
        desk.lock.tells(before.id)
        disclose(desk.job, self._options)
        with self._guard(self._stop):
            with _said_how_to_start(before, desk):
                place = Place(report_folder(desk.job, before.id), self._reports)
                make_folder(place.folder)  # found out now, not after the last row
                account, now = account_name(desk.job), runtime.instant()
                self._began = now.steady
                record, rows = desk.ledger.start(
                    before, runtime.worker, account, now, place, replaces, report_of(desk.job)
                )
            self.worked_on = record
            self._herald.begin(record)
            RUN.set(before.id)
            run_went("started", job=before.job, target=before.target, rows=before.rows)
            if before.started_at is None and tells_of_rows():
                for row in rows.all():
                    if row.result.outcome in NEEDS_A_PERSON:  # by the mapping or a look, before it was a run
                        row_ended(row.number, row.case_key or None, row.result.outcome.value, row.result.code)
            with _said_how_to_go_on(before, desk):
                try:
                    await self._send_or_stop(rows, outcomes, record)
                except asyncio.CancelledError:
                    self._stop.set(Stop(StopReason.INTERRUPTED, "cancelled"))
                    self._end_of_cancelled(before, self._ended(before, record, rows), replaces)
                    raise
                return self._report(before, self._ended(before, record, rows), replaces)

    async def _send_or_stop(self, rows: RunRows, outcomes: Collection[Outcome], record: RunRecord) -> None:
        """Send rows; a fault stops the run as any other reason does, so that its report is still written."""
        try:
            await self._send(rows, outcomes, record)
        except BulkcaseError as fault:
            self._fault = Stop(StopReason.FAULT, str(fault))
        except Exception as fault:  # noqa: BLE001 - a fault of this program must not cost the report
            _log.debug("a fault of bulkcase", exc_info=True)
            what = " ".join(without_secrets(str(fault)).split())
            message = f"a fault of bulkcase ({type(fault).__name__}: {what}): please report it"
            self._fault = Stop(StopReason.FAULT, message)

    async def _send(self, rows: RunRows, outcomes: Collection[Outcome], record: RunRecord) -> None:
        counts = rows.counts()
        self._left = sum(counts[outcome] for outcome in outcomes)
        job, runtime = self._desk.job, self._desk.runtime
        if not self._left and job.safety.canary and not record.canary and self._desk.ledger.sent(record, None).count():
            _log.warning("canary: what was sent before the run was cut off is not checked: see bulkcase verify")
        if not self._left and not self._unread(record):
            return
        forecast = forecast_of(job, self._left)
        journal = self._journal = Journal(rows.apply)
        async with (
            open_target(job, runtime, rows.case_keys(_WITH_A_CASE), left_by_earlier(self._desk, record)) as target,
            open_door(self._desk, target, forecast, self._stop, journal) as door,
        ):
            self._waited = door.waited
            tally = Tally(forecast, runtime.clock, door.pause)
            settled = self._counted(stop_on_failures(job.safety, self._stop, tally.settled))
            async with (
                watching(job.safety, door, runtime.clock, self._stop, wait=self._wait),
                reporting(tally, self._on_progress, runtime.clock),
            ):
                with suppress(Stopped):
                    supply = await self._supply(rows, outcomes, door, journal, settled)
                    crew = Crew(self._desk, record, supply, door=door, journal=journal, stop=self._stop, told=settled)
                    await crew.work(min(job.quota.max_in_flight, forecast.calls))

    def _unread(self, run: RunRecord) -> int:
        """Return how many rows are still to be read back."""
        is_asked = self._desk.job.safety.verify == "live"
        return self._desk.ledger.sent(run, None).count(is_new=True) if is_asked else 0

    async def _supply(
        self, rows: RunRows, outcomes: Collection[Outcome], door: Door, journal: Journal, settled: OnSettled
    ) -> Supply:
        if not isinstance(rows, ComparedRows):
            return in_order(rows, outcomes)
        desk, stop = self._desk, self._stop
        filters = desk.ledger.snapshot(rows.snapshot).record().filter
        reader = a_reader(desk.job, door, desk.runtime, journal, stop, wanted=wanted_of(desk.job, filters))
        told: OnDecided = lambda _, result: settled(result, 0.0)  # noqa: E731 - a name for what has a type
        return await by_place(rows, outcomes, desk, reader, journal=journal, stop=stop, told=told, counted=self._count)

    def _count(self, rows: int) -> None:
        self._left = rows

    def _counted(self, settled: OnSettled) -> OnSettled:
        def counted(result: Result, seconds: float) -> None:
            self._left -= 1
            settled(result, seconds)

        return counted

    def _ended(self, before: RunRecord, record: RunRecord, rows: RunRows) -> RunRecord:
        """Return the run as it is at the end of this session.

        Raises LedgerError where something that is known cannot be written: the session stays open then, and whoever
        comes next settles what it left.
        """
        if self._journal is not None:
            self._journal.flush()
        rows.settle_in_flight(self._desk.runtime.clock.now())
        worked = self._desk.runtime.clock.monotonic() - self._began
        self._desk.ledger.note_waits(record, {**self._waited, "worked": worked})
        counts = rows.counts()
        assert record.rows == sum(counts.values()), f"{record.rows} rows were read, {counts} are accounted for"
        stop = self._fault or self._stop.stop
        left = self._left + (self._unread(record) if stop is not None else 0)
        state, exit_code, reason = ending(before, counts, stop, left)
        outcomes = {outcome.value: count for outcome, count in counts.items()}
        run_went("ended", outcomes=outcomes, state=state.value, exit_code=exit_code)
        now, spent = self._desk.runtime.clock.now(), self._spent(before)
        # The ledger has more of it than there was at the start: how its canary was checked.
        record = self._desk.ledger.run(record.id)
        return replace(record, state=state, exit_code=exit_code, reason=reason, finished_at=now, duration=spent)

    def _report(self, before: RunRecord, ended: RunRecord, replaced: Sequence[RunRecord]) -> Run:
        """Write the report of a run that has ended, and only then that it has: whoever is killed before can resume."""
        desk, now = self._desk, self._desk.runtime.clock.now()
        try:
            made = write_report(desk.ledger, ended, now, spent=lambda: self._spent(before))
            # Nobody is to go on from what these say; a corrected file that lies there stays what it is.
            for old in (*replaced, *desk.ledger.takes_back(before)):
                if old.folder is None or not Path(before.input).is_relative_to(old.folder):
                    self._report_anew(desk.ledger.run(old.id), now)
        except EnvironmentFailed:
            self._end(ended)
            raise
        self._end(replace(ended, duration=made.summary.duration_s))
        self._herald.end(made)
        return made

    def _report_anew(self, record: RunRecord, now: float) -> None:
        """Write the report of another run again, where it still is; that it cannot be written is no end of this one."""
        if record.folder is None or not Path(record.folder).is_dir():
            return
        try:
            write_report(self._desk.ledger, record, now)
        except EnvironmentFailed as error:
            _log.warning("the report of run %s was not made again: %s", record.id, error)

    def _end_of_cancelled(self, before: RunRecord, ended: RunRecord, replaced: Sequence[RunRecord]) -> None:
        """Write the end of a run that was cancelled; the report is left to whoever goes on, if there is a rest."""
        if ended.state is RunState.FINISHED:
            self._report(before, ended, replaced)
        else:
            self._end(ended)

    def _end(self, ended: RunRecord) -> None:
        self._desk.ledger.end(ended, self._desk.runtime.instant())

    def _spent(self, before: RunRecord) -> float:
        return before.duration + self._desk.runtime.clock.monotonic() - self._desk.began


@contextmanager
def _said_how_to_start(run: RunRecord, desk: Desk) -> Iterator[None]:
    """Add to what keeps a run from starting what to type when its cause is mended."""
    try:
        yield
    except EnvironmentFailed as error:
        if run.started_at is not None:
            command = command_line("resume", run.id, desk.ledger.path)
        else:
            command = command_for(plan_of(desk.ledger, run, desk.job, desk.runtime))
        raise type(error)(*error.problems, f"then go on with: {command}") from None


@contextmanager
def _said_how_to_go_on(run: RunRecord, desk: Desk) -> Iterator[None]:
    """Add to what ends a run early what to type when its cause is mended."""
    resume, report = (command_line(verb, run.id, desk.ledger.path) for verb in ("resume", "report"))
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError):
        _log.warning("run %s was cancelled", run.id)
        _log.warning("go on with: %s", resume)
        raise
    except EnvironmentFailed as error:
        is_ledger = isinstance(error, LedgerError)
        advice = f"then go on with: {resume}" if is_ledger else f"then write the report with: {report}"
        raise type(error)(*error.problems, advice) from None
    except IllegalTransition as error:
        raise IllegalTransition(*error.problems, f"please report it; go on with: {resume}") from None
