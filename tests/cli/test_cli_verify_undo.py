"""bulkcase verify and bulkcase undo: what they say, to whom, and with which exit code."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.jobs import read_results, write_cases, write_job
from support.program import bulkcase, environment, started
from support.said import Command, Said
from support.server import ServerThread

from bulkcase.cli.main import exit_code_of
from bulkcase.sandbox import SandboxSettings

ROWS = [(f"ci-{number:06d}", f"note {number}") for number in range(30)]
KEYS = [key for key, _ in ROWS]
STATE = ("--state", "state")
ALWAYS = 'read = "always"'
ONE = "windows = []\nmax_in_flight = 1"


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[ServerThread]:
    """Run a sandbox with the rows' cases beside the program; a test may set its settings by parameter."""
    with ServerThread(getattr(request, "param", SandboxSettings()), KEYS) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: ServerThread) -> Path:
    """Return a folder with a job about the rows, which reads their cases."""
    write_cases(tmp_path, ROWS)
    write_job(tmp_path, host=server.url, snapshot=ALWAYS, quota=ONE)
    return tmp_path


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return the command line, without a new process for each command: that takes most of a second."""
    monkeypatch.chdir(tmp_path)
    for name, text in environment(tmp_path).items():
        monkeypatch.setenv(name, text)

    def command(*arguments: str) -> Said:
        capsys.readouterr()
        code = exit_code_of(list(arguments))
        return Said(code, *capsys.readouterr())

    return command


def ran(command: Command) -> str:
    """Run the job, and return the id of the run."""
    ended = command("run", "job.toml", "--yes", "--json")
    assert ended.code == 0, ended.err
    return str(json.loads(ended.out)["run_id"])


def descs(server: ServerThread) -> list[str]:
    return [server.cases[key]["desc"] for key in KEYS]


def touch(server: ServerThread, key: str, **values: object) -> None:
    server.cases[key] = server.cases[key] | values


def test_undo_puts_every_case_back(folder: Path, command: Command, server: ServerThread) -> None:
    """It ends with 0, its plan stands on standard error, its outcomes and its folder on standard output."""
    before = descs(server)
    run_id = ran(command)
    server.calls.clear()
    ended = bulkcase("undo", run_id, "--yes", *STATE, folder=folder)

    assert ended.returncode == 0, ended.stderr
    assert descs(server) == before
    assert [call.endpoint for call in server.calls] == ["getCases"] + ["updateCase"] * 30
    for told in (f"run {run_id}: 30 rows about 30 cases", "30  to send", "sets desc", "can be undone"):
        assert told in ended.stderr
    assert "30  updated" in ended.stdout
    (report,) = [each for each in (folder / "reports").iterdir() if "undo" in each.name]
    assert report.name in ended.stdout
    assert "\x1b" not in ended.stdout + ended.stderr


def test_what_stays_is_exit_code_1_and_a_cause(folder: Path, command: Command, server: ServerThread) -> None:
    """The first row that was left is told with both values, and how to send such rows again."""
    ran(command)
    touch(server, KEYS[3], desc="somebody's own words")
    ended = command("undo", "last", "--yes", *STATE)

    assert ended.code == 1, ended.err
    assert re.search(r"29 +updated", ended.out)
    assert re.search(r"1 +conflict", ended.out)
    said = " ".join(ended.out.split())
    assert (
        'changed_since, 1 row; first row 5: desc: the run left "note 3", the case shows "somebody\'s own words"' in said
    )
    assert server.cases[KEYS[3]]["desc"] == "somebody's own words"


def test_json_and_quiet(folder: Path, command: Command, server: ServerThread) -> None:
    """--json is the summary and nothing else; --quiet says nothing where all is well, and something where it is not."""
    run_id = ran(command)
    told = command("undo", run_id, "--yes", "--json", "--quiet", *STATE)
    summary = json.loads(told.out)
    assert (told.code, told.err, summary["undoes"]) == (0, "", run_id)
    assert summary["outcomes"]["updated"] == 30
    quiet = command("undo", summary["run_id"], "--yes", "--quiet", *STATE)
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert descs(server) == [note for _, note in ROWS]
    touch(server, KEYS[3], desc="somebody's own words")
    quiet = command("undo", run_id, "--yes", "--quiet", *STATE)
    assert quiet.code == 1
    assert "conflict" in quiet.out


def test_without_a_terminal_an_undo_wants_yes(folder: Path, command: Command, server: ServerThread) -> None:
    """Where nobody can be asked, it ends with 2 and makes no call."""
    ran(command)
    server.calls.clear()
    ended = command("undo", "last", *STATE)
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (2, "", 1)
    assert "--yes" in ended.err
    assert server.calls == []


def test_what_was_taken_back_is_not_gone_on_with(folder: Path, command: Command, server: ServerThread) -> None:
    """undo last would do it again, as retry and resume would: one line each, 2, no call; the undo's id says so too."""
    run_id = ran(command)
    back = json.loads(command("undo", "last", "--yes", "--json", *STATE).out)["run_id"]
    server.calls.clear()
    for words in (["undo", "last", "--yes"], ["retry", run_id], ["resume", run_id]):
        refused = command(*words, *STATE)
        assert (refused.code, refused.out, len(refused.err.splitlines())) == (2, "", 1)
        assert run_id in refused.err
        assert back in refused.err
    assert server.calls == []
    forth = command("undo", back, "--yes", *STATE)
    assert forth.code == 0, forth.err
    assert f"this does again what run {run_id} did" in " ".join(forth.err.split())


