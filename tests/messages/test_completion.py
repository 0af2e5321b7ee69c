"""Completion in the shell: what is asked for, and answered, as the scripts of typer do it."""

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.nights import add_nights, same
from support.program import environment

from bulkcase.cli import completion
from bulkcase.cli.commands import COMMANDS
from bulkcase.cli.main import exit_code_of
from bulkcase.ledger import Ledger

Answers = Callable[..., list[str]]


@pytest.fixture
def answers(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Return what is answered to a shell, word by word; nothing else is told, and no file is made."""
    monkeypatch.chdir(tmp_path)

    def answers(line: str, shell: str = "bash") -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv(completion.VARIABLE, f"complete_{shell}")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
        monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
        monkeypatch.setenv("_TYPER_COMPLETE_WORD_TO_COMPLETE", words[-1])
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            exit_code_of([])
        said = capsys.readouterr()
        assert (ended.value.code, said.err) == (0, "")
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
        return said.out.split()

    return answers


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Return the ids of two runs in the ledger of the state folder."""
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as ledger:
        return [run.id for run in add_nights(ledger, [same("ci-1")], [same("ci-1")])]


def test_commands_are_completed(answers: Answers) -> None:
    """All of them, and those that begin as the word does."""
    assert answers("bulkcase ") == list(COMMANDS)
    assert answers("bulkcase re") == ["resume", "retry", "report"]


def test_options_are_those_of_the_command(answers: Answers) -> None:
    """The command that is named is loaded for it."""
    assert answers("bulkcase runs --dr") == ["--drift"]
    assert answers("bulkcase run --dr") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_shell_is_answered(answers: Answers, shell: str) -> None:
    """Each in the form that its script reads."""
    assert "--drift" in " ".join(answers("bulkcase runs --dr", shell))


def test_a_run_is_completed_by_its_id(answers: Answers, runs: list[str]) -> None:
    """The newest is the first, behind `last`; where there is no ledger, nothing is answered."""
    assert answers("bulkcase show --state state ") == ["last", *reversed(runs)]
    assert (
        answers(f"bulkcase verify --state state {runs[0][:-1]}")
        == [run for run in runs if run[:-1] == runs[0][:-1]][::-1]
    )
    assert answers("bulkcase purge --state state 2") == runs[::-1]
    assert answers("bulkcase show ") == []


def test_a_run_is_completed_while_another_command_writes(answers: Answers, runs: list[str], tmp_path: Path) -> None:
    """It waits for nobody, and takes no part in what is written."""
    with Ledger(tmp_path / "state" / "ledger.sqlite3"):
        assert answers("bulkcase show --state state ") == ["last", *reversed(runs)]


def test_a_broken_ledger_completes_nothing(answers: Answers, runs: list[str], tmp_path: Path) -> None:
    """A shell that completes a word is no place for an error."""
    (tmp_path / "state" / "ledger.sqlite3").write_bytes(b"SQLite format 3\0 and no more")
    assert answers("bulkcase show --state state ") == []


def test_a_plan_and_a_job_are_completed(answers: Answers, runs: list[str]) -> None:
    """No run was only planned here, and all are of one job."""
    assert answers("bulkcase run job.toml --state state --plan ") == []
    assert answers("bulkcase runs --state state --job ") == ["sync"]


def test_job_files_come_first(answers: Answers, tmp_path: Path) -> None:
    """What else there is, folders among it, is left to the shell."""
    for name in ("a.toml", "b.toml", "cases.csv", "more/c.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert answers("bulkcase check ") == ["a.toml", "b.toml"]
    assert answers("bulkcase check more/") == ["more/c.toml"]
    assert answers("bulkcase check mor") == []


@pytest.mark.parametrize("name", ["x$(touch pwned).toml", "`id`.toml", "a b.toml", "a;b.toml", 'q".toml', "é.toml"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
@pytest.mark.skipif(sys.platform == "win32", reason="no file is called so there")
def test_no_file_name_is_code_for_a_shell(answers: Answers, tmp_path: Path, name: str, shell: str) -> None:
    """Where one is to be quoted, the shell completes files by itself."""
    for each in ("a.toml", name):
        (tmp_path / each).touch()
    assert answers("bulkcase check ", shell) == (["_files"] if shell == "zsh" else [])


def test_no_name_of_a_job_is_code_for_a_shell(answers: Answers, tmp_path: Path) -> None:
    """Neither as a value nor beside the id of its run; and a run that takes one back is of no job of that name."""
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as ledger:
        found = [run.id for run in add_nights(ledger, [same("ci-1")], [same("ci-1")], [same("ci-1")])]
    with closing(sqlite3.connect(tmp_path / "state" / "ledger.sqlite3")) as database, database:
        for name, run in zip(["x$(touch pwned)", "undo a", "plain"], found, strict=True):
            database.execute("UPDATE runs SET job = ? WHERE id = ?", (name, run))
    told = " ".join(answers("bulkcase show --state state 2", "zsh"))
    assert found[0] in told
    assert "pwned" not in told
    assert answers("bulkcase runs --state state --job ") == ["plain"]


VALUES = {
    "run job.toml --log-format ": ["text", "json"],
    "set job.toml keys.txt --match ": ["_id", "refId"],
    "sandbox --fault drop": ["drop_before=", "drop_after="],
    "sandbox --quirk norm": ["normalises"],
}


@pytest.mark.parametrize(("line", "values"), VALUES.items())
def test_values_that_are_known_are_completed(answers: Answers, line: str, values: list[str]) -> None:
    """Those of an option that takes one of a few words."""
    assert answers(f"bulkcase {line}") == values


def test_a_fault_is_not_told_to_a_shell(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would stand in the middle of what a person types."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("bulkcase.cli.commands.command_of", fail)
    monkeypatch.setenv(completion.VARIABLE, "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "bulkcase show ")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert exit_code_of([]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="bash is not at home there")
def test_the_script_for_bash_works_in_bash(tmp_path: Path) -> None:
    """What --show-completion prints is read by a real bash, and completes a command."""
    program = tmp_path / "bin" / "bulkcase"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bulkcase "$@"\n', encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    words = "COMP_WORDS=(bulkcase hist); COMP_CWORD=1; _bulkcase_completion bulkcase"
    script = f'eval "$(bulkcase --show-completion)"; {words}; echo "${{COMPREPLY[@]}}"'
    path = environment(tmp_path)
    ended = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=path | {"PATH": f"{program.parent}:{path['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.stdout, ended.stderr) == ("history\n", "")
