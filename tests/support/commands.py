"""Commands that hold the locks of targets, in this process and in others."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.ledgers import NOW

from bulkcase.errors import Locked
from bulkcase.ledger import Worker
from bulkcase.ledger.locks import Holder, TargetLock

NAME = "kore.example.com/6639/st-1"
OTHER = "kore.example.com/6639/st-2"
ME = Holder(4711, "ops", "night", "run close.toml", NOW)

_HOLD = """
import sys
from pathlib import Path
from bulkcase.errors import Locked
from bulkcase.ledger.locks import TargetLock
from support.commands import here

folder, *names = sys.argv[1:]
print("ready", flush=True)
for _ in sys.stdin:
    try:
        with TargetLock(Path(folder), names, here(), patience=0.02):
            print("held", flush=True)
            sys.stdin.readline()
        print("released", flush=True)
    except Locked as error:
        print(error, flush=True)
"""
"""Locks at each line that it reads, and lets go at the next one; tells what came of it, a line each time."""


def here(pid: int | None = None) -> Holder:
    """Return this process, or another one of this user, as a holder."""
    worker = Worker.here()
    return Holder(pid or worker.pid, worker.user, worker.host, "run close.toml", NOW)


class Command:
    """A process that does what it is told, a line each time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.pid = process.pid

    def go(self) -> None:
        """Let it lock, or let go of what it holds."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def says(self) -> str:
        """Return what came of that, as soon as it says so."""
        assert self.process.stdout
        return self.process.stdout.readline().rstrip("\n")


@contextmanager
def command(folder: Path, *names: str) -> Iterator[Command]:
    """Start a process that can lock these names, and see that it has an end."""
    call = [sys.executable, "-c", _HOLD, str(folder), *names]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        started = Command(process)
        try:
            assert started.says() == "ready"
            yield started
        finally:
            process.kill()


@contextmanager
def holding(folder: Path, *names: str) -> Iterator[Command]:
    """Start a process that holds these names."""
    with command(folder, *names) as started:
        started.go()
        assert started.says() == "held"
        yield started


def lock(folder: Path, *names: str, holder: Holder = ME) -> TargetLock:
    """Return a lock that is refused at once, of one target where no names are given."""
    return TargetLock(folder, names or (NAME,), holder, patience=0)


def refusal(folder: Path, *names: str) -> str:
    """Return why a lock cannot be had."""
    with pytest.raises(Locked) as raised, lock(folder, *names):
        pass
    (line,) = raised.value.problems
    assert "\n" not in line
    assert raised.value.exit_code == 4
    return line
