"""bulkcase doctor: what a person and a program see of it."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from support.jobs import SECRET_VARIABLE, simple_rows, write_cases, write_job
from support.said import Command
from support.server import ServerThread

from bulkcase.cli.doctor import show_step
from bulkcase.operations.diagnosis.steps import STEPS, State, cross, ok, untried, warning
from bulkcase.sandbox import SandboxSettings

LONG = "what was found is long, " * 6
EACH = [ok("job", LONG), warning("cases", "none", "look"), cross("scope", "missing", LONG), untried("search", "why")]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerThread]:
    """Serve an API whose app lacks the scope, and write a job for it."""
    settings = SandboxSettings(scope=False)
    monkeypatch.setenv(SECRET_VARIABLE, settings.client_secret)
    write_cases(tmp_path, simple_rows(3))
    with ServerThread(settings, ["ci-000000"]) as server:
        write_job(tmp_path, host=server.url)
        yield server


def test_a_pipe_gets_a_line_a_step_and_a_line_a_remedy(command: Command, server: ServerThread) -> None:
    """Each step is one line with its sign; the cause is named at the end, and the exit code is 1."""
    said = command("doctor", "job.toml", "--yes")

    lines = said.out.splitlines()
    assert said.code == 1
    assert [line.split()[1] for line in lines if line[0] in "✓!✗·"] == list(STEPS)
    assert any(line.startswith("✗ scope      missing (Permission denied.") for line in lines)
    assert '             → tick the scope "Case Management Configuration"' in said.out
    assert lines[-1].startswith("scope comes first: mend it")
    assert "sends to http://127.0.0.1" in said.err
    assert {call.endpoint for call in server.calls} == {"getCases"}


def test_json_has_every_step_and_nothing_else(command: Command, server: ServerThread) -> None:
    """A program gets name, state, found, remedy and seconds of each, and standard output has no other words."""
    said = command("doctor", "job.toml", "--yes", "--json")

    told = json.loads(said.out)
    assert [step["name"] for step in told["steps"]] == list(STEPS)
    assert {tuple(step) for step in told["steps"]} == {("name", "state", "found", "remedy", "seconds")}
    assert (told["exit_code"], told["calls"], len(server.calls)) == (1, 1, 1) == (said.code, 1, 1)


def test_a_log_has_a_line_a_step(command: Command, server: ServerThread) -> None:
    """With --log-format json what is not well is an error of the log, with its remedy."""
    said = command("doctor", "job.toml", "--yes", "--log-format", "json")

    lines = [json.loads(line) for line in said.err.splitlines()]
    steps = {line["step"]: line for line in lines if line.get("event") == "step"}
    assert list(steps) == list(STEPS)
    assert (steps["scope"]["level"], "remedy" in steps["scope"], steps["job"]["level"]) == ("error", True, "info")


def test_a_file_that_is_no_job_is_the_first_cross(command: Command) -> None:
    """A job file that does not load is told as a step, and the exit code is that of a job file."""
    said = command("doctor", "none.toml")

    assert (said.code, said.err) == (2, "")
    assert said.out.startswith("✗ job        none.toml: ")
    assert said.out.splitlines()[-1].startswith("job comes first")


def test_a_rehearsal_is_well(command: Command, tmp_path: Path) -> None:
    """With --sandbox nothing of the connection is needed."""
    write_cases(tmp_path, simple_rows(3))
    write_job(tmp_path, host="https://platform.example.com")
    said = command("doctor", "job.toml", "--sandbox")

    assert (said.code, said.out.splitlines()[-1]) == (0, "all is well (4 calls, none of which changes a case)")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_it_fits_a_terminal_of_80_columns(encoding: str) -> None:
    """Lines are broken between words below their own column, with words where the signs cannot be shown."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding)
    console = Console(file=stream, width=80, force_terminal=True, no_color=True, highlight=False)
    for step in EACH:
        show_step(console, step)
    stream.flush()
    shown = written.getvalue().decode(encoding)

    lines = [_plain(line) for line in shown.splitlines()]
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines if line[:1].strip()] == (
        ["✓", "!", "✗", "·"] if encoding == "utf-8" else ["ok", "warning", "WRONG", "-"]
    )
    indent = 13 if encoding == "utf-8" else 19
    assert all(line[:indent].strip() == "" for line in lines if not line[:1].strip())


def _plain(line: str) -> str:
    """Return a line without what makes letters bold or dim."""
    parts = line.split("\x1b[")
    return parts[0] + "".join(part.partition("m")[2] for part in parts[1:])


def test_every_state_is_shown_in_its_own_way() -> None:
    """No two states have one sign, and each step of the table is about something."""
    files = [io.StringIO() for _ in State]
    for file, step in zip(files, EACH, strict=True):
        show_step(Console(file=file, width=80, soft_wrap=True), step)
    assert len({file.getvalue()[0] for file in files}) == len(State)
    assert all(STEPS.values())
