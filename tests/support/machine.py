"""What a machine does to the program: it is killed at some step, its clock is set, its name service fails.

Each is Python that runs in the process before the program: see `prelude` of `support.program.started`.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest
from support.campaign import Scene

from bulkcase.errors import UsageError
from bulkcase.model import RunState
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.report import report
from bulkcase.operations.runs import runs, show

STATE = ("--state", "state")

_STEPS = """
import os, signal, sqlite3, sys
steps, at, tell = 0, {at}, {tell!r}

def step(what):
    global steps
    steps += 1
    if steps == at:
        with open(tell, "a", encoding="utf-8") as file:
            file.write(what + "\\n")
        os.kill(os.getpid(), signal.SIGKILL)

def heard(event, arguments):
    if event in ("os.rename", "os.remove", "os.mkdir", "fcntl.flock"):
        step(event)
    elif event == "open" and isinstance(arguments[0], str) and {folder!r} in os.path.abspath(arguments[0]):
        step(event)

connect = sqlite3.connect

def traced(*arguments, **named):
    made = connect(*arguments, **named)
    made.set_trace_callback(lambda statement: step(statement[:60]))
    return made

sqlite3.connect = sqlite3.dbapi2.connect = traced
sys.addaudithook(heard)
import atexit
from pathlib import Path
atexit.register(lambda: Path(tell).write_text("all: %d\\n" % steps, encoding="utf-8"))
"""

_STRIKE = """
import importlib, os, signal, time
def _strike(module, name, at, act):
    place = importlib.import_module(module)
    *above, last = name.split(".")
    for part in above:
        place = getattr(place, part)
    original, calls = getattr(place, last), [0]
    def struck(*arguments, **named):
        calls[0] += 1
        if calls[0] == at:
            act()
        return original(*arguments, **named)
    setattr(place, last, struck)
_strike({module!r}, {name!r}, {at}, lambda: {act})
"""

_CLOCK = """
import time
from pathlib import Path
_time, _file = time.time, Path({file!r})
def _set():
    try:
        return _time() + float(_file.read_text("utf-8") or 0)
    except (OSError, ValueError):
        return _time()
time.time = _set
"""


def killed_at_step(at: int, folder: Path, tell: Path) -> str:
    """Return a prelude that ends the process by SIGKILL at its so-manieth step.

    A step is a statement of the database, or a file of the folder that is opened, or one that is moved, made or taken
    away. What it was, or how many there were in all, is added to the file `tell`.
    """
    return _STEPS.format(at=at, folder=str(folder), tell=str(tell))


def struck_at(where: str, act: str = "os.kill(os.getpid(), signal.SIGKILL)", at: int = 1) -> str:
    """Return a prelude that does something, SIGKILL as a rule, when a function is called for the so-manieth time.

    `where` is written as `module:name`, the name as seen by whoever calls it.
    """
    module, _, name = where.partition(":")
    return _STRIKE.format(module=module, name=name, at=at, act=act)


def clock_set_by(file: Path) -> str:
    """Return a prelude by which the clock on the wall is wrong by so many seconds as a file says, while it is there."""
    return _CLOCK.format(file=str(file))


def runtime_of(scene: Scene) -> Runtime:
    """Return what a verb is handed that is to find the locks of the scene's processes."""
    return Runtime(locks=lambda: scene.folder / "no-home/.local/state/bulkcase/locks")


def open_runs(scene: Scene) -> list[str]:
    """Return the ids of all runs and plans that the ledger has, the newest last."""
    try:
        return [listed.record.id for listed in runs(state=scene.folder / "state", runtime=runtime_of(scene))]
    except UsageError:  # there is no ledger yet
        return []


def is_finished(scene: Scene) -> bool:
    """Say whether the newest run came to its end."""
    listed = runs(state=scene.folder / "state", runtime=runtime_of(scene)) if open_runs(scene) else []
    return bool(listed) and listed[-1].state is RunState.FINISHED


