"""The whole program against a server in its own process, in virtual time: calls get lost, commands get killed."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

import pytest
from support.fates import TICK, Fate
from support.jobs import SECRET_VARIABLE
from support.killed import left_of, put_back, watched_commits
from support.network import TIMEOUT, Network, Sender, Sent, Wire
from support.virtual import EPOCH, VirtualLoop

from bulkcase.errors import BulkcaseError
from bulkcase.job.quantities import Window
from bulkcase.kore.line import Line, Reply
from bulkcase.ledger.storage import database
from bulkcase.model import Stop, StopReason
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.live import target
from bulkcase.sandbox import SandboxSettings
from bulkcase.sandbox.api import Api
from bulkcase.stopping import StopSwitch

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

HOST = "https://api.example.com"
_PATH = "/caseManagement/api/public/analytics/"


class WorldLoop(VirtualLoop):
    """A loop in which what is meant for a thread takes no time either."""

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> "asyncio.Future[T]":
        """Do it at once: no timer would bring about the end of a thread."""
        done: asyncio.Future[T] = self.create_future()
        done.set_result(func(*args))
        return done


@dataclass
class WorldClock:
    """The loop's time, as a machine shows it whose clock on the wall can be set."""

    wall_off: float = 0.0
    """Seconds by which that is wrong."""
    steady_off: float = 1000.0
    """What the monotonic scale showed when the loop began."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self.steady_off + asyncio.get_running_loop().time()

    def now(self) -> float:
        """Return seconds since the epoch."""
        return EPOCH + self.wall_off + asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class End:
    """How a command ends before its work is done."""

    how: str = ""
    """commit or killed, stop, abandon or cancel; empty: not at all."""
    after: int = 1
    """How many commits, or ticks, after its start."""
    share: float = 1.0
    """Of a commit in which it is killed, how much was written."""


@dataclass(eq=False)
class Process(Sender):
    """A command at work."""

    end: End = End()
    stop: StopSwitch = field(default_factory=StopSwitch)
    task: "asyncio.Task[Any] | None" = None
    commits: int = 0


class World:
    """A folder with a job, and the server that it goes to; what is not as it must be is kept in `wrong`."""

    def __init__(
        self,
        folder: Path,
        cases: Iterable[Mapping[str, Any]],
        *,
        windows: Iterable[Window] = (),
        fates: Iterable[Fate] = (),
        most: int = 32,
        settings: SandboxSettings | None = None,
    ) -> None:
        """`most` is the job's max_in_flight; of the settings, windows, faults and latency are not used."""
        self.folder = folder
        self.ledger = folder / "state" / "ledger.sqlite3"
        self.settings = settings or SandboxSettings()
        self.api = Api(self.settings, cases)
        self.network = Network(windows, fates, self._answer)
        self.clock = WorldClock()
        self.boot = "boot-0"
        self.wrong: list[str] = []
        self.on_leaving: Callable[[Sent], None] = lambda _: None
        """Told of each call before it leaves."""
        self.on_killed: Callable[[], None] = lambda: None
        """Called when a command was killed, and the ledger is as it was then."""
        self._most = most
        self._numbers = count(1)
        self._now: Process | None = None

    @property
    def cases(self) -> dict[str, dict[str, Any]]:
        """The server's cases."""
        return self.api.store.cases

    def run(self, verb: Callable[..., Awaitable[Any]], *arguments: Any, end: End = End(), **options: Any) -> Any:
        """Let a command do its work; return what its verb returns or says is wrong, None where it was ended before."""
        return self._runner.run(self._run(verb, arguments, end, options))

    def pass_time(self, seconds: float) -> None:
        """Let time go by; calls that are on their way arrive."""
        self._runner.run(asyncio.sleep(seconds))

    def reboot(self) -> None:
        """Start the machine anew: its monotonic scale begins somewhere else."""
        self.boot, self.clock.steady_off = f"boot-{next(self._numbers)}", -self._loop_time() + 7.0

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what the ledger has on the disk; nothing where there is none yet."""
        if not self.ledger.exists():
            return []
        with closing(sqlite3.connect(self.ledger)) as connection:
            return connection.execute(query, values).fetchall()

    @contextmanager
    def open(self) -> Iterator["World"]:
        """Let commands come to this server; in the end, all calls have arrived."""
        with (
            pytest.MonkeyPatch.context() as patched,
            watched_commits(self.ledger, self._committed),
            asyncio.Runner(loop_factory=WorldLoop) as self._runner,
        ):
            patched.setattr(target, "open_line", self._open_line)
            patched.setenv(SECRET_VARIABLE, self.settings.client_secret)
            # Programs are killed here, and machines lose no power: what was written is there.
            quick = [pragma for pragma in database._PRAGMAS if "synchronous" not in pragma]
            patched.setattr(database, "_PRAGMAS", ["PRAGMA synchronous = OFF", *quick])
            patched.setattr(os, "fsync", lambda _: None)
            yield self
            self.pass_time(3 * TIMEOUT)

    def _loop_time(self) -> float:
        return self._runner.get_loop().time()

    async def _run(self, verb: Callable[..., Awaitable[Any]], arguments: Any, end: End, options: Any) -> Any:
        process = self._now = Process(end=end)
        locks = self.folder / "locks" / str(next(self._numbers))
        runtime = Runtime(chance=lambda: 0.5, clock=self.clock, boot=self.boot, locks=lambda: locks)
        loop = asyncio.get_running_loop()
        process.task = loop.create_task(_work(verb(*arguments, stop=process.stop, runtime=runtime, **options)))
        ends: dict[str, Callable[[], Any]] = {
            "killed": self.kill,
            "stop": lambda: process.stop.set(Stop(StopReason.INTERRUPTED, "stopped")),
            "abandon": lambda: process.stop.abandon(Stop(StopReason.INTERRUPTED, "stopped twice")),
            "cancel": process.task.cancel,
        }
        timer = loop.call_later(end.after * TICK, ends[end.how]) if end.how in ends else None
        try:
            return await process.task
        except BulkcaseError as error:
            return error
        except asyncio.CancelledError:
            return None
        finally:
            if timer is not None:
                timer.cancel()
            self._now = None
            if process.is_dead:
                put_back(self.ledger, self.folder / "left")
                self.on_killed()

    def kill(self, torn: tuple[int, float] | None = None) -> None:
        """Kill the command that is at work, now; the calls that it has in flight go on alone."""
        process = self._now
        if process is None or process.is_dead or process.task is None or process.task.done():
            return
        process.is_dead = True
        left_of(self.ledger, self.folder / "left", torn)
        loop = process.task.get_loop()
        # It may be a thread that writes.
        loop.call_soon_threadsafe(self._bury, process, process.task)

    def _bury(self, process: Process, task: "asyncio.Task[Any]") -> None:
        for call in process.in_flight:
            self.network.leave_alone(call)
        task.cancel()

    def _committed(self, log_before: int) -> None:
        process = self._now
        if process is None or process.is_dead:
            return
        process.commits += 1
        if process.end.how == "commit" and process.commits == process.end.after:
            self.kill((log_before, process.end.share))

    @asynccontextmanager
    async def _open_line(self, **_: Any) -> AsyncGenerator[Line]:
        process = self._now
        assert process is not None, "a command opens it"
        yield Wire(self.network, process, lambda call: self._leaves(process, call))

    def _leaves(self, process: Process, call: Sent) -> None:
        """Note what a call breaks by leaving now."""
        if len(process.in_flight) >= self._most:
            self.wrong.append(f"{len(process.in_flight) + 1} calls are in flight")
        if call.case_id is not None:
            if any(other.case_id == call.case_id for other in process.in_flight):
                self.wrong.append(f"two calls of {call.case_id} are in flight")
            intents = self.rows("SELECT count(*) FROM rows WHERE state = 'sending' AND case_key = ?", call.case_id)
            if intents != [(1,)]:
                self.wrong.append(f"a call of {call.case_id} has left with {intents} intents on the disk")
        self.on_leaving(call)

    def _answer(self, call: Sent) -> Reply:
        """Let the server do what it is asked; its tokens go by the clock on the wall of whoever made them."""
        arrival = self.api.arrive("POST", f"{_PATH}{self.settings.stream_id}/{call.path}", self.clock.now())
        headers = {"auth": call.token, "AccountId": self.settings.account_id}
        reply = self.api.answer(arrival, headers, call.body, self.clock.now())
        call.landed = call.case_id is not None and self.api.calls[-1].applied
        return Reply(reply.status or 500, dict(reply.headers), reply.body)


async def _work(verb: Awaitable[Any]) -> Any:
    return await verb


def is_finished(ended: Any) -> bool:
    """Say whether a command has done all that its run had to do."""
    return isinstance(ended, Run) and ended.summary.state == "finished"
