"""Standard error as a log of JSON lines."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.jobs import simple_rows, write_cases, write_job
from support.program import bulkcase, environment
from support.server import ServerThread

from bulkcase.sandbox import SandboxSettings

ROWS = [*simple_rows(6), ("not a key", "note of nobody"), ("ci-nowhere", "note for nowhere")]


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[ServerThread]:
    """Run a sandbox with twenty cases beside the program; a test may set its settings by parameter."""
    settings = getattr(request, "param", SandboxSettings())
    with ServerThread(settings, [key for key, _ in simple_rows(20)]) as running:
        yield running


def lines(text: str) -> list[dict[str, Any]]:
    """Return what each line of a log says; one that is no JSON object is a failure."""
    found = [json.loads(line) for line in text.splitlines()]
    assert all({"time", "level", "message"} <= line.keys() for line in found), found
    return found


def logged(*arguments: str, folder: Path, code: int) -> list[dict[str, Any]]:
    ended = bulkcase(*arguments, "--log-format", "json", folder=folder)
    assert ended.returncode == code, ended.stderr
    return lines(ended.stderr)


def test_a_run_is_told_in_lines_of_json(tmp_path: Path, server: ServerThread) -> None:
    """From its plan on each has the run's id; a row that failed has a line with its case, and no cell is in any."""
    write_cases(tmp_path, ROWS)
    write_job(tmp_path, host=server.url)
    told = logged("run", "job.toml", "--yes", folder=tmp_path, code=1)

    (folder,) = (tmp_path / "reports").iterdir()
    assert told.pop(0)["event"] == "destination"
    assert {line["run_id"] for line in told} == {folder.name}
    events = [line.get("event") for line in told]
    assert [event for event in events if event in {"planned", "started", "ended"}] == ["planned", "started", "ended"]
    bad, row = [line for line in told if line.get("event") == "row"]
    assert (bad["outcome"], bad["code"], "case_id" in bad) == ("invalid", "bad_key", False)
    assert (row["level"], row["row"], row["case_id"]) == ("warning", 9, "ci-nowhere")
    assert (row["outcome"], row["code"]) == ("failed", "http_404")
    ended = told[events.index("ended")]
    assert (ended["outcomes"]["updated"], ended["outcomes"]["invalid"]) == (6, 1)
    assert (ended["exit_code"], ended["state"]) == (1, "finished")
    progress = [line for line in told if line.get("event") == "progress"][-1]
    assert (progress["done"], progress["total"], progress["failed"]) == (7, 7, 1)
    assert "note" not in json.dumps(told)


def test_each_call_has_a_line_with_verbose(tmp_path: Path, server: ServerThread) -> None:
    """With row, case, endpoint, status and verdict."""
    write_cases(tmp_path, simple_rows(2))
    write_job(tmp_path, host=server.url)
    told = logged("run", "job.toml", "--yes", "--verbose", "--quiet", folder=tmp_path, code=0)
    calls = [line for line in told if line.get("event") == "call"]
    assert [(line["row"], line["case_id"], line["status"]) for line in sorted(calls, key=lambda line: line["row"])] == [
        (2, "ci-000000", 200),
        (3, "ci-000001", 200),
    ]
    assert {(line["endpoint"], line["verdict"], line["level"]) for line in calls} == {
        ("updateCase", "accepted", "debug")
    }


def test_an_error_is_a_line_with_its_exit_code(tmp_path: Path) -> None:
    """A job file that is wrong, one line a problem; a question that nobody answers is refused."""
    write_job(tmp_path, more="[report]\nformats = ['pdf']\nprivat = []")
    told = logged("check", "job.toml", folder=tmp_path, code=2)
    assert [(line["level"], line["exit_code"], line["message"].split(": ")[1]) for line in told] == [
        ("error", 2, "report.formats, entry 1"),
        ("error", 2, "report.privat"),
    ]
    write_job(tmp_path)
    write_cases(tmp_path, simple_rows(2))
    (line,) = logged("run", "job.toml", folder=tmp_path, code=2)
    assert "--yes" in line["message"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["run", "--log-format=json"], "JOB"),
        (["run", "job.toml", "--limit", "0", "--log-format", "json"], "--limit"),
        (["resume", "last", "--log-format", "json", "--frob"], "--frob"),
    ],
)
def test_a_command_that_is_mistyped_is_told_in_json(tmp_path: Path, arguments: list[str], word: str) -> None:
    """What is missing, out of range or unknown is one line, before any command has begun."""
    ended = bulkcase(*arguments, folder=tmp_path)
    (line,) = lines(ended.stderr)
    assert (ended.returncode, line["level"], line["exit_code"]) == (2, "error", 2)
    assert word in line["message"]


def test_quiet_leaves_what_programs_need(tmp_path: Path, server: ServerThread) -> None:
    """No progress; the rows that need a person, and how the run began and ended, stay."""
    write_cases(tmp_path, ROWS)
    write_job(tmp_path, host=server.url)
    told = logged("run", "job.toml", "--yes", "--quiet", "--json", folder=tmp_path, code=1)
    assert [line.get("event") for line in told] == ["destination", "planned", "started", "row", "row", "ended"]


@pytest.mark.parametrize("server", [SandboxSettings(latency=(0.2, 0.2))], indirect=True)
def test_an_interrupted_run_is_told_in_json_to_its_end(tmp_path: Path, server: ServerThread) -> None:
    """Ctrl-C, the reason and the command that goes on are lines too."""
    write_cases(tmp_path, simple_rows(20))
    write_job(tmp_path, host=server.url, quota="windows = []\nmax_in_flight = 2")
    command = [sys.executable, "-m", "bulkcase", "run", "job.toml", "--yes", "--log-format", "json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        server.wait_for_calls(4)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 130, errors
    told = lines(errors)[1:]  # before it is a run, it says where it sends
    assert len({line["run_id"] for line in told}) == 1
    (ended,) = [line for line in told if line.get("event") == "ended"]
    assert (ended["exit_code"], ended["state"]) == (130, "interrupted")
    assert any("SIGINT" in line["message"] and line["level"] == "error" for line in told)
    assert "bulkcase resume" in told[-1]["message"]


def test_in_text_a_row_has_no_line(tmp_path: Path, server: ServerThread) -> None:
    """People have the report; text is the default."""
    write_cases(tmp_path, ROWS)
    write_job(tmp_path, host=server.url)
    plain = bulkcase("run", "job.toml", "--yes", folder=tmp_path)
    assert plain.returncode == 1
    assert "ended failed" not in plain.stderr
    assert "started" not in plain.stderr
    assert "{" not in plain.stderr
