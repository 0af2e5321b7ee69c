"""The real program on runs that ended early: what it says, what it takes, and its exit codes."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.jobs import read_results, simple_rows, write_cases, write_job
from support.program import bulkcase, environment, killed_after, started
from support.server import ServerThread

from bulkcase.sandbox import Fault, SandboxSettings

ROWS = simple_rows(30)
STATE = ("--state", "state")
SLOW = SandboxSettings(latency=(0.05, 0.05))


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[ServerThread]:
    """Run a sandbox with the rows' cases beside the program; a test may set its settings by parameter."""
    with ServerThread(getattr(request, "param", SLOW), [key for key, _ in ROWS]) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: ServerThread) -> Path:
    """Return a folder with a job about the rows."""
    write_cases(tmp_path, ROWS)
    write_job(tmp_path, host=server.url, quota="windows = []\nmax_in_flight = 2")
    return tmp_path


def interrupted(folder: Path, server: ServerThread, *signals: str) -> tuple[int, str, str]:
    """Run the job and send signals after some calls; return exit code, standard output and standard error."""
    with started("run", "job.toml", "--yes", folder=folder) as process:
        server.wait_for_calls(6)
        seen = ""
        for name in signals:
            process.send_signal(getattr(signal, name))
            while process.stderr and "stopping" not in seen:
                seen += process.stderr.readline()
        output, errors = process.communicate(timeout=30)
    return process.returncode, output, seen + errors


def the_command(errors: str) -> list[str]:
    """Return the arguments of the command that goes on from there."""
    (line,) = [line for line in errors.splitlines() if "go on with: " in line]
    program, *arguments = line.partition("go on with: ")[2].split()
    assert program == "bulkcase"
    return arguments


def test_every_stop_ends_with_the_exact_command_that_goes_on(folder: Path, server: ServerThread) -> None:
    """Typed as it stands there, it finishes the run; typed again, it says that there is nothing to do."""
    code, _, errors = interrupted(folder, server, "SIGTERM")
    assert code == 130
    ended = bulkcase(*the_command(errors), folder=folder)
    again = bulkcase(*the_command(errors), folder=folder)

    assert ended.returncode == 0, ended.stderr
    assert "30  updated" in ended.stdout
    assert (again.returncode, len(server.calls)) == (0, 30)
    assert "nothing to do" in again.stderr


@pytest.mark.parametrize("server", [SandboxSettings(case_scripts={ROWS[5][0]: [Fault.HANG]})], indirect=True)
def test_a_second_signal_ends_at_once_and_still_loses_nothing(folder: Path, server: ServerThread) -> None:
    """Rows in flight are in doubt, no report is written, and the run goes on from there."""
    code, output, errors = interrupted(folder, server, "SIGINT", "SIGINT")

    assert (code, output) == (130, "")
    assert "Traceback" not in errors
    assert list((folder / "reports").glob("*/*.csv")) == []
    shown = json.loads(bulkcase("show", "last", "--json", *STATE, folder=folder).stdout)
    assert shown["state"] == "interrupted"
    assert shown["outcomes"]["pending"] + shown["outcomes"]["unknown"] + shown["outcomes"]["updated"] == 30
    assert bulkcase(*the_command(errors), folder=folder).returncode == 0


def test_nohup_is_respected(folder: Path, server: ServerThread) -> None:
    """A run that was started with SIGHUP ignored is not ended by it."""
    with started("run", "job.toml", "--yes", folder=folder, ignored=signal.SIGHUP) as process:
        server.wait_for_calls(3)
        process.send_signal(signal.SIGHUP)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors


def test_an_unfinished_run_stands_in_the_way_until_something_is_said_about_it(
    folder: Path, server: ServerThread
) -> None:
    """With --yes alone it is exit code 2 and one line; --new leaves its rows, --continue goes on with the newest."""
    interrupted(folder, server, "SIGTERM")
    refused = bulkcase("run", "job.toml", "--yes", folder=folder)
    both = bulkcase("run", "job.toml", "--yes", "--new", "--continue", folder=folder)
    calls = len(server.calls)
    new = bulkcase("run", "job.toml", "--yes", "--new", "--limit", "5", folder=folder)
    listed = json.loads(bulkcase("runs", "--json", *STATE, folder=folder).stdout)

    assert (refused.returncode, both.returncode, new.returncode) == (2, 2, 0)
    assert len(refused.stderr.splitlines()) == len(both.stderr.splitlines()) == 1
    assert "bulkcase resume" in refused.stderr
    assert len(server.calls) == calls + 5
    assert [run["state"] for run in listed] == ["abandoned", "finished"]


