"""What every verb is handed once: time, chance, and where things are."""

import os
import random
import shlex
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from bulkcase.clock import Clock, Instant, SystemClock
from bulkcase.job import Job
from bulkcase.job.paths import near
from bulkcase.job.settings import SANDBOX
from bulkcase.ledger import Worker
from bulkcase.sandbox.settings import SandboxSettings

LEDGER = "ledger.sqlite3"
STATE_VARIABLE = "BULKCASE_STATE"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def _boot() -> str:
    """Return what tells this start of the machine from others; empty where the machine does not say (not Linux)."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""


def _locks() -> Path:
    # One place for all folders of ledgers: the lock is on the target.
    return platformdirs.user_state_path("bulkcase") / "locks"


@dataclass(frozen=True)
class Runtime:
    """Time, chance, who works where, and the sandbox's behaviour; tests bring their own."""

    clock: Clock = field(default_factory=SystemClock)
    chance: Callable[[], float] = random.random
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)
    boot: str = field(default_factory=_boot)
    worker: Worker = field(default_factory=Worker.here)
    locks: Callable[[], Path] = _locks
    """Where the locks are."""

    def instant(self) -> Instant:
        """Return this moment, as another process can place it."""
        return Instant(self.boot, self.clock.monotonic(), self.clock.now())


def is_sandbox(job: Job) -> bool:
    """Say whether a job's calls go to the embedded server."""
    return job.connection.host == SANDBOX


def state_folder(written: str | Path | None = None) -> Path:
    """Return the folder of the ledgers: the one that is named, or BULKCASE_STATE, or the user's own."""
    if written is not None:
        return Path(written).absolute()
    if STATE_VARIABLE in os.environ:
        return Path(os.environ[STATE_VARIABLE]).absolute()
    return platformdirs.user_state_path("bulkcase")


def ledger_in(folder: Path, *, sandbox: bool) -> Path:
    """Return the ledger in a state folder; rehearsals have one of their own."""
    return (folder / SANDBOX if sandbox else folder) / LEDGER


def ledger_path(job: Job) -> Path:
    """Return where the ledger of a job is."""
    written = None if job.state.directory is None else job.path(job.state.directory)
    return ledger_in(state_folder(written), sandbox=is_sandbox(job))


def report_folder(job: Job, run_id: str) -> Path:
    """Return the folder of a run's report."""
    return job.path(job.report.directory) / run_id


def target_name(job: Job) -> str:
    """Return host, account and stream in one text, for people."""
    if is_sandbox(job):
        return SANDBOX
    connection = job.connection
    return f"{connection.host.partition('://')[2]}/{connection.account_id}/{connection.stream_id}"


def account_name(job: Job) -> str:
    """Return host and account in one text: what an account-wide quota goes by."""
    return SANDBOX if is_sandbox(job) else target_name(job).rpartition("/")[0]


def command_line(verb: str, run_id: str, ledger: Path, *more: str, anywhere: bool = False) -> str:
    """Return the exact command that does something with a run, wherever its ledger is.

    It is for a person in this folder, or for one who reads it `anywhere`.
    """
    return shlex.join(["bulkcase", verb, run_id, *place_options(ledger, anywhere=anywhere), *more])


def place_options(ledger: Path, *, anywhere: bool = False) -> list[str]:
    """Return the options that lead a command to a ledger."""
    folder = ledger.parent
    in_sandbox = ["--sandbox"] if folder.name == SANDBOX else []
    folder = folder.parent if in_sandbox else folder
    return [*([] if folder == state_folder() else ["--state", str(folder if anywhere else near(folder))]), *in_sandbox]
