"""The real program as a process: run, watched, killed."""

import os
import resource
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.forked import STRICT, Process, begun
from support.forks import Task
from support.jobs import SECRET_VARIABLE

from bulkcase.sandbox import SandboxSettings

SECRET = SandboxSettings().client_secret
SECONDS = 60.0
"""After so long a process counts as stuck."""


def environment(folder: Path) -> dict[str, str]:
    """Return an environment with a home that does not exist and nothing of the developer's."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "PYTHONPATH") if name in os.environ}
    return kept | STRICT | {SECRET_VARIABLE: SECRET, "HOME": str(folder / "no-home")}


def bulkcase(
    *arguments: str, folder: Path, secret: bool = True, text: str | None = None, home: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the program in a folder, without a terminal."""
    variables = {} if secret else {SECRET_VARIABLE: None}
    stdin = subprocess.DEVNULL if text is None else subprocess.PIPE
    with started(*arguments, folder=folder, home=home, variables=variables, stdin=stdin) as process:
        output, errors = process.communicate(text, timeout=SECONDS)
    assert process.returncode is not None
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


@contextmanager
def started(
    *arguments: str,
    folder: Path,
    home: Path | None = None,
    largest_file: int | None = None,
    ignored: signal.Signals | None = None,
    limits: Mapping[int, int] | None = None,
    prelude: str = "",
    variables: Mapping[str, str | None] | None = None,
    **streams: Any,
) -> Iterator[Process]:
    """Start the program in a folder; one that still runs when the body is left is killed.

    No file that it writes can grow beyond `largest_file` bytes: what a full disk does, where disks cannot be had. The
    signal that is `ignored` is so from its start. `limits` are those of the operating system, by their RLIMIT. The
    `prelude` is Python that runs in the process before the program does; `variables` are added to its environment, or
    are not in it where they are None, and `streams` are those of `subprocess.Popen`.
    """
    limits = dict(limits or {}) | ({} if largest_file is None else {resource.RLIMIT_FSIZE: largest_file})
    named = environment(home or folder) | dict(variables or {})
    task = Task(
        arguments,
        str(folder),
        {name: value for name, value in named.items() if value is not None},
        prelude,
        list(limits.items()),
        ignored or 0,
    )
    process = begun(task, **streams)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def killed_after(process: Process, seconds: float) -> bool:
    """Kill a process as no handler can see it, unless it ends by itself before; say whether it was killed."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS)
        return True
    return False
