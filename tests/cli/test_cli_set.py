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


def proposed(errors: str) -> list[str]:
    """Return the arguments of the command that is proposed at the end of a message."""
    (line,) = [line for line in errors.splitlines() if "then: bulkcase " in line]
    return line.partition("then: bulkcase ")[2].split()


def test_a_change_of_too_many_cases_is_kept_as_a_plan(folder: Path, server: ServerThread) -> None:
    """The command that is proposed runs exactly the rows that were planned, and not the rest of the list."""
    job = folder / "job.toml"
    text = job.read_text()
    job.write_text(f"{text}[safety]\nmax_changes = 5\n")
    stopped = bulkcase("set", "job.toml", "keys.txt", "desc=done", "--limit", "10", "--yes", folder=folder)
    assert stopped.returncode == 3, stopped.stderr
    assert "safety.max_changes is 5" in stopped.stderr
    assert not any(call.endpoint == "updateCase" for call in server.calls)

    arguments = proposed(stopped.stderr)
    assert arguments[:3] == ["run", "job.toml", "--plan"]
    assert len(arguments) == 4
    job.write_text(text)
    ended = bulkcase(*arguments, "--yes", "--json", folder=folder)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["outcomes"]["updated"] == 10
    assert {key for key, case in server.cases.items() if case["desc"] == "done"} == set(KEYS[:10])


def test_a_plan_of_a_set_is_not_run_when_its_list_has_changed(folder: Path, server: ServerThread) -> None:
    """What was planned was made from another list of keys."""
    job = folder / "job.toml"
    text = job.read_text()
    job.write_text(f"{text}[safety]\nmax_changes = 5\n")
    arguments = proposed(bulkcase("set", "job.toml", "keys.txt", "desc=done", "--yes", folder=folder).stderr)
    job.write_text(text)
    (folder / "keys.txt").write_text("\n".join(KEYS[40:50]) + "\n")
    ended = bulkcase(*arguments, "--yes", folder=folder)
    assert ended.returncode == 2
    assert "keys.txt" in ended.stderr
    assert not any(call.endpoint == "updateCase" for call in server.calls)


def test_a_set_run_is_corrected_by_its_own_list_of_failures(folder: Path, server: ServerThread) -> None:
    """failed.csv, with a key mended, goes in the place of the run: the others of its rows are sent no second time."""
    (folder / "keys.txt").write_text("\n".join([*KEYS[:3], "ci-000003x"]) + "\n")
    first = bulkcase("set", "job.toml", "keys.txt", "desc=done", "--yes", folder=folder)
    assert first.returncode == 1, first.stderr
    (report,) = (folder / "reports").iterdir()
    failed = (report / "failed.csv").read_text(encoding="utf-8-sig")
    assert failed.count("ci-000003x") >= 1
    (folder / "corrected.csv").write_text(failed.replace("ci-000003x", KEYS[3]))
    server.calls.clear()
    ended = bulkcase(
        *("resume", "last", "--state", "state", "--input", "corrected.csv", "--yes", "--json"), folder=folder
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["outcomes"]["updated"] == 1
    assert [call.case_id for call in server.calls if call.endpoint == "updateCase"] == [KEYS[3]]
    assert server.cases[KEYS[3]]["desc"] == "done"


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


def test_lookups_are_named_as_the_job_file_has_to_name_them(folder: Path, server: ServerThread) -> None:
    """A path in a job goes from its folder, wherever the command was typed."""
    (folder / "jobs").mkdir()
    (folder / "job.toml").rename(folder / "jobs" / "job.toml")
    ended = bulkcase("lookups", "jobs/job.toml", "-o", "jobs/learnt", folder=folder)
    assert ended.returncode == 0, ended.stderr
    assert (folder / "jobs" / "learnt" / "status.json").exists()
    assert 'status = "file:learnt/status.json"' in ended.stdout

    elsewhere = bulkcase("lookups", "jobs/job.toml", "-o", "learnt", folder=folder)
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert f'status = "file:{folder.resolve() / "learnt" / "status.json"}"' in elsewhere.stdout.replace("\n", "")
