"""Suggestions: whatever a person misspells is answered with the nearest name that is known."""

from pathlib import Path

import pytest
from support.nights import add_nights, same
from support.workbooks import xlsx

from bulkcase.cli.main import exit_code_of
from bulkcase.ledger import Ledger

JOB = {
    "connection": 'host = "sandbox"',
    "input": 'path = "cases.csv"\nkey = "Case ID"',
    "mapping": 'desc = "Notes"\nstatus = "Status"',
    "lookups.status": 'Open = { _id = "s-1" }\nClosed = { _id = "s-2" }',
}
CASES = "Case ID,Notes,Status\nci-1,a note,Closed\n"

JOBS = {
    "a table": ({"conection": "x = 1"}, "conection: is not known: did you mean connection?"),
    "a key": ({"quota": "window = []"}, "quota.window: is not known: did you mean windows?"),
    "a key of a key": (
        {"input": 'path = "cases.csv"\nkey = { colum = "Case ID" }'},
        "input.key.colum: is not known: did you mean column?",
    ),
    "a key of a field": (
        {"mapping": 'desc = { column = "Notes", fromat = "x" }'},
        "mapping.desc.fromat: is not known: did you mean format?",
    ),
    "a key three tables deep": (
        {"notify": 'smtp = { host = "mail.example.com", prot = 25 }'},
        "notify.smtp.prot: is not known: did you mean port?",
    ),
    "a value": (
        {"snapshot": 'read = "allways"'},
        'snapshot.read: must be "auto", "always" or "never": did you mean always?',
    ),
    "a value in a list": ({"report": 'formats = ["csv", "xslx"]'}, "did you mean xlsx?"),
    "a lookup": ({"lookups": 'status = "live "'}, 'did you mean "live"?'),
    "a lookup's file": ({"lookups": 'status = "statuses.json"'}, 'did you mean "file:statuses.json"?'),
    "a lookup's field": (
        {"lookups.staus": 'Open = { _id = "s-1" }'},
        "lookups.staus: is no field of updateCase: did you",
    ),
    "the name of a lookup's file": ({"lookups": 'status = "file:status.json"'}, "did you mean statuses.json?"),
    "a filter": ({"snapshot": 'filter = { Stauts = ["Open"] }'}, "did you mean status?"),
    "a field": ({"mapping": 'descr = "Notes"'}, "mapping.descr: is no field of updateCase: did you mean desc?"),
    "a column": ({"mapping": 'desc = "Note"'}, 'did you mean "Notes"?'),
    "the column of the key": ({"input": 'path = "cases.csv"\nkey = "CaseID"'}, 'did you mean "Case ID"?'),
    "a column in a template": ({"mapping": 'desc = { template = "{Note}" }'}, 'did you mean "Notes"?'),
    "a private field": ({"report": 'private = ["dsec"]'}, "did you mean desc?"),
    "a read-only field": ({"safety": 'allow_read_only = ["creatdOn"]'}, "did you mean "),
    "a time zone": (
        {"input": 'path = "cases.csv"\nkey = "Case ID"\ntimezone = "Europe/Berln"'},
        "did you mean Europe/Berlin?",
    ),
    "a zone of hours": ({"safety": 'send_between = "22:00-06:00 Europe/Berln"'}, "did you mean Europe/Berlin?"),
    "a weekday": ({"safety": 'send_between = "mon-firday 22:00-06:00"'}, "did you mean fri?"),
    "an encoding": ({"input": 'path = "cases.csv"\nkey = "Case ID"\nencoding = "cp1525"'}, 'input.encoding = "cp125'),
    "the file": ({"input": 'path = "case.csv"\nkey = "Case ID"'}, "did you mean cases.csv?"),
    "a sheet": ({"input": 'path = "cases.xlsx"\nkey = "Case ID"\nsheet = "Cazes"'}, 'did you mean "Cases"?'),
}
"""What stands in a job file in the place of what is well, and what check says of it."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that one is in, with what is well."""
    monkeypatch.chdir(tmp_path)
    write_job(tmp_path, {})
    (tmp_path / "cases.csv").write_text(CASES, encoding="utf-8")
    (tmp_path / "statuses.json").write_text('{"Open": {"_id": "s-1"}, "Closed": {"_id": "s-2"}}', encoding="utf-8")
    xlsx(tmp_path / "cases.xlsx", lambda sheet: sheet.write_row(0, 0, ["Case ID", "Notes", "Status"]))
    return tmp_path


