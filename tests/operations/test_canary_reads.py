"""What a canary reads: the cases of its rows before and behind, wherever they are by then, or else the answers."""

import json
from collections import Counter
from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import Live, counts, live

from bulkcase.job import Job
from bulkcase.model import RunState
from bulkcase.operations.plan import plan
from bulkcase.operations.run import run
from bulkcase.sandbox.catalogue import STATUSES

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
NEVER = 'read = "never"'
FIVE = "[safety]\ncanary = 5"
CLOSED = f'[lookups.status]\nClosed = {{ _id = "{STATUSES["Closed"]["_id"]}" }}'


async def test_a_run_with_a_canary_costs_two_pages_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Three pages for the plan, one before the canary and one behind it, and one update a row."""
    caplog.set_level("INFO", logger="bulkcase")
    async with live(tmp_path, 120, is_hasty=True) as scene:
        keys = scene.notes(60)
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert set(scene.updates()[:5]) == set(keys[:5])
        assert set(Counter(scene.updates()).values()) == {1}
        assert scene.spent() == {"getCases": 5, "updateCase": 60}
        assert (counts(ended), ended.exit_code) == ({"updated": 60}, 0)
        assert "canary: 5 rows were sent, their cases read back and compared: all is well" in caplog.messages
        assert ended.summary.canary == "cases"
        assert not (ended.folder / "canary.json").exists()


async def test_a_server_that_pretends_is_found_by_reading_only(tmp_path: Path) -> None:
    """The answers look fine; the cases do not, even after the waits for a list that lags."""
    async with live(tmp_path, 50, is_hasty=True, pretends=frozenset({"desc"})) as scene:
        scene.notes(20)
        before = scene.clock.now()
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, scene.applied()) == (3, 5)
        assert counts(ended) == {"mismatch": 5, "pending": 15}
        assert 20.0 <= scene.clock.now() - before < 40.0
        # The plan, before, behind, after 1 s, after 4 s, after 15 s.
        assert scene.spent()["getCases"] == 6


async def test_verify_none_does_not_blind_the_canary(tmp_path: Path) -> None:
    """Its rows are compared all the same; the others then are not."""
    async with live(tmp_path, 50, is_hasty=True, ignores=frozenset({"desc"})) as scene:
        scene.notes(20)
        more = f'{FIVE}\nverify = "none"'
        ended = await run(scene.job(more=more), runtime=scene.runtime)
        assert (ended.exit_code, scene.applied()) == (3, 5)
    async with live(tmp_path / "..", 50, is_hasty=True) as scene:
        scene.folder = tmp_path
        scene.notes(20)
        ended = await run(scene.job(more=more), unfinished="new", runtime=scene.runtime)
        assert (ended.exit_code, ended.summary.verified) == (0, {"equal": 5})


async def test_without_live_cases_the_answers_are_checked_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No page is read; what is not in an answer is not seen, so a server that replaces cases gets through."""
    caplog.set_level("INFO", logger="bulkcase")
    async with live(tmp_path, 50, is_hasty=True, replaces=True) as scene:
        scene.notes(20)
        ended = await run(scene.job(snapshot=NEVER, more=FIVE), runtime=scene.runtime)
        assert scene.spent() == {"updateCase": 20}
        assert (ended.exit_code, ended.summary.canary) == (0, "answers")
        told = "canary: 5 rows were sent, their answers are as they should be; the cases were not read back"
        assert told in caplog.messages


async def test_no_canary_is_no_canary(tmp_path: Path) -> None:
    """canary = 0 reads nothing before and behind, and a server that replaces cases is not noticed."""
    async with live(tmp_path, 50, is_hasty=True, replaces=True) as scene:
        scene.notes(20)
        ended = await run(scene.job(more="[safety]\ncanary = 0"), runtime=scene.runtime)
        assert scene.spent() == {"getCases": 1, "updateCase": 20}
        assert (ended.exit_code, ended.summary.canary) == (0, "")


def closing(scene: Live, count: int) -> Job:
    """Return a job about open cases that closes the first of them, after making all of them open."""
    for key in scene.server.cases:
        scene.server.change(key, status=STATUSES["Open"])
    rows = [(key, "Closed") for key in list(scene.server.cases)[:count]]
    write_cases(scene.folder, rows, header=("Case ID", "Status"))
    snapshot = f'{ALWAYS}\nfilter = {{ status = ["Open"] }}'
    return scene.job(mapping='status = "Status"', snapshot=snapshot, more=f"{FIVE}\n{CLOSED}")


async def test_cases_that_a_canary_takes_out_of_a_filtered_list_are_found_by_their_names(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The list does not show them any more; nobody reads all cases for them."""
    caplog.set_level("INFO", logger="bulkcase")
    async with live(tmp_path, 50, is_hasty=True) as scene:
        ended = await run(closing(scene, 20), runtime=scene.runtime)
        assert (ended.exit_code, counts(ended), ended.summary.canary) == (0, {"updated": 20}, "cases")
        assert "canary: 5 rows were sent, their cases read back and compared: all is well" in caplog.messages
        assert not any("all cases are read" in message for message in caplog.messages)


async def test_a_filtered_list_does_not_hide_a_server_that_replaces_cases(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Their names are gone, so that no search finds them: all cases are read, and five of them are the damage."""
    caplog.set_level("INFO", logger="bulkcase")
    async with live(tmp_path, 120, is_hasty=True, replaces=True) as scene:
        ended = await run(closing(scene, 60), runtime=scene.runtime)
        assert (ended.exit_code, ended.summary.state, scene.applied()) == (3, RunState.STOPPED, 5)
        assert counts(ended) == {"mismatch": 5, "pending": 55}
        assert "canary: 5 of its cases have left the list: all cases are read to find them" in caplog.messages
        kept = json.loads((ended.folder / "canary.json").read_bytes())
        assert all("name" in one["before"] and "name" not in one["after"] for one in kept)


async def test_where_neither_cases_nor_answers_tell_anything_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The answers show nothing of what was sent: the run goes on, and nobody claims that all is well."""
    caplog.set_level("INFO", logger="bulkcase")
    async with live(tmp_path, 50, is_hasty=True, trims_answers=True) as scene:
        scene.notes(20)
        ended = await run(scene.job(snapshot=NEVER, more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, counts(ended), ended.summary.canary) == (0, {"updated": 20}, "answers")
        (told,) = [message for message in caplog.messages if message.startswith("canary: 5 rows")]
        assert "nothing could be checked" in told


async def test_a_list_that_has_moved_since_the_plan_does_not_blind_the_canary(tmp_path: Path) -> None:
    """Each case of it is on another page by now."""
    async with live(tmp_path, 300, is_hasty=True, page_size=10) as scene:
        keys = list(scene.server.cases)
        write_cases(tmp_path, [(key, "note") for key in keys[40::15]])
        planned = await plan(scene.job(snapshot=ALWAYS, more=FIVE), runtime=scene.runtime)
        for key in keys[:25]:
            scene.server.remove(key)
        scene.behaves(touches={"source": "touched"})
        ended = await run(planned, runtime=scene.runtime)
        assert (ended.exit_code, counts(ended)) == (3, {"mismatch": 5, "pending": 13})
