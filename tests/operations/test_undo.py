"""undo: every case that nobody has touched since is as it was before the run, whatever the run wrote and how."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.jobs import read_results, write_cases
from support.live import Live, live

from bulkcase.model import Outcome
from bulkcase.operations.common.ended import Run
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.operations.runs import runs, show
from bulkcase.operations.undo import undo
from bulkcase.operations.verify import verify
from bulkcase.planning.landed import Landed
from bulkcase.sandbox import Fault

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
TAGS = 'tags = {{ column = "Value", split = ";", mode = "{}" }}'
ONE = "windows = []\nmax_in_flight = 1"
Case = Mapping[str, Any]


def kept(scene: Live) -> dict[str, Case]:
    """Return the cases as they are, but for the moment of their last change."""
    return {key: {name: case[name] for name in case if name != "updatedAt"} for key, case in scene.server.cases.items()}


def keys_of(scene: Live, count: int = 6) -> list[str]:
    return list(scene.server.cases)[:count]


async def ran(scene: Live, mapping: str, *values: str, lookup: str = "", **parts: str) -> Run:
    """Give the first cases of a scene these values, one each."""
    cells = list(zip(keys_of(scene, len(values)), values, strict=True))
    write_cases(scene.folder, cells, header=("Case ID", "Value"))
    parts = {"snapshot": ALWAYS, "more": f'[lookups]\n{lookup} = "live"' if lookup else "", **parts}
    return await run(scene.job(mapping=mapping, **parts), runtime=scene.runtime)


async def noted(scene: Live, count: int = 6, **parts: str) -> Run:
    """Give so many cases a note."""
    return await ran(scene, 'desc = "Value"', *(f"note {number}" for number in range(count)), **parts)


def outcomes(ended: Run) -> list[str]:
    return [line["bulkcase_outcome"] for line in read_results(ended.folder)]


def codes(ended: Run) -> list[str]:
    return [line["bulkcase_error_code"] for line in read_results(ended.folder)]


KINDS: dict[str, tuple[str, list[str], str]] = {
    "a text": ('desc = "Value"', [f"note {number}" for number in range(6)], ""),
    "a name, and what the server derives from it": ('name = "Value"', [f"Name {number}" for number in range(6)], ""),
    "a status": ('status = "Value"', ["On Hold"] * 6, "status"),
    "a priority": ('priority = "Value"', ["Critical"] * 6, "priority"),
    "a due date": ('dueDate = "Value"', ["2031-05-01T12:00:00Z"] * 6, ""),
    "an ETA": ('ETA = "Value"', ["2031-05-01T12:00:00+02:00"] * 6, ""),
    "other tags": (TAGS.format("replace"), ["Vip;B;a"] * 6, ""),
    "one more tag": (TAGS.format("add"), ["New"] * 6, ""),
    "a tag less": (TAGS.format("remove"), ["billing;vip;login;refund"] * 6, ""),
    "other channels": ('channel = { column = "Value", split = ";" }', ["fax;chat"] * 6, ""),
    "a custom field": ('"custom.Region" = "Value"', ["Central"] * 6, ""),
    "a path": ('"userInfo.emailId" = "Value"', [f"{number}@Example.org" for number in range(6)], ""),
    "a boolean": ("isActive = { value = false }", [""] * 6, ""),
}


@pytest.mark.parametrize(("mapping", "values", "lookup"), KINDS.values(), ids=list(KINDS))
@pytest.mark.parametrize("normalises", [False, True], ids=["stores as sent", "tidies"])
async def test_every_untouched_case_is_as_it_was(
    tmp_path: Path, mapping: str, values: list[str], lookup: str, *, normalises: bool
) -> None:
    """Whole cases are equal to those before the run, and one that had the values already is not in the undo."""
    async with live(tmp_path, 60, is_hasty=True, normalises=normalises) as scene:
        before = kept(scene)
        first = await ran(scene, mapping, *values, lookup=lookup)
        changed = [key for key, case in kept(scene).items() if case != before[key]]
        assert len(changed) == first.outcomes[Outcome.UPDATED] >= 3
        scene.spent()
        back = await undo(first, runtime=scene.runtime)
        assert kept(scene) == before
        assert sorted(map(str, scene.updates())) == sorted(changed)
        assert (outcomes(back), back.exit_code) == (["updated"] * len(changed), 0)


@pytest.mark.parametrize("quirks", [{}, {"trims_answers": True}, {"normalises": True, "trims_answers": True}], ids=str)
async def test_everything_at_once_is_as_it_was(tmp_path: Path, quirks: dict[str, bool]) -> None:
    """A run of many fields is one call a case back again, also where the answers show little of the cases."""
    async with live(tmp_path, 60, is_hasty=True, **quirks) as scene:
        before = kept(scene)
        mapping = f"""desc = "Value"
            status = {{ value = "on hold" }}
            isActive = {{ value = false }}
            {TAGS.format("add")}
            "custom.Region" = {{ value = "Central" }}
            "userInfo.emailId" = {{ template = "{{Value}}@Example.org" }}
            ETA = {{ value = "2031-05-01T12:00Z" }}"""
        first = await ran(scene, mapping, *(f"Note{number}" for number in range(6)), lookup="status")
        assert outcomes(first) == ["updated"] * 6
        scene.spent()
        await undo(first, runtime=scene.runtime)
        assert kept(scene) == before
        assert scene.spent()["updateCase"] == 6


async def test_what_somebody_changed_since_stays_and_is_listed(tmp_path: Path) -> None:
    """The case is a conflict in failed.csv, with the field, what the run left and what it shows now."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        before = kept(scene)
        first = await noted(scene)
        keys = keys_of(scene)
        scene.server.change(keys[2], desc="somebody's own words")
        scene.server.change(keys[3], name="Another name")
        back = await undo(first, runtime=scene.runtime)
        touched = {
            keys[2]: {"desc": "somebody's own words"},
            keys[3]: {"name": "Another name", "lname": "another name"},
        }
        assert kept(scene) == {key: {**case, **touched.get(key, {})} for key, case in before.items()}
        (line,) = read_results(back.folder, "failed.csv")
        assert (line["Case ID"], line["bulkcase_outcome"], line["Value"]) == (keys[2], "conflict", "note 2")
        assert line["bulkcase_error_code"] == "changed_since"
        for told in ("desc", '"note 2"', '"somebody\'s own words"'):
            assert told in line["bulkcase_error"]
        assert (back.exit_code, outcomes(back).count("updated")) == (1, 5)


