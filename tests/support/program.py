"""The real program as a process: run, watched, killed."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.jobs import SECRET_VARIABLE

from bulkcase.sandbox import SandboxSettings

SECRET = SandboxSettings().client_secret
SECONDS = 60.0
"""After so long a process counts as stuck."""


def environment(folder: Path, *, secret: bool = True) -> dict[str, str]:
    """Return an environment with a home that does not exist and nothing of the developer's."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "PYTHONPATH") if name in os.environ}
    more = {SECRET_VARIABLE: SECRET} if secret else {}
    return kept | more | {"HOME": str(folder / "no-home"), "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}


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
) -> Iterator["subprocess.Popen[str]"]:
    """Start the program in a folder; one that still runs when the body is left is killed.

    No file that it writes can grow beyond `largest_file` bytes: what a full disk does, where disks cannot be had. The
    signal that is `ignored` is so from its start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "bulkcase", *arguments],
        cwd=folder,
        env=environment(home or folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=_before(largest_file, ignored),  # noqa: PLW1509 - it makes one system call and takes no lock
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


def _before(largest_file: int | None, ignored: signal.Signals | None) -> Callable[[], None]:
    """Return what a process does before it becomes the program."""

    def prepare() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
        if ignored is not None:
            signal.signal(ignored, signal.SIG_IGN)

    return prepare
