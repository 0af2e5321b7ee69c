"""Who is told how a command that sends ended, once it is over: none of this can change how it ended."""

import asyncio
import logging
import platform
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass

from pydantic import SecretStr

from bulkcase.errors import BulkcaseError, CredentialsError, Declined, EnvironmentFailed, LedgerError
from bulkcase.job import Job
from bulkcase.job.secrets import resolve
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.model import RunState
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.options import Guard
from bulkcase.operations.common.runtime import Runtime, command_line, ledger_path, target_name
from bulkcase.reporting.telling.metrics import MetricsOfRun, write_attempt, write_metrics
from bulkcase.reporting.telling.notices import Notice, NotTold, notice_of, notice_of_failure
from bulkcase.reporting.telling.tell import Ways, tell
from bulkcase.stopping import Stopped, StopSwitch

_log = logging.getLogger(__name__)
_FAULT = 6
"""The exit code of a fault of this program."""
_CANCELLED = 130


@dataclass
class Herald:
    """Tells of one command. Nothing of it raises, but for a cancellation from outside."""

    job: Job
    runtime: Runtime
    is_watched: bool
    """Whether a person sees what goes wrong before a run starts: then nobody else is told of it."""
    guard: Guard
    """Entered while people are told: what sets the switch then gives that up."""
    disclose: Callable[[], None] = lambda: None
    """Called before anybody is told: that takes secrets, too."""
    begun: RunRecord | None = None
    """The run that it is at work on."""
    run: Run | None = None
    """The run that it has ended."""

    def begin(self, record: RunRecord) -> None:
        """Note that rows of a run are sent from now on."""
        self.begun, self.run = record, None

    def end(self, run: Run) -> None:
        """Note that a run has ended, and has its report."""
        self.begun, self.run = None, run

    def warn(self) -> None:
        """Say now if somebody cannot be told at the end."""
        with _harmless("notify"):
            for problem in ways_of(self.job)[1]:
                _log.warning("%s: %s: nobody will be told that way how the run ends", self.job.file, problem)

    async def tell_of_run(self, run: Run) -> None:
        """Write the metrics of a run that has ended, and tell whoever the job names."""
        with _harmless("notify"):
            summary = run.summary
            host, folder = platform.node(), str(run.folder)
            notice = notice_of(
                summary, host=host, folder=folder, next_command=run.command(anywhere=True) or run.correct_command
            )
            await self._tell(lambda: self._measure(run), notice)

    async def tell_of_failure(self, error: Exception) -> None:
        """Write and tell that a command ended before there was a run, or before that run had its report."""
        if self.is_watched and self.begun is None:
            return
        with _harmless("notify"):
            exit_code = error.exit_code if isinstance(error, BulkcaseError) else _FAULT
            notice = self._notice_of(error, exit_code)
            await self._tell(lambda: self._measure_attempt(exit_code), notice)

    def note_cancelled(self) -> None:
        """Write that a command was cancelled; nobody is told, as whoever cancels knows."""
        if self.run is not None:
            self._measure(self.run)
        elif self.begun is not None or not self.is_watched:
            self._measure_attempt(_CANCELLED)

    def _notice_of(self, error: Exception, exit_code: int) -> Notice:
        job, target, host, kind = self.job.name, target_name(self.job), platform.node(), type(error).__name__
        if self.begun is None:
            return notice_of_failure(job, target, host, exit_code, kind)
        path, state = ledger_path(self.job), None
        if path.exists():  # opened, one that was taken away would be made anew
            with _harmless("notify"), Ledger(path) as ledger:
                state = ledger.run(self.begun.id).state
        # Where the ledger failed, how the run ended is not known, and whoever goes on finds it out.
        is_report = isinstance(error, EnvironmentFailed) and not isinstance(error, LedgerError)
        return notice_of_failure(
            *(job, target, host, exit_code, kind),
            run_id=self.begun.id,
            state=None if state in {None, RunState.RUNNING} else str(state),
            folder=self.begun.folder or "",
            next_command=command_line("report" if is_report else "resume", self.begun.id, path, anywhere=True),
        )

    async def _tell(self, measure: Callable[[], None], notice: Notice) -> None:
        """Write metrics, then tell who is to be told; a signal meanwhile gives that up, and changes nothing else."""
        notify, stop = self.job.notify, StopSwitch()
        is_told = notify.is_on and (notice.is_problem or notify.on == "always")
        with self.guard(stop):
            try:
                # Not in the loop, which others may use as well: it waits while another job writes to the file.
                await asyncio.to_thread(measure)
                if is_told:
                    self.disclose()
                    async with stop.interruptible():
                        ways, problems = ways_of(self.job)
                        for complaint in (*problems, *await tell(ways, notice)):
                            _log.warning("not told: %s", complaint)
            except (Stopped, asyncio.CancelledError) as ended:
                task = asyncio.current_task()
                if stop.stop is None or task is None:
                    raise  # from outside
                if isinstance(ended, asyncio.CancelledError):  # by a second signal
                    task.uncancel()
                if is_told:
                    _log.warning("nobody was told: interrupted")

    def _measure(self, run: Run) -> None:
        if self.job.report.metrics is None:
            return
        with _harmless("metrics"):
            with Ledger(run.ledger) as ledger:
                record = ledger.run(run.id)
                finished, success = ledger.last_ends(record)
            if record.is_night:
                now, path = self.runtime.clock.now(), self.job.path(self.job.report.metrics)
                write_metrics(path, MetricsOfRun.of(run.summary, now, finished_before=finished, success_before=success))

    def _measure_attempt(self, exit_code: int) -> None:
        job = self.job
        is_night = self.begun.is_night if self.begun is not None else job.undoes is None and job.cells is None
        if job.report.metrics is not None and is_night:
            with _harmless("metrics"):
                now, path = self.runtime.clock.now(), job.path(job.report.metrics)
                write_attempt(path, job.name, target_name(job), exit_code, now)


