"""bulkcase plan: what a person, a program and a spreadsheet are told before anything is sent."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.jobs import write_cases, write_job
from support.program import bulkcase
from support.server import ServerThread

from bulkcase.sandbox import STATUSES, SandboxSettings

KEYS = [f"ci-{number:06d}" for number in range(120)]
LOOKUPS = '[lookups]\nstatus = "live"'


@pytest.fixture
def server() -> Iterator[ServerThread]:
    """Run a sandbox with a hundred and twenty cases, the first hundred of them open."""
    with ServerThread(SandboxSettings(), KEYS) as running:
        for number, key in enumerate(KEYS):
            name = "Open" if number < 100 else "Closed"
            running.cases[key] = running.cases[key] | {"status": STATUSES[name], "tags": ["vip"]}
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: ServerThread) -> Path:
    """Return a folder with a job that closes cases, one of which is not there and one of which is emptied."""
    rows = [(key, "closed", "") for key in KEYS]
    rows[50] = (KEYS[50], "closed", "<none>")
    write_cases(tmp_path, [*rows, ("ci-nowhere", "closed", "")], header=("Case ID", "Status", "Tags"))
    mapping = 'status = "Status"\ntags = { column = "Tags", split = ";" }'
    marker = 'clear_marker = "<none>"'
    look = 'read = "auto"'
    write_job(tmp_path, host=server.url, snapshot=look, mapping=mapping, more=LOOKUPS, input_table=marker)
    return tmp_path


def test_a_person_sees_what_changes_from_what_to_what(folder: Path, server: ServerThread) -> None:
    """Counts by decision, the biggest groups, clears, why live cases were read, and the command that runs it."""
    ended = bulkcase("plan", "job.toml", folder=folder)
    assert ended.returncode == 1  # one case does not exist
    for told in (
        "121 rows about 121 cases",
        "100  to send",
        "20  nothing to change",
        "1  unusable, not sent",
        "case_not_found, 1 row",
        "1 value will be emptied",
        "100  status: Open → Closed",
        "1  tags: vip → nothing (cleared)",
        "live cases were read: 3 pages to read against 121 cases to update",
        "can be undone",
        "bulkcase run job.toml --plan",
    ):
        assert told in ended.stdout
    assert {call.endpoint for call in server.calls} == {"getCases"}
    quiet = bulkcase("plan", "job.toml", "--quiet", folder=folder)
    assert (quiet.stderr, "100  to send" in quiet.stdout) == ("", True)


def test_a_program_is_told_the_same(folder: Path, server: ServerThread) -> None:
    """The names are those of the design; what is saved is run as it is by its id."""
    told = json.loads(bulkcase("plan", "job.toml", "--json", folder=folder).stdout)
    assert told["decisions"] == {"send": 100, "unchanged": 20, "superseded": 0, "invalid": 0, "not found": 1}
    assert told["changes"][0] == {"field": "status", "from": "Open", "to": "Closed", "count": 100}
    assert (told["clears"], told["calls"], told["undoable"]) == (1, {"updateCase": 100}, True)
    assert told["snapshot"] == {
        "read": True, "why": "3 pages to read against 121 cases to update", "pages": 3, "cases": 120, "gaps": "",
    }  # fmt: skip
    ended = bulkcase("run", "job.toml", "--plan", told["run_id"], "--yes", "--json", folder=folder)
    outcomes = json.loads(ended.stdout)["outcomes"]
    assert (outcomes["updated"], outcomes["unchanged"], outcomes["invalid"]) == (100, 20, 1)
    assert sum(call.endpoint == "getCases" for call in server.calls) == 3


def test_a_spreadsheet_has_the_old_and_the_new_value(folder: Path) -> None:
    """A line for each row, and in it a line for each field that is sent."""
    bulkcase("plan", "job.toml", "-o", "plan.csv", folder=folder)
    with (folder / "plan.csv").open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    decided = [line["bulkcase_decision"] for line in lines]
    assert (decided.count("send"), decided.count("unchanged"), decided.count("invalid")) == (100, 20, 1)
    assert (lines[0]["bulkcase_changed"], lines[0]["bulkcase_from"], lines[0]["bulkcase_to"]) == (
        "status", "Open", "Closed",
    )  # fmt: skip
    names, before, after = (lines[50][f"bulkcase_{name}"].split("\n") for name in ("changed", "from", "to"))
    assert set(zip(names, before, after, strict=True)) == {("status", "Open", "Closed"), ("tags", "vip", "")}


def test_a_plan_without_a_secret_is_one_clear_line(folder: Path) -> None:
    """It makes calls now, so it needs the secret; forbidden to look, it does not."""
    ended = bulkcase("plan", "job.toml", folder=folder, secret=False)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    text = (folder / "job.toml").read_text()
    (folder / "job.toml").write_text(text.replace('read = "auto"', 'read = "never"').replace(LOOKUPS, _TABLE))
    assert bulkcase("plan", "job.toml", folder=folder, secret=False).returncode == 0


_TABLE = '[lookups.status.Closed]\n_id = "sts-1"\nname = "Closed"'
