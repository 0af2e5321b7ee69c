"""verify where somebody has changed a case since it was sent, or has mended it."""

from pathlib import Path

import pytest
from support.jobs import read_results, write_cases
from support.live import counts, ends, live, told

from bulkcase.model import Outcome
from bulkcase.operations.resume import retry
from bulkcase.operations.run import run
from bulkcase.operations.verify import verify
from bulkcase.sandbox import Fault

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
LIVE = '[safety]\nverify = "live"'


async def test_what_a_later_run_of_ours_has_changed_is_told_with_its_name(tmp_path: Path) -> None:
    """It is no mismatch; where the later run wrote the same value, or left the case alone, the row is applied."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = list(scene.server.cases)
        old = [case["desc"] for case in scene.server.cases.values()]
        scene.rows(4)
        first = await run(scene.job(), runtime=scene.runtime)
        write_cases(tmp_path, [(keys[0], "newer"), (keys[1], old[1]), (keys[2], "note 2")])
        second = await run(scene.job(), runtime=scene.runtime)
        assert second.outcomes[Outcome.UPDATED] == 2

        found = await verify(first, runtime=scene.runtime)
        assert told(found) == {"applied": 2, "changed since": 2}
        assert found.run.exit_code == 0
        assert [line[2] for line in ends(first, 4)] == ["changed_since", "changed_since", "", ""]
        for line in read_results(first.folder)[:2]:
            assert line["bulkcase_error"].startswith(f"run {second.id}, which is newer, has changed it: desc: sent")
        assert told(await verify(second, runtime=scene.runtime)) == {"applied": 2}


async def test_a_row_that_somebody_mended_is_updated_and_its_run_ends_0(tmp_path: Path) -> None:
    """A mismatch that the case does not show any more is none."""
    async with live(tmp_path, 50, is_hasty=True, ignores=frozenset({"desc"})) as scene:
        keys = list(scene.server.cases)
        scene.rows(2)
        ended = await run(scene.job(), runtime=scene.runtime)
        assert (ended.exit_code, ended.outcomes[Outcome.MISMATCH]) == (1, 2)
        scene.server.change(keys[0], desc="note 0")
        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {"applied": 1, "not applied": 1}
        assert ends(ended, 2) == [("updated", "equal", "settled"), ("mismatch", "different", "not_applied")]
        assert found.run.exit_code == 1

        scene.server.change(keys[1], desc="note 1")
        found = await verify(ended, runtime=scene.runtime)
        assert (told(found), found.exit_code, found.run.exit_code) == ({"applied": 2}, 0, 0)
        assert read_results(ended.folder, "failed.csv") == []


async def test_verified_twice_is_the_same(tmp_path: Path) -> None:
    """Counts, rows and report do not depend on how often somebody looks."""
    async with live(tmp_path, 50, is_hasty=True, normalises=True) as scene:
        keys = list(scene.server.cases)
        old = [case["desc"] for case in scene.server.cases.values()]
        write_cases(tmp_path, [(key, f"words {number} ") for number, key in enumerate(keys[:5])])
        ended = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        scene.server.change(keys[1], desc=old[1])
        scene.server.change(keys[2], desc="somebody's own words")
        scene.server.remove(keys[3])
        first = await verify(ended, runtime=scene.runtime)
        report_of_first = (ended.folder / "results.csv").read_bytes()
        for _ in range(2):
            again = await verify(ended, runtime=scene.runtime)
            assert (again.counts, again.exit_code) == (first.counts, first.exit_code)
            assert (ended.folder / "results.csv").read_bytes() == report_of_first
        assert ends(ended, 1) == [("updated", "normalised", "normalised")]


async def test_a_value_that_a_look_has_seen_and_that_is_back_was_put_back_by_somebody(tmp_path: Path) -> None:
    """It is no mismatch, and a retry does not send it again."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        key = next(iter(scene.server.cases))
        old = scene.server.cases[key]["desc"]
        scene.rows(3)
        ended = await run(scene.job(more=LIVE), runtime=scene.runtime)
        scene.pass_hours(24)
        scene.server.change(key, desc=old)
        found = await verify(ended, runtime=scene.runtime)
        assert (told(found), found.exit_code) == ({"applied": 2, "changed since": 1}, 1)
        assert ends(ended, 1) == [("updated", "different", "changed_since")]
        scene.spent()
        await retry(ended, runtime=scene.runtime)
        assert (scene.updates(), scene.server.cases[key]["desc"]) == ([], old)


