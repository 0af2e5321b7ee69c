"""Lines of shell as a page shows them, each with the exit code that the page says it has."""

import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_EXIT_CODE = re.compile(r"#.*\bexit code (\d+)")
_HERE_DOCUMENT = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?")
_CRON = re.compile(r"(?:[\d*][\d*/,-]*\s+){5}(?=\S)")
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[=>]")
_QUESTION = re.compile(rb": (?:\x1b\[[0-9;]*m)*\Z")
_BASH = shutil.which("bash") or "bash"
_WRONG = 99
"""The exit code of a script that ends at a line which is not as the page has it."""


class Line(NamedTuple):
    """What a reader types before the next line is looked at."""

    number: int
    """In its block, from 1 on."""
    text: str
    exit_code: int


class Ended(NamedTuple):
    """How a script ended."""

    wrong: str
    """What is not as the page has it; empty where all is."""
    number: int
    """The line of which that is said; 0 where it is all of them."""
    told: str


def logical_lines(text: str) -> Iterator[Line]:
    """Yield the lines of shell: one that goes on in the next, or has a document behind it, is one with those."""
    written = list(enumerate(text.splitlines(), start=1))
    while written:
        number, first = written.pop(0)
        lines = [_CRON.sub("", first, count=1) if _CRON.match(first) else first]
        while lines[-1].endswith("\\") and written:
            lines.append(written.pop(0)[1])
        said = _EXIT_CODE.search(lines[-1])
        if here := _HERE_DOCUMENT.search(first):
            while written and lines[-1].strip() != here[1]:
                lines.append(written.pop(0)[1])
        if first.strip():
            yield Line(number, "\n".join(lines), int(said[1]) if said else 0)


def script_of(lines: Sequence[Line], kept: Path) -> str:
    """Return what bash runs: each line, checked; folder and variables as the script before has left them in a file."""
    file = shlex.quote(str(kept))
    parts = [f"[ ! -e {file} ] || . {file}"]
    for line in lines:
        wrong = f"wrong line {line.number}: ends with exit code $code, which the page says is {line.exit_code}"
        parts += [line.text, f'code=$?; [ $code -eq {line.exit_code} ] || {{ echo "{wrong}" >&2; exit {_WRONG}; }}']
    own = r"grep -v ' \(PATH\|_\|OLDPWD\|PWD\|SHLVL\)='"
    return "\n".join([*parts, f'{{ export -p | {own}; printf "cd %q\\n" "$PWD"; }} > {file}', ""])


def run_script(
    script: str, folder: Path, environment: Mapping[str, str], seconds: float, answers: Sequence[str] | None = None
) -> Ended:
    """Run a script of `script_of` without a terminal, or at one of 80 columns where answers are to be typed.

    Raises subprocess.TimeoutExpired.
    """
    ours, theirs = pty.openpty() if answers is not None else os.pipe()
    if answers is not None:
        termios.tcsetwinsize(theirs, (40, 80))
    heard: list[bytes] = []
    listener = threading.Thread(target=_listen, args=(ours, heard, list(answers or [])))
    with subprocess.Popen(
        [_BASH, "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL if answers is None else theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        listener.start()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            listener.join(seconds)
            os.close(ours)
    return _ended(process.returncode, _shown(b"".join(heard).decode(errors="replace")))


def _listen(ours: int, heard: list[bytes], answers: list[str]) -> None:
    """Keep what is told until nobody is left who could tell more; at a question, type the next answer."""
    with suppress(OSError):  # how a terminal says that
        while some := os.read(ours, 65536):
            heard.append(some)
            if answers and _QUESTION.search(b"".join(heard)):
                os.write(ours, f"{answers.pop(0).strip()}\n".encode())


def _shown(text: str) -> str:
    """Return what stands on a terminal in the end, line by line."""
    lines = _CONTROLS.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rpartition("\r")[2] for line in lines)


def _ended(exit_code: int, told: str) -> Ended:
    if exit_code == 0:
        return Ended("", 0, told)
    rest, found, last = told.rpartition("wrong line ")
    if exit_code != _WRONG or not found:
        return Ended(f"the shell ends with exit code {exit_code}", 0, told)
    number, _, what = last.strip().partition(": ")
    return Ended(what, int(number), rest)
