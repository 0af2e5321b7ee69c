"""undo where a case is not as the run meant it: touched in part, in doubt, otherwise than sent, empty before."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.custom_fields import item
from support.jobs import read_results, write_cases
from support.live import Live, live

from bulkcase.model import Outcome
from bulkcase.operations.common.ended import Run
from bulkcase.operations.plan import plan
from bulkcase.operations.resume import retry
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo
from bulkcase.sandbox import Fault, SandboxSettings, generate_cases

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
ONE = "windows = []\nmax_in_flight = 1"
ADD = 'tags = { column = "Value", split = ";", mode = "add" }'
KEYS = [str(case["_id"]) for case in sorted(generate_cases(60, 7, 1_795_000_000.0), key=lambda case: case["createdAt"])]
FIRST, SECOND, THIRD, *_ = KEYS


def kept(scene: Live) -> dict[str, Mapping[str, Any]]:
    """Return the cases as they are, but for the moment of their last change."""
    return {key: {name: case[name] for name in case if name != "updatedAt"} for key, case in scene.server.cases.items()}


async def ran(scene: Live, mapping: str, *values: str, **parts: str) -> Run:
    """Give the first cases of a scene these values, one each."""
    write_cases(scene.folder, zip(KEYS, values, strict=False), header=("Case ID", "Value"))
    return await run(scene.job(mapping=mapping, **{"snapshot": ALWAYS, "quota": ONE, **parts}), runtime=scene.runtime)


def ends(ended: Run) -> list[tuple[str, str]]:
    """Return outcome and code of each row, in input order."""
    return [(line["bulkcase_outcome"], line["bulkcase_error_code"]) for line in read_results(ended.folder)]


def behaves(scene: Live, **quirks: Any) -> None:
    """Let a server go on with these quirks and no others."""
    scene.server._api._settings = replace(SandboxSettings(), **quirks)


def sent(scene: Live) -> list[Any]:
    return [call.body for call in scene.server.calls if call.endpoint == "updateCase"]


async def test_of_a_case_that_was_touched_the_other_fields_are_put_back(tmp_path: Path) -> None:
    """The row is a conflict that was sent: it tells what it left alone, and the rest of its fields are back."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        before = kept(scene)
        first = await ran(scene, 'desc = "Value"\nisActive = { value = false }\nname = "Value"', "one", "two")
        scene.server.change(FIRST, desc="theirs")
        scene.spent()
        back = await undo(first, runtime=scene.runtime)
        assert kept(scene) == {**before, FIRST: {**before[FIRST], "desc": "theirs"}}
        assert ends(back) == [("conflict", "left_alone"), ("updated", "")]
        assert scene.spent()["updateCase"] == 2
        (line,) = read_results(back.folder, "failed.csv")
        for told in ("desc", '"one"', '"theirs"'):
            assert told in line["bulkcase_error"]
        assert "name" not in line["bulkcase_error"]
        assert back.exit_code == 1


@pytest.mark.parametrize("hours", [0, 2])
async def test_a_retry_of_an_undo_does_not_write_over_what_was_changed_after_it(tmp_path: Path, hours: int) -> None:
    """What was put back, and was changed by somebody then, is theirs; what was left alone still is."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await ran(scene, 'desc = "Value"\nname = "Value"', "one", "two")
        scene.server.change(FIRST, desc="theirs")
        back = await undo(first, runtime=scene.runtime)
        scene.server.change(FIRST, name="theirs too")
        scene.pass_hours(hours)
        scene.spent()
        again = await retry(back, runtime=scene.runtime)
        assert (scene.updates(), ends(again)[0][0]) == ([], "conflict")
        assert [scene.server.cases[FIRST][name] for name in ("desc", "name")] == ["theirs", "theirs too"]


async def test_tags_are_put_back_item_by_item(tmp_path: Path) -> None:
    """Of the tags that the run brought none is left, and what others added, or took out, stays so."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        for key in (FIRST, SECOND, THIRD):
            scene.server.change(key, tags=["old", "older"])
        first = await ran(scene, ADD, "new", "new;newer", "new")
        scene.server.change(FIRST, tags=["theirs", "older", "old", "new"])
        scene.server.change(SECOND, tags=["old", "newer", "theirs"])
        back = await undo(first, runtime=scene.runtime)
        tags = [scene.server.cases[key]["tags"] for key in (FIRST, SECOND, THIRD)]
        assert tags == [["theirs", "older", "old"], ["old", "theirs"], ["old", "older"]]
        assert ends(back) == [("updated", "")] * 3


