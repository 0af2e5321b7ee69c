"""resume and retry: go on with a run, or send again what did not end well in it."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from bulkcase.errors import TooManyChanges, UsageError
from bulkcase.input import file_sha256
from bulkcase.job import Job
from bulkcase.job.lookup_files import load_lookup_files
from bulkcase.job.paths import near
from bulkcase.job.variants import with_input
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.queries.found import UNFINISHED
from bulkcase.ledger.rows import PENDING
from bulkcase.model import Outcome, RunState
from bulkcase.operations.common.desk import Desk
from bulkcase.operations.common.ended import RETRIED, Run
from bulkcase.operations.common.find import elsewhere, found_run, job_of
from bulkcase.operations.common.options import Options, refuse_unknown
from bulkcase.operations.common.planned import Plan, command_for, plan_of
from bulkcase.operations.common.questions import Questions, agree, too_many
from bulkcase.operations.common.runtime import command_line, target_name
from bulkcase.operations.deciding.definition import refuse_changes
from bulkcase.operations.deciding.overtaken import supersede_overtaken
from bulkcase.operations.live.credentials import disclose
from bulkcase.operations.plan import plan_at
from bulkcase.operations.report import write_report
from bulkcase.operations.running.execute import Execution, at_work
from bulkcase.stopping import StopSwitch

_log = logging.getLogger(__name__)


async def resume(
    run: str | Run,
    *,
    input: str | Path | None = None,  # noqa: A002 - the word of the command line
    state: str | Path | None = None,
    sandbox: bool = False,
    ask: Questions | None = None,
    **options: Unpack[Options],
) -> Run:
    """Go on with what is pending or unknown in a run; rows in doubt are left where the job says so.

    `run` is what a verb returned, an id, a part of one that no other has, or "last", in the ledger of the folder
    `state`; `sandbox` looks among the rehearsals. With `input`, a corrected file, a run of its own takes the place of
    this one: what has landed is not sent again, and what is still open here is superseded; `ask` has questions for a
    person.

    For the options see `Options`. Raises as `run` does, and UsageError where key, mapping, lookups or target have
    changed since.
    """
    refuse_unknown(options, resume)
    options.setdefault("stop", StopSwitch())
    path, record = found_run(run, state=state, sandbox=sandbox)
    job = job_of(record, path, reports=options.get("reports"))
    if input is not None:
        if record.undoes is not None:
            raise UsageError(f"run {record.id} takes run {record.undoes} back and has no file: leave --input out")
        job = with_input(job, str(input))
    async with at_work(job, f"resume {record.id}", options) as execution:
        if input is None:
            return await resume_at_work(execution, record)
        return await _corrected(execution, record, ask, options)


async def retry(
    run: str | Run, *, state: str | Path | None = None, sandbox: bool = False, **options: Unpack[Options]
) -> Run:
    """Send again the rows of a run that ended mismatch, conflict, failed or unknown; it continues that run.

    For the arguments see `resume`. Raises as that does, and UsageError for a run with pending rows: resume it first.
    """
    refuse_unknown(options, retry)
    path, record = found_run(run, state=state, sandbox=sandbox)
    job = job_of(record, path, reports=options.get("reports"))
    async with at_work(job, f"retry {record.id}", options) as execution:
        ledger = execution.desk.ledger
        record = _as_it_is_now(execution.desk, record)
        _refuse_what_was_taken_back(ledger, record)
        if record.state in UNFINISHED and (pending := ledger.rows(record).counts()[Outcome.PENDING]):
            command = command_line("resume", record.id, path)
            raise UsageError(f"run {record.id} is not finished ({pending:,} rows pending): first {command}")
        return await _go_on(execution, record, RETRIED)


async def resume_at_work(execution: Execution, record: RunRecord) -> Run:
    """Go on with a run; see `resume`."""
    record = _as_it_is_now(execution.desk, record)
    _refuse_what_was_taken_back(execution.desk.ledger, record)
    return await _go_on(execution, record, resumed(execution.desk.job))


def resumed(job: Job) -> frozenset[Outcome]:
    """Return the outcomes of the rows that a resume sends: those in doubt only where the job says so."""
    return PENDING | {Outcome.UNKNOWN} if job.retry.unanswered == "resend" else PENDING


def _as_it_is_now(desk: Desk, record: RunRecord) -> RunRecord:
    """Return a run as the recovery left it, and prove that it can go on with the job as it is today."""
    record = desk.ledger.run(record.id)
    if record.started_at is None:
        command = command_for(plan_of(desk.ledger, record, desk.job, desk.runtime))
        raise UsageError(f"run {record.id} was never started: {command} runs its plan, if it was not declined")
    if record.target != target_name(desk.job):
        raise UsageError(elsewhere(desk.job, record))
    if record.undoes is None:
        refuse_changes(desk.job, load_lookup_files(desk.job), record)
    return record


def _refuse_what_was_taken_back(ledger: Ledger, record: RunRecord) -> None:
    if undone := ledger.undone_by(record):
        raise UsageError(
            f"run {record.id} was taken back by run {undone[-1].id}, and is not gone on with: to do it again, start a "
            "new run"
        )


async def _go_on(execution: Execution, record: RunRecord, outcomes: Collection[Outcome]) -> Run:
    """Send the rows of a run that have these outcomes, except those that a later run has overtaken."""
    desk = execution.desk
    rows = desk.ledger.rows(record)
    overtaken = supersede_overtaken(rows, outcomes, desk.runtime.clock.now())
    counts = rows.counts()
    if overtaken or record.state in UNFINISHED or any(counts[outcome] for outcome in outcomes):
        waiting = sum(counts[outcome] for outcome in outcomes)
        _log.info("%s: %d rows of run %s to send to %s", record.job, waiting, record.id, record.target)
        return replace(await execution.run(record, outcomes), note=_file_of_today(desk, record))
    named = ", ".join(sorted(outcomes))
    made = write_report(desk.ledger, record, desk.runtime.clock.now())
    return replace(made, note=f"nothing to do: no row of it is left {named}")


def _file_of_today(desk: Desk, record: RunRecord) -> str:
    """Say so where the file of a run has changed since it was planned: its rows went out as they were read."""
    path = Path(record.input)
    if not path.is_absolute() or not path.is_file() or file_sha256(path) == record.input_sha256:
        return ""
    command = command_line("resume", record.id, desk.ledger.path, "--input", str(near(path)))
    return (
        f"{near(path)} has changed since it was planned; the rows went out as they were read then. "
        f"To send what is new in it: {command}"
    )


async def _corrected(execution: Execution, record: RunRecord, ask: Questions | None, options: Options) -> Run:
    """Let a run of a corrected file take the place of what is open in a run and in those that belong to it."""
    desk = execution.desk
    _as_it_is_now(desk, record)
    planned = await plan_at(desk, limit=None, options=options, continues=record, keeps_hours=True)
    new = desk.ledger.run(planned.run_id)
    older = _still_open(desk.ledger, new)
    disclose(desk.job, options)
    try:
        agree(desk.ledger, _with_what_is_left_out(desk, planned, new, older), ask)
    except TooManyChanges as error:
        command = command_line("resume", record.id, desk.ledger.path, "--input", planned.input)
        desk.ledger.discard(new)
        raise TooManyChanges(
            f"{too_many(planned)}; to send it all the same, raise the limit, then: {command}"
        ) from error
    except BaseException:
        # It is nothing that could be run by itself: only together with what it replaces.
        desk.ledger.discard(new)
        raise
    return await execution.run(new, PENDING, older)


def _with_what_is_left_out(desk: Desk, planned: Plan, new: RunRecord, older: Sequence[RunRecord]) -> Plan:
    """Return the plan with a note for each older run whose pending rows are not in the new file.

    Raises UsageError where no row of it can be sent, or where it is one of our own files, such as failed.csv, without
    those rows: it is not meant to replace them.
    """
    if planned.counts[Outcome.INVALID] == planned.rows:
        raise UsageError(f"{planned.input}: no row of it can be sent, so the old run is left as it is: check the file")
    notes = []
    for old in older:
        missing = desk.ledger.rows(old).not_in(new.seq)
        if missing:
            resume = command_line("resume", old.id, desk.ledger.path)
            left_out = f"{missing:,} pending rows of run {old.id} are about cases that {planned.input} does not have"
            if planned.fed_back:
                raise UsageError(f"{left_out}: send those first with: {resume}; then come back with this file")
            notes.append(f"{left_out}: they will not be sent, now or later; to send them first: {resume}")
    return replace(planned, notes=(*planned.notes, *notes))


def _still_open(ledger: Ledger, new: RunRecord) -> list[RunRecord]:
    """Return the older runs that a new one belongs to and that have rows whose end is open."""
    older = [run for run in ledger.related(new) if run.seq != new.seq and run.state is not RunState.PLANNED]
    return [run for run in older if run.state in UNFINISHED or _has_open_rows(ledger, run)]


def _has_open_rows(ledger: Ledger, run: RunRecord) -> bool:
    """Say whether there are rows of a run whose end is open: pending ones, or such in doubt."""
    counts = ledger.rows(run).counts()
    return bool(counts[Outcome.PENDING] or counts[Outcome.UNKNOWN])
