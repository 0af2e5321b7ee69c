"""A job with something else in the place of what its file says."""

from pathlib import Path
from typing import Final

from bulkcase.job.quantities import Window
from bulkcase.job.reports import Notify
from bulkcase.job.settings import SANDBOX, Job

REHEARSAL_SPEED: Final = 60.0
"""How much faster the clock of the quota goes in a rehearsal: an hour in a minute."""


def with_folders(job: Job, *, state: str | Path | None = None, reports: str | Path | None = None) -> Job:
    """Return a job with other folders for ledger and reports, where they are given."""
    update: dict[str, object] = {}
    if state is not None:
        update["state"] = job.state.model_copy(update={"directory": str(Path(state).absolute())})
    if reports is not None:
        update["report"] = job.report.model_copy(update={"directory": str(Path(reports).absolute())})
    return job.model_copy(update=update) if update else job


def placed(job: Job, *, state: str | Path | None = None, sandbox: bool = False) -> Job:
    """Return a job with its ledger in another folder, where one is given; as a rehearsal, where that is wanted."""
    job = with_folders(job, state=state)
    return rehearsal(job) if sandbox else job


def with_input(job: Job, written: str) -> Job:
    """Return a job that reads another file, which is relative to the folder one is in; "-" is standard input."""
    path = written if written == "-" else str(Path(written).absolute())
    return job.model_copy(update={"input": job.input.model_copy(update={"path": path})})


def rehearsal(job: Job) -> Job:
    """Return the job as it is rehearsed: against the embedded server, with the quota on a faster clock."""
    windows = tuple(Window(window.limit, window.seconds / REHEARSAL_SPEED) for window in job.quota.windows)
    return job.model_copy(
        update={
            "connection": job.connection.model_copy(update={"host": SANDBOX}),
            "quota": job.quota.model_copy(update={"windows": windows}),
            # There is nobody to be spared at daytime.
            "safety": job.safety.model_copy(update={"send_between": None}),
            # And nobody is to take it for the real thing.
            "report": job.report.model_copy(update={"metrics": None}),
            "notify": Notify(),
        }
    )
