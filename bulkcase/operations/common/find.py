"""From what a person calls a run to the run, its ledger, and its job as it is today."""

from pathlib import Path

from bulkcase.errors import UsageError
from bulkcase.job import Job, load
from bulkcase.job.settings import SANDBOX
from bulkcase.job.variants import rehearsal, with_folders
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.operations.assign import set_job_of
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.runtime import command_line, is_sandbox, ledger_in, state_folder, target_name


def found_run(run: str | Run, *, state: str | Path | None = None, sandbox: bool = False) -> tuple[Path, RunRecord]:
    """Return the ledger and the run that is meant by an id, a part of one, "last", or what a verb returned.

    Raises UsageError where there is none or more than one.
    """
    if isinstance(run, Run):
        path, text = run.ledger, run.id
    else:
        path, text = existing_ledger(state=state, sandbox=sandbox), run
    with Ledger(path) as ledger:
        return path, ledger.find(text)


def existing_ledger(*, state: str | Path | None = None, sandbox: bool = False) -> Path:
    """Return the path of the ledger in a state folder; raises UsageError where there is none yet."""
    folder = state_folder(state)
    path = ledger_in(folder, sandbox=sandbox)
    if not path.exists():
        other = ledger_in(folder, sandbox=not sandbox)
        advice = "no run was made yet, or their job has a [state] directory, which --state has to name"
        if other.exists():
            advice = "leave --sandbox out" if sandbox else "rehearsals and the sandbox's runs are there with --sandbox"
        raise UsageError(f"{path}: there is no ledger yet: {advice}")
    return path


def job_of(record: RunRecord, ledger: Path, *, reports: str | Path | None = None) -> Job:
    """Return the job of a run as its file says it today, with the folders that this run lives in.

    Raises JobError where the file is unusable, UsageError where it goes to another target by now.
    """
    if not Path(record.job_file).exists():
        raise UsageError(
            f"run {record.id} is of the job {record.job_file}, which is not there any more: put it back; "
            f"its report needs no job: {command_line('report', record.id, ledger)}"
        )
    job = set_job_of(record) or load(record.job_file)
    if record.undoes is not None:
        job = job.undoing(record.undoes, record.fields)
    folder = ledger.parent
    if record.target == SANDBOX:
        folder = folder.parent
        job = job if is_sandbox(job) else rehearsal(job)
    job = with_folders(job, state=folder, reports=reports or record.reports or None)
    if target_name(job) != record.target:
        raise UsageError(elsewhere(job, record))
    return job


def elsewhere(job: Job, record: RunRecord) -> str:
    """Return what to say of a job that goes to another target than a run of it did."""
    return (
        f"{job.file}: connection: run {record.id} is about {record.target}, the job goes to {target_name(job)} by now: "
        "put it back, or start a new run"
    )
