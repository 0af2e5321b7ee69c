"""What the ledger costs: the share of a run's time that is spent in it, against a static server on loopback.

    python benchmarks/ledger.py [--rows 100000] [--in-flight 16] [--folder /var/tmp] [--json]

The method is in README.md beside this file.
"""

import argparse
import asyncio
import inspect
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from pathlib import Path
from sqlite3 import Connection
from threading import current_thread, main_thread
from time import perf_counter, process_time
from types import coroutine
from typing import Any, Final

import uvloop
from sqlalchemy import Engine, event

from benchmarks.processes import end_at_signals
from bulkcase.job import load
from bulkcase.ledger import Journal, Ledger, RunRows, adding
from bulkcase.ledger.storage.database import writing_many
from bulkcase.model import Stop, StopReason
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.progress import Progress
from bulkcase.operations.run import run
from bulkcase.sandbox import SandboxSettings
from bulkcase.stopping import StopSwitch

SECRET = "BULKCASE_BENCHMARK_SECRET"  # noqa: S105 - the name of a variable
JOB = """\
[connection]
host = "http://127.0.0.1:{port}"
stream_id = "{stream_id}"
account_id = "{account_id}"
timeout = "5s"

[auth]
client_id = "{client_id}"
client_secret = "env:{secret}"

[input]
path = "cases.csv"
key = "Case ID"

[mapping]
desc = "Notes"
dueDate = {{ column = "Due", format = "%Y-%m-%d", timezone = "Europe/Berlin" }}
tags = {{ column = "Labels", split = ";" }}

[quota]
windows = []
max_in_flight = {in_flight}

[snapshot]
read = "never"

[retry]
attempts = 1

[state]
directory = "state"
"""
_SETTINGS = SandboxSettings()
SANDBOX: Final = {name: getattr(_SETTINGS, name) for name in ("stream_id", "account_id", "client_id")}
ROWS_IN: Final = "rows in"
PARTS: Final = {
    ROWS_IN: {"RunRows.add"},
    "sending": {
        "RunRows.apply",
        "RunRows.sendable",
        "Journal.record",
        "Journal.write",
        "Journal.keep",
        "Journal.flush",
    },
    "report": {
        f"RunRows.{name}"
        for name in ("pages", "counts", "cases", "causes", "totals", "calls_by_endpoint", "calls_by_verdict")
    },
}
"""The parts of the ledger's time, by method; whatever is not named here is "other"."""
OTHER, COMMIT = "other", ", commits"