async def test_tags_that_a_run_replaced_return_beside_those_of_others(tmp_path: Path) -> None:
    """A tag that somebody added afterwards is not lost with those of the run."""
    async with live(tmp_path, 60, is_hasty=True, normalises=True) as scene:
        scene.server.change(FIRST, tags=["old"])
        first = await ran(scene, 'tags = { column = "Value", split = ";" }', "Ours;x")
        scene.server.change(FIRST, tags=["ours", "theirs", "x"])
        await undo(first, runtime=scene.runtime)
        assert sorted(scene.server.cases[FIRST]["tags"]) == ["old", "theirs"]


async def test_custom_fields_are_put_back_one_by_one(tmp_path: Path) -> None:
    """The one that somebody changed stays and is told by its name; the others of the case are back."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        fields = [*scene.server.cases[FIRST]["fields"], item("Colour", "red"), item("Size", "small")]
        for key in (FIRST, SECOND):
            scene.server.change(key, fields=fields)
        before = kept(scene)
        first = await ran(scene, '"custom.Colour" = "Value"\n"custom.Size" = { value = "large" }', "blue", "blue")
        left = scene.server.cases[FIRST]["fields"]
        theirs = [{**each, "selectedValue": "green"} if each["displayName"] == "Colour" else each for each in left]
        scene.server.change(FIRST, fields=theirs)
        back = await undo(first, runtime=scene.runtime)
        shown = {each["displayName"]: each["selectedValue"] for each in scene.server.cases[FIRST]["fields"]}
        assert (shown["Colour"], shown["Size"]) == ("green", "small")
        assert kept(scene)[SECOND] == before[SECOND]
        assert ends(back) == [("conflict", "left_alone"), ("updated", "")]
        (line,) = read_results(back.folder, "failed.csv")
        for told in ("custom.Colour", "blue", "green"):
            assert told in line["bulkcase_error"]


async def test_a_value_that_the_server_cut_is_taken_back_too(tmp_path: Path) -> None:
    """Rows that ended mismatch have changed their case, and count by what the case shows."""
    async with live(tmp_path, 60, is_hasty=True, reshapes=frozenset({"desc"})) as scene:
        scene.server.change(FIRST, desc="short")
        scene.server.change(SECOND, desc="tiny")
        before = kept(scene)
        first = await ran(scene, 'desc = "Value"', "a text that is far too long", "another one, as long")
        assert ends(first) == [("mismatch", "mismatch")] * 2
        scene.server.change(SECOND, desc="theirs")
        back = await undo(first, runtime=scene.runtime)
        assert ends(back) == [("updated", ""), ("conflict", "changed_since")]
        assert kept(scene) == {**before, SECOND: {**before[SECOND], "desc": "theirs"}}


async def in_doubt(scene: Live, mapping: str, *values: str) -> Run:
    """Give values, while the cases cannot be read any more after the plan: an answer that is lost then stays so."""
    scene.hide_its_cases(after=2)
    first = await ran(scene, mapping, *values, retry="attempts = 1")
    scene.server.before_page = None
    assert (first.exit_code, first.outcomes[Outcome.UNKNOWN]) == (6, 1)
    return first


@pytest.mark.parametrize(("fault", "end"), [(Fault.DROP_AFTER, "updated"), (Fault.DROP_BEFORE, "unchanged")])
async def test_a_row_in_doubt_is_put_back_where_it_landed(tmp_path: Path, fault: Fault, end: str) -> None:
    """Answer lost or call lost: only the case tells, and one that never changed is left as it is."""
    async with live(tmp_path, 60, is_hasty=True, case_scripts={SECOND: [fault]}) as scene:
        before = kept(scene)
        first = await in_doubt(scene, 'desc = "Value"', "1", "2", "3")
        assert (scene.server.cases[SECOND]["desc"] == "2") is (fault is Fault.DROP_AFTER)
        scene.spent()
        back = await undo(first, abandon=True, runtime=scene.runtime)
        assert kept(scene) == before
        assert [outcome for outcome, _ in ends(back)] == ["updated", end]
        assert scene.updates() == [FIRST, SECOND][: 1 + (end == "updated")]


async def test_what_a_row_in_doubt_left_tidied_is_known_again(tmp_path: Path) -> None:
    """Nobody has seen what the server made of it, and a tidied text is still the run's."""
    async with live(tmp_path, 60, is_hasty=True, normalises=True, case_scripts={FIRST: [Fault.DROP_AFTER]}) as scene:
        before = kept(scene)
        mapping = '"userInfo.emailId" = "Value"\ntags = { value = ["VIP", "b"] }'
        first = await in_doubt(scene, mapping, "New@Example.org", "x@example.org")
        assert scene.server.cases[FIRST]["userInfo"]["emailId"] == "new@example.org"
        await undo(first, abandon=True, runtime=scene.runtime)
        assert kept(scene) == before


