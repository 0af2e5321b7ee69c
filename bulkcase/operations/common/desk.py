"""Where a command works: with the lock of its target, and the ledger open and in order."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bulkcase.errors import Locked
from bulkcase.garbage import seldom_collected
from bulkcase.job import Job
from bulkcase.job.settings import SANDBOX
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.locks import Holder, TargetLock
from bulkcase.operations.common.runtime import Runtime, account_name, is_sandbox, ledger_path, target_name


@dataclass(frozen=True, slots=True)
class Desk:
    """What one command has at hand while it works on a target."""

    job: Job
    runtime: Runtime
    ledger: Ledger
    lock: TargetLock
    began: float
    """When the command began, on the clock's monotonic scale."""


@contextmanager
def at_desk(job: Job, command: str, runtime: Runtime) -> Iterator[Desk]:
    """Take the lock of a job's target and open its ledger; settle what a dead command left behind.

    `command` is what others are told who want the lock. Raises Locked, EnvironmentFailed or LedgerError.
    """
    began = runtime.clock.monotonic()
    with (
        seldom_collected(),
        TargetLock(runtime.locks(), _lock_names(job), here(command, runtime)) as lock,
        Ledger(ledger_path(job)) as ledger,
    ):
        ledger.recover(target_name(job), runtime.instant())
        yield Desk(job, runtime, ledger, lock, began)


def recovered(path: Path, record: RunRecord, runtime: Runtime) -> None:
    """Settle what a dead command left behind of a run, where nobody is at work on its target."""
    name = lock_name(record.target, path)
    with (
        suppress(Locked),
        TargetLock(runtime.locks(), [name], here(f"report {record.id}", runtime)),
        Ledger(path) as ledger,
    ):
        ledger.recover(record.target, runtime.instant())


def lock_name(target: str, ledger: Path) -> str:
    """Return the name of the lock of a target; each ledger has a sandbox of its own."""
    return f"{SANDBOX} of {ledger.parent}" if target == SANDBOX else target


def _lock_names(job: Job) -> list[str]:
    """Return what only one command at a time may use: the target, and the account where all of it shares the quota."""
    names = [lock_name(target_name(job), ledger_path(job))]
    return [*names, account_name(job)] if job.quota.scope == "account" and not is_sandbox(job) else names


def here(command: str, runtime: Runtime) -> Holder:
    """Return this command as the holder of a lock; `command` is what was typed after `bulkcase`."""
    worker = runtime.worker
    return Holder(worker.pid, worker.user, worker.host, command, runtime.clock.now())
