"""What is printed, on a terminal of 80 columns and in a pipe: nothing is too wide, lost, or for a terminal only."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.nights import add_nights, changed, failed, same
from support.program import environment

from bulkcase.ledger import Ledger

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")

COLUMNS = 80
LONG = "ci-" + "0123456789abcdef" * 6
"""An id that is longer than a line."""
VALUE = "a note as long as notes are"
COMMANDS = (
    "runs",
    "show last",
    "runs --drift",
    f"history {LONG}",
    "purge --older-than 1ms --dry-run",
    "purge last --yes",
)
_PROGRAM = """
import sys
from bulkcase.cli.main import exit_code_of
for line in sys.argv[1:]:
    exit_code_of([*line.split(), "--state", "state"])
"""


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Return the ids of three nights in which a case fails and another one flips."""
    nights = [[failed(LONG, "http_400"), changed("ci-2", before, sent), same("ci-3")] for before, sent in _FLIPS]
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as ledger:
        return [run.id for run in add_nights(ledger, *nights)]


_FLIPS = [("Open", VALUE), (VALUE, "Open"), ("Open", VALUE)]


def on_a_terminal(folder: Path, variables: Mapping[str, str]) -> str:
    """Return what all commands print on a terminal of so many columns."""
    theirs, ours = os.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *COMMANDS],
        cwd=folder,
        env=environment(folder) | {"TERM": "xterm-256color"} | dict(variables),
        stdin=ours,
        stdout=ours,
        stderr=ours,
    ) as process:
        os.close(ours)
        said = b""
        while process.poll() is None or said == b"":
            try:
                said += os.read(theirs, 65_536)
            except OSError:  # how Linux says that nobody writes any more
                break
    os.close(theirs)
    return said.decode().replace("\r\n", "\n")


def in_a_pipe(folder: Path, **variables: str) -> bytes:
    """Return what all commands print into a pipe."""
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, *COMMANDS],
        cwd=folder,
        env=environment(folder) | {"TERM": "xterm-256color"} | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=60,
    ).stdout


def test_no_line_is_wider_than_the_terminal(tmp_path: Path, runs: list[str]) -> None:
    """But for a command, which stays whole so that it can be copied; colours are there."""
    said = on_a_terminal(tmp_path, {})
    assert "\x1b[" in said
    lines = re.sub(r"\x1b\[[0-9;]*m", "", said).splitlines()
    wide = [line for line in lines if len(line.rstrip()) > COLUMNS and "bulkcase " not in line]
    assert wide == []
    assert any(line.startswith(f"  bulkcase purge {' '.join(runs)}") for line in lines)


@pytest.mark.parametrize("variable", [("NO_COLOR", "1"), ("TERM", "dumb")], ids=["no colour", "dumb"])
def test_who_wants_no_colour_gets_no_escape_at_all(tmp_path: Path, runs: list[str], variable: tuple[str, str]) -> None:
    """Not for bold text either."""
    said = on_a_terminal(tmp_path, dict([variable]))
    assert runs[-1] in said
    assert "\x1b" not in said


def test_nothing_is_lost_in_a_pipe(tmp_path: Path, runs: list[str]) -> None:
    """Ids are whole, however long, no line is broken, and no escape is there."""
    said = in_a_pipe(tmp_path).decode()
    assert "\x1b" not in said
    assert said.count(LONG) >= 2
    assert f"they go together: bulkcase purge {' '.join(runs)} --state state\n" in said
    assert f"→ {VALUE}" in said


def test_a_stream_without_these_characters_gets_signs_like_them(tmp_path: Path, runs: list[str]) -> None:
    """An arrow is written with what ASCII has, and nothing ends the command."""
    said = in_a_pipe(tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0").decode("ascii")
    assert f"-> {VALUE}" in said
    assert "\\u" not in said