@pytest.mark.parametrize("server", [SandboxSettings(case_scripts={ROWS[3][0]: [Fault.REFUSE]})], indirect=True)
def test_retry_sends_the_failed_row_again(folder: Path) -> None:
    """It is said beside the report how, and the run is all well afterwards."""
    first = bulkcase("run", "job.toml", "--yes", folder=folder)
    (line,) = [line for line in first.stderr.splitlines() if "bulkcase retry" in line]
    again = bulkcase(*line.partition("bulkcase ")[2].split(), folder=folder)
    assert (first.returncode, again.returncode) == (1, 0)


def test_a_corrected_file_goes_in_the_place_of_a_run(folder: Path, server: ServerThread) -> None:
    """resume --input shows its plan, needs --yes without a terminal, and names the run that it continues."""
    _, _, errors = interrupted(folder, server, "SIGTERM")
    command = the_command(errors)
    (folder / "corrected.csv").write_text("Case ID,Notes\n" + "".join(f"{key},corrected\n" for key, _ in ROWS[::-1]))
    refused = bulkcase(*command, "--input", "corrected.csv", folder=folder)
    ended = bulkcase(*command, "--input", "corrected.csv", "--yes", "--json", folder=folder)

    assert (refused.returncode, ended.returncode) == (2, 0), ended.stderr
    assert "--yes" in refused.stderr
    summary = json.loads(ended.stdout)
    assert summary["continues"] == command[1]
    assert summary["outcomes"]["updated"] == 30
    assert {case["desc"] for case in server.cases.values()} == {"corrected"}


def test_outside_of_its_hours_a_job_ends_with_5(folder: Path, server: ServerThread) -> None:
    """Nothing is planned and no call is made; the line names the setting and how to wait."""
    write_job(folder, host=server.url, more='[safety]\nsend_between = "mon 00:00-00:01 Pacific/Kiritimati"')
    with (folder / "job.toml").open("a") as file:
        file.write('max_duration = "1h"\n')
    ended = bulkcase("run", "job.toml", "--yes", folder=folder)

    assert ended.returncode == 5, ended.stderr
    assert "safety.send_between" in ended.stderr
    assert "--wait" in ended.stderr
    assert (server.calls, (folder / "state").exists()) == ([], False)


def test_max_duration_pauses_a_run(folder: Path, server: ServerThread) -> None:
    """The run ends with 5 and the command to go on, its rows pending."""
    quota = "windows = []\nmax_in_flight = 1"
    write_job(folder, host=server.url, quota=quota, more='[safety]\nmax_duration = "300ms"')
    ended = bulkcase("run", "job.toml", "--yes", "--json", folder=folder)
    summary = json.loads(ended.stdout)

    assert (ended.returncode, summary["state"]) == (5, "paused")
    assert "safety.max_duration" in summary["reason"]
    assert 0 < summary["outcomes"]["updated"] < 30


@pytest.mark.parametrize("server", [SandboxSettings(faults={Fault.REFUSE: 1.0})], indirect=True)
def test_too_many_failures_stop_a_run(folder: Path, server: ServerThread) -> None:
    """By default a run of failures ends with 3 after some twenty rows, the rest of the cases untouched."""
    ended = bulkcase("run", "job.toml", "--yes", folder=folder)
    assert ended.returncode == 3
    assert "safety.max_failures" in ended.stderr
    assert 20 <= len(server.calls) < 30
    assert "bulkcase resume" in ended.stderr


