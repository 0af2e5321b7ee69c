"""undo of rows that were sent more than once, of which not all was answered, or of which nobody knows all."""

from pathlib import Path
from typing import Any

import pytest
from support.jobs import write_cases
from support.live import Live, counts, ends, live, says, told

from bulkcase.errors import UsageError
from bulkcase.operations.common.ended import Run
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo
from bulkcase.operations.verify import verify
from bulkcase.sandbox import Fault, api, faults

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
ONE = "windows = []\nmax_in_flight = 1"
LONG = "X from the run, long"
ONCE = "attempts = 1\nunanswered = 'leave'"
CUTS = {"reshapes": frozenset({"desc"})}
TWO = 'desc = "Notes"\nsupportCustomTasks = "Tasks"'


async def ran(scene: Live, *values: str, **parts: str) -> Run:
    """Give the first cases of a scene these notes."""
    write_cases(scene.folder, zip(scene.server.cases, values, strict=False))
    return await run(scene.job(**{"snapshot": ALWAYS, "quota": ONE, **parts}), runtime=scene.runtime)


async def half(scene: Live, count: int = 2) -> Run:
    """Run what an undo can put back only in part: true or false cannot be emptied."""
    keys = list(scene.server.cases)[:count]
    for key in keys:
        scene.server.cases[key].pop("supportCustomTasks", None)
    write_cases(scene.folder, [(key, LONG, "true") for key in keys], header=("Case ID", "Notes", "Tasks"))
    return await run(scene.job(snapshot=ALWAYS, quota=ONE, mapping=TWO), runtime=scene.runtime)


def descs(scene: Live, count: int = 3) -> list[str]:
    return [case["desc"] for case in list(scene.server.cases.values())[:count]]


async def test_a_mismatch_whose_retry_was_refused_is_taken_back(tmp_path: Path) -> None:
    """The first attempt has landed, whatever became of the second."""
    script = [None] * 3 + [Fault.REFUSE] * 3
    async with live(tmp_path, 50, is_hasty=True, **CUTS, script=script) as scene:
        before = descs(scene)
        first = await ran(scene, *[LONG] * 3)
        again = await retry(first, runtime=scene.runtime)
        assert (counts(again), descs(scene)) == ({"failed": 3}, [LONG[:10]] * 3)
        scene.behaves(reshapes=frozenset())
        back = await undo(again, runtime=scene.runtime)
        assert (counts(back), descs(scene)) == ({"updated": 3}, before)


async def test_a_change_that_was_made_before_a_server_error_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that failed with a 500 may have landed: its case tells, and the undo looks."""
    monkeypatch.setattr(api, "LANDS", faults.LANDS | {Fault.SERVER_ERROR})
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.SERVER_ERROR]) as scene:
        before = descs(scene, 2)
        first = await ran(scene, "X", "X", retry="attempts = 1")
        assert (counts(first), descs(scene, 2)) == ({"failed": 1, "updated": 1}, ["X", "X"])
        back = await undo(first, runtime=scene.runtime)
        assert (counts(back), descs(scene, 2)) == ({"updated": 2}, before)


@pytest.mark.parametrize("hours", [0.0, 0.1])
async def test_an_undo_whose_retry_could_do_nothing_more_is_undone_itself(tmp_path: Path, hours: float) -> None:
    """What it had put back before the retry is known all the same."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        first = await half(scene)
        back = await undo(first, runtime=scene.runtime)
        assert [end[2] for end in ends(back)] == ["left_alone"] * 2
        scene.pass_hours(hours)
        back = await retry(back, runtime=scene.runtime)
        assert (counts(back), [end[2] for end in ends(back)]) == ({"conflict": 2}, ["left_alone"] * 2)
        forth = await undo(back, runtime=scene.runtime)
        assert (counts(forth), descs(scene, 2)) == ({"updated": 2}, [LONG] * 2)


async def test_a_run_that_was_taken_back_is_not_gone_on_with(tmp_path: Path) -> None:
    """Neither retry nor resume writes over the newer undo; a corrected file is a new run, and is let through."""
    async with live(tmp_path, 50, is_hasty=True, **CUTS) as scene:
        for key in list(scene.server.cases)[:2]:
            scene.server.change(key, desc="short")
        first = await half(scene)
        back = await undo(first, runtime=scene.runtime)
        scene.pass_hours(0.1)
        await retry(back, runtime=scene.runtime)
        scene.spent()
        for verb in (retry, resume):
            with pytest.raises(UsageError, match=f"^run {first.id} was taken back by run {back.id}, and is not gone"):
                await verb(first, runtime=scene.runtime)
        assert (scene.updates(), descs(scene, 2)) == ([], ["short"] * 2)
        again = await resume(first, input=str(tmp_path / "cases.csv"), runtime=scene.runtime)
        assert again.id != first.id
        assert len(scene.updates()) == 2