class Meter:
    """Adds up the seconds that are spent in parts of a program; what one does inside another counts for the inner."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.groups: list[int] = []
        """The changes of each commit, but for those that a plan makes."""
        self.beside: dict[str, float] = defaultdict(float)
        """What other threads did meanwhile, by part: seconds that the run did not wait for, but for those it counts."""
        self.calls = 0
        self.marks = 0
        """How often a part was begun."""
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Count what happens meanwhile as a commit of the part that is open."""
        self.enter((self._open[-1] if self._open else OTHER) + COMMIT)
        try:
            yield
        finally:
            self.leave()

    def enter(self, part: str) -> None:
        """Begin a part."""
        self.marks += 1
        now = perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._open.append(part)
        self._since = now

    def leave(self) -> None:
        """End the part that began last."""
        now = perf_counter()
        self.seconds[self._open.pop()] += now - self._since
        self._since = now

    def timed(self, part: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return a method whose time is counted; a coroutine's or a generator's while it runs, not while it waits."""

        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            self.enter(part)
            try:
                made = method(*args, **kwargs)
            finally:
                self.leave()
            if inspect.isgenerator(made):
                return self._steps(part, made)
            return self._awaited(part, made) if inspect.iscoroutine(made) else made

        return call

    def _awaited(self, part: str, made: Any) -> Awaitable[Any]:
        return coroutine(lambda: self._steps(part, made))()

    def _steps(self, part: str, made: Any) -> Generator[Any, Any, Any]:
        """Run a generator or a coroutine step by step; what is thrown in reaches it."""
        step, value = made.send, None
        try:
            while True:
                self.enter(part)
                try:
                    found = step(value)
                except StopIteration as end:
                    return end.value
                finally:
                    self.leave()
                try:
                    step, value = made.send, (yield found)
                except Exception as error:  # noqa: BLE001 - handed on as it is
                    step, value = made.throw, error
        finally:
            made.close()


def measure(meter: Meter) -> None:
    """Let a meter count every method of the ledger that others call, and every commit of its database."""
    parts = {method: part for part, methods in PARTS.items() for method in methods}
    for owner in (Ledger, RunRows, Journal):
        for name, method in list(vars(owner).items()):
            title = f"{owner.__name__}.{name}"
            if inspect.isfunction(method) and (not name.startswith("_") or title in parts or name == "__exit__"):
                setattr(owner, name, meter.timed(parts.get(title, OTHER), method))
    Ledger.__init__ = meter.timed(OTHER, Ledger.__init__)  # type: ignore[method-assign]
    RunRows.apply = _noting_groups(meter, RunRows.apply)  # type: ignore[method-assign]
    RunRows.adding = _timed_adding(meter, RunRows.adding)  # type: ignore[method-assign]
    adding.writing_many = _timed_beside(meter, writing_many)  # type: ignore[attr-defined]

    class Timed(Connection):
        def commit(self) -> None:
            with meter.commit() if current_thread() is main_thread() else nullcontext():
                super().commit()

    @event.listens_for(Engine, "do_connect")
    def with_timed_commits(_dialect: Any, _record: Any, _args: Any, options: dict[str, Any]) -> None:
        options["factory"] = Timed


def _timed_adding(meter: Meter, added: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose time at the beginning, in each batch and at the end is counted, and not its body's."""

    @contextmanager
    def timed(rows: RunRows) -> Iterator[Callable[..., None]]:
        manager = added(rows)
        add = meter.timed(ROWS_IN, manager.__enter__)()
        try:
            yield meter.timed(ROWS_IN, add)
        finally:
            meter.timed(ROWS_IN, manager.__exit__)(*sys.exc_info())

    return timed


def _timed_beside(meter: Meter, written: Callable[..., Any]) -> Callable[..., Any]:
    @contextmanager
    def timed(*args: Any) -> Iterator[Any]:
        began = perf_counter()
        with written(*args) as cursor:
            yield cursor
        meter.beside[ROWS_IN] += perf_counter() - began

    return timed


def _noting_groups(meter: Meter, apply: Callable[..., None]) -> Callable[..., None]:
    @wraps(apply)
    def noting(rows: RunRows, changes: Any, made: Any = ()) -> None:
        if changes or made:
            meter.groups.append(len(changes))
            meter.calls += len(made)
        apply(rows, changes, made)

    return noting


def mark_time() -> float:
    """Return the seconds that it costs a part to be begun and ended, which are counted as its own."""
    meter = Meter()
    nothing = meter.timed(OTHER, lambda: None)
    for _ in range(200_000):
        nothing()
    return meter.seconds[OTHER] / meter.marks


@contextmanager
def server(*sandboxed: str) -> Iterator[int]:
    """Run a server in a process of its own, the static one or the `sandboxed` cases; yields its port."""
    command = [sys.executable, str(Path(__file__).with_name("server.py")), *sandboxed]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def write_input(folder: Path, rows: int) -> None:
    """Write a CSV of so many cases, some hundred bytes each; the values are those that the static server shows."""
    with (folder / "cases.csv").open("w", encoding="utf-8") as file:
        file.write("Case ID,Title,Notes,Due,Labels\n")
        for number in range(rows):
            # Ids in no order, as the API's are.
            case = f"ci-{number * 2_654_435_761 % 2**32:08x}-4f1d-5c8e-9a70-b1d2e3f40516"
            file.write(f"{case},Order 12345,The parcel has not come yet,2026-11-18,late\n")


def run_once(folder: Path, rows: int, in_flight: int, *, sandbox: bool) -> tuple[Run, float, float]:
    """Run a job from its input to its report; return what that brought, its seconds and those of the processor."""
    write_input(folder, rows)
    os.environ[SECRET] = SandboxSettings().client_secret
    with server(*([str(folder / "cases.csv")] if sandbox else [])) as port:
        file = folder / "benchmark.toml"
        file.write_text(JOB.format(port=port, secret=SECRET, in_flight=in_flight, **SANDBOX), encoding="utf-8")
        job = load(file)
        stop = StopSwitch()

        def stop_at_failure(progress: Progress) -> None:
            if progress.failed:
                stop.set(Stop(StopReason.SAFETY, "the server fails"))

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            began, cpu_began = perf_counter(), process_time()
            ended = runner.run(run(job, on_progress=stop_at_failure, stop=stop))
            return ended, perf_counter() - began, process_time() - cpu_began


def fsync_time(folder: Path) -> float:
    """Return the microseconds that the disk takes just now to make 16 kB durable in a file that is there already."""
    took = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(101):
            file.seek(0)
            file.write(b"x" * 16_384)
            began = perf_counter()
            os.fsync(file.fileno())
            took.append(perf_counter() - began)
    return round(statistics.median(took) * 1e6)


def figures(meter: Meter, ended: Run, rows: int, in_flight: int, total: float) -> dict[str, Any]:
    """Return what was measured, for programs."""
    assert ended.exit_code == 0, ended.summary
    parts = {name: round(seconds, 3) for name, seconds in sorted(meter.seconds.items(), key=lambda part: -part[1])}
    measuring = meter.marks * mark_time()
    spent = sum(meter.seconds.values()) - measuring
    return {
        "rows": rows,
        "in_flight": in_flight,
        "seconds": round(total, 3),
        "rows_a_second": round(rows / total),
        "ledger_seconds": round(spent, 3),
        "ledger_share": round(spent / total, 4),
        "parts": parts,
        "beside": {name: round(seconds, 3) for name, seconds in meter.beside.items()},
        "measuring_seconds": round(measuring, 3),
        "commits": len(meter.groups),
        "changes_a_commit": {"mean": statistics.mean(meter.groups), "median": statistics.median(meter.groups)},
        "calls": meter.calls,
    }


def table(found: dict[str, Any]) -> str:
    """Return what was measured, for people."""
    total, rows, group = found["seconds"], found["rows"], found["changes_a_commit"]
    lines = [
        *found["parts"].items(),
        ("less the measuring", -found["measuring_seconds"]),
        ("the ledger", found["ledger_seconds"]),
    ]
    shown = [
        f"{rows} rows, {found['in_flight']} in flight: {total:.2f} s, {found['rows_a_second']} rows/s",
        f"{found['cpu_seconds']:.2f} s of processor",
        "",
        f"{'part':<20}{'seconds':>9}{'share':>9}{'us a row':>10}",
        *(f"{name:<20}{took:>9.2f}{took / total:>9.1%}{took / rows * 1e6:>10.1f}" for name, took in lines),
        "",
        *(f"beside it, in a thread: {took:.2f} s for {name}" for name, took in found["beside"].items()),
        f"{found['commits']} groups of changes, of {group['mean']:.1f} on average, {group['median']:g} in the median",
        "an fsync of this disk took {before:g} us before and {after:g} us after".format(**found["fsync_us"]),
    ]
    return "\n".join(shown)


def main() -> None:
    """Measure one run and print it."""
    end_at_signals()
    parser = argparse.ArgumentParser(description="The share of a run's time that is spent in the ledger.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--in-flight", type=int, default=16)
    parser.add_argument("--sandbox", action="store_true", help="against bulkcase's own sandbox, in its own process")
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp"), help="on a real disk")  # noqa: S108
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    meter = Meter()
    measure(meter)
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="bulkcase-benchmark-") as folder:
        before = fsync_time(Path(folder))
        ended, total, cpu = run_once(Path(folder), asked.rows, asked.in_flight, sandbox=asked.sandbox)
        found = figures(meter, ended, asked.rows, asked.in_flight, total)
        found["cpu_seconds"] = round(cpu, 3)
        found["fsync_us"] = {"before": before, "after": fsync_time(Path(folder))}
    sys.stdout.write((json.dumps(found) if asked.json else table(found)) + "\n")


if __name__ == "__main__":
    main()
