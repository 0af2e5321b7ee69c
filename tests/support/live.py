"""A server with cases, and jobs that read them first."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.jobs import SECRET_VARIABLE, a_job, write_cases

from bulkcase.clock import SystemClock
from bulkcase.job import Job
from bulkcase.operations.runtime import Runtime
from bulkcase.sandbox import Sandbox, SandboxSettings, generate_cases

AUTO = 'read = "auto"'


class Shifted(SystemClock):
    """The machine's time, moved by what a test says."""

    def __init__(self) -> None:
        self.by = 0.0
        """Seconds."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic() + self.by

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time() + self.by


class Hasty(Shifted):
    """A time in which a sleep is over at once, and has taken as long as it was to take."""

    async def sleep(self, seconds: float) -> None:
        """Let so many seconds be over."""
        self.by += seconds
        await asyncio.sleep(0)


@dataclass
class Live:
    """A server with cases, and the folder of a job about them; both go by one clock."""

    folder: Path
    server: Sandbox
    clock: Shifted

    @property
    def runtime(self) -> Runtime:
        """What the verbs are handed."""
        return Runtime(chance=lambda: 0.0, clock=self.clock)

    def pass_hours(self, hours: float) -> None:
        """Let hours go by."""
        self.clock.by += 3600.0 * hours

    def job(self, **parts: str) -> Job:
        """Return a job that goes to the server."""
        return a_job(self.folder, **{"host": self.server.url, "snapshot": AUTO, "quota": "windows = []", **parts})

    def spent(self) -> Counter[str]:
        """Return the calls by endpoint since it was asked last."""
        counts = Counter(call.endpoint for call in self.server.calls)
        self.server.calls.clear()
        return counts

    def lose_a_case(self) -> None:
        """Let the server lose its first case before it shows its second page: one case is missed by the reading."""
        pages = 0

        def lose() -> None:
            nonlocal pages
            pages += 1
            if pages == 2:
                self.server.remove(next(iter(self.server.cases)))

        self.server.before_page = lose

    def hide_its_cases(self, after: int = 1) -> None:
        """Let the server fail at getCases from the next page but so many on."""
        pages, before = 0, self.server.before_page

        def fail() -> None:
            nonlocal pages
            pages += 1
            if pages > after:
                raise RuntimeError("the list of cases is out of order")
            if before is not None:
                before()

        self.server.before_page = fail

    def updates(self) -> list[str | None]:
        """Return the cases that updates were sent for, in that order."""
        return [call.case_id for call in self.server.calls if call.endpoint == "updateCase"]

    def rows(self, changed: int = 0, *, key: str = "_id") -> None:
        """Write cases.csv: each case as it is, the first ones with another note."""
        lines = []
        for number, case in enumerate(self.server.cases.values()):
            lines.append((case[key], f"note {number}" if number < changed else case["desc"]))
        write_cases(self.folder, lines)


@asynccontextmanager
async def live(folder: Path, count: int = 120, *, is_hasty: bool = False, **settings: object) -> AsyncIterator[Live]:
    """Serve so many cases, which are listed in the order of their creation; a hasty scene waits for nothing."""
    clock = Hasty() if is_hasty else Shifted()
    cases = sorted(generate_cases(count, 7, 1_795_000_000.0), key=lambda case: str(case["createdAt"]))
    with pytest.MonkeyPatch.context() as env:
        env.setenv(SECRET_VARIABLE, SandboxSettings().client_secret)
        made = SandboxSettings(**settings)  # type: ignore[arg-type]  # by name
        async with Sandbox(made, cases, clock=clock.now) as server:
            yield Live(folder, server, clock)
