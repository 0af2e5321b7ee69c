"""How far a run is, told every half second to whoever wants to know."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from bulkcase.cells import escaped
from bulkcase.clock import Clock, iso_utc
from bulkcase.job.quantities import Window
from bulkcase.kore.quota import seconds_for
from bulkcase.model import FINE, Outcome, Result
from bulkcase.planning.forecast import Forecast

INTERVAL = 0.5
"""Seconds between two reports."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a verb is, as `on_progress` is told it: every half second, and once more when it is over.

    It is told in the event loop, so a callback has to be quick; one that raises is not told any more, and the verb goes
    on. As a text it is one line: `on_progress=print` shows it.
    """

    done: int
    """How many of what is counted are done; see `of`."""
    total: int
    """How many there are; 0 where that is not known yet."""
    failed: int
    """Rows sent so far that need a person."""
    rate: float
    """Rows a second since the start."""
    finish_at: float
    """When it will be done at this quota and pace; seconds since the epoch."""
    paused: float
    """Seconds for which everybody waits, because the server throttles or is gone; 0 while calls leave."""
    why_paused: str = ""
    """Why everybody waits, in a few words; empty while calls leave."""
    of: str = "rows"
    """What is counted: `rows` that are sent, `pages` of live cases that are read, or rows of the `input` that are."""
    is_over: bool = False
    """Whether this is the last word on it."""

    def __str__(self) -> str:
        counted = {"rows": "rows", "pages": "pages of live cases", "input": "rows of the file read"}[self.of]
        said = [f"{self.done:,} of {self.total:,} {counted}" if self.total else f"{self.done:,} {counted}"]
        if self.failed:
            said.append(f"{self.failed:,} not well")
        if self.why_paused:
            said.append(f"waiting: {escaped(self.why_paused)}")
        elif not self.is_over and self.done < self.total:
            said.append(f"{self.rate:.1f} a second, done at {iso_utc(self.finish_at)}")
        return ", ".join(said)


OnProgress = Callable[[Progress], None]


class Tally:
    """Counts what becomes of the rows of one run."""

    def __init__(self, forecast: Forecast, clock: Clock, pause: Callable[[], tuple[float, str]]) -> None:
        self._forecast = forecast
        self._clock = clock
        self._pause = pause
        self._started = clock.monotonic()
        self._done = 0
        self._failed = 0
        self._seconds_in_flight = 0.0

    def settled(self, result: Result, seconds: float) -> None:
        """Count a row that was in flight for so many seconds."""
        if result.outcome is Outcome.PENDING:
            return
        self._done += 1
        self._failed += result.outcome not in FINE
        self._seconds_in_flight += seconds

    def progress(self) -> Progress:
        """Return how far the run is now."""
        now = self._clock.monotonic()
        elapsed = now - self._started
        paused_until, why_paused = self._pause()
        finish = self._forecast.finish(
            started=self._started,
            now=now,
            done=self._done,
            seconds_a_row=self._seconds_in_flight / self._done if self._done else 0.0,
            paused_until=paused_until,
        )
        return Progress(
            done=self._done,
            total=self._forecast.calls,
            failed=self._failed,
            rate=self._done / elapsed if elapsed > 0 else 0.0,
            finish_at=self._clock.now() + finish - now,
            paused=max(paused_until - now, 0.0),
            why_paused=why_paused,
        )


class InputTally:
    """Counts the rows of an input while they are read; told of where that takes its time."""

    def __init__(self, clock: Clock, on_progress: OnProgress | None) -> None:
        self.clock = clock
        self._on_progress = on_progress
        self._started = self._told = clock.monotonic()

    def read(self, count: int) -> None:
        """Tell that so many rows were read by now, every half second."""
        now = self.clock.monotonic()
        if self._on_progress is None or now - self._told < INTERVAL:
            return
        self._told = now
        progress = Progress(count, 0, 0, count / (now - self._started), self.clock.now(), 0.0, of="input")
        with suppress(Exception):  # as `reporting` does: whoever looks on never ends a run
            self._on_progress(progress)


class PageTally:
    """Counts the pages of live cases that are read."""

    def __init__(self, windows: Sequence[Window], clock: Clock, pause: Callable[[], tuple[float, str]]) -> None:
        self._windows = windows
        self._clock = clock
        self._pause = pause
        self._started = clock.monotonic()
        self._first: int | None = None
        self._done = self._total = 0

    def read(self, done: int, total: int | None) -> None:
        """Count a page: so many were read by now, of so many where that is known."""
        self._first = done - 1 if self._first is None else self._first
        self._done, self._total = done, max(total or 0, done)

    def progress(self) -> Progress:
        """Return how far the reading is now."""
        now = self._clock.monotonic()
        elapsed, done = now - self._started, self._done - (self._first or 0)
        paused_until, why_paused = self._pause()
        left = self._total - self._done
        by_quota = seconds_for(left, self._windows, 0.0)
        by_pace = left * elapsed / done if done else 0.0
        return Progress(
            done=self._done,
            total=self._total,
            failed=0,
            rate=done / elapsed if elapsed > 0 else 0.0,
            finish_at=self._clock.now() + max(by_quota, by_pace, paused_until - now),
            paused=max(paused_until - now, 0.0),
            why_paused=why_paused,
            of="pages",
        )


class Telling(Protocol):
    """Whatever knows how far something is."""

    def progress(self) -> Progress:
        """Return how far it is now."""
        ...


@asynccontextmanager
async def reporting(tally: Telling, on_progress: OnProgress | None, clock: Clock) -> AsyncGenerator[None]:
    """Report the progress while the body runs, and once more at its end."""
    if on_progress is None:
        yield
        return

    async def tick() -> None:
        while True:
            on_progress(tally.progress())
            await clock.sleep(INTERVAL)

    ticking = asyncio.create_task(tick(), name="progress")
    try:
        yield
    finally:
        ticking.cancel()
        # A callback that raised ends the reporting, never the run.
        failures = await asyncio.gather(ticking, return_exceptions=True)
        if isinstance(failures[0], asyncio.CancelledError):
            with suppress(Exception):
                on_progress(replace(tally.progress(), is_over=True))
