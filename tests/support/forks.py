"""What processes of the program are forked from, so that its libraries are imported once and not by each of them.

As a script it imports them, and forks. A process that it forks becomes the program by what a process can be given:
arguments, folder, environment, the three streams, signals and limits; it ends as an interpreter does. What an
interpreter takes only when it starts is the same in all forks: the seed of its hashes, its flags, its umask.
"""

import importlib
import json
import os
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TextIO

_LENGTH = struct.Struct("!Q")
_STREAMS = 3
GOT = b"+"
"""The answer to a request: what it handed over has arrived, and may be closed."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a process is to do, and with what."""

    arguments: Sequence[str]
    folder: str
    environment: dict[str, str]
    prelude: str = ""
    """Python that runs in it before the program does."""
    limits: Sequence[tuple[int, int]] = ()
    """Of the operating system: RLIMIT_… and what it is set to."""
    ignored: int = 0
    """The signal that it ignores from its start."""

    def limit(self) -> None:
        """Set what is to hold from the start, in the process itself."""
        for kind, most in self.limits:
            resource.setrlimit(kind, (most, most))
        # A shell lets what it starts in the background ignore this one, the tests too.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if self.ignored:
            signal.signal(self.ignored, signal.SIG_IGN)


def send(channel: socket.socket, task: Task, files: Sequence[int]) -> None:
    """Ask for a process: its streams, and where its number is to be told, then how it ended."""
    told = json.dumps(asdict(task)).encode()
    socket.send_fds(channel, [_LENGTH.pack(len(told))], files)
    channel.sendall(told)
    assert channel.recv(len(GOT)) == GOT, "what forks has ended"


def _received(channel: socket.socket) -> tuple[Task, list[int]] | None:
    head, files, _, _ = socket.recv_fds(channel, _LENGTH.size, _STREAMS + 1)
    if not head:
        return None
    (length,) = _LENGTH.unpack(head)
    told = channel.recv(length, socket.MSG_WAITALL)
    return Task(**json.loads(told)), files


def _serve(channel: socket.socket) -> tuple[Task, Sequence[int]] | None:
    """Fork for each request until there are no more; in what was forked, return what it is to do, and with what."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while request := _received(channel):
        _, files = request
        channel.sendall(GOT)
        if os.fork():
            for file in files:
                os.close(file)
            continue
        channel.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if pid := os.fork():
            _watch(pid, files)
        return request
    return None


def _watch(pid: int, files: Sequence[int]) -> None:
    """Tell how a process ended, which has told its number itself; never returns."""
    *streams, told = files
    for stream in streams:
        os.close(stream)
    _, status, used = os.wait4(pid, 0)
    os.write(told, f"{os.waitstatus_to_exitcode(status)} {used.ru_maxrss * 1024}\n".encode())
    os._exit(0)


def _become(task: Task, files: Sequence[int]) -> None:
    task.limit()
    if task.ignored != signal.SIGINT:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(task.folder)
    os.environ.clear()
    os.environ.update(task.environment)
    time.tzset()
    for number, stream in enumerate(files[:_STREAMS]):
        os.dup2(stream, number)
    # Only now: whoever knows the number may send a signal.
    os.write(files[-1], f"{os.getpid()}\n".encode())
    os.closerange(_STREAMS, max(files) + 1)
    sys.stdin, sys.stdout, sys.stderr = _stream(0, "r"), _stream(1, "w"), _stream(2, "w")
    sys.argv = ["bulkcase", *task.arguments]
    exec(task.prelude, {"__name__": "__main__"})
    program: Any = importlib.import_module("bulkcase.cli.main")
    program.main()


def _stream(number: int, mode: str) -> TextIO:
    """Open a stream as an interpreter that is in UTF-8 mode does when it starts."""
    errors = "backslashreplace" if number == _STREAMS - 1 else "surrogateescape"
    opened = open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115 - a number
    if mode == "w":
        opened.reconfigure(line_buffering=number == _STREAMS - 1 or opened.isatty())  # type: ignore[attr-defined]
    return opened  # type: ignore[return-value]


def main() -> None:
    """Import what is named, then fork for whoever is at the other end of standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in sys.argv[1:]:
        importlib.import_module(name)
    with socket.socket(fileno=0) as channel:
        request = _serve(channel)
    if request is not None:
        _become(*request)


if __name__ == "__main__":
    main()