@contextmanager
def _harmless(what: str) -> Iterator[None]:
    """Let whatever goes wrong inside be one line of the log."""
    try:
        yield
    except (NotTold, BulkcaseError) as error:
        _log.warning("%s", error)
    except Exception as error:  # noqa: BLE001 - the command is over and done, and this must not undo that
        # Its text may hold anything, such as a secret.
        _log.warning("%s: a fault of bulkcase (%s): please report it", what, type(error).__name__)


@asynccontextmanager
async def heralded(
    job: Job,
    runtime: Runtime,
    *,
    is_watched: bool,
    guard: Guard | None = None,
    disclose: Callable[[], None] = lambda: None,
) -> AsyncGenerator[Herald]:
    """Tell, once the body is over, how the run ended that it has put into the herald, or that there was none.

    `disclose` is called before that takes a secret.
    """
    herald = Herald(job, runtime, is_watched, guard or (lambda _: nullcontext()), disclose)
    herald.warn()
    try:
        yield herald
    except Declined:
        raise
    except Exception as error:
        await herald.tell_of_failure(error)
        raise
    except (asyncio.CancelledError, KeyboardInterrupt):
        herald.note_cancelled()
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
        except Exception as error:  # noqa: BLE001 - what a backend of a keyring raises is anybody's guess
            problems.append(f"{key}: {reference}: the secret cannot be had ({type(error).__name__}): use env: or file:")
        return None

    smtp = notify.smtp if notify.email else None
    webhook = secret("notify.webhook", notify.webhook)
    password = secret("notify.smtp.password", smtp.password if smtp else None)
    if smtp is not None and smtp.password is not None and password is None:
        smtp = None
    bundle = job.connection.ca_bundle
    return Ways(webhook, notify.email, smtp, password, job.path(bundle) if bundle else None), problems
