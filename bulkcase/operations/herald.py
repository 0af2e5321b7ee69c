"""Who is told how a command that sends ended, once it is over: none of this can change how it ended."""

import logging
import platform
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bulkcase.errors import BulkcaseError, CredentialsError, Declined
from bulkcase.job import Job
from bulkcase.job.secrets import resolve
from bulkcase.ledger import Ledger
from bulkcase.model import NEEDS_A_PERSON, RunState
from bulkcase.operations.ended import Run
from bulkcase.operations.runtime import Runtime, target_name
from bulkcase.reporting.metrics import MetricsOfRun, write_attempt, write_metrics
from bulkcase.reporting.notices import Notice, NotTold, notice_of, notice_of_failure
from bulkcase.reporting.tell import Ways, tell

_log = logging.getLogger(__name__)
_FAULT = 6
"""The exit code of a fault of this program."""


@dataclass
class Herald:
    """Tells of one command."""

    job: Job
    runtime: Runtime
    is_watched: bool
    """Whether a person sees what goes wrong before a run starts: then nobody else is told of it."""
    run: Run | None = None
    """The run that it has ended."""

    def warn(self) -> None:
        """Say now if somebody cannot be told at the end."""
        for problem in ways_of(self.job)[1]:
            _log.warning("%s: %s: nobody will be told that way how the run ends", self.job.file, problem)

    async def tell_of_run(self, run: Run) -> None:
        """Write the metrics of a run that has ended, and tell whoever the job names."""
        summary = run.summary
        if self.job.report.metrics is not None and summary.undoes is None:
            self._write_metrics(run, self.job.path(self.job.report.metrics))
        # A run that goes on the next night is no problem, unless something of it needs a person already.
        needs = any(summary.outcomes[outcome] for outcome in NEEDS_A_PERSON)
        is_problem = bool(summary.exit_code) and (summary.state != RunState.PAUSED or needs)
        if self._is_told(is_problem=is_problem):
            host, folder = platform.node(), str(run.folder)
            await self._tell(notice_of(summary, host=host, folder=folder, next_command=run.next_command))

    async def tell_of_failure(self, exit_code: int, kind: str) -> None:
        """Write and tell that a command ended before there was a run; `kind` is the name of what was raised."""
        if self.is_watched:
            return
        job, target = self.job.name, target_name(self.job)
        if self.job.report.metrics is not None:
            path, now = self.job.path(self.job.report.metrics), self.runtime.clock.now()
            try:
                write_attempt(path, job, target, exit_code, now)
            except NotTold as error:
                _log.warning("%s", error)
        if self._is_told(is_problem=True):
            await self._tell(notice_of_failure(job, target, platform.node(), exit_code, kind))

    def _is_told(self, *, is_problem: bool) -> bool:
        notify = self.job.notify
        return notify.is_on and (is_problem or notify.on == "always")

    async def _tell(self, notice: Notice) -> None:
        ways, problems = ways_of(self.job)
        for complaint in (*problems, *await tell(ways, notice)):
            _log.warning("nobody was told: %s", complaint)

    def _write_metrics(self, run: Run, path: Path) -> None:
        try:
            with Ledger(run.ledger) as ledger:
                finished, success = ledger.last_ends(ledger.run(run.id))
            now = self.runtime.clock.now()
            write_metrics(path, MetricsOfRun.of(run.summary, now, finished_before=finished, success_before=success))
        except (NotTold, BulkcaseError) as error:
            _log.warning("%s", error)


@asynccontextmanager
async def heralded(job: Job, runtime: Runtime, *, is_watched: bool) -> AsyncGenerator[Herald]:
    """Tell, once the body is over, how the run ended that it has put into the herald, or that there was none."""
    herald = Herald(job, runtime, is_watched)
    herald.warn()
    try:
        yield herald
    except Declined:
        raise
    except BulkcaseError as error:
        await herald.tell_of_failure(error.exit_code, type(error).__name__)
        raise
    except Exception as error:
        await herald.tell_of_failure(_FAULT, type(error).__name__)
        raise
    if herald.run is not None:
        await herald.tell_of_run(herald.run)


def ways_of(job: Job) -> tuple[Ways, list[str]]:
    """Return how the job's people are told, and a line about each way that lacks its secret here."""
    notify, problems = job.notify, list[str]()

    def secret(key: str, reference: str | None) -> SecretStr | None:
        if reference is None:
            return None
        try:
            return resolve(reference, job.file.parent)
        except CredentialsError as error:
            problems.append(f"{key}: {error}")
            return None

    smtp = notify.smtp if notify.email else None
    webhook = secret("notify.webhook", notify.webhook)
    password = secret("notify.smtp.password", smtp.password if smtp else None)
    if smtp is not None and smtp.password is not None and password is None:
        smtp = None
    bundle = job.connection.ca_bundle
    return Ways(webhook, notify.email, smtp, password, job.path(bundle) if bundle else None), problems