@pytest.mark.parametrize("is_mended", [False, True], ids=["a mismatch again", "well the second time"])
async def test_a_row_that_was_retried_gets_the_value_before_its_first_attempt(
    tmp_path: Path, *, is_mended: bool
) -> None:
    """What the first attempt left there is not what stood there before the run."""
    async with live(tmp_path, 60, is_hasty=True, reshapes=frozenset({"desc"})) as scene:
        before = kept(scene)
        first = await ran(scene, 'desc = "Value"\nname = "Value"', "a text that is far too long")
        assert ends(first)[0][0] == "mismatch"
        if is_mended:
            behaves(scene)
        scene.pass_hours(2)  # so that its case is read again, and shows what the first attempt left
        again = await retry(first, runtime=scene.runtime)
        assert ends(again)[0][0] == ("updated" if is_mended else "mismatch")
        behaves(scene)
        back = await undo(again, runtime=scene.runtime)
        assert (kept(scene), back.exit_code) == (before, 0)


async def test_what_had_no_value_before_is_cleared(tmp_path: Path) -> None:
    """Null is sent for a text and nothing for a list; the case shows no values there afterwards."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        for name in ("desc", "ETA", "tags"):
            del scene.server.cases[FIRST][name]
        mapping = 'desc = "Value"\nETA = { value = "2031-05-01T12:00Z" }\ntags = { value = ["a"] }'
        first = await ran(scene, mapping, "one")
        scene.spent()
        back = await undo(first, runtime=scene.runtime)
        assert sent(scene) == [{"desc": None, "ETA": None, "tags": []}]
        assert (ends(back), back.exit_code) == ([("updated", "")], 0)


async def test_what_cannot_be_cleared_is_listed(tmp_path: Path) -> None:
    """True or false cannot be emptied: alone in its row it is invalid, beside another field a conflict."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        before = kept(scene)
        write_cases(tmp_path, [(FIRST, "", "yes"), (SECOND, "two", "yes")], header=("Case ID", "Value", "Is"))
        mapping = 'desc = "Value"\nsupportCustomTasks = "Is"'
        first = await run(scene.job(mapping=mapping, snapshot=ALWAYS, quota=ONE), runtime=scene.runtime)
        assert ends(first) == [("updated", "")] * 2
        scene.spent()
        back = await undo(first, runtime=scene.runtime)
        assert sent(scene) == [{"desc": before[SECOND]["desc"]}]
        assert ends(back) == [("invalid", "cannot_clear"), ("conflict", "left_alone")]
        for line in read_results(back.folder, "failed.csv"):
            assert "supportCustomTasks: had no value before" in line["bulkcase_error"]


async def test_fields_of_the_server_are_told_and_never_sent(tmp_path: Path) -> None:
    """The plan said so before; what else the row changed is put back."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        more = '[safety]\nallow_read_only = ["caseTmp"]'
        mapping = 'desc = "Value"\ncaseTmp = { value = "ctmp-other" }'
        write_cases(tmp_path, [(FIRST, "one")], header=("Case ID", "Value"))
        planned = await plan(scene.job(mapping=mapping, snapshot=ALWAYS, more=more), runtime=scene.runtime)
        assert (planned.undoable, "caseTmp" in planned.why_not_undoable) == (False, True)
        before = kept(scene)[FIRST]
        first = await run(planned, runtime=scene.runtime)
        scene.spent()
        back = await undo(first, runtime=scene.runtime)
        assert sent(scene) == [{"desc": before["desc"]}]
        assert ends(back) == [("conflict", "left_alone")]
        (line,) = read_results(back.folder, "failed.csv")
        assert "caseTmp is the server's own" in line["bulkcase_error"]
        assert scene.server.cases[FIRST]["caseTmp"] == "ctmp-other"


async def test_two_rows_of_one_case_are_taken_back_in_reverse(tmp_path: Path) -> None:
    """Where the last of them counts there is one to undo, and it knows what stood there before."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        before = kept(scene)
        write_cases(tmp_path, [(FIRST, "one"), (FIRST, "two")])
        first = await run(scene.job(snapshot=ALWAYS, input_table='duplicates = "last"'), runtime=scene.runtime)
        assert scene.server.cases[FIRST]["desc"] == "two"
        await undo(first, runtime=scene.runtime)
        assert kept(scene) == before
