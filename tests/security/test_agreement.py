"""Who is told, and who is asked, before the first call."""

import json
import os
import pty
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from support.jobs import a_job, simple_rows, write_cases, write_job
from support.program import SECRET, bulkcase, environment
from support.server import ServerThread

from bulkcase.cli.common import destinations as told
from bulkcase.errors import Declined
from bulkcase.job.destinations import Destination
from bulkcase.operations.live.agreed import Agreed, agreed_file
from bulkcase.sandbox import SandboxSettings

FIRST, SECOND = Destination("sends to A for x", "sends to A"), Destination("sends to B for x", "sends to B")
READS = 'read = "always"'


@pytest.fixture
def server() -> Iterator[ServerThread]:
    """Run a sandbox with three cases beside the program."""
    with ServerThread(SandboxSettings(), [key for key, _ in simple_rows(3)]) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: ServerThread) -> Path:
    """Return a folder with a job that reads live cases when it is planned."""
    write_cases(tmp_path, simple_rows(3))
    write_job(tmp_path, host=server.url, snapshot=READS)
    return tmp_path


def at_a_terminal(folder: Path, *arguments: str, answers: tuple[str, ...]) -> tuple[int, str]:
    """Run the program on a terminal and answer its questions; return exit code and what it showed."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "bulkcase", *arguments],
        cwd=folder,
        env=environment(folder) | {"TERM": "dumb", "COLUMNS": "500"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen, left = b"", list(answers)
        try:
            while part := os.read(ours, 4096):
                seen += part
                if seen.rstrip().endswith(b"[y/N]:"):
                    os.write(ours, f"{left.pop(0) if left else 'n'}\n".encode())
        except OSError:  # the end of a terminal
            process.wait(timeout=30)
    os.close(ours)
    return process.returncode, seen.decode()


@pytest.mark.parametrize("command", [("run", "job.toml"), ("plan", "job.toml"), ("lookups", "job.toml", "-o", "new")])
def test_a_person_who_does_not_know_the_host_sends_nothing_there(
    folder: Path, server: ServerThread, command: tuple[str, ...]
) -> None:
    """Host and names of the secrets are shown and asked about before the first call, also that which only reads."""
    code, shown = at_a_terminal(folder, *command, answers=("n",))
    assert code == 0
    assert f"job.toml sends to {server.url} (account" in " ".join(shown.split())
    assert "tokens signed by env:BULKCASE_TEST_SECRET" in " ".join(shown.split())
    assert SECRET not in shown
    assert server.calls == []


def test_who_has_agreed_is_not_asked_again(folder: Path, server: ServerThread) -> None:
    """The same host with the same secrets is only told from then on, whatever the command."""
    assert at_a_terminal(folder, "plan", "job.toml", answers=("y",))[0] == 0
    code, shown = at_a_terminal(folder, "run", "job.toml", answers=("y",))
    assert (code, len(re.findall(r"\[y/N\]", shown))) == (0, 1)
    assert "Send 3 updates to" in shown
    assert shown.index(f"sends to {server.url}") < shown.index("Send 3 updates to")


@pytest.mark.parametrize("log", ["text", "json"])
def test_with_yes_it_is_said_in_a_line_and_nobody_is_asked(folder: Path, server: ServerThread, log: str) -> None:
    """What runs by night does not wait; its log says where it sent."""
    ended = bulkcase("run", "job.toml", "--yes", "--log-format", log, folder=folder)
    assert ended.returncode == 0, ended.stderr
    (line,) = [line for line in ended.stderr.splitlines() if f"sends to {server.url} " in line]
    if log == "json":
        assert json.loads(line)["event"] == "destination"
    assert at_a_terminal(folder, "plan", "job.toml", answers=())[0] == 0


def test_what_is_new_is_said_with_quiet_too(folder: Path, server: ServerThread) -> None:
    """Where --yes agrees to a host for the first time, its line stays; from then on --quiet is quiet."""
    first, second = (bulkcase("run", "job.toml", "--yes", "--new", "--quiet", folder=folder) for _ in range(2))
    assert f"new: job.toml sends to {server.url} " in first.stderr
    assert "sends to" not in second.stderr


def test_a_job_cannot_bring_its_own_agreement(folder: Path, server: ServerThread) -> None:
    """It is remembered for the user, wherever the ledger of the job is."""
    for place in (folder, folder / "state"):
        place.mkdir(exist_ok=True)
        (place / "agreed.json").write_text(json.dumps([f"sends to {server.url} with tokens signed by env:X"]))
    assert at_a_terminal(folder, "plan", "job.toml", answers=("n",))[0] == 0
    assert server.calls == []


def test_what_is_remembered_is_its_owners_and_has_no_secret(home: Path) -> None:
    """A file of lines that can be read; one that is broken means that nothing was agreed to."""
    agreed = Agreed()
    assert agreed.new([FIRST, SECOND]) == [FIRST, SECOND]
    agreed.note([FIRST])
    assert agreed.new([FIRST, SECOND]) == [SECOND]
    file = agreed_file()
    assert file.is_relative_to(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == ["sends to A"]
    for broken in ("{", "{}", "[1]"):
        file.write_text(broken)
        assert agreed.new([FIRST]) == [FIRST]


def test_what_cannot_be_remembered_is_asked_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is no reason not to send."""
    (tmp_path / "file").write_text("no folder")
    Agreed(lambda: tmp_path / "file" / "agreed.json").note([FIRST])
    assert "you will be asked again" in caplog.text


@pytest.mark.parametrize(("is_there", "yes", "asked"), [(True, False, 1), (True, True, 0), (False, False, 0)])
def test_only_a_person_is_asked_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool, yes: bool, asked: int
) -> None:
    """Without a terminal, or with --yes, there is nobody who could answer."""
    questions: list[str] = []

    def confirm(text: str, **_: object) -> bool:
        questions.append(text)
        return True

    monkeypatch.setattr(told, "someone_is_there", lambda: is_there)
    monkeypatch.setattr(typer, "confirm", confirm)
    tells = told.Disclosure(yes=yes)
    for _ in range(2):
        tells(a_job(tmp_path), [FIRST, SECOND])
    assert len(questions) == asked
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: False)
    if asked:
        with pytest.raises(Declined):
            tells(a_job(tmp_path), [Destination("sends to C", "sends to C")])


def test_a_job_that_others_can_change_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It decides where the secrets go."""
    job = a_job(tmp_path)
    job.file.chmod(0o666)
    told.Disclosure(yes=True)(job, [FIRST])
    assert f"other users can change it (its mode is 0666): chmod go-w {job.file}" in caplog.text