def write_job(folder: Path, changes: dict[str, str]) -> None:
    """Write a job file with some of its tables in other words."""
    lookups = {"lookups.status": ""} if "lookups" in changes else {}
    tables = JOB | lookups | changes
    text = "".join(f"[{name}]\n{lines}\n" for name, lines in tables.items() if lines)
    (folder / "job.toml").write_text(text, encoding="utf-8")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Return the exit code of a command, and all that it said with every white space as one blank."""
    capsys.readouterr()
    code = exit_code_of(list(arguments))
    return code, " ".join(" ".join(capsys.readouterr()).split())


@pytest.mark.parametrize(("changes", "says"), JOBS.values(), ids=list(JOBS))
def test_a_misspelt_name_in_a_job_file_has_its_suggestion(
    folder: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], says: str
) -> None:
    """At any depth, and for each kind of name."""
    write_job(folder, changes)
    code, told = said(capsys, "check", "job.toml")
    assert says in told
    assert code == 2


def test_a_misspelt_name_in_a_cell_has_its_suggestion(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The row is named, and what its lookup knows instead."""
    (folder / "cases.csv").write_text(CASES.replace("Closed", "Closd"), encoding="utf-8")
    code, told = said(capsys, "check", "job.toml")
    assert 'cases.csv row 2: column "Status": "Closd" is not in lookups.status: did you mean Closed?' in told
    assert code == 1


TYPED = {
    "a command": (("rnu", "job.toml"), "Did you mean 'run'?"),
    "an option": (("run", "job.toml", "--limt", "3"), "--limit"),
    "the job": (("check", "jbo.toml"), "did you mean job.toml?"),
    "the job without its ending": (("check", "job"), "did you mean job.toml?"),
    "the folder of the job": (("check", "."), "did you mean job.toml?"),
    "the file": (("check", "job.toml", "--input", "cases.cvs"), "cases.cvs: there is no such file: did you mean"),
    "last": (("show", "lst", "--state", "state"), 'has no run "lst": did you mean last?'),
    "a run": (("show", "20261120-110640-snyc", "--state", "state"), "did you mean 2026"),
    "a job of drift": (("runs", "--drift", "--job", "synk", "--state", "state"), "did you mean sync?"),
    "a field of set": (("set", "job.toml", "keys.txt", "desk=a", "--yes"), "desk: is no field of updateCase: did you"),
    "a way to match": (("set", "job.toml", "keys.txt", "desc=a", "--match", "refid"), "did you mean refId?"),
    "a form of the log": (("run", "job.toml", "--log-format", "jsn"), "'json'"),
    "a fault of the sandbox": (("sandbox", "--fault", "trottle=0.1"), "did you mean throttle?"),
    "a quirk of the sandbox": (("sandbox", "--quirk", "ingores=desc"), "did you mean ignores?"),
}
"""What is typed, and what is said of it."""


@pytest.mark.parametrize(("typed", "says"), TYPED.values(), ids=list(TYPED))
def test_a_misspelt_word_of_a_command_line_has_its_suggestion(
    folder: Path, capsys: pytest.CaptureFixture[str], typed: tuple[str, ...], says: str
) -> None:
    """Nothing is done but that."""
    with Ledger(folder / "state" / "ledger.sqlite3") as ledger:
        add_nights(ledger, [same("ci-1")], [same("ci-1")])
    before = sorted(folder.iterdir())
    code, told = said(capsys, *typed)
    assert says in told
    assert (code, sorted(folder.iterdir())) == (2, before)
