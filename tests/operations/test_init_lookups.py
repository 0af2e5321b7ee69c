"""init with credentials at hand: what the live cases show of the names that a file has."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.jobs import write_cases
from support.server import ServerThread

import bulkcase as bc
from bulkcase.errors import Declined, NotPlanned
from bulkcase.job import Job, load
from bulkcase.model import Stop, StopReason
from bulkcase.operations.common.options import BeforeCalls
from bulkcase.proposing import Question
from bulkcase.sandbox import PRIORITIES, STATUSES, SandboxSettings
from bulkcase.stopping import StopSwitch

KEYS = [f"ci-{nth:03d}" for nth in range(80)]
HEADER = ("Case ID", "Status", "Priority", "Assignee")
SETTINGS = SandboxSettings()


@pytest.fixture
def server() -> Iterator[ServerThread]:
    """Return a server with cases enough to show each status and priority."""
    with ServerThread(SETTINGS, KEYS) as started:
        yield started


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a file; the secret is in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KORE_CLIENT_SECRET", SETTINGS.client_secret)
    rows = [("ci-000", "Resolvd", "High", "Somebody"), ("ci-001", "closed", "Low", "")]
    write_cases(tmp_path, rows, HEADER)
    return tmp_path


def target(url: str) -> bc.Target:
    """Return a whole connection."""
    return bc.Target(url, SETTINGS.stream_id, SETTINGS.account_id, SETTINGS.client_id)


def made(url: str, before_calls: BeforeCalls | None = None, stop: StopSwitch | None = None) -> bc.NewJob:
    """Return what init makes of the file for a server, whose live cases it may read."""
    return bc.sync.init("cases.csv", target=target(url), before_calls=before_calls, stop=stop, learn=True)


def test_the_names_of_the_live_cases_are_learnt_into_files_that_the_job_uses(
    server: ServerThread, folder: Path
) -> None:
    """Each mapped field that is looked up gets its file, and a name that no case shows is told with the nearest one."""
    found = made(server.url)
    assert {one.field: set(one.table) for one in found.learnt} == {"status": set(STATUSES), "priority": set(PRIORITIES)}
    job = load(found.path)
    assert job.lookups == {"status": "file:status.json", "priority": "file:priority.json", "currAssignee": "live"}
    assert found.notes == ('"Resolvd" is not in lookups.status: did you mean Resolved?',)
    assert [problem.code for problem in bc.check(job) if not problem.is_warning] == ["unknown_name"]
    assert {call.endpoint for call in server.calls} == {"getCases"}


def test_no_live_case_is_read_unasked(server: ServerThread) -> None:
    """Without a person the option is named; a person is told whose cases are read, and may say no, or yes."""
    found = bc.sync.init("cases.csv", target=target(server.url))
    assert found.notes == ("names are not learnt from the live cases: --learn does it",)
    asked: list[str] = []

    def no(question: Question) -> None:
        asked.append(question.text)

    assert bc.sync.init("cases.csv", target=target(server.url), output="b.toml", ask=no).learnt == ()
    assert f"live cases of {server.url} show the names of status and priority" in asked[-1]
    assert server.calls == []
    yes = bc.sync.init("cases.csv", target=target(server.url), output="c.toml", ask=lambda one: one.answers[0])
    assert len(yes.learnt) == 3


def test_where_it_sends_is_told_before_the_first_call(server: ServerThread) -> None:
    """Whoever does not agree has the job all the same, and nothing was sent."""

    def refuse(job: Job, found: object) -> None:
        raise Declined

    found = made(server.url, refuse)
    assert load(found.path).lookups["status"] == "live"
    assert found.notes == (
        "names are not learnt from the live cases yet: nothing was sent; bulkcase lookups cases.toml does it, too",
    )
    assert server.calls == []


def test_whoever_interrupts_the_reading_has_the_job_all_the_same(server: ServerThread) -> None:
    """The exit code is that of an interruption, and the message says what is there."""
    stop = StopSwitch()
    stop.set(Stop(StopReason.INTERRUPTED, "interrupted by SIGINT"))
    with pytest.raises(
        NotPlanned, match=r"^cases\.toml is written; names are .* yet: interrupted by SIGINT; bulk"
    ) as raised:
        made(server.url, stop=stop)
    assert raised.value.exit_code == 130
    assert load("cases.toml").lookups["status"] == "live"


def test_a_server_that_refuses_costs_a_note(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job is written with lookups that a run learns itself."""
    monkeypatch.setenv("KORE_CLIENT_SECRET", "another-secret-of-thirty-two-characters")
    with ServerThread(SETTINGS, KEYS) as refuses:
        found = made(refuses.url)
    (note,) = found.notes
    assert note.startswith("names are not learnt from the live cases yet: ")
    assert note.endswith("bulkcase lookups cases.toml does it, too")
    assert load(found.path).lookups["status"] == "live"
    assert found.exit_code == 0


def test_names_of_which_some_may_be_missing_are_not_used(folder: Path) -> None:
    """Where not all cases could be seen, a run learns them itself; the files are there to be looked at."""
    with ServerThread(replace(SETTINGS, ignore_skip=True, ignore_page=True), KEYS) as server:
        found = made(server.url)
    assert load(found.path).lookups["status"] == "live"
    assert found.notes[0].startswith("status.json is not used, as some may be missing: ")
    assert (folder / "status.json").exists()


def test_a_secret_that_is_not_there_makes_no_call(server: ServerThread, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note names the reference."""
    monkeypatch.delenv("KORE_CLIENT_SECRET")
    (note,) = made(server.url).notes
    assert "env:KORE_CLIENT_SECRET" in note
    assert server.calls == []


def test_a_file_of_that_name_is_left_alone(server: ServerThread, folder: Path) -> None:
    """What somebody has there already is not overwritten."""
    (folder / "status.json").write_text("mine")
    assert made(server.url).notes == (
        (
            "names are not learnt from the live cases yet: status.json is there already, and is left as it is: "
            "move it away first; bulkcase lookups cases.toml does it, too"
        ),
    )
    assert server.calls == []
    assert (folder / "status.json").read_text() == "mine"


def test_the_verb_works_in_a_running_loop(server: ServerThread) -> None:
    """In a notebook it is awaited."""

    async def awaited() -> bc.NewJob:
        return await bc.init("cases.csv", target=bc.Target(sandbox=True))

    assert load(asyncio.run(awaited()).path).connection.host == "sandbox"
