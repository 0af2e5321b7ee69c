"""bulkcase set and bulkcase lookups: the one-off change, and the names that it needs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.jobs import SECRET_VARIABLE, read_results
from support.program import bulkcase
from support.server import ServerThread

from bulkcase.sandbox import SandboxSettings

KEYS = [f"ci-{number:06d}" for number in range(120)]
_JOB = """\
[connection]
host = "{host}"
stream_id = "st-sandbox"
account_id = "sandbox-account"
[auth]
client_id = "cs-sandbox"
client_secret = "env:{variable}"
[quota]
windows = []
[state]
directory = "state"
"""


@pytest.fixture
def server() -> Iterator[ServerThread]:
    """Run a sandbox with a hundred and twenty cases."""
    with ServerThread(SandboxSettings(), KEYS) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: ServerThread) -> Path:
    """Return a folder with a job that says nothing but where the calls go, and a list of keys."""
    (tmp_path / "job.toml").write_text(_JOB.format(host=server.url, variable=SECRET_VARIABLE))
    (tmp_path / "keys.txt").write_text("\n".join(KEYS[:40]) + "\n")
    return tmp_path


def test_a_list_of_keys_gets_one_value(folder: Path, server: ServerThread) -> None:
    """No [input], no [mapping], no lookups: the status is learnt, and cases that have it are left alone."""
    had = sum(server.cases[key]["status"]["name"] == "Closed" for key in KEYS[:40])
    ended = bulkcase("set", "job.toml", "keys.txt", "status=closed", "tags+=clean-up", "--yes", "--json", folder=folder)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["outcomes"]["updated"] == 40
    assert 0 < had < 40
    sent = [call.body for call in server.calls if call.endpoint == "updateCase"]
    assert sum("status" in body for body in sent) == 40 - had
    for key in KEYS[:40]:
        assert server.cases[key]["status"]["name"] == "Closed"
        assert server.cases[key]["tags"][-1] == "clean-up"
    (report,) = (folder / "reports").iterdir()
    first = read_results(report)[0]
    assert (first["Case ID"], first["status"], first["bulkcase_row"]) == (KEYS[0], "closed", "1")


def test_keys_come_by_a_pipe_and_as_references(folder: Path, server: ServerThread) -> None:
    """Standard input is a list too; --match refId says that it has references."""
    refs = "".join(f"{server.cases[key]['refId']}\n" for key in KEYS[:3])
    ended = bulkcase(*("set", "job.toml", "-", "isActive=no", "--match", "refId", "--yes"), folder=folder, text=refs)
    assert ended.returncode == 0, ended.stderr
    assert [key for key, case in server.cases.items() if not case["isActive"]] == KEYS[:3]


def test_a_set_run_is_resumed_and_retried_by_its_id(folder: Path, server: ServerThread) -> None:
    """What was set is in the ledger: going on needs nothing to be said again."""
    bulkcase("set", "job.toml", "keys.txt", "desc=done", "--yes", folder=folder)
    again = bulkcase("resume", "last", "--state", "state", folder=folder)
    assert (again.returncode, "nothing to do" in again.stderr) == (0, True)
    other = bulkcase("plan", "job.toml", folder=folder)
    assert "input: is missing" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("statsu=Closed",), "statsu: is no field of updateCase: did you mean status?"),
        (("isActive=maybe",), 'isActive: "maybe" is not true, false, yes, no, 1 or 0'),
        (("status",), "status: is no assignment: write FIELD=VALUE"),
        (("desc=",), "has no value"),
        (("desc=a", "desc=b"), "desc is set twice"),
        (("desc+=a",), "desc is a text, no list"),
        (("refId=CS1",), "refId: is read-only by prudence"),
        (("desc=a", "--match", "name"), "--match name: must be _id or refId"),
    ],
)
def test_a_wrong_assignment_is_one_clear_line(
    folder: Path, server: ServerThread, arguments: tuple[str, ...], told: str
) -> None:
    """It is found before any call, and ends with 2."""
    ended = bulkcase("set", "job.toml", "keys.txt", *arguments, "--yes", folder=folder)
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert told in line
    assert not server.calls


def test_lookups_are_learnt_into_files_that_a_job_can_use(folder: Path, server: ServerThread) -> None:
    """One file for each field, never over another one; what is written is what the live cases show."""
    ended = bulkcase("lookups", "job.toml", "-o", "learnt", folder=folder)
    assert ended.returncode == 0, ended.stderr
    table = json.loads((folder / "learnt" / "status.json").read_text())
    statuses = {case["status"]["name"]: case["status"] for case in server.cases.values()}
    assert table == dict(sorted(statuses.items()))
    assert 'status = "file:learnt/status.json"' in ended.stdout
    assert {call.endpoint for call in server.calls} == {"getCases"}

    again = bulkcase("lookups", "job.toml", "-o", "learnt", folder=folder)
    assert again.returncode == 2
    assert "is there already" in again.stderr
