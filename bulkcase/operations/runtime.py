"""What every verb is handed once: time, chance, and where things are."""

import os
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from bulkcase.clock import Clock, SystemClock
from bulkcase.job import Job
from bulkcase.job.quantities import Window
from bulkcase.job.settings import SANDBOX
from bulkcase.sandbox import SandboxSettings

LEDGER = "ledger.sqlite3"
STATE_VARIABLE = "BULKCASE_STATE"
REHEARSAL_SPEED = 60.0
"""How much faster the clock of the quota goes in a rehearsal: an hour in a minute."""


@dataclass(frozen=True)
class Runtime:
    """Time, chance and the sandbox's behaviour; tests bring their own."""

    clock: Clock = field(default_factory=SystemClock)
    chance: Callable[[], float] = random.random
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)


def is_sandbox(job: Job) -> bool:
    """Say whether a job's calls go to the embedded server."""
    return job.connection.host == SANDBOX


def rehearsal(job: Job) -> Job:
    """Return the job as it is rehearsed: against the embedded server, with the quota on a faster clock."""
    windows = tuple(Window(window.limit, window.seconds / REHEARSAL_SPEED) for window in job.quota.windows)
    return job.model_copy(
        update={
            "connection": job.connection.model_copy(update={"host": SANDBOX}),
            "quota": job.quota.model_copy(update={"windows": windows}),
        }
    )


def ledger_path(job: Job) -> Path:
    """Return where the ledger of a job is; rehearsals have one of their own."""
    if job.state.directory is not None:
        folder = job.path(job.state.directory)
    elif STATE_VARIABLE in os.environ:
        folder = Path(os.environ[STATE_VARIABLE]).absolute()
    else:
        folder = platformdirs.user_state_path("bulkcase")
    return (folder / SANDBOX if is_sandbox(job) else folder) / LEDGER


def report_folder(job: Job, run_id: str) -> Path:
    """Return the folder of a run's report."""
    return job.path(job.report.directory) / run_id


def near(path: Path) -> Path:
    """Return a path as a person here would write it: relative where it lies below the folder one is in."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def target_name(job: Job) -> str:
    """Return host, account and stream in one text, for people."""
    if is_sandbox(job):
        return SANDBOX
    connection = job.connection
    return f"{connection.host.partition('://')[2]}/{connection.account_id}/{connection.stream_id}"
