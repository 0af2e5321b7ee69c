"""A plan that was saved: taken up only if nothing that it was made from has changed."""

from collections.abc import Callable
from pathlib import Path

from bulkcase.errors import UsageError
from bulkcase.input import file_sha256
from bulkcase.job import Job, load_without_rows
from bulkcase.job.lookup_files import load_lookup_files
from bulkcase.job.paths import near
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.model import RunState
from bulkcase.operations.assign import set_job_of
from bulkcase.operations.common.planned import Plan, plan_of
from bulkcase.operations.common.runtime import Runtime, ledger_path, target_name
from bulkcase.operations.deciding.definition import refuse_changes
from bulkcase.operations.deciding.draft import refuse_a_stale_file


def job_of_plan(file: Path, text: str, place: Callable[[Job], Job]) -> Job | None:
    """Return the job of a saved plan that was made by `set`; None for any other plan, and where there is none.

    `place` puts the ledger and the server into a job that the command line names.
    """
    path = ledger_path(place(load_without_rows(file)))
    if not path.exists():
        return None
    with Ledger(path) as ledger:
        job = set_job_of(ledger.find(text, plan=True))
    return None if job is None else place(job.at(file))


def saved_plan(ledger: Ledger, text: str, job: Job, runtime: Runtime) -> Plan:
    """Return the plan that is meant by an id, a part of one, or "last".

    Raises UsageError where it was started already, or is not of this job, this target or this very file; JobError where
    key, mapping or lookups have changed since.
    """
    run = ledger.find(text, plan=True)
    if run.state is not RunState.PLANNED:
        raise UsageError(f"run {run.id} is {run.state}, not planned: make a new plan with bulkcase plan {job.file}")
    if Path(run.job_file) != job.file.resolve():
        raise UsageError(f"run {run.id} is a plan of {run.job_file}, not of {job.file}: name that job")
    if run.target != target_name(job):
        raise UsageError(
            f"run {run.id} is a plan for {run.target}, and {job.file} goes to {target_name(job)} by now: "
            "put it back, or make a new plan"
        )
    refuse_changes(job, load_lookup_files(job), run, also=["input.duplicates"])
    _refuse_another_file(job, run, runtime.clock.now())
    return plan_of(ledger, run, job, runtime)


def _refuse_another_file(job: Job, run: RunRecord, now: float) -> None:
    """Raise UsageError where the rows of a plan are not those of today's file; what came by a pipe is in the ledger.

    Raises InputError where that file is too old by now.
    """
    path = job.path(job.input.path)
    if not Path(run.input).is_absolute():
        return
    if str(path) != run.input:
        raise UsageError(f"run {run.id} is a plan of {run.input}, and now it is to read {path}: make a new plan")
    if path.exists():
        refuse_a_stale_file(job, str(near(path)), path.stat().st_mtime, now)
    if file_sha256(path) != run.input_sha256:
        raise UsageError(f"{path}: has changed since run {run.id} was planned: make a new plan")