def on_a_terminal(folder: Path, *arguments: str, answer: str = "") -> tuple[int, str]:
    """Run the program on a terminal of 80 columns, and answer its question; return exit code and what it showed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "bulkcase", *arguments],
        cwd=folder,
        env=environment(folder) | {"COLUMNS": "80", "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while part := os.read(ours, 4096):
                seen += part
                if seen.rstrip().endswith(b"trusted? [y/N]:"):  # where it sends is new to this home
                    os.write(ours, b"y\n")
                elif answer and seen.rstrip().endswith(b"[y/N]:"):
                    os.write(ours, f"{answer}\n".encode())
                    answer = ""
        process.wait(timeout=10)
    os.close(ours)
    return process.returncode, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())


def wide(shown: str) -> list[str]:
    """Return the lines that are wider than 80 columns, but for commands, which are never broken."""
    lines = [line.rpartition("\r")[2] for line in shown.replace("\r\n", "\n").splitlines()]
    return [line for line in lines if len(line) > 80 and "bulkcase " not in line]


@pytest.mark.parametrize(("answer", "calls", "state"), [("n", 0, "abandoned"), ("y", 30, "finished")])
def test_a_person_is_shown_what_changes_and_asked(
    folder: Path, command: Command, server: ServerThread, answer: str, calls: int, state: str
) -> None:
    """On 80 columns the groups and the question stand; with n nothing is sent, and the undo is abandoned."""
    ran(command)
    touch(server, KEYS[3], desc="somebody's own words, and a good many of them, so that they do not fit into a line")
    server.calls.clear()
    code, shown = on_a_terminal(folder, "undo", "last", *STATE, answer=answer)

    assert (code, wide(shown)) == (answer == "y", [])
    for told in ("Send 29 updates to", "29  to send", "changed_since", "desc", "→"):
        assert told in shown
    assert sum(call.endpoint == "updateCase" for call in server.calls) == max(calls - 1, 0)
    listed = json.loads(command("runs", "--json", *STATE).out)
    assert [run["state"] for run in listed] == ["finished", state]


def test_show_and_runs_name_both_sides(folder: Path, command: Command) -> None:
    """The undo names the run that it takes back, and that run its undo."""
    run_id = ran(command)
    back = json.loads(command("undo", run_id, "--yes", "--json", *STATE).out)["run_id"]
    assert re.search(rf"undone by +{back}", command("show", run_id, *STATE).out)
    assert re.search(rf"takes back +{run_id}", command("show", back, *STATE).out)
    assert f"30 updated, takes back {run_id}" in " ".join(command("runs", *STATE).out.split())
    assert json.loads(command("show", back, "--json", *STATE).out)["undoes"] == run_id


@pytest.mark.parametrize("server", [SandboxSettings(latency=(0.01, 0.01))], indirect=True)
def test_a_killed_undo_is_gone_on_with(folder: Path, command: Command, server: ServerThread) -> None:
    """undo again and run --continue are one line with the command that resumes it; --new leaves it."""
    before = descs(server)
    run_id = ran(command)
    calls = len(server.calls)
    with started("undo", run_id, "--yes", *STATE, folder=folder) as process:
        server.wait_for_calls(calls + 6)
        process.send_signal(signal.SIGKILL)
        process.wait()
    again = command("undo", run_id, "--yes", *STATE)
    goes_on = command("run", "job.toml", "--yes", "--continue")
    for refused in (again, goes_on):
        assert (refused.code, refused.out, len(refused.err.splitlines())) == (2, "", 1)
        assert "bulkcase resume" in refused.err
    words = re.findall(r"bulkcase (resume \S+ --state \S+)", again.err)[0].split()
    ended = command(*words)
    assert ended.code == 0, ended.err
    assert descs(server) == before


@pytest.mark.parametrize("server", [SandboxSettings(latency=(0.01, 0.01))], indirect=True)
def test_a_run_that_is_not_finished_is_one_line(folder: Path, command: Command, server: ServerThread) -> None:
    """Both commands stand there, and the second one works as it is."""
    before = descs(server)
    with started("run", "job.toml", "--yes", folder=folder) as process:
        server.wait_for_calls(6)
        process.send_signal(signal.SIGTERM)
        process.wait()
    refused = command("undo", "last", "--yes", *STATE)
    assert (refused.code, refused.out, len(refused.err.splitlines())) == (2, "", 1)
    assert "bulkcase resume" in refused.err
    words = refused.err.strip().rpartition("bulkcase ")[2].split()
    assert words[-1] == "--abandon"
    assert command(*words, "--yes").code == 0
    assert descs(server) == before


def test_the_sandbox_remembers_across_commands(tmp_path: Path, command: Command) -> None:
    """run, undo and undo of the undo against the embedded server each find what the one before left."""
    write_cases(tmp_path, ROWS)
    write_job(tmp_path, snapshot=ALWAYS)
    words = ["run", "job.toml"]
    for _ in range(4):
        ended = command(*words, "--yes", "--json")
        assert ended.code == 0, ended.err
        said = json.loads(ended.out)
        assert said["outcomes"]["updated"] == 30
        words = ["undo", said["run_id"], "--sandbox", *STATE]
    proven = command("verify", "last", "--sandbox", *STATE, "--json")
    assert (proven.code, json.loads(proven.out)["rows"]["applied"]) == (0, 30), proven.err


def test_a_rehearsal_is_undone_as_a_rehearsal(folder: Path, command: Command, server: ServerThread) -> None:
    """Its undo makes no call to the server of the job."""
    command("run", "job.toml", "--yes", "--sandbox")
    ended = command("undo", "last", "--yes", "--sandbox", *STATE)
    assert ended.code == 0, ended.err
    assert "30  updated" in ended.out
    assert "the embedded sandbox" in ended.err
    assert server.calls == []


@pytest.mark.parametrize(("read", "why"), [("always", ""), ("never", "the values before are not read")])
def test_a_plan_says_whether_it_can_be_undone(
    folder: Path, command: Command, server: ServerThread, read: str, why: str
) -> None:
    """Both people and programs are told up front."""
    write_job(folder, host=server.url, snapshot=f'read = "{read}"')
    told = command("plan", "job.toml")
    assert (f"cannot be undone: {why}" if why else "can be undone: the values before are kept") in told.out
    said = json.loads(command("plan", "job.toml", "--json").out)
    assert (said["undoable"], said["why_not_undoable"]) == (not why, why)


def test_verify_says_what_stands_there(folder: Path, command: Command, server: ServerThread) -> None:
    """0 where all of it does; else 1, with what was changed since, for people and for programs, and in the report."""
    ran(command)
    server.calls.clear()
    well = command("verify", "last", *STATE)
    assert well.code == 0, well.err
    assert "30 rows were sent" in well.out
    assert re.search(r"30 +applied: what was sent stands there", well.out)
    assert [call.endpoint for call in server.calls] == ["getCases"]
    assert command("verify", "last", "--quiet", *STATE).out == ""

    touch(server, KEYS[3], desc="somebody's own words")
    told = command("verify", "last", "--quiet", *STATE)
    assert (told.code, told.err) == (1, "")
    assert "1  changed since: the case has another value by now" in told.out
    said = json.loads(command("verify", "last", "--json", *STATE).out)
    assert {name: count for name, count in said["rows"].items() if count} == {"applied": 29, "changed since": 1}
    (report,) = (folder / "reports").iterdir()
    assert "somebody's own words" in read_results(report)[3]["bulkcase_error"]
