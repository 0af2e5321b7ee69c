"""run: plan, ask, send, report; never while an unfinished run of the same job is in the way."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack, get_args

from bulkcase.errors import Declined, UsageError
from bulkcase.job import Job
from bulkcase.job.paths import near
from bulkcase.job.variants import with_folders
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.rows import PENDING
from bulkcase.model import Outcome, RunState
from bulkcase.nearest import nearest
from bulkcase.operations.common.desk import Desk
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.options import Options, refuse_limit, refuse_text, refuse_unknown
from bulkcase.operations.common.planned import STREAM, Plan, plan_of
from bulkcase.operations.common.questions import Choice, Questions, agree
from bulkcase.operations.common.runtime import command_line, target_name
from bulkcase.operations.deciding.overtaken import supersede_overtaken
from bulkcase.operations.deciding.saved import saved_plan
from bulkcase.operations.live.credentials import disclose
from bulkcase.operations.plan import plan_at
from bulkcase.operations.resume import resume_at_work, resumed
from bulkcase.operations.running.execute import Execution, at_work
from bulkcase.said import seconds_text
from bulkcase.stopping import StopSwitch


async def run(
    what: Job | Plan,
    *,
    saved: str | None = None,
    limit: int | None = None,
    unfinished: Choice | None = None,
    ask: Questions | None = None,
    **options: Unpack[Options],
) -> Run:
    """Send the updates of a job or of its plan, and write the report.

    `what` is a job, or its plan as `plan` returned it. `saved` is the id of a plan of the job, which is then run as it
    was made, or not at all where something has changed. `limit` takes only the first rows. `unfinished` says what
    becomes of an unfinished run of the same job: "new" leaves its pending rows, "continue" goes on with it, and starts
    a new one where there is none. `ask` has questions for a person; without it nobody is asked. For the options see
    `Options`.

    However the run ends, it is returned: see its `exit_code` and `outcomes`. Cancelled, it writes down what is known,
    and `resume` goes on from there.

    Raises UsageError before any call where job, input, credentials or an unfinished run stand in the way (JobError,
    InputError and CredentialsError among them), Locked where another command uses the target, OutsideHours,
    TooManyChanges, Declined where a person says no, CasesRefused or NotPlanned where the live cases are not read, and
    EnvironmentFailed or LedgerError where ledger or report cannot be written.
    """
    refuse_unknown(options, run)
    refuse_text(what)
    refuse_limit(limit)
    _refuse_other(unfinished)
    options.setdefault("stop", StopSwitch())
    job = with_folders(what if isinstance(what, Job) else what.job, reports=options.get("reports"))
    async with at_work(job, f"run {job.file.name}", options) as execution:
        desk = execution.desk
        left = desk.ledger.unfinished(str(job.file.resolve()), target_name(job))
        if left and _choice(desk, left[-1], unfinished, ask) == "continue":
            if isinstance(what, Plan) or saved is not None or limit is not None:
                raise UsageError(
                    f"run {left[-1].id} is not finished and would be continued whole: a plan or --limit goes with --new"
                )
            ended = await _continued(execution, left.pop())
            if ended is not None:
                return ended
        planned = await _planned(desk, what, saved, limit, options)
        disclose(desk.job, options)
        agree(desk.ledger, planned, ask, keep=saved is not None or isinstance(what, Plan), new=bool(left))
        _abandon(desk.ledger, left)
        return await execution.run(desk.ledger.run(planned.run_id), PENDING)


def _refuse_other(unfinished: str | None) -> None:
    """Raise UsageError for a word that is no choice: taken for one, it would give the unfinished run up."""
    if unfinished is not None and unfinished not in (choices := get_args(Choice)):
        near = nearest(str(unfinished), choices)
        hint = f"did you mean {near}?" if near else f"give one of {', '.join(choices)}, or leave it out"
        raise UsageError(f"unfinished: {unfinished} is no choice: {hint}")


def _choice(desk: Desk, newest: RunRecord, given: Choice | None, ask: Questions | None) -> Choice:
    """Return whether to resume the unfinished run or to start a new one."""
    pending = desk.ledger.rows(newest).counts()[Outcome.PENDING]
    if given is not None:
        return given
    if ask is None or ask.unfinished is None:
        command = command_line("resume", newest.id, desk.ledger.path)
        raise UsageError(
            f"{desk.job.file}: run {newest.id} is not finished ({newest.state}, {pending:,} rows pending): "
            f"go on with it: {command} (or add --continue), or leave its pending rows and start a new run: add --new"
        )
    choice = ask.unfinished(newest, pending)
    if choice is None:
        raise Declined
    return choice


async def _continued(execution: Execution, newest: RunRecord) -> Run | None:
    """Go on with the unfinished run; None where no row of it is to be sent and only its end was still to be written."""
    desk = execution.desk
    if newest.undoes is not None:
        resume = command_line("resume", newest.id, desk.ledger.path)
        raise UsageError(
            f"{desk.job.file}: run {newest.id}, which takes run {newest.undoes} back, is not finished: "
            f"go on with it: {resume}; or leave its pending rows and start a new run: add --new"
        )
    today = str(desk.job.path(desk.job.input.path))
    if desk.job.input.path != STREAM and Path(newest.input).is_absolute() and today != newest.input:
        resume = command_line("resume", newest.id, desk.ledger.path)
        replace = command_line("resume", newest.id, desk.ledger.path, "--input", str(near(Path(today))))
        raise UsageError(
            f"{desk.job.file}: run {newest.id}, which is not finished, is of {newest.input}: go on with it: {resume}; "
            f"or let the other file take its place: {replace}; or start anew: add --new"
        )
    counts = desk.ledger.rows(newest).counts()
    is_open = any(counts[outcome] for outcome in resumed(desk.job))
    ended = await resume_at_work(execution, newest)
    return ended if is_open else None


async def _planned(desk: Desk, what: Job | Plan, saved: str | None, limit: int | None, options: Options) -> Plan:
    """Return the plan to run: a new one, or an older one without the rows that a newer run has overtaken."""
    if saved is None and isinstance(what, Job):
        return await plan_at(desk, limit=limit, options=options, keeps_hours=True)
    if limit is not None:
        raise UsageError("--limit is of a new plan, and this one is run as it was made: give one of them")
    planned = what if isinstance(what, Plan) else saved_plan(desk.ledger, saved or "", desk.job, desk.runtime)
    record = desk.ledger.run(planned.run_id)
    if record.state is not RunState.PLANNED:
        raise UsageError(f"run {record.id} is {record.state}, not planned: make a new plan")
    now = desk.runtime.clock.now()
    supersede_overtaken(desk.ledger.rows(record), PENDING, now)
    planned = plan_of(desk.ledger, record, desk.job, desk.runtime)
    same = planned.counts[Outcome.UNCHANGED]
    if record.snapshot is not None and same and now - record.planned_at > desk.job.snapshot.max_age:
        old = seconds_text(now - record.planned_at)
        note = f"{same:,} rows were found to change nothing {old} ago, and are not compared again: plan anew for that"
        planned = replace(planned, notes=(*planned.notes, note))
    return planned


def _abandon(ledger: Ledger, left: Sequence[RunRecord]) -> None:
    """Leave unfinished runs as they are, out of the way of new ones."""
    for old in left:
        ledger.update_run(old, state=RunState.ABANDONED)
