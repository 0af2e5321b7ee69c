"""bulkcase runs: the trend of each job, and what drifts."""

import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.nights import Told, add_night, add_nights, changed, failed, same
from support.program import environment
from support.said import Command

from bulkcase.fields.private import MASK
from bulkcase.ledger import Ledger
from bulkcase.ledger.records import ReportRecord
from bulkcase.model import Outcome, RunState

LONG_JOB = "a-job-whose-name-is-as-long-as-they-come-in-practice"
LONG_ID = f"6639{'a' * 60}"
STATE = ("--state", "state")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger in the state folder."""
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as opened:
        yield opened


def on_a_terminal(folder: Path, *arguments: str, **variables: str) -> str:
    """Return what the program shows on a terminal of 80 columns, with its colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "bulkcase", *arguments, *STATE],
        cwd=folder,
        env=environment(folder) | {"COLUMNS": "80", "TERM": "xterm-256color", **variables},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = io.BytesIO()
    with process, suppress(OSError):  # the end of a terminal is an error
        while part := os.read(ours, 4096):
            seen.write(part)
    os.close(ours)
    assert process.returncode == 0
    return seen.getvalue().decode().replace("\r\n", "\n")


def plain(shown: str) -> str:
    """Return a text without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


def drifting(ledger: Ledger) -> None:
    """Add nights of a job with a long name in which cases with long ids do all that they can."""
    sent, before = "ours " * 20, "theirs\n" * 20
    first = [failed(f"{LONG_ID}1"), changed(f"{LONG_ID}2", before, sent), same(f"{LONG_ID}3"), same(f"{LONG_ID}4")]
    last = [failed(f"{LONG_ID}1", "cannot_be_sent"), *first[1:2], failed(f"{LONG_ID}3", "case_not_found")]
    add_nights(ledger, first, last, job=LONG_JOB)


def test_a_run_is_told_with_what_it_changes(ledger: Ledger, command: Command) -> None:
    """Outcomes and rows have what they are more or less than the night before; calls and time are there."""
    add_nights(
        ledger,
        [failed("ci-1"), failed("ci-2"), same("ci-3")],
        [failed("ci-1"), same("ci-3"), changed("ci-4", "A", "B"), Told("ci-5", Outcome.UNKNOWN)],
    )
    said = command("runs")
    assert said.code == 0
    assert "sync → kore.example.com/account/st-1" in said.out
    assert "rows that need a person: ██ 2 now, at most 2 in 2 runs" in said.out
    assert "3 rows: 1 unchanged, 2 failed; 0 calls in 60 s" in said.out
    changes = "4 rows (+1): 1 updated (+1), 1 unchanged, 1 failed (-1), 1 unknown (+1)"
    assert f"{changes}; 2 calls in 60 s" in said.out


def test_the_rows_that_need_a_person_are_bars(ledger: Ledger, command: Command) -> None:
    """A run without any has the lowest bar, one with few not; a job without any says so."""
    counts = (0, 1, 100, 50)
    add_nights(ledger, *[[failed(f"ci-{number}") for number in range(count)] for count in counts])
    add_nights(ledger, [same("ci-1")], [same("ci-1")], target="another.example.com/account/st-1")
    said = command("runs")
    assert "▁▂█▅ 50 now, at most 100 in 4 runs" in said.out
    assert "no row needs a person in 2 runs" in said.out


def test_runs_are_told_by_job_and_compared_within_it(ledger: Ledger, command: Command) -> None:
    """The job of the newest run comes last; what is not finished, or undone, is compared with nothing."""
    add_night(ledger, [failed("ci-1")], nth=0)
    other = add_night(ledger, [failed("ci-1")] * 9, nth=1, job="other", job_file="/jobs/other.toml")
    add_night(ledger, [failed("ci-1")], nth=2, state=RunState.STOPPED)
    add_night(ledger, [failed("ci-1"), failed("ci-2")], nth=3)
    add_night(ledger, [same("ci-1")], nth=4, job="undo other", job_file="/jobs/other.toml", undoes=other.id)
    lines = command("runs").out.splitlines()
    assert [line.partition(" →")[0] for line in lines if "→" in line] == ["sync", "other"]
    assert [line.strip().partition(";")[0] for line in lines if re.match(r" +\d+ rows?\b", line)] == [
        *("1 row: 1 failed", "1 row: 1 failed", "2 rows (+1): 2 failed (+1)"),
        *(f"9 rows: 9 failed, undone by {lines[-2].split()[0]}", f"1 row: 1 unchanged, takes back {other.id}"),
    ]


def test_the_list_for_programs_has_calls_and_what_needs_a_person(ledger: Ledger, command: Command) -> None:
    """--json has them beside the keys that it always had."""
    add_nights(ledger, [failed("ci-1"), Told("ci-2", Outcome.INVALID, "bad_date"), changed("ci-3", "A", "B")])
    (run,) = json.loads(command("runs", "--json").out)
    assert (run["calls"], run["needs_a_person"], run["outcomes"]["failed"], run["rows"]) == (1, 2, 1, 3)


def test_no_line_of_a_pipe_ends_in_blanks(ledger: Ledger, command: Command) -> None:
    """A table has its columns, and whoever compares two texts sees no difference that nobody sees."""
    add_nights(ledger, [changed("ci-1", "a", "b")], [changed("ci-1", "b", "a")])
    for arguments in (("show", "last"), ("runs",), ("runs", "--drift")):
        said = command(*arguments).out
        assert len(said.splitlines()) > 3
        assert [line for line in said.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("arguments", [("runs",), ("runs", "--drift")])
def test_everything_fits_into_80_columns(ledger: Ledger, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """On a terminal no line is wider, however long names and ids are; without colours it says the same."""
    drifting(ledger)
    shown = on_a_terminal(tmp_path, *arguments)
    bare = on_a_terminal(tmp_path, *arguments, NO_COLOR="1")
    assert [line for line in plain(shown).splitlines() if len(line) > 80] == []
    assert "\x1b[1m" in shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", bare)
    assert plain(bare) == plain(shown)
    assert LONG_JOB[:40] in shown


def test_drift_is_told_table_by_table(ledger: Ledger, command: Command) -> None:
    """Each of the four has its heading and its cases, whose ids can be read whole; exit code 0."""
    drifting(ledger)
    said = command("runs", "--drift")
    text = re.sub(r"\s+", "", said.out)
    assert (said.code, said.err) == (0, "")
    for heading in (
        *("1 case needs a person night after night", "1 value is set to and fro"),
        *("1 case is not there any more", "1 case is not in the file any more"),
    ):
        assert heading in said.out
    assert re.search(r"2 +2 +cannot_be_sent", said.out)
    assert "theirs theirs" in said.out
    assert all(f"{LONG_ID}{number}" in text for number in range(1, 5))


def test_long_lists_say_how_much_more_there_is(ledger: Ledger, command: Command) -> None:
    """The first twenty are printed, and the number of the rest."""
    many = [failed(f"ci-{number}") for number in range(70)]
    add_nights(ledger, many, many)
    assert "and 50 more" in command("runs", "--drift").out


def test_quiet_nights_say_so(ledger: Ledger, command: Command) -> None:
    """Where nothing drifts there is one line for it."""
    add_nights(ledger, [same("ci-1")], [same("ci-1")])
    assert "nothing drifts" in command("runs", "--drift").out


def test_drift_for_programs_has_all_of_it_and_nothing_private(ledger: Ledger, command: Command) -> None:
    """--json has nights, lists and totals; private values are masked in both."""
    for nth, (old, new) in enumerate([("Ann", "Bob"), ("Bob", "Ann")]):
        add_night(ledger, [changed("ci-1", old, new)], nth=nth, report=ReportRecord(private_fields=("desc",)))
    said = command("runs", "--drift", "--json", "--job", "sync")
    found = json.loads(said.out)
    flip = {"case": "ci-1", "field": "desc", "values": [MASK] * 3, "nights": 2}
    assert (found["flipping"], found["flipping_total"], found["is_quiet"]) == ([flip], 1, False)
    assert [night["outcomes"]["updated"] for night in found["nights"]] == [1, 1]
    assert found["nights"][0]["started_at"].endswith("Z")
    assert set(found) >= {"failing", "failing_total", "gone", "gone_total", "left_out", "left_out_total"}
    assert "Ann" not in said.out + command("runs", "--drift").out


def test_what_cannot_be_shown_is_one_line(ledger: Ledger, command: Command) -> None:
    """A job without --drift, an unknown job, and a single night are usage errors."""
    add_night(ledger, [same("ci-1")], nth=0)
    for arguments in (("--job", "sync"), ("--drift", "--job", "nothing"), ("--drift",)):
        said = command("runs", *arguments)
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said


def test_limit_is_the_number_of_nights(ledger: Ledger, command: Command) -> None:
    """With --drift, --limit says how many nights are looked at."""
    add_nights(ledger, *[[failed("ci-1")]] * 4)
    assert "and 2 nights before it" in command("runs", "--drift", "--limit", "3").out
    assert "and 3 nights before it" in command("runs", "--drift").out
