"""Scenes in which some of the cases meet a fault once, twice, or as often as a row is tried."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.campaign import Campaign, Scene
from support.forked import Process

from bulkcase.sandbox import Fault, SandboxSettings

ATTEMPTS = 3
WINDOWS = ((40, 0.5),)
"""Strict ones of the server; the job below has the same."""
JOB = {
    "quota": 'windows = ["40/500ms"]\nmax_in_flight = 4',
    "retry": f'attempts = {ATTEMPTS}\nmax_wait = "20ms"',
    "timeout": "5s",
    "more": '[safety]\nmax_failures = "off"',
}
RETRY_WITH = "send again what did not end well with: bulkcase "
_EVERY = 16
_HIT = {1: 1, 3: 2, 5: ATTEMPTS}
"""Which cases of so many are hit, and how often."""


@dataclass(frozen=True)
class Promise:
    """What becomes of the rows that meet a fault."""

    fault: Fault
    how: str
    outcome: str = "updated"
    """Of a row that meets it in every attempt."""
    code: str | tuple[str, ...] = ""
    """The cause that its line of the report names; one of several where it depends on what is installed."""
    tries: int = ATTEMPTS
    """How often it is sent."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Every cause that may be named."""
        return (self.code,) if isinstance(self.code, str) else self.code


def as_parameters(promises: list[Promise]) -> list[Any]:
    """Return promises as parameters of a test, each with the mark that says what goes wrong."""
    return [
        pytest.param(promise, id=promise.fault.value, marks=pytest.mark.fault(promise.fault.value, promise.how))
        for promise in promises
    ]


def hit(rows: int, promise: Promise) -> dict[str, int]:
    """Return how often each case meets a fault: as often as its row is sent at most."""
    times = {f"ci-{number:06d}": _HIT.get(number % _EVERY, 0) for number in range(rows)}
    return {case: min(count, promise.tries) for case, count in times.items() if count}


def scripts(promise: Promise, rows: int) -> dict[str, list[Fault | None]]:
    """Return the script of each case that meets a fault."""
    return {case: [promise.fault] * count for case, count in hit(rows, promise).items()}


def settings_for(promise: Promise, rows: int, **more: Any) -> SandboxSettings:
    """Return a strict server that makes a fault for some of its cases."""
    return SandboxSettings(windows=WINDOWS, case_scripts=scripts(promise, rows), **more)


def job_for(promise: Promise) -> dict[str, str]:
    """Return the parts of a job; its timeout is short only where a fault waits for it, since good calls have it too."""
    return {**JOB, "timeout": "600ms"} if "timeout" in promise.codes else JOB


def keeps(promise: Promise, campaign: Campaign, scene: Scene) -> None:
    """Prove that a promise was kept by the one process so far, down to the number of calls."""
    rows, times = len(scene.rows), hit(len(scene.rows), promise)
    ended = scene.ends[0]
    lost = [case for case, count in times.items() if count == promise.tries and promise.outcome != "updated"]
    wanted = {"updated": rows - len(lost)} | ({promise.outcome: len(lost)} if lost else {})
    lines = [line for line in scene.report() if line["bulkcase_outcome"] != "updated"]
    assert ended.code == (1 if lost else 0), ended.errors
    assert {line["Case ID"] for line in lines} == set(lost)
    assert {line["bulkcase_error_code"] for line in lines} <= set(promise.codes), lines
    assert all(line["bulkcase_error"] for line in lines), "a person is told what happened"
    assert not any("\n" in line["bulkcase_error"] for line in lines)
    assert len(scene.calls) == rows + sum(times.values()) - len(lost), "a row is sent again only where it has to be"
    campaign.proved(scene, outcomes=wanted)


def retried(scene: Scene) -> None:
    """Type the command that the last process named for what did not end well, and see everything updated."""
    lines = [line for line in scene.ends[-1].errors.splitlines() if RETRY_WITH in line]
    assert lines, scene.ends[-1].errors
    ended = scene.program(*lines[-1].partition(RETRY_WITH)[2].split())
    assert ended.code == 0, ended.errors
    scene.prove()


def peak_of(process: Process) -> int:
    """Return the most bytes of memory that a process had, as far as it was seen, when it has ended (Linux)."""
    peak = 0
    for status in _looks(process, Path(f"/proc/{process.pid}/status")):
        lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
        peak = int(lines[0].split()[1]) * 1024 if lines else peak
    return peak


def _looks(process: Process, file: Path) -> Iterator[str]:
    while process.poll() is None:
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended, and nobody was told yet
            yield file.read_text("ascii")
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.005)


def watched(peaks: list[int]) -> Callable[[Scene, Any], None]:
    """Return what to do meanwhile so that the peak of a process is added to a list."""
    return lambda _, process: peaks.append(peak_of(process))
