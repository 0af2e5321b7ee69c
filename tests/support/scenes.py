"""A job and the server that it goes to, for tests of runs that are interrupted and go on."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Never

import pytest
from support.jobs import SECRET_VARIABLE, a_job, read_results, simple_rows, write_cases

from bulkcase.job import Job
from bulkcase.model import Stop, StopReason
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.run import run
from bulkcase.operations.running import execute
from bulkcase.sandbox import Sandbox, SandboxSettings, cases_for_keys
from bulkcase.stopping import StopSwitch

ROWS = simple_rows(12)
RUNTIME = Runtime(chance=lambda: 0.0)
QUOTA = "windows = []\nmax_in_flight = 1"


@dataclass
class Scene:
    """A job about twelve cases, and the server that it goes to."""

    folder: Path
    server: Sandbox
    job: Job

    def calls(self) -> dict[str | None, int]:
        """Return how often each case was called about."""
        return Counter(call.case_id for call in self.server.calls)

    async def wait_for_calls(self, count: int) -> None:
        """Return when so many calls were answered."""
        while len(self.server.calls) < count:  # noqa: ASYNC110 - the record has no event to wait for
            await asyncio.sleep(0)

    def outcomes(self, ended: Run) -> dict[str, str]:
        """Return the outcome of each row by case, as the report has it."""
        return {line["Case ID"]: line["bulkcase_outcome"] for line in read_results(ended.folder)}

    def with_job(self, **parts: str) -> Job:
        """Write the job anew, with something changed."""
        return a_job(self.folder, **{"host": self.server.url, "quota": QUOTA, **parts})


@asynccontextmanager
async def a_scene(folder: Path, rows: Iterable[tuple[str, str]] = ROWS, **settings: object) -> AsyncIterator[Scene]:
    rows = list(rows)
    write_cases(folder, rows)
    cases = cases_for_keys([key for key, _ in rows], seed=0, now=time.time())
    with pytest.MonkeyPatch.context() as env:
        env.setenv(SECRET_VARIABLE, SandboxSettings().client_secret)
        async with Sandbox(SandboxSettings(**settings), cases) as server:  # type: ignore[arg-type]  # by name
            yield Scene(folder, server, a_job(folder, host=server.url, quota=QUOTA))


_watching = set[asyncio.Task[None]]()


def stopped_after(scene: Scene, count: int) -> StopSwitch:
    """Return a switch that is set once so many calls were answered."""
    stop = StopSwitch()

    async def watch() -> None:
        await scene.wait_for_calls(count)
        stop.set(Stop(StopReason.INTERRUPTED, "enough"))

    task = asyncio.get_running_loop().create_task(watch())
    _watching.add(task)  # a loop keeps weak references only
    task.add_done_callback(_watching.discard)
    return stop


async def interrupted(scene: Scene, count: int, **options: object) -> Run:
    """Run the job, and interrupt it after so many calls."""
    ended = await run(scene.job, stop=stopped_after(scene, count), runtime=RUNTIME, **options)  # type: ignore[arg-type]  # by name
    assert ended.exit_code == 130
    return ended


def dying(*_: object, **__: object) -> Never:
    """Die, as far as a test can."""
    raise SystemExit


async def killed_while_it_reports(scene: Scene, job: Job | None = None) -> None:
    """Run a job, and die when every row is done and the report is about to be written."""
    with pytest.MonkeyPatch.context() as killed:
        killed.setattr(execute, "write_report", dying)
        with pytest.raises(SystemExit):
            await run(job or scene.job, runtime=RUNTIME)