TOUCHED: dict[str, tuple[str, str, str, dict[str, Any], str]] = {
    "a status": ('status = "Value"', "On Hold", "status", {"status": {"_id": "sts-x", "name": "Odd"}}, "Odd"),
    "a due date": ('dueDate = "Value"', "2031-05-01T12:00:00Z", "", {"dueDate": 1_930_000_000_000}, "dueDate"),
    "an object, elsewhere": ('"userInfo.emailId" = "Value"', "a@b.org", "", {"userInfo": {"name": "Eve"}}, "Eve"),
    "a boolean": ("isActive = { value = false }", "", "", {"isActive": None}, "nothing"),
    "channels": ('channel = { column = "Value", split = ";" }', "fax", "", {"channel": "fax only"}, "fax only"),
}


@pytest.mark.parametrize(("mapping", "value", "lookup", "touch", "says"), TOUCHED.values(), ids=list(TOUCHED))
async def test_a_touched_field_of_any_kind_stays(
    tmp_path: Path, mapping: str, value: str, lookup: str, touch: dict[str, Any], says: str
) -> None:
    """It is a conflict that tells what is there now, and no call is made for it."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await ran(scene, mapping, value, lookup=lookup)
        assert first.outcomes[Outcome.UPDATED] == 1
        scene.server.change(keys_of(scene)[0], **touch)
        before = kept(scene)
        scene.spent()
        back = await undo(first, runtime=scene.runtime)
        assert kept(scene) == before
        assert scene.updates() == []
        (line,) = read_results(back.folder, "failed.csv")
        assert line["bulkcase_outcome"] == "conflict"
        assert says in line["bulkcase_error"]


async def test_an_undo_is_undone_like_any_other_run(tmp_path: Path) -> None:
    """The values of the run are back, then those before it, and each of these runs names the one that it undoes."""
    async with live(tmp_path, 60, is_hasty=True, normalises=True) as scene:
        before = kept(scene)
        first = await ran(scene, TAGS.format("replace"), *["B;a"] * 6)
        after = kept(scene)
        back = await undo(first, runtime=scene.runtime)
        forth = await undo(back, runtime=scene.runtime)
        assert kept(scene) == after
        assert (forth.outcomes[Outcome.UPDATED], forth.exit_code) == (6, 0)
        again = await undo(forth, runtime=scene.runtime)
        assert kept(scene) == before
        assert [one.record.undoes for one in runs(state=tmp_path / "state")] == [None, first.id, back.id, forth.id]
        assert again.summary.undoes == forth.id


async def test_a_second_undo_changes_nothing(tmp_path: Path) -> None:
    """Each of its rows is unchanged, and nothing is sent."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await noted(scene)
        await undo(first, runtime=scene.runtime)
        scene.spent()
        again = await undo(first, runtime=scene.runtime)
        assert outcomes(again) == ["unchanged"] * 6
        assert (scene.updates(), again.exit_code) == ([], 0)
        assert show(first).undone_by == [one.record.id for one in runs(state=tmp_path / "state")[1:]]


