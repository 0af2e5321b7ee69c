"""The real program as a process: run, watched, killed."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.jobs import SECRET_VARIABLE

from bulkcase.sandbox import SandboxSettings

SECRET = SandboxSettings().client_secret
SECONDS = 60.0
"""After so long a process counts as stuck."""
_PROGRAM = "\nfrom bulkcase.cli.main import main\nmain()\n"


def environment(folder: Path, *, secret: bool = True) -> dict[str, str]:
    """Return an environment with a home that does not exist and nothing of the developer's."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "PYTHONPATH") if name in os.environ}
    more = {SECRET_VARIABLE: SECRET} if secret else {}
    # A file that is opened in whatever encoding the system likes is another file elsewhere.
    strict = {"PYTHONWARNINGS": "error", "PYTHONWARNDEFAULTENCODING": "1", "PYTHONUTF8": "1"}
    return kept | more | strict | {"HOME": str(folder / "no-home")}


def bulkcase(
    *arguments: str, folder: Path, secret: bool = True, text: str | None = None, home: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the program in a folder, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "bulkcase", *arguments],
        cwd=folder,
        env=environment(home or folder, secret=secret),
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


@contextmanager
def started(
    *arguments: str,
    folder: Path,
    home: Path | None = None,
    largest_file: int | None = None,
    ignored: signal.Signals | None = None,
    limits: Mapping[int, int] | None = None,
    prelude: str = "",
    variables: Mapping[str, str] | None = None,
    **streams: Any,
) -> Iterator["subprocess.Popen[str]"]:
    """Start the program in a folder; one that still runs when the body is left is killed.

    No file that it writes can grow beyond `largest_file` bytes: what a full disk does, where disks cannot be had. The
    signal that is `ignored` is so from its start. `limits` are those of the operating system, by their RLIMIT. The
    `prelude` is Python that runs in the process before the program does; `variables` are added to its environment, and
    `streams` are those of `subprocess.Popen`.
    """
    limits = dict(limits or {}) | ({} if largest_file is None else {resource.RLIMIT_FSIZE: largest_file})
    process = subprocess.Popen(
        [sys.executable, *(["-c", prelude + _PROGRAM] if prelude else ["-m", "bulkcase"]), *arguments],
        cwd=folder,
        env=environment(home or folder) | dict(variables or {}),
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams,
        encoding="utf-8",
        preexec_fn=_before(limits, ignored),  # noqa: PLW1509 - it makes system calls and takes no lock
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def killed_after(process: "subprocess.Popen[str]", seconds: float) -> bool:
    """Kill a process as no handler can see it, unless it ends by itself before; say whether it was killed."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS)
        return True
    return False


def _before(limits: Mapping[int, int], ignored: signal.Signals | None) -> Callable[[], None]:
    """Return what a process does before it becomes the program."""

    def prepare() -> None:
        for kind, limit in limits.items():
            resource.setrlimit(kind, (limit, limit))
        # A shell lets what it starts in the background ignore this one, the tests too.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if ignored is not None:
            signal.signal(ignored, signal.SIG_IGN)

    return prepare
