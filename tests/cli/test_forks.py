"""What tests start as a fork is the program as a person starts it."""

import re
import resource
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from support.forked import Forked, Process, begun
from support.forks import Task
from support.jobs import write_cases, write_job
from support.program import SECONDS, environment

import bulkcase

OF_THE_RUN = re.compile(r"\d{8}-\d{6}-job-\w{4}|\d+\.\d (?=s|a second)|[\d-]{10} \d\d:\d\d UTC")
TELLS = """
import os, signal, sys
told = [os.getcwd(), sys.argv, sys.flags.utf8_mode, sys.warnoptions, sorted(set(os.environ) - {"LC_CTYPE"})]
told += [signal.getsignal(signal.SIGINT)]
told += [signal.getsignal(one) for one in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP)]
told += [(s.encoding, s.errors, s.isatty(), s.line_buffering, s.fileno()) for s in (sys.stdin, sys.stdout, sys.stderr)]
told += [sorted(name for name in os.listdir("/proc/self/fd") if int(name) > 3)] if sys.platform == "linux" else []
print(told)
sys.exit(7)
"""


Ended = tuple[int, str, str]


def own(task: Task) -> Ended:
    """Return how it ends as an interpreter of its own, as anything with a prelude is, and what that says."""
    return ended(begun(replace(task, prelude=f"import sys; sys.argv[0] = 'bulkcase'\n{task.prelude}")))


def forked(task: Task) -> Ended:
    """Return how it ends as a fork, and what that says."""
    return ended(Forked(task))


def ended(process: Process) -> Ended:
    output, errors = process.communicate(timeout=SECONDS)
    return process.wait(SECONDS), output, errors


@pytest.mark.parametrize("ignored", [0, signal.SIGHUP, signal.SIGINT])
def test_a_fork_has_what_an_interpreter_of_its_own_has(tmp_path: Path, ignored: int) -> None:
    """Folder, arguments, flags, environment, signals, streams, open files and exit code are the same."""
    task = Task(["check", "job.toml"], str(tmp_path), environment(tmp_path), prelude=TELLS, ignored=ignored)
    told = forked(task)
    assert told[0] == 7
    assert told == own(task)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["check", "job.toml"], ["run", "job.toml", "--yes"], ["no-such"], ["check", "no-such.toml"]],
)
def test_a_fork_says_what_an_interpreter_of_its_own_says(tmp_path: Path, arguments: list[str]) -> None:
    """Both streams and the exit code are the same, whatever is asked for."""
    write_cases(tmp_path, [("ci-1", "fine"), ("c i", "wrong")])
    task = Task(arguments, str(write_job(tmp_path).parent), environment(tmp_path))
    ends = [(code, *(OF_THE_RUN.sub("…", text) for text in texts)) for code, *texts in (forked(task), own(task))]
    assert ends[0] == ends[1]


def test_a_fork_is_of_the_package_that_is_tested(tmp_path: Path) -> None:
    """It is not taken from the folder in which the tests are started."""
    tells = "import bulkcase, sys; print(bulkcase.__file__); sys.exit()"
    assert forked(Task([], str(tmp_path), environment(tmp_path), prelude=tells)) == (0, f"{bulkcase.__file__}\n", "")


def test_a_fork_can_be_signalled_at_once(tmp_path: Path) -> None:
    """Whoever knows its number may send a signal: it has what it was started with by then."""
    task = Task([], str(tmp_path), environment(tmp_path), "while True: pass", limits=[(resource.RLIMIT_CPU, 10)])
    for _ in range(10):
        fork = Forked(task)
        fork.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in fork.communicate(timeout=SECONDS)[1]


def test_a_fork_that_is_killed_ends_with_the_signal(tmp_path: Path) -> None:
    """Its exit code is that of a process that was killed."""
    task = Task(["--help"], str(tmp_path), environment(tmp_path), prelude="import signal; signal.pause()")
    fork = Forked(task)
    with pytest.raises(subprocess.TimeoutExpired):
        fork.wait(0.01)
    fork.kill()
    assert fork.communicate() == ("", "")
    assert fork.wait(SECONDS) == -signal.SIGKILL
