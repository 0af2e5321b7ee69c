"""A textfile of Prometheus metrics: what an alert such as "no success for a day" is made of."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from bulkcase.causes import known
from bulkcase.ledger.storage.stored import storable
from bulkcase.model import Outcome
from bulkcase.reporting.summary import Summary
from bulkcase.reporting.telling.notices import NotTold

if TYPE_CHECKING:
    from prometheus_client.metrics_core import GaugeMetricFamily

_log = logging.getLogger(__name__)

PATIENCE: Final = 5.0
"""Seconds to wait for another job that writes to the same file."""
_OPENING: Final = b"# HELP bulkcase_"
"""What a file of ours starts with."""
_LABELS: Final = ("job_name", "target")


class _Family(NamedTuple):
    name: str
    help: str
    label: str = ""


_EXIT: Final = "bulkcase_last_run_exit_code"
_ATTEMPT: Final = "bulkcase_last_attempt_timestamp_seconds"
_FINISHED: Final = "bulkcase_last_finished_timestamp_seconds"
_SUCCESS: Final = "bulkcase_last_success_timestamp_seconds"
_FAMILIES: Final = (
    _Family(
        _EXIT, "Exit code of the job's last command: 0 is well, 1 needs a person, others ended before the last row."
    ),
    _Family(
        _ATTEMPT, "When the last command of the job ended, whether or not there was a run; seconds since the epoch."
    ),
    _Family("bulkcase_last_run_start_timestamp_seconds", "When the last run began; seconds since the epoch."),
    _Family("bulkcase_last_run_end_timestamp_seconds", "When the last run ended; seconds since the epoch."),
    _Family(_FINISHED, "When a run last came to its last row (exit code 0 or 1); seconds since the epoch."),
    _Family(_SUCCESS, "When a run last ended with every row well (exit code 0); seconds since the epoch."),
    _Family("bulkcase_last_run_duration_seconds", "How long the last run took."),
    _Family("bulkcase_last_run_rows", "Rows of the last run, by what became of them.", "outcome"),
    _Family("bulkcase_last_run_calls", "Calls that the last run made, retries included.", "endpoint"),
    _Family("bulkcase_last_run_retries", "Calls of the last run that sent a row again."),
    _Family("bulkcase_last_run_throttled", "Calls of the last run that the server throttled."),
    _Family("bulkcase_last_run_verified", "Rows sent by the last run, by what their cases showed of it.", "verified"),
    _Family("bulkcase_last_run_failures", "Rows of the last run that did not end well, by cause.", "code"),
)

_Job = tuple[str, str]
"""Name and target."""
_Series = dict[tuple[str, str], float]
"""The values of one job, by family and the value of its own label (empty where it has none)."""


@dataclass(frozen=True, slots=True)
class MetricsOfRun:
    """What is measured of a run; moments are seconds since the epoch."""

    job: str
    target: str
    exit_code: int
    started_at: float | None
    ended_at: float
    duration_s: float
    finished_before: float | None = None
    """When a run of this job last came to its last row, as far as the ledger knows."""
    success_before: float | None = None
    """When one last ended with every row well, as far as the ledger knows."""
    rows: Mapping[Outcome, int] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    retries: int = 0
    throttled: int = 0
    verified: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    """Rows by the code of their cause."""

    @classmethod
    def of(
        cls, summary: Summary, at: float, *, finished_before: float | None = None, success_before: float | None = None
    ) -> "MetricsOfRun":
        """Return what is measured of a run that ended at `at`, unless its summary knows better."""
        return cls(
            job=summary.job,
            target=summary.target,
            exit_code=summary.exit_code or 0,
            started_at=summary.started_at,
            ended_at=summary.finished_at or at,
            duration_s=summary.duration_s,
            finished_before=finished_before,
            success_before=success_before,
            rows=summary.outcomes,
            calls=summary.calls,
            retries=summary.retries,
            throttled=summary.throttled,
            verified=summary.verified,
            failures={cause.code: cause.count for cause in summary.errors if known(cause.code)},
        )

    def series(self, before: _Series) -> _Series:
        """Return the values of the job, where `before` are those that the file has."""
        plain = {
            _EXIT: self.exit_code,
            _ATTEMPT: self.ended_at,
            "bulkcase_last_run_start_timestamp_seconds": self.started_at,
            "bulkcase_last_run_end_timestamp_seconds": self.ended_at,
            _FINISHED: self._latest({0, 1}, self.finished_before, before.get((_FINISHED, ""))),
            _SUCCESS: self._latest({0}, self.success_before, before.get((_SUCCESS, ""))),
            "bulkcase_last_run_duration_seconds": self.duration_s,
            "bulkcase_last_run_retries": self.retries,
            "bulkcase_last_run_throttled": self.throttled,
        }
        series = {(name, ""): float(value) for name, value in plain.items() if value is not None}
        labelled: dict[str, Mapping[str, int]] = {
            "bulkcase_last_run_rows": {outcome.value: self.rows.get(outcome, 0) for outcome in Outcome},
            "bulkcase_last_run_calls": self.calls,
            "bulkcase_last_run_verified": self.verified,
            "bulkcase_last_run_failures": self.failures,
        }
        return series | {(name, label): float(n) for name, counts in labelled.items() for label, n in counts.items()}

    def _latest(self, exit_codes: set[int], *before: float | None) -> float | None:
        now = [self.ended_at] if self.exit_code in exit_codes else []
        return max([*now, *(moment for moment in before if moment is not None)], default=None)


def write_metrics(path: Path, run: MetricsOfRun, *, patience: float = PATIENCE) -> None:
    """Put the values of a run into a textfile in the place of those that its job has there; others' are kept.

    Raises NotTold where that cannot be done; the file is then as it was.
    """
    _change(path, (run.job, run.target), run.series, patience)


def write_attempt(path: Path, job: str, target: str, exit_code: int, at: float, *, patience: float = PATIENCE) -> None:
    """Put into a textfile that a command of a job ended before there was a run; all else in it stays as it is.

    Raises NotTold as `write_metrics` does.
    """
    _change(path, (job, target), lambda old: old | {(_EXIT, ""): exit_code, (_ATTEMPT, ""): at}, patience)


def _change(path: Path, job: _Job, change: Callable[[_Series], _Series], patience: float) -> None:
    mine = (storable(job[0]), storable(job[1]))
    try:
        with _alone(path, patience):
            jobs = _read(path)
            jobs[mine] = change(jobs.get(mine, {}))
            _write(path, _text_of(jobs))
    except OSError as error:
        why = error.strerror or "cannot be used"
        raise NotTold(f"{path}: {why}: no metrics were written: check report.metrics") from None


@contextmanager
def _alone(path: Path, patience: float) -> Iterator[None]:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only a job with metrics

    if not path.parent.is_dir():
        raise NotTold(f"{path}: there is no such folder: make it, or change report.metrics")
    # Jobs of one group may share a file; nobody else can hold it up. The lock stays: it may not go while others wait.
    file = path.with_name(f".{path.name}.lock")
    lock = FileLock(file, mode=0o660, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire(timeout=patience, poll_interval=0.01)
    except Timeout:
        if not file.exists():  # some folders, such as those in /proc, say nothing but that
            raise NotTold(f"{path}: nothing can be written to its folder: change report.metrics") from None
        raise NotTold(f"{path}: another job has been writing for {patience:g} s: no metrics were written") from None
    except NotImplementedError:
        raise NotTold(f"{path}: its file system has no locks: change report.metrics") from None
    try:
        yield
    finally:
        lock.release()


def _read(path: Path) -> dict[_Job, _Series]:
    """Return what the file has; nothing where it is broken. Raises NotTold where it is not ours."""
    from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415 - only a job with metrics

    try:
        # A machine that lost its power may leave a file of zeros.
        content = path.read_bytes().strip(b"\0\r\n\t ")
    except FileNotFoundError:
        return {}
    if content and not content.startswith(_OPENING):
        raise NotTold(f"{path}: is not a file of bulkcase's metrics, and was left as it is: change report.metrics")
    labels = {family.name: family.label for family in _FAMILIES}
    jobs: dict[_Job, _Series] = {}
    try:
        for found in text_string_to_metric_families(content.decode()):
            if not found.name.startswith("bulkcase_"):
                raise NotTold(f"{path}: has metrics of another program, and was left as it is: change report.metrics")
            for sample in found.samples:
                own = labels.get(sample.name)
                if own is not None and set(sample.labels) == {*_LABELS, *([own] if own else [])}:
                    job = (sample.labels["job_name"], sample.labels["target"])
                    jobs.setdefault(job, {})[sample.name, sample.labels.get(own, "")] = sample.value
    except (ValueError, IndexError, KeyError):
        _log.warning("%s: was damaged and is written anew: other jobs' metrics are back after their next run", path)
        return {}
    return jobs


def _text_of(jobs: Mapping[_Job, _Series]) -> bytes:
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - as above

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything(jobs))
    return generate_latest(registry)


class _Everything:
    """What prometheus_client asks for the values."""

    def __init__(self, jobs: Mapping[_Job, _Series]) -> None:
        self._jobs = jobs

    def collect(self) -> Iterator["GaugeMetricFamily"]:
        from prometheus_client.metrics_core import GaugeMetricFamily  # noqa: PLC0415 - as above

        for family in _FAMILIES:
            gauge = GaugeMetricFamily(
                family.name, family.help, labels=[*_LABELS, *([family.label] if family.label else [])]
            )
            for job, series in sorted(self._jobs.items()):
                for (name, label), value in series.items():
                    if name == family.name:
                        gauge.add_metric([*job, *([storable(label)] if family.label else [])], value)
            yield gauge


def _write(path: Path, content: bytes) -> None:
    """Put a whole file into the place of another; others may read it: it has nothing but counts."""
    # Not *.prom, so that nobody reads half of it.
    part = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        part.unlink(missing_ok=True)
        # "x": in a folder of many users, what one of them has put there meanwhile, such as a link, is not written to.
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
