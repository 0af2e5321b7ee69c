"""Whatever comes from outside, a terminal shows it and obeys none of it."""

import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from support.jobs import write_cases, write_job
from support.program import bulkcase

from bulkcase.cli.common.console import PatientConsole, complain, escape, indented, plain_json, tame
from bulkcase.cli.common.logs import JsonFormatter, TextFormatter
from bulkcase.errors import BulkcaseError

OBEYED = [chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0x200E, 0x202E, 0x2028, 0x2066, 0xFEFF, 0xE0001)]
"""Every control character, and what turns a line round or hides in it."""
EVIL = (
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07 \x1b[2J\x9b31m [red]x[/] [link=https://evil.example]y :x: \u202e"
)


def harmless(text: str) -> bool:
    """Say whether a terminal would obey nothing of a text but its line breaks."""
    return all(sign.isprintable() or sign == "\n" for sign in text)


@pytest.mark.parametrize("sign", OBEYED, ids=[f"{ord(sign):x}" for sign in OBEYED])
def test_no_control_character_reaches_a_terminal(sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither printed, nor as an error, a line of the log, or JSON; and none of it breaks a line in two."""
    text, console = f"a{sign}b", PatientConsole(file=io.StringIO(), emoji=False, soft_wrap=True)
    console.print(f"[bold]{escape(text)}[/]")
    console.print(text)
    indented(console, escape(text), 2)
    assert isinstance(console.file, io.StringIO)
    assert harmless(console.file.getvalue())
    complain(BulkcaseError(text))
    assert harmless(capsys.readouterr().err)
    record = logging.LogRecord("x", 40, "", 1, text, (), None)
    for formatter in (TextFormatter("%(message)s"), JsonFormatter()):
        line = formatter.format(record)
        assert harmless(line)
        assert "\n" not in line
    assert json.loads(plain_json(json.dumps({"a": text}, ensure_ascii=False)))["a"] == text
    assert harmless(plain_json(json.dumps({"a": text}, ensure_ascii=False)))


@given(st.text())
def test_no_text_is_markup(text: str) -> None:
    """Whatever brackets and backslashes it has, it reads as it is, and what stands behind it is untouched."""
    shown = Text.from_markup(tame(f"[red]{escape(text)}[/]!"), emoji=False).plain
    assert harmless(shown)
    if text.isprintable():
        assert shown == f"{text}!"


def test_the_program_shows_what_is_hostile_and_obeys_none_of_it(tmp_path: Path) -> None:
    """In names of jobs, fields and columns, in cells, lookups and arguments; as text and as JSON."""
    name = "job \x1b[31m[red]\u202e.toml"
    mapping = 'desc = "Notes"\nstatus = "Status\\u001b[31m"\n[mapping.custom]\n"\\u001b]0;x\\u0007[red]" = "Notes"'
    rows = [("ci-1", EVIL, "x"), (EVIL, "x", EVIL), ("ci-2", "fine", EVIL)]
    write_cases(tmp_path, rows, ("Case ID", "Notes", "Status\x1b[31m"))
    lookups = '[lookups.status."Open\\u001b[2J[red]"]\n_id = "st-1"\nname = "Open"'
    write_job(tmp_path, name=name, mapping=mapping, snapshot='read = "auto"', more=lookups)
    for arguments in (
        ("check", name), ("check", name, "--json"), ("plan", name), ("plan", name, "--json"),
        ("run", name, "--yes", "--verbose"), ("run", name, "--yes", "--new", "--log-format", "json", "--json"),
        ("show", "last", "--sandbox", "--state", "state"), ("runs", "--sandbox", "--state", "state"),
        ("history", EVIL, "--sandbox", "--state", "state"), ("plan", f"none{EVIL}"), ("show", EVIL),
    ):  # fmt: skip
        ended = bulkcase(*arguments, folder=tmp_path)
        assert harmless(ended.stdout), (arguments, ended.stdout)
        assert harmless(ended.stderr), (arguments, ended.stderr)
        assert "fault of bulkcase" not in ended.stderr


def test_a_library_s_words_are_harmless_too() -> None:
    """What others log in the form for people goes through the same door as what bulkcase says."""
    code = (
        "import logging\nfrom bulkcase.cli.common.logs import log_to_stderr\n"
        "log_to_stderr(verbose=False)\nlogging.getLogger('aiohttp').warning('a%sb', '\\x1b[2J\\n')\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True).stderr
    assert said == "a\\x1b[2J\\nb\n"