def prove_the_truth(scene: Scene, *, in_doubt: int) -> None:
    """Prove that show, runs and report work after a fault, and tell of the newest run what the server has."""
    state, runtime = scene.folder / "state", runtime_of(scene)
    shown = show(open_runs(scene)[-1], state=state, runtime=runtime)
    assert shown.holder is None, "nobody is at work"
    if shown.record.started_at is None:
        assert sum(shown.outcomes.values()) in {0, len(scene.rows)}
        return
    assert sum(shown.outcomes.values()) == len(scene.rows)
    made = report("last", state=state, runtime=runtime)
    assert dict(made.outcomes) == dict(shown.outcomes)
    assert scene.lost() == []
    assert scene.outcomes()["unknown"] <= in_doubt


def left_over(scene: Scene) -> list[str]:
    """Return the files that a process which ended in good order must not leave: temporary ones, and those of locks."""
    found = (path.relative_to(scene.folder) for path in scene.folder.rglob("*") if path.is_file())
    spoiled = (".unfinished", ".tmp", "-wal", "-shm", "-journal")
    return sorted(
        str(path)
        for path in found
        if path.name.endswith(spoiled)
        or path.parts[0] == "tmp"
        or (path.suffix == ".json" and path.parent.name == "locks")
    )


_NAMES = """
import ctypes
_libc = ctypes.CDLL(None, use_errno=True)
def _mount(what, where, flags):
    if _libc.mount(what, where, None, flags, None):
        raise OSError(ctypes.get_errno(), "mount")
if _libc.unshare(0x20000):
    raise OSError(ctypes.get_errno(), "unshare")
_mount(b"none", b"/", 0x44000)
_mount({hosts!r}, b"/etc/hosts", 0x1000)
_mount({resolver!r}, b"/etc/resolv.conf", 0x1000)
"""


class NameService:
    """A name service on loopback that knows one name, `localhost`, and answers when it is told to."""

    def __init__(self, folder: Path) -> None:
        """Listen; raises PermissionError where only root may."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.53", 53))
        self.answers = "silence"
        """What is asked for: `silence`, `failure` (SERVFAIL), or the `address`."""
        self.asked = 0
        self._hosts, self._resolver = folder / "hosts", folder / "resolv.conf"
        self._hosts.write_text("# none\n")
        self._resolver.write_text("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n")
        self._thread = threading.Thread(target=self._serve, name="names")

    @property
    def prelude(self) -> str:
        """What lets the process ask this name service alone."""
        return _NAMES.format(hosts=str(self._hosts).encode(), resolver=str(self._resolver).encode())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            query, asker = self._socket.recvfrom(512)
            if not query:
                return
            self.asked += 1
            if self.answers != "silence":
                self._socket.sendto(self._answer(query), asker)

    def _answer(self, query: bytes) -> bytes:
        """Return the answer to a query by RFC 1035, 4.1: header, question, and an address where it wants one."""
        question = query[12 : query.index(b"\0", 12) + 5]
        is_known = self.answers == "address"
        has_address = is_known and question[-4:-2] == b"\0\1"
        flags = b"\x81\x80" if is_known else b"\x81\x82"
        counts = b"\0\1" + (b"\0\1" if has_address else b"\0\0") + bytes(4)
        record = b"\xc0\x0c\0\1\0\1" + bytes(4) + b"\0\4\x7f\0\0\1" if has_address else b""
        return query[:2] + flags + counts + question + record


@contextmanager
def a_disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """Mount a disk of its own on a folder, which is made, and yield what gives it another size; skips where it cannot.

    A size is as `mount` takes it, such as 64k.
    """
    folder.mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield lambda larger: _mount("-o", f"remount,size={larger}", folder)
    finally:
        subprocess.run(["umount", folder], check=True)


def _mount(*arguments: str | Path) -> None:
    if sys.platform != "linux":
        pytest.skip("disks are mounted on Linux only")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a disk cannot be mounted here: {done.stderr.strip()}")
