"""A server with cases, and jobs that read them first."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.jobs import SECRET_VARIABLE, a_job, read_results, write_cases

from bulkcase.clock import SystemClock
from bulkcase.job import Job
from bulkcase.model import Stop, StopReason
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.verify import Verification
from bulkcase.planning.landed import Landed
from bulkcase.sandbox import Sandbox, SandboxSettings, generate_cases
from bulkcase.stopping import StopSwitch

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

    def behaves(self, **quirks: Any) -> None:
        """Let the server go on with these quirks changed."""
        api = self.server._api
        api._settings = replace(api._settings, **quirks)

    def applied(self) -> int:
        """Return how many updates have changed a case, by the server's record."""
        return sum(call.applied for call in self.server.calls if call.endpoint == "updateCase")

    def notes(self, count: int) -> list[str]:
        """Write cases.csv with a new note for each of the first cases; return these."""
        keys = list(self.server.cases)[:count]
        write_cases(self.folder, [(key, f"note {number}") for number, key in enumerate(keys)])
        return keys

    def stops_at_page(self, number: int, reason: StopReason = StopReason.INTERRUPTED) -> StopSwitch:
        """Return a switch that is set when so many pages are asked for."""
        stop, pages = StopSwitch(), 0

        def enough() -> None:
            nonlocal pages
            pages += 1
            if pages == number:
                stop.set(Stop(reason, f"stopped at page {number}"))

        self.server.before_page = enough
        return stop

    def stops_after(self, updates: int) -> StopSwitch:
        """Return a switch that is set when so many more changes were made on the server."""
        stop, done, store = StopSwitch(), 0, self.server._api.store
        change = store.update

        def counted(*arguments: Any, **named: Any) -> Any:
            nonlocal done
            done += 1
            if done == updates:
                stop.set(Stop(StopReason.INTERRUPTED, "interrupted by SIGINT"))
            return change(*arguments, **named)

        store.update = counted  # type: ignore[method-assign]  # watched
        return stop

    def updates(self) -> list[str | None]:
        """Return the cases that updates were sent for, in that order."""
        return [call.case_id for call in self.server.calls if call.endpoint == "updateCase"]

    def rows(self, changed: int = 0, *, key: str = "_id") -> None:
        """Write cases.csv: each case as it is, the first ones with another note."""
        lines = []
        for number, case in enumerate(self.server.cases.values()):
            lines.append((case[key], f"note {number}" if number < changed else case["desc"]))
        write_cases(self.folder, lines)


def counts(ended: Run) -> dict[str, int]:
    """Return the outcomes that are not zero, after proving that every row has one."""
    assert sum(ended.outcomes.values()) == ended.summary.rows == len(read_results(ended.folder))
    return {outcome.value: count for outcome, count in ended.outcomes.items() if count}


def ends(ended: Run, count: int | None = None) -> list[tuple[str, str, str]]:
    """Return outcome, proof and cause of the first rows, or of all, as results.csv has them."""
    names = ("bulkcase_outcome", "bulkcase_verified", "bulkcase_error_code")
    found = read_results(ended.folder)[:count]
    return [(line[names[0]], line[names[1]], line[names[2]]) for line in found]


def says(ended: Run, number: int = 0) -> str:
    """Return what results.csv says of one row."""
    return read_results(ended.folder)[number]["bulkcase_error"]


def told(found: Verification) -> dict[str, int]:
    """Return the counts of a verification that are not zero."""
    assert list(found.counts) == list(Landed)
    return {landed.value: count for landed, count in found.counts.items() if count}


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
