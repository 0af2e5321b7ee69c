"""The program over hostile files: in a process of its own for each, with bounds, and measured.

As a script it is what such processes are forked from, so that the program's libraries are imported once: it reads the
arguments of a command, a JSON list a line, and answers how it ended.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.program import environment

MOST_SPACE = 6 << 30
"""Bytes of address space: a process that wants more dies of it, and the machine does not."""
SECONDS = 60
"""After so long of its processor's time a process is stopped."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a command."""

    code: int
    """The exit code; the negative number of the signal that ended it."""
    output: str
    """Standard output, then standard error."""
    peak: int
    """The most memory it held, in bytes."""
    seconds: float


class Runner:
    """Runs commands, each in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, *arguments: str) -> Ended:
        """Run a command to its end."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


@contextmanager
def runner(folder: Path) -> Iterator[Runner]:
    """Start what runs commands in this folder."""
    called = [sys.executable, "-m", "support.hostile_run"]
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    with subprocess.Popen(
        called,
        cwd=folder,
        env=environment(folder) | {"PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        yield Runner(process)
        assert process.stdin
        process.stdin.close()


def main() -> None:
    """Answer one command after the other."""
    from bulkcase.cli import check  # noqa: F401, PLC0415 - so that its processes need not import it

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_forked(json.loads(line))) + "\n")
        sys.stdout.flush()


def _forked(arguments: Sequence[str]) -> dict[str, Any]:
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            _become(arguments, out.fileno(), err.fileno())
        _, status, used = os.wait4(child, 0)
        told = [os.pread(stream.fileno(), 1 << 20, 0).decode() for stream in (out, err)]
    return {
        "code": os.waitstatus_to_exitcode(status),
        "output": "".join(told),
        "peak": used.ru_maxrss * 1024,
        "seconds": time.monotonic() - started,
    }


def _become(arguments: Sequence[str], out: int, err: int) -> None:
    """Turn into the program; never returns."""
    from bulkcase.cli.main import main as program  # noqa: PLC0415 - as above

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_SPACE, MOST_SPACE))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(2 * SECONDS)
    sys.argv = ["bulkcase", *arguments]
    code = 70
    try:
        program()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 71
    except BaseException as error:  # noqa: BLE001 - to be seen by the test
        sys.stderr.write(f"Traceback: {error!r}\n")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