def test_a_case_s_history_and_a_run_s_report_can_be_had_at_any_time(folder: Path, server: ServerThread) -> None:
    """history, show and report work on a run that was killed, for people and for programs."""
    with started("run", "job.toml", "--yes", folder=folder) as process:
        server.wait_for_calls(8)
        assert killed_after(process, 0)
    case, note = ROWS[0]
    told = bulkcase("history", case, *STATE, folder=folder)
    (event,) = json.loads(bulkcase("history", case, "--json", *STATE, folder=folder).stdout)
    made = bulkcase("report", "last", *STATE, folder=folder)
    shown = bulkcase("show", "last", *STATE, folder=folder)

    assert f"desc: {note}" in told.stdout
    assert (event["row"], event["values"], event["outcome"]) == (2, {"desc": note}, "updated")
    assert made.returncode == 0, made.stderr
    (report,) = (folder / "reports").iterdir()
    assert len(read_results(report)) == 30
    assert "ended without a word" in shown.stdout
    assert "cut_off" in shown.stdout


WRONG = {
    "no such run": (["resume", "2031"], 'no run "2031"'),
    "no ledger": (["show", "last", "--state", "nowhere"], "no ledger yet"),
    "no such case": (["history", "ci-nowhere"], "no row of any run"),
    "a job that is gone": (["resume", "last"], "gone.toml"),
}


@pytest.mark.parametrize(("arguments", "says"), WRONG.values(), ids=list(WRONG))
def test_whatever_cannot_be_found_is_one_clear_line(
    folder: Path, server: ServerThread, arguments: list[str], says: str
) -> None:
    """Exit code 2, one line that says what to do, no traceback."""
    assert bulkcase("run", "job.toml", "--yes", folder=folder).returncode == 0
    if arguments[0] == "resume":
        (folder / "job.toml").rename(folder / "other.toml")
        says = says.replace("gone", "job")
    ended = bulkcase(*arguments, *(STATE if "--state" not in arguments else ()), folder=folder)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert says in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert len(server.calls) == 30


def test_a_rehearsal_can_be_resumed_as_a_rehearsal(folder: Path) -> None:
    """The runs of --sandbox are looked for with --sandbox, and go on against the embedded server."""
    bulkcase("run", "job.toml", "--yes", "--sandbox", folder=folder)
    lost = bulkcase("resume", "last", *STATE, folder=folder)
    found = bulkcase("resume", "last", "--sandbox", *STATE, folder=folder)
    assert (lost.returncode, found.returncode) == (2, 0)
    assert "--sandbox" in lost.stderr
    assert "nothing to do" in found.stderr


def ended_by(process: "subprocess.Popen[bytes]", number: signal.Signals) -> int:
    """Send a signal until a process has ended, and return its exit code.

    One that comes between the question and the reading of the answer is seen only with the answer: a person presses the
    keys again.
    """
    for _ in range(20):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=1)
    process.kill()
    raise AssertionError(f"{number.name} does not end it")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_at_the_question_ends_at_once(folder: Path, server: ServerThread, name: str) -> None:
    """Who changes their mind is not kept waiting: nothing is sent, and the target is free."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "bulkcase", "run", "job.toml"],
        cwd=folder,
        env=environment(folder),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b""
        while b"[y/N]" not in seen:
            seen += os.read(ours, 4096)
        assert ended_by(process, getattr(signal, name)) == 130
    os.close(ours)
    assert server.calls == []


def test_a_reader_that_goes_away_does_not_end_a_run(folder: Path, server: ServerThread) -> None:
    """Whoever listens to progress and messages may leave: every row is sent, and the exit code is the run's."""
    with started("run", "job.toml", "--yes", folder=folder) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stderr.readline()
        process.stderr.close()
        process.stdout.close()
        assert process.wait(timeout=30) == 0
    assert len(server.calls) == 30


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_a_stop_is_told_however_little_is_wanted(folder: Path, server: ServerThread, option: str) -> None:
    """Without a report on the screen, too, it is said why a run stopped and with which command it goes on."""
    slowly = "windows = []\nmax_in_flight = 1"
    write_job(folder, host=server.url, quota=slowly, more='[safety]\nmax_duration = "300ms"')
    ended = bulkcase("run", "job.toml", "--yes", option, folder=folder)
    assert ended.returncode == 5
    assert "safety.max_duration" in ended.stderr
    assert bulkcase(*the_command(ended.stderr), folder=folder).returncode in {0, 5}
