"""bulkcase init, as its user meets it."""

import json
import os
import pty
import re
import select
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from support.jobs import write_cases
from support.program import SECONDS, started
from support.said import Command, Said

from bulkcase.cli import init as cli
from bulkcase.cli.main import exit_code_of
from bulkcase.job import load
from bulkcase.proposing import Question

SAMPLES = Path(__file__).parents[2] / "sample_data"
ROWS = [("ci-1", "Open", "03/04/2026"), ("ci-2", "Closed", "05/06/2026")]
HEADER = ("Case ID", "Status", "Due")


@pytest.fixture
def init(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return the command, in a folder with cases.csv, on a machine in Berlin that knows no platform."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: "Europe/Berlin")
    for name in [name for name in os.environ if name.startswith("KORE_")]:
        monkeypatch.delenv(name)
    write_cases(tmp_path, ROWS, HEADER)

    def command(*arguments: str) -> Said:
        capsys.readouterr()
        code = exit_code_of(["init", *arguments])
        return Said(code, *capsys.readouterr())

    return command


def test_what_was_decided_is_shown_with_what_to_type_next(init: Command) -> None:
    """Each column with what becomes of it and why, then the job and the next commands."""
    said = init("cases.csv")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "cases.csv: looked at 2 rows"
    assert [line.split("  ")[0] for line in lines[1:4]] == ["Case ID", "Status", "Due"]
    assert "mapped → status" in said.out
    assert "not sure: dueDate?" in said.out
    assert lines[-3:] == [
        "written: cases.toml",
        "next: bulkcase check cases.toml",
        "then: bulkcase run cases.toml --sandbox",
    ]
    assert "to be filled in, before the first call: stream_id, account_id, client_id" in said.err
    assert "dates that name no time zone are not mapped" in said.err


def test_what_is_shown_fits_a_terminal_of_eighty_columns(tmp_path: Path) -> None:
    """The table of the product's own case list, and of one with a very long name, breaks between words."""
    shutil.copy(SAMPLES / "cases.csv", tmp_path / "list.csv")
    write_cases(tmp_path, [("ci-1", "x")], ("Case ID", "a column " * 30)).rename(tmp_path / "long.csv")
    for file, code in (("list.csv", 0), ("long.csv", 1)):
        ours, theirs = pty.openpty()
        told = ("init", file, "--yes")
        with started(*told, folder=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            shown = re.sub(r"\x1b\[[\d;]*m", "", read_until(ours, b"--sandbox").decode())
            assert process.wait(SECONDS) == code
        os.close(ours)
        assert max(map(len, shown.splitlines())) <= 80
    assert "a column a column a c…  no field  texts" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.csv"], "none.csv: there is no such file: did you mean nokey.csv?"),
        (["-"], "-: standard input is read only once, and a job reads it again: save it to a file, and name it"),
        (["/dev/stdin"], "/dev/stdin: a stream is read only once, and a job reads it again: save it to a file"),
        (["sep.csv"], "row 1 is taken for the header and has 1 name; row 2 has 2 cells: delete what stands above"),
        (["title.csv"], "row 1 is taken for the header and has 1 name; row 3 has 3 cells: delete what stands above"),
        (["."], ".: this is a folder: name a file in it"),
        (["empty.csv"], "empty.csv: the file is empty: export it again"),
        (["header.csv"], "header.csv: has a header and no rows"),
        (["twice.csv"], 'twice.csv: 2 columns are named "Case ID" (A, B): rename all but one'),
        (["blank.csv"], "blank.csv: column B has no name in the header (row 1)"),
        (["tie.csv"], "tie.csv: the header has as many of one delimiter as of another"),
        (["old.csv"], 'set --encoding "cp1252" and look'),
        (["nokey.csv"], "nokey.csv: no column has the keys of cases, which are ids such as ci-1a2b…"),
        (["cases.csv", "--like", "none.toml"], "none.toml: No such file or directory"),
        (["cases.csv", "--sandbox", "--host", "x"], "--host and --sandbox are more than one answer"),
        (["cases.csv", "-o", "cases.csv"], "cases.csv: is there already, and is left as it is"),
    ],
)
def test_what_cannot_be_used_is_one_clear_line(
    init: Command, tmp_path: Path, arguments: Sequence[str], said: str
) -> None:
    """The exit code is 2, and nothing is written."""
    files = {
        "empty.csv": b"",
        "sep.csv": b"sep=;\nCase ID;Status\nci-1;Open\n",
        "title.csv": b"My cases\n\nCase ID,Status,Due\nci-1,Open,\n",
        "header.csv": b"Case ID,Status\n",
        "twice.csv": b"Case ID,Case ID\n1,2\n",
        "blank.csv": b"Case ID,,Status\nci-1,x,y\n",
        "tie.csv": b"Case ID,Status;x\nci-1,y\n",
        "old.csv": b"Case ID,Titel\nci-1,Gr\xfc\xdfe aus M\xfcnchen\n",
        "nokey.csv": b"Name,Status\nx,Open\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    ended = init(*arguments)
    (line,) = ended.err.splitlines()
    assert line.startswith("error: ")
    assert said in line
    assert (ended.code, ended.out) == (2, "")
    assert list(tmp_path.glob("*.toml")) == []


def test_a_job_that_is_there_is_never_overwritten(init: Command, tmp_path: Path) -> None:
    """A second init says how to name another one."""
    (tmp_path / "cases.toml").write_text("mine")
    said = init("cases.csv")
    assert said == (2, "", "error: cases.toml: is there already, and is left as it is: name another job file with -o\n")
    assert (tmp_path / "cases.toml").read_text() == "mine"


def test_a_file_of_which_nothing_is_placed_gives_a_job_to_finish(init: Command, tmp_path: Path) -> None:
    """It is written with its suggestions, and the exit code 1 says that it is not whole."""
    write_cases(tmp_path, [("ci-1", "x")], ("Case ID", "Notes"))
    said = init("cases.csv")
    assert said.code == 1
    assert "no column is mapped yet" in said.err
    job = tmp_path / "cases.toml"
    job.write_text(job.read_text(encoding="utf-8").replace("# desc =", "desc ="), encoding="utf-8")
    assert load(job).mapping["desc"].column == "Notes"


def test_as_json_a_program_reads_it(init: Command) -> None:
    """Standard output is JSON alone: columns, states, reasons."""
    said = init("cases.csv", "--json", "--timezone", "UTC")
    told = json.loads(said.out)
    assert told["job"] == "cases.toml"
    assert told["key"] == {"column": "Case ID", "match": "_id"}
    assert [(each["column"], each["state"]) for each in told["columns"]] == [
        ("Case ID", "key"),
        ("Status", "mapped"),
        ("Due", "suggested"),
    ]
    assert told["columns"][2]["how"] == [{"format": "%d/%m/%Y"}, {"format": "%m/%d/%Y"}]
    assert told["missing"] == ["stream_id", "account_id", "client_id"]


def test_quiet_says_only_where_the_job_is(init: Command) -> None:
    """A script takes it from there."""
    assert init("cases.csv", "--quiet") == (0, "cases.toml\n", "")


def test_facts_of_the_connection_come_from_the_environment(init: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option goes before a variable, and --sandbox wants neither."""
    for name, value in {"HOST": "kore.example.com", "STREAM_ID": "st-1", "CLIENT_ID": "cs-1"}.items():
        monkeypatch.setenv(f"KORE_{name}", value)
    assert "before the first call: account_id" in init("cases.csv", "--stream-id", "st-2").err
    job = load(Path("cases.toml"))
    assert (job.connection.host, job.connection.stream_id) == ("https://kore.example.com", "st-2")
    assert init("cases.csv", "--sandbox", "-o", "sandbox.toml").code == 0
    assert load(Path("sandbox.toml")).connection.host == "sandbox"


def test_a_tab_can_be_named(init: Command, tmp_path: Path) -> None:
    """A shell makes it hard to type one."""
    (tmp_path / "tab.csv").write_text("Case ID\tStatus, new\nci-1\tOpen\n")
    assert init("tab.csv", "--delimiter", "tab").code == 0
    assert load(Path("tab.toml")).input.delimiter == "\t"


def test_a_hostile_name_stays_text(init: Command, tmp_path: Path) -> None:
    """Neither markup nor what a terminal would obey gets through."""
    write_cases(tmp_path, [("ci-1", "x")], ("Case ID", "[red]\x1b[31m"))
    said = init("cases.csv")
    assert r"[red]\x1b[31m" in said.out
    assert "\x1b" not in said.out + said.err


@pytest.mark.parametrize(("typed", "answer"), [(["2"], "b"), (["9", "x", "1"], "a"), ([""], None), (["nothing"], None)])
def test_a_question_takes_a_number_or_nothing(
    monkeypatch: pytest.MonkeyPatch, typed: list[str], answer: str | None
) -> None:
    """Anything else is asked again."""
    monkeypatch.setattr("typer.prompt", lambda *_, **__: typed.pop(0))
    assert cli._asked(Question("Which?", ["a", "b"])) == answer
    assert typed == []


def test_a_free_question_takes_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zone that is not listed can be typed."""
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "Asia/Tokyo")
    assert cli._asked(Question("Which?", ["UTC"], free=True)) == "Asia/Tokyo"


def test_at_a_terminal_a_person_is_asked(tmp_path: Path) -> None:
    """Two dates whose order nobody can tell, and their zone, are two questions; the answers are in the job."""
    write_cases(tmp_path, ROWS, HEADER)
    ours, theirs = pty.openpty()
    told = ("init", "cases.csv", "--sandbox")
    with started(*told, folder=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        seen = read_until(ours, b"or nothing:")
        assert b"its dates do not tell their order" in seen
        os.write(ours, b"1\n")
        read_until(ours, b"or nothing:")
        os.write(ours, b"Europe/Berlin\n")
        seen += read_until(ours, b"--sandbox")
        assert process.wait(SECONDS) == 0
    os.close(ours)
    job = load(tmp_path / "cases.toml")
    assert (job.mapping["dueDate"].format, job.input.timezone) == ("%d/%m/%Y", "Europe/Berlin")


def read_until(terminal: int, wanted: bytes) -> bytes:
    """Return what a terminal shows up to some words."""
    seen = b""
    with suppress(OSError):
        while wanted not in seen and select.select([terminal], [], [], SECONDS)[0]:
            seen += os.read(terminal, 4096)
    assert wanted in seen, seen
    return seen
