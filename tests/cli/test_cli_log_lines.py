"""What a line of the log has in it."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from bulkcase.cli.common.console import LOG, complain, err, indented, say, tell_end
from bulkcase.cli.common.logs import JsonFormatter, LogFormat, log_to_stderr
from bulkcase.cli.main import exit_code_of
from bulkcase.errors import Declined, UsageError
from bulkcase.logged import RUN, facts, row_ended, run_went


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Make standard error a log, and leave everything as it was."""
    written = io.StringIO()
    monkeypatch.setattr(err, "_file", written)
    logger, root = logging.getLogger(LOG), logging.getLogger()
    before = logger.handlers, logger.level, root.handlers
    log_to_stderr(verbose=False, form=LogFormat.JSON)
    token = RUN.set("")
    yield written
    RUN.reset(token)
    log_to_stderr(verbose=False)
    logger.handlers, logger.level, root.handlers = before


def told(stream: io.StringIO) -> list[dict[str, Any]]:
    found = [orjson.loads(line) for line in stream.getvalue().splitlines()]
    for line in found:
        line.pop("time")
    return found


def record(message: str, *values: Any, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("bulkcase.x", logging.WARNING, __file__, 1, message, values, None)
    made.created = 1_780_315_200.0019
    made.__dict__ |= more
    return made


def test_a_line_has_time_level_logger_and_message() -> None:
    """In UTC to the millisecond; what is not known is not there."""
    assert orjson.loads(JsonFormatter().format(record("%d rows\nsent", 3))) == {
        "time": "2026-06-01T12:00:00.001Z",
        "level": "warning",
        "logger": "bulkcase.x",
        "message": "3 rows\nsent",
    }


def test_a_line_has_the_run_and_its_facts() -> None:
    """Facts that are not known are left out."""
    token = RUN.set("run-1")
    line = orjson.loads(JsonFormatter().format(record("x", **facts(row=2, code=None))))
    RUN.reset(token)
    assert (line["run_id"], line["row"]) == ("run-1", 2)
    assert "code" not in line


@pytest.mark.parametrize("odd", ["half \ud800 a character", "line \u2028 break", "\x00", '"', "[bold]"])
def test_whatever_is_said_is_one_line(odd: str) -> None:
    """Hostile texts are JSON too, and come back as they were."""
    line = JsonFormatter().format(record("%s", odd, **facts(case_id=odd, other=object())))
    assert "\n" not in line
    assert json.loads(line)["message"] == json.loads(line)["case_id"] == odd


def test_what_people_are_told_becomes_lines(stream: io.StringIO) -> None:
    """Without markup; red is an error, yellow a warning."""
    err.print("[bold red]stopped: [/]why")
    say("[yellow]note:[/] look")
    indented(err, "[dim]more[/]", 2)
    assert [(line["level"], line["message"]) for line in told(stream)] == [
        ("error", "stopped: why"),
        ("warning", "note: look"),
        ("info", "  more"),
    ]


def test_an_error_has_its_exit_code(stream: io.StringIO) -> None:
    """One line a problem; an answer that is no error is none here."""
    complain(UsageError("a", "b"))
    complain(Declined())
    tell_end("interrupted", 130)
    assert [(line["level"], line["message"], line["exit_code"]) for line in told(stream)] == [
        ("error", "a", 2),
        ("error", "b", 2),
        ("info", "nothing was sent", 0),
        ("error", "interrupted", 130),
    ]


def test_rows_and_runs_have_lines_for_programs(stream: io.StringIO) -> None:
    """As text they have none."""
    RUN.set("run-1")
    row_ended(5, "ci-1", "failed", "http_404")
    run_went("ended", exit_code=1)
    row, run = told(stream)
    assert row == {
        "level": "warning", "logger": "bulkcase.rows", "message": "row 5 ended failed: http_404", "run_id": "run-1",
        "event": "row", "row": 5, "case_id": "ci-1", "outcome": "failed", "code": "http_404",
    }  # fmt: skip
    assert (run["message"], run["event"], run["exit_code"]) == ("run run-1 ended", "ended", 1)
    log_to_stderr(verbose=False)
    row_ended(5, "ci-1", "failed", "http_404")
    assert stream.getvalue().count("\n") == 2


def test_other_libraries_and_warnings_are_lines_too(stream: io.StringIO) -> None:
    """Never two formats on one stream."""
    logging.getLogger("asyncio").error("odd")
    assert [line["logger"] for line in told(stream)] == ["asyncio"]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_line_is_json_whatever_the_encoding_of_the_stream(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """Read as UTF-8 it says what was said, also where standard error is a file of an old code page."""
    file = io.TextIOWrapper(raw := io.BytesIO(), encoding, errors="backslashreplace")
    monkeypatch.setattr(err, "_file", file)
    say("J\u00f6b \U0001f600")
    assert orjson.loads(raw.getvalue())["message"] == "J\u00f6b \U0001f600"
    assert not stream.getvalue()


LIBRARY = """
import logging
logging.basicConfig(level=logging.INFO)
{}
from bulkcase.logged import row_ended, run_went
row_ended(5, "ci-1", "failed", "http_404")
run_went("ended")
{}
row_ended(6, "ci-2", "failed", "http_404")
"""
ASKS = 'logging.getLogger("bulkcase.rows").setLevel(logging.WARNING)'


@pytest.mark.parametrize(
    ("before", "after", "rows"), [("", "", []), ("", ASKS, ["row 6"]), (ASKS, "", ["row 5", "row 6"])]
)
def test_a_program_that_logs_is_told_of_rows_only_where_it_asks(before: str, after: str, rows: list[str]) -> None:
    """Any log that it has set up for itself does not fill with the rows of its runs."""
    program = [sys.executable, "-c", LIBRARY.format(before, after)]
    ended = subprocess.run(program, capture_output=True, text=True, check=True)
    assert ended.stderr.splitlines() == [f"WARNING:bulkcase.rows:{row} ended failed: http_404" for row in rows]


@pytest.mark.parametrize("verbose", [False, True])
def test_a_fault_is_a_line_and_its_traceback_only_with_verbose(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, verbose: bool
) -> None:
    """A fault of the program is told as everything else."""

    def fails(*_: object, **__: object) -> None:
        log_to_stderr(verbose, LogFormat.JSON)
        raise ValueError("odd")

    monkeypatch.setattr("bulkcase.cli.commands.app", fails)
    assert exit_code_of([]) == 6
    *first, last = told(stream)
    assert (last["level"], last["exit_code"]) == ("error", 6)
    assert "a fault of bulkcase (ValueError: odd)" in last["message"]
    assert "traceback" not in last
    assert ["ValueError: odd" in line["traceback"] for line in first] == [True] * verbose