@pytest.mark.parametrize(
    ("hours", "outcome", "code"), [(0.0, "mismatch", "mismatch"), (0.1, "updated", "changed_since")]
)
async def test_a_third_value_is_the_servers_right_behind_the_update_and_somebodys_later(
    tmp_path: Path, hours: float, outcome: str, code: str
) -> None:
    """The answers were trimmed, so nobody has seen what the server made of it; after 60 s anybody may have."""
    async with live(tmp_path, 50, is_hasty=True, trims_answers=True) as scene:
        key = next(iter(scene.server.cases))
        scene.rows(3)
        ended = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        scene.pass_hours(hours)
        scene.server.change(key, desc="A PERSON'S WORK")
        found = await verify(ended, runtime=scene.runtime)
        assert ends(ended, 1) == [(outcome, "different", code)]
        assert (told(found)["applied"], found.exit_code) == (2, 1)


async def test_a_retry_after_verify_leaves_what_somebody_changed(tmp_path: Path) -> None:
    """Trimmed answers, somebody's work a day later: no row of it is sent again."""
    async with live(tmp_path, 50, is_hasty=True, trims_answers=True) as scene:
        key = next(iter(scene.server.cases))
        scene.rows(3)
        ended = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        scene.pass_hours(24)
        scene.server.change(key, desc="A PERSON'S WORK")
        await verify(ended, runtime=scene.runtime)
        scene.spent()
        await retry(ended, runtime=scene.runtime)
        assert (scene.updates(), scene.server.cases[key]["desc"]) == ([], "A PERSON'S WORK")


async def test_a_newer_run_that_sent_another_field_does_not_hide_a_server_that_pretends(tmp_path: Path) -> None:
    """What it did not send it has not changed."""
    async with live(tmp_path, 50, is_hasty=True, pretends=frozenset({"desc"})) as scene:
        keys = list(scene.server.cases)[:3]
        scene.rows(3)
        first = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        write_cases(tmp_path, [(key, "other name") for key in keys])
        other = scene.job(snapshot=ALWAYS, mapping='name = "Notes"', name="other.toml")
        assert (await run(other, runtime=scene.runtime)).outcomes[Outcome.UPDATED] == 3
        scene.job(snapshot=ALWAYS)
        found = await verify(first, runtime=scene.runtime)
        assert told(found) == {"not applied": 3}
        assert ends(first, 3) == [("mismatch", "different", "not_applied")] * 3


async def test_a_row_that_was_settled_stays_so(tmp_path: Path) -> None:
    """However often somebody verifies the run."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.DROP_AFTER]) as scene:
        scene.rows(1)
        ended = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        for _ in range(2):
            assert ends(ended, 1) == [("updated", "equal", "settled")]
            assert told(await verify(ended, runtime=scene.runtime)) == {"applied": 1}
        assert ends(ended, 1) == [("updated", "equal", "settled")]


@pytest.mark.parametrize("is_verified", [True, False])
async def test_a_retry_does_not_overwrite_what_verify_has_seen(tmp_path: Path, *, is_verified: bool) -> None:
    """on_conflict = "leave": the row is compared anew before it is sent, though its case was read a moment ago."""
    async with live(tmp_path, 50, is_hasty=True, ignores=frozenset({"desc"})) as scene:
        keys = scene.notes(3)
        ended = await run(scene.job(more='[safety]\non_conflict = "leave"'), runtime=scene.runtime)
        scene.pass_hours(1)
        for key in keys:
            scene.server.change(key, desc="A PERSON'S WORK")
        scene.pass_hours(1)
        if is_verified:
            await verify(ended, runtime=scene.runtime)
        scene.behaves(ignores=frozenset())
        again = await retry(ended, runtime=scene.runtime)
        assert counts(again) == {"conflict": 3}
        assert {scene.server.cases[key]["desc"] for key in keys} == {"A PERSON'S WORK"}


@pytest.mark.parametrize("hours", [0.0, 1.0])
@pytest.mark.parametrize("is_verified", [True, False])
async def test_a_tag_that_somebody_added_is_in_the_list_that_a_retry_sends(
    tmp_path: Path, hours: float, *, is_verified: bool
) -> None:
    """What is sent is what the last look says, not what the first one did."""
    async with live(tmp_path, 50, is_hasty=True, ignores=frozenset({"tags"})) as scene:
        keys = list(scene.server.cases)[:3]
        write_cases(tmp_path, [(key, "mine") for key in keys])
        job = scene.job(snapshot=ALWAYS, mapping='tags = { column = "Notes", split = ";", mode = "add" }')
        ended = await run(job, runtime=scene.runtime)
        before = [scene.server.cases[key].get("tags") or [] for key in keys]
        scene.pass_hours(hours)
        for key, tags in zip(keys, before, strict=True):
            scene.server.change(key, tags=[*tags, "theirs"])
        if is_verified:
            await verify(ended, runtime=scene.runtime)
        scene.behaves(ignores=frozenset())
        again = await retry(ended, runtime=scene.runtime)
        assert counts(again) == {"updated": 3}
        assert [scene.server.cases[key]["tags"] for key in keys] == [[*tags, "theirs", "mine"] for tags in before]
