"""A soak: a long run of the real program, killed and stopped now and then, with everything about it watched."""

import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import psutil
from support.campaign import RUN, Scene
from support.forked import Process
from support.soak_faults import too_late, tries_of, wrong_with
from support.soak_server import ServerProcess

from bulkcase.sandbox.faults import FaultPicker
from bulkcase.sandbox.settings import SandboxSettings

_MIB = 2**20
_BETWEEN_LOOKS = 0.1
_BLOWS = (signal.SIGKILL, signal.SIGTERM)


class Look(NamedTuple):
    """What the program used at one moment."""

    process: int
    """Which process it was, counted from 0."""
    calls: int
    """What the server had had by then."""
    memory: float
    """MiB, resident."""
    files: int
    connections: int
    log: float
    """MiB of the ledger's write-ahead log."""
    age: float
    """Seconds since its process began."""


class Blow(NamedTuple):
    """What happens to the program as soon as the server has had so many calls."""

    calls: int
    signal: signal.Signals


def blows(seed: int, count: int, rows: int) -> list[Blow]:
    """Return so many blows in the first two fifths of a run of `rows` rows.

    Both kinds come in turn, the moments by the seed; the last process is left alone, so that a leak has time to show.
    """
    chance, each = random.Random(seed), rows * 0.4 / count
    return [Blow(int(each * (number + chance.uniform(0.1, 1.0))), _BLOWS[number % 2]) for number in range(count)]


@dataclass
class Soak:
    """A scene that is gone through with blows, on a server in a process of its own."""

    scene: Scene
    server: ServerProcess
    settings: SandboxSettings
    in_flight: int
    firsts: list[int] = field(default_factory=list)
    """For each process how many calls the server had had before."""
    looks: list[Look] = field(default_factory=list)
    late: int = 0
    """Calls that the server answered well, and too late: where it stood still, see `wrong`."""

    @property
    def killed(self) -> list[int]:
        """Which of the processes were killed, counted from 0."""
        return [number for number, ended in enumerate(self.scene.ends) if ended.code == -signal.SIGKILL]

    def go_through(self, coming: Sequence[Blow], seconds: float) -> None:
        """Start the program, and start it again as its own last line says, until it is done; `seconds` for each."""
        waiting = list(coming)
        command: Sequence[str] = RUN
        while True:
            ended = self.scene.program(
                *command, meanwhile=lambda _, process: self._watched(process, waiting), seconds=seconds
            )
            self._watch.join()
            if ended.code in {0, 1}:
                return
            assert ended.code in {-signal.SIGKILL, 130, 3}, (ended.code, ended.errors)
            assert len(self.scene.ends) < 3 * len(coming) + 10, ended.errors
            command = RUN if ended.code < 0 else ended.goes_on_with

    def wrong(self, *, attempts: int, looks: bool = False) -> list[str]:
        """Return the rows that did not go as the faults allow by which they were hit; the first ones.

        `attempts` is the job's.
        """
        tries = tries_of(self.server.calls, self.firsts, self.killed)
        self.late, stalls = too_late(tries), self.server.stalls()
        found = [f"{self.late} calls were made again late; the server stood still {stalls} times"] * (
            self.late > stalls * self.in_flight
        )
        for line in self.scene.report():
            case, outcome = line["Case ID"], line["bulkcase_outcome"]
            if case not in tries:
                found.append(f"{case} was never sent, and is {outcome}")
            elif said := wrong_with(tries[case], outcome, attempts=attempts, looks=looks):
                found.append(f"{case}: {said} {[(one.process, one.effect, one.is_crash) for one in tries[case]]}")
        return found[:20]

    def sent_after_landing(self) -> list[str]:
        """Return the cases that were sent once more after they had landed, whatever was answered; the first ones."""
        landed, found = set[str | None](), []
        for call in self.scene.calls:
            if call.case_id in landed:
                found.append(f"{call.case_id}: {call.fault}")
            if call.applied:
                landed.add(call.case_id)
        return found[:20]

    def not_by_the_seed(self) -> list[str]:
        """Return the calls whose fault is not the one that the seed alone gives to the case; the first ones."""
        settings = self.settings
        picker = FaultPicker(chances=settings.faults, script=(), case_scripts=settings.case_scripts, seed=settings.seed)
        return [
            f"{call.case_id}: {call.fault}"
            for call in self.scene.calls
            if call.case_id is not None and call.fault != picker.pick(call.case_id)
        ][:20]

    def halves(self, warm: float) -> tuple[Sequence[Look], Sequence[Look]]:
        """Return the looks at the last process, which did most of the rows, by halves of its calls.

        Its first `warm` seconds, and the time before its first call, are left out.
        """
        first = self.firsts[-1]
        steady = [look for look in self.looks if look.process == len(self.firsts) - 1 and look.age >= warm]
        steady = [look for look in steady if look.calls > first]
        middle = (first + steady[-1].calls) / 2
        return [look for look in steady if look.calls < middle], [look for look in steady if look.calls >= middle]

    def ledger(self) -> int:
        """Return the bytes of the ledger."""
        return sum(file.stat().st_size for file in (self.scene.folder / "state").glob("ledger.sqlite3*"))

    def _watched(self, process: Process, waiting: list[Blow]) -> None:
        self._watch = threading.Thread(target=self._look_at, args=(process, waiting), name="soak")
        self._watch.start()

    def _look_at(self, process: Process, waiting: list[Blow]) -> None:
        began, program = time.monotonic(), psutil.Process(process.pid)
        # What the one before has left in its sockets is counted by now; this one has not made a call yet.
        before = self.server.count()
        self.firsts.append(before)
        while process.poll() is None:
            calls = self.server.count()
            with suppress(psutil.Error):
                self.looks.append(self._look(program, calls, time.monotonic() - began))
            # Not before this process has made a call: it would be hit while it starts, again and again.
            if waiting and calls >= max(waiting[0].calls, before + 1):
                process.send_signal(waiting.pop(0).signal)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_BETWEEN_LOOKS)

    def _look(self, program: psutil.Process, calls: int, age: float) -> Look:
        log = self.scene.folder / "state" / "ledger.sqlite3-wal"
        with program.oneshot():
            return Look(
                len(self.firsts) - 1,
                calls,
                program.memory_info().rss / _MIB,
                program.num_fds(),
                len(program.net_connections()),
                log.stat().st_size / _MIB if log.exists() else 0.0,
                age,
            )


@contextmanager
def to_be_repeated(seed: int, command: str) -> Iterator[None]:
    """Say with a failure of the body how to have it again."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"seed {seed}; again with: {command} --soak-seed {seed}")
        raise