@pytest.mark.parametrize("is_verified", [True, False])
async def test_what_landed_in_part_without_an_answer_is_taken_back(tmp_path: Path, *, is_verified: bool) -> None:
    """The server ignored one field and took the other: verify says which, and the undo still knows the other."""
    async with live(tmp_path, 50, is_hasty=True, ignores=frozenset({"language"}), script=[Fault.DROP_AFTER]) as scene:
        key, before = next(iter(scene.server.cases)), descs(scene, 1)
        write_cases(tmp_path, [(key, "new note", "xx")], header=("Case ID", "Notes", "Language"))
        job = scene.job(snapshot=ALWAYS, mapping='desc = "Notes"\nlanguage = "Language"', retry=ONCE)
        first = await run(job, runtime=scene.runtime)
        if is_verified:
            found = await verify(first, runtime=scene.runtime)
            assert told(found) == {"not applied": 1}
            assert "language: sent" in says(found.run)
        back = await undo(first, runtime=scene.runtime, abandon=True)
        assert (counts(back), descs(scene, 1)) == ({"updated": 1}, before)


async def test_what_stood_there_before_the_attempt_that_landed_is_put_back(tmp_path: Path) -> None:
    """The first attempt never landed, and somebody has written since: theirs is what the run has overwritten."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.DROP_BEFORE]) as scene:
        first = await ran(scene, "X from the run", retry="attempts = 1")
        assert counts(first) == {"unknown": 1}
        scene.pass_hours(2)
        scene.server.change(next(iter(scene.server.cases)), desc="Z by a person")
        again = await retry(first, runtime=scene.runtime)
        assert (counts(again), descs(scene, 1)) == ({"updated": 1}, ["X from the run"])
        await undo(again, runtime=scene.runtime)
        assert descs(scene, 1) == ["Z by a person"]


async def test_what_an_attempt_has_left_is_known_where_the_next_one_got_lost(tmp_path: Path) -> None:
    """The case shows what the server cut the first time: nobody has changed it, so it is no conflict."""
    script = [None, Fault.DROP_BEFORE]
    async with live(tmp_path, 50, is_hasty=True, **CUTS, script=script) as scene:
        before = descs(scene, 1)
        first = await ran(scene, LONG, retry=ONCE)
        scene.pass_hours(0.1)
        again = await retry(first, runtime=scene.runtime)
        assert (counts(again), descs(scene, 1)) == ({"unknown": 1}, [LONG[:10]])
        scene.behaves(reshapes=frozenset())
        back = await undo(again, runtime=scene.runtime, abandon=True)
        assert (counts(back), descs(scene, 1)) == ({"updated": 1}, before)


async def test_what_the_server_cut_is_no_change_by_somebody(tmp_path: Path) -> None:
    """on_conflict = "leave": the case is as the run left it, so the retry sends the row again."""
    async with live(tmp_path, 50, is_hasty=True, **CUTS) as scene:
        first = await ran(scene, LONG, more='[safety]\non_conflict = "leave"')
        scene.pass_hours(0.1)
        scene.spent()
        again = await retry(first, runtime=scene.runtime)
        assert (counts(again), len(scene.updates())) == ({"mismatch": 1}, 1)


async def test_a_mismatch_is_looked_at_before_it_is_sent_again(tmp_path: Path) -> None:
    """Somebody has mended the case by hand: that is what an undo after the retry puts back."""
    async with live(tmp_path, 50, is_hasty=True, **CUTS) as scene:
        first = await ran(scene, LONG)
        scene.server.change(next(iter(scene.server.cases)), desc="X mended by a person")
        scene.pass_hours(0.7)
        scene.spent()
        again = await retry(first, runtime=scene.runtime)
        assert scene.spent() == {"getCases": 1, "updateCase": 1}
        scene.behaves(reshapes=frozenset())
        await undo(again, runtime=scene.runtime)
        assert descs(scene, 1) == ["X mended by a person"]


async def test_verify_of_an_undo_that_put_back_a_part_tells_whether_that_stands_there(tmp_path: Path) -> None:
    """A server that pretends is a mismatch, and what was left alone is said beside it."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        first = await half(scene)
        scene.behaves(pretends=frozenset({"desc"}))
        back = await undo(first, runtime=scene.runtime)
        assert [end[2] for end in ends(back)] == ["left_alone"] * 2
        found = await verify(back, runtime=scene.runtime)
        assert told(found) == {"not applied": 2}
        assert ends(found.run) == [("mismatch", "different", "not_applied")] * 2
        assert "desc: sent" in says(found.run)
        assert "supportCustomTasks: had no value before" in says(found.run)


@pytest.mark.parametrize("quirk", ["ignores", "pretends"])
async def test_what_an_undo_left_alone_is_still_said_when_the_rest_stands_there(tmp_path: Path, quirk: str) -> None:
    """The server catches up with what it was sent: the row is the conflict that it was meant to be."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        first = await half(scene, 1)
        key = next(iter(scene.server.cases))
        quirks: dict[str, Any] = {quirk: frozenset({"desc"})}
        scene.behaves(**quirks)
        back = await undo(first, runtime=scene.runtime)
        scene.server.change(key, **scene.server.calls[-1].body)
        found = await verify(back, runtime=scene.runtime)
        assert told(found) == {"applied": 1}
        assert ends(found.run) == [("conflict", "equal", "left_alone")]
        assert says(found.run).startswith("supportCustomTasks: had no value before")
