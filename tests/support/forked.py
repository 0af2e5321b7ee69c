"""The program in a process that is forked from one which has its libraries: as it is seen from outside."""

import atexit
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any, Protocol

from support.forks import Task, send

LIBRARIES = (
    "encodings.idna",
    "jinja2",
    "rich.console",
    "rich.padding",
    "rich.table",
    "typer",
    "uvloop",
    "bulkcase.operations.check",
    "bulkcase.operations.run",
)
"""What any command may need, but for what looks at streams and environment when it is imported."""
STRICT = {
    "PYTHONWARNINGS": "error",
    # A file that is opened in whatever encoding the system likes is another file elsewhere.
    "PYTHONWARNDEFAULTENCODING": "1",
    "PYTHONUTF8": "1",
}
"""What an interpreter is told in tests."""
_FROM_THE_START = ("PYTHON", "LC_", "LANG", "TYPER_")
"""How variables begin that are heeded only when an interpreter starts, or a library is imported."""
_USUAL = STRICT | {name: os.environ[name] for name in ["PYTHONPATH"] if name in os.environ}
_STREAMS = {"stdin", "stdout", "stderr"}
_PROGRAM = "\nfrom bulkcase.cli.main import main\nmain()\n"
Stream = int | IO[str]
"""A descriptor, a file, or what stands for one in `subprocess`."""


class Forked:
    """A process, used as one of `subprocess.Popen`."""

    def __init__(
        self,
        task: Task,
        *,
        stdin: Stream = subprocess.DEVNULL,
        stdout: Stream = subprocess.PIPE,
        stderr: Stream = subprocess.PIPE,
        libraries: Sequence[str] = LIBRARIES,
    ) -> None:
        self.returncode: int | None = None
        self.peak = 0
        """The most memory that it held, in bytes, with that of the process it comes from; once it has ended."""
        self._readers = dict[str, Thread]()
        self._read = dict[str, str]()
        given = list[int]()
        self.stdin, self.stdout, self.stderr = (
            _opened(stream, given, writes=number == 0) for number, stream in enumerate((stdin, stdout, stderr))
        )
        told, tells = os.pipe()
        self._told = open(told, encoding="ascii")  # noqa: SIM115, PTH123 - a number; closed when it has ended
        try:
            _server(tuple(libraries)).ask(task, [*given, tells])
        finally:
            for each in (*given, tells):
                os.close(each)
        number = self._told.readline()
        assert number.strip().isdecimal(), f"it ended before it was the program: {number}"
        self.pid = int(number)
        self._waits = Thread(target=self._wait, daemon=True)
        self._waits.start()

    def _wait(self) -> None:
        with self._told:
            code, peak = self._told.readline().split()
        self.peak, self.returncode = int(peak), int(code)

    def poll(self) -> int | None:
        """Return the exit code, None while it runs; the negative number of the signal that ended it."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when it has ended; TimeoutExpired where that takes more seconds."""
        self._waits.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired("bulkcase", timeout or 0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, where it still runs."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as no handler can see."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, text: str | None = None, timeout: float | None = None) -> tuple[str, str]:
        """Write a text, return all that is written, and wait; TimeoutExpired where that takes more seconds."""
        for name, stream in (("out", self.stdout), ("err", self.stderr)):
            if stream is not None and not stream.closed and name not in self._readers:
                self._readers[name] = Thread(target=self._read_all, args=(name, stream), daemon=True)
                self._readers[name].start()
        if self.stdin is not None and not self.stdin.closed:
            with suppress(BrokenPipeError), self.stdin as stdin:
                stdin.write(text or "")
        self.wait(timeout)
        for reader in self._readers.values():
            reader.join(timeout)
            if reader.is_alive():
                raise subprocess.TimeoutExpired("bulkcase", timeout or 0)
        read = {name: self._read[name] for name in self._readers}
        return read.get("out", ""), read.get("err", "")

    def _read_all(self, name: str, stream: IO[str]) -> None:
        with stream:
            self._read[name] = stream.read()


def _opened(stream: Stream, given: list[int], *, writes: bool) -> IO[str] | None:
    """Add the descriptor that the process gets; return this side of it, where it is a pipe."""
    if stream == subprocess.DEVNULL:
        given.append(os.open(os.devnull, os.O_RDWR))
    elif stream == subprocess.STDOUT:
        given.append(os.dup(given[1]))
    elif stream != subprocess.PIPE:
        given.append(os.dup(stream if isinstance(stream, int) else stream.fileno()))
    else:
        reads, fills = os.pipe()
        given.append(reads if writes else fills)
        return open(fills if writes else reads, "w" if writes else "r", encoding="utf-8")  # noqa: PTH123 - a number
    return None


class _Server:
    """What forks, as long as there is somebody who asks."""

    def __init__(self, libraries: Sequence[str]) -> None:
        self._lock = Lock()
        self._ours, theirs = socket.socketpair()
        paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "support.forks", *libraries],
                # Of the package that is installed, not of whatever folder the tests are started in.
                env={**STRICT, "PATH": os.environ["PATH"], "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"},
                stdin=theirs.fileno(),
            )
        atexit.register(self.end)

    def ask(self, task: Task, files: Sequence[int]) -> None:
        with self._lock:
            send(self._ours, task, files)

    def end(self) -> None:
        self._ours.close()
        self._process.wait()


@cache
def _server(libraries: Sequence[str]) -> _Server:
    return _Server(libraries)


class Process(Protocol):
    """What is asked of a process here, whichever way it was started."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> Any: ...
    @property
    def stdin(self) -> IO[str] | None: ...
    @property
    def stdout(self) -> IO[str] | None: ...
    @property
    def stderr(self) -> IO[str] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...
    def kill(self) -> None: ...
    def communicate(self, text: str | None = None, /, timeout: float | None = None) -> tuple[str, str]: ...


def begun(task: Task, **streams: Any) -> Process:
    """Start a process; `streams` are those of `subprocess.Popen`.

    One that has a prelude, a variable that is heeded only from the start, or more than streams is an interpreter of its
    own; so are all on macOS, where what the system's libraries have begun does not survive a fork.
    """
    from_the_start = {name: value for name, value in task.environment.items() if name.startswith(_FROM_THE_START)}
    if from_the_start == _USUAL and not task.prelude and streams.keys() <= _STREAMS and sys.platform != "darwin":
        return Forked(task, **streams)
    command = ["-c", task.prelude + _PROGRAM] if task.prelude else ["-m", "bulkcase"]
    piped: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process: subprocess.Popen[str] = subprocess.Popen(
        [sys.executable, *command, *task.arguments],
        cwd=task.folder,
        env=task.environment,
        encoding="utf-8",
        preexec_fn=task.limit,  # noqa: PLW1509 - it makes system calls and takes no lock
        **piped | streams,
    )
    return process