async def test_rows_that_did_not_land_are_not_in_an_undo(tmp_path: Path) -> None:
    """Failed, invalid and unchanged rows of the run have changed nothing, so there is nothing to put back for them."""
    async with live(tmp_path, 60, is_hasty=True, script=[Fault.REFUSE]) as scene:
        refused, same, fine, *_ = keys_of(scene)
        write_cases(
            tmp_path,
            [(refused, "x"), (same, scene.server.cases[same]["desc"]), ("ci-none", "x"), ("no key", "x"), (fine, "x")],
        )
        first = await run(scene.job(snapshot=ALWAYS, quota=ONE), runtime=scene.runtime)
        assert outcomes(first) == ["failed", "unchanged", "invalid", "invalid", "updated"]
        back = await undo(first, runtime=scene.runtime)
        lines = read_results(back.folder)
        assert [(line["Case ID"], line["bulkcase_row"], line["bulkcase_outcome"]) for line in lines] == [
            (fine, "6", "updated")
        ]


async def test_verify_of_an_undo_says_that_all_of_it_stands_there(tmp_path: Path) -> None:
    """It compares with what the undo sent; of the run itself, verify says that it was changed since."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await noted(scene)
        back = await undo(first, runtime=scene.runtime)
        proven = await verify(back, runtime=scene.runtime)
        assert (proven.counts[Landed.APPLIED], proven.exit_code) == (6, 0)
        assert (await verify(first, runtime=scene.runtime)).counts[Landed.APPLIED] == 0


async def test_a_retry_of_an_undo_leaves_what_somebody_changed(tmp_path: Path) -> None:
    """Its conflicts are still conflicts, and nothing is sent for them."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await noted(scene)
        scene.server.change(keys_of(scene)[2], desc="somebody's own words")
        back = await undo(first, runtime=scene.runtime)
        scene.spent()
        again = await retry(back, runtime=scene.runtime)
        assert (again.id, scene.updates()) == (back.id, [])
        assert codes(again).count("changed_since") == 1
        assert scene.server.cases[keys_of(scene)[2]]["desc"] == "somebody's own words"


async def test_a_canary_checks_an_undo_too(tmp_path: Path) -> None:
    """A server that takes back calls without carrying them out costs the canary, and the rest of the cases stays."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        before = kept(scene)
        first = await noted(scene, 20, more="[safety]\ncanary = 3")
        assert first.summary.canary == "cases"
        after = kept(scene)
        with pytest.MonkeyPatch.context() as changed:
            changed.setattr(scene.server._api, "_settings", replace(scene.server.settings, ignores=frozenset({"desc"})))
            stopped = await undo(first, runtime=scene.runtime)
        assert (stopped.exit_code, stopped.outcomes[Outcome.PENDING], kept(scene)) == (3, 17, after)
        ended = await resume(stopped, runtime=scene.runtime)
        assert (ended.summary.canary, ended.outcomes[Outcome.MISMATCH]) == ("cases", 3)
        assert (await retry(ended, runtime=scene.runtime)).exit_code == 0
        assert kept(scene) == before
