"""Messages at odd moments: each says what is so, in one line, with the exit code that fits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.jobs import simple_rows, write_cases, write_job
from support.nights import add_nights, changed
from support.program import environment
from support.said import Said

from bulkcase.cli import commands
from bulkcase.cli.common import console
from bulkcase.cli.main import exit_code_of
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.model import RunState, Stop, StopReason
from bulkcase.operations.live.reader import _not_planned
from bulkcase.stopping import StopSwitch

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full and names of any bytes are Linux's")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[RunRecord]:
    """Return two nights in the ledger of the state folder, in the folder that one is in."""
    monkeypatch.chdir(tmp_path)
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as ledger:
        return add_nights(ledger, [changed("ci-1", "a", "b")], [changed("ci-1", "b", "c")])


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    """Return what a command said and how it ended."""
    capsys.readouterr()
    return Said(exit_code_of(list(arguments)), *capsys.readouterr())


@linux
@pytest.mark.parametrize("command", ["runs --state state", "show last --json --state state", "show --help"])
def test_a_full_standard_output_is_told(tmp_path: Path, runs: list[RunRecord], command: str) -> None:
    """It is neither a fault of bulkcase nor nothing: whoever reads the file would take it for whole."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "bulkcase", *command.split()],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: standard output could not be written (No space left on device): ")
    assert ended.returncode == 6


def test_a_run_whose_output_is_lost_is_told_to_be_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own exit code is hidden by 6: the line says that nothing is to be sent anew, and what shows it."""
    monkeypatch.setattr(commands, "unwritten", lambda: "No space left on device")
    monkeypatch.setattr(console.out, "instead", "run a is finished all the same: bulkcase show a")
    assert commands._ended(0) == 6
    said = capsys.readouterr().err
    assert said.endswith("or send it elsewhere; run a is finished all the same: bulkcase show a\n")
    assert console.out.instead == ""


def test_a_broken_installation_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named, and how to get it; Python's own words are for programmers."""
    monkeypatch.setitem(sys.modules, "bulkcase.cli.commands", None)
    ended = said(capsys, "runs")
    assert ended.code == 6
    assert ended.err.startswith("error: the installation of bulkcase is broken (")
    assert ended.err.endswith("): pip install --force-reinstall bulkcase\n")


@linux
def test_a_name_that_is_not_utf8_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of a job, and any argument: neither ledger nor report could name them."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/d\xff"))
    folder.mkdir()
    write_job(folder)
    monkeypatch.chdir(folder)
    inside = said(capsys, "check", "job.toml")
    assert "this path is not UTF-8: rename its folder or file" in " ".join(inside.err.split())
    outside = said(capsys, "runs", "--state", str(folder))
    assert ": is not UTF-8: rename the file or folder" in " ".join(outside.err.split())
    assert (inside.code, outside.code) == (2, 2)


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such mode there")
def test_check_warns_of_a_job_that_others_can_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As run does: whoever changes it decides where the secrets go; all is well besides."""
    write_cases(tmp_path, simple_rows(1))
    file = write_job(tmp_path)
    file.chmod(0o666)
    ended = said(capsys, "check", str(file))
    assert "warning: " in ended.err
    assert "other users can change it (its mode is 0666): chmod go-w" in ended.err
    assert ended.code == 0


def test_an_age_that_is_too_long_is_said_to_be(runs: list[RunRecord], capsys: pytest.CaptureFixture[str]) -> None:
    """It has a number and a unit, so nothing of that is wrong."""
    ended = said(capsys, "purge", "--older-than", "9999999999d", "--yes", "--state", "state")
    assert 'older-than: "9999999999d" is too long: must be 999999999d or less' in ended.err
    assert ended.code == 2


def test_a_dead_run_is_not_called_running(
    tmp_path: Path, runs: list[RunRecord], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody works on it any more, whatever it could still write down."""
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as ledger:
        ledger.update_run(runs[-1], state=RunState.RUNNING)
    ended = said(capsys, "purge", "--older-than", "1ms", "--dry-run", "--state", "state")
    assert f"stays: run {runs[-1].id}: it is not finished (interrupted): go on with it: bulkcase resume" in ended.err


def test_all_runs_that_go_together_are_named_at_once(runs: list[RunRecord], capsys: pytest.CaptureFixture[str]) -> None:
    """The command at the end of the line purges them all."""
    refused = said(capsys, "purge", "last", "--yes", "--state", "state")
    assert refused.code == 2
    command = refused.err.strip().rpartition("together: bulkcase ")[2]
    assert said(capsys, *command.split(), "--yes").code == 0


def test_what_stops_the_reading_is_told_behind_what_was_done() -> None:
    """What to do about it stays the end of its own sentence."""
    stop = StopSwitch()
    stop.set(Stop(StopReason.SAFETY, "the server refuses this (HTTP 401): check the client id"))
    assert str(_not_planned(stop)) == (
        "while live cases were read: the server refuses this (HTTP 401): check the client id; "
        "nothing was sent; what was read is kept for snapshot.max_age: the same command goes on from there"
    )
