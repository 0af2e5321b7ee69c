"""undo keeps what somebody else has put into a case, whatever was read of it between the run and the undo."""

from pathlib import Path
from typing import Any

import pytest
from support.custom_fields import item
from support.jobs import write_cases
from support.live import Live, counts, ends, live, says, told

from bulkcase.operations.resume import retry
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo
from bulkcase.operations.verify import verify

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
ONE = "windows = []\nmax_in_flight = 1"
MAIL = '"userInfo.emailId" = "Notes"'
PHONE = "+49 30 1234"


def first_of(scene: Live) -> str:
    return next(iter(scene.server.cases))


def phoned(scene: Live, key: str) -> dict[str, Any]:
    """Let somebody add a phone number to the customer of a case; return who that is then."""
    customer = {**scene.server.cases[key]["userInfo"], "phone": PHONE}
    scene.server.change(key, userInfo=customer)
    return customer


@pytest.mark.parametrize(("hours", "is_verified"), [(0.0, False), (0.1, True), (1.0, False), (1.0, True)])
@pytest.mark.parametrize(
    ("quirks", "how"), [({}, "response"), ({"trims_answers": True}, "response"), ({}, "none")], ids=str
)
async def test_a_key_that_somebody_added_to_an_object_survives(
    tmp_path: Path, quirks: dict[str, Any], how: str, hours: float, *, is_verified: bool
) -> None:
    """The row is a conflict that names the key, and verify has not taken it for what the run left."""
    async with live(tmp_path, 50, is_hasty=True, **quirks) as scene:
        key = first_of(scene)
        write_cases(tmp_path, [(key, "new@example.com")])
        job = scene.job(snapshot=ALWAYS, mapping=MAIL, more=f'[safety]\nverify = "{how}"')
        first = await run(job, runtime=scene.runtime)
        scene.pass_hours(hours)
        customer = phoned(scene, key)
        if is_verified:
            assert told(await verify(first, runtime=scene.runtime)) == {"applied": 1}
        back = await undo(first, runtime=scene.runtime)
        assert scene.server.cases[key]["userInfo"] == customer
        assert counts(back) == {"conflict": 1}
        assert says(back) == f'userInfo.phone: the run left nothing, the case shows "{PHONE}"'


async def test_a_custom_field_that_somebody_added_survives_a_verify(tmp_path: Path) -> None:
    """The run's own field is put back, and the other one stays beside it."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        key = first_of(scene)
        scene.server.change(key, fields=[item("Region", "EU")])
        write_cases(tmp_path, [(key, "US")])
        first = await run(scene.job(snapshot=ALWAYS, mapping='"custom.Region" = "Notes"'), runtime=scene.runtime)
        scene.server.change(key, fields=[*scene.server.cases[key]["fields"], item("Plan", "gold")])
        scene.pass_hours(1)
        await verify(first, runtime=scene.runtime)
        await undo(first, runtime=scene.runtime)
        shown = [(each["displayName"], each["selectedValue"]) for each in scene.server.cases[key]["fields"]]
        assert shown == [("Region", "EU"), ("Plan", "gold")]


@pytest.mark.parametrize("hours", [0.0, 0.1])
async def test_a_run_that_reads_back_does_not_take_an_addition_for_its_own(tmp_path: Path, hours: float) -> None:
    """safety.verify = "live" sees the case after somebody has added something."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        key = first_of(scene)
        write_cases(tmp_path, [(key, "new@example.com")])
        pages = 0

        def somebody() -> None:
            nonlocal pages
            pages += 1
            if pages == 2:
                scene.pass_hours(hours)
                phoned(scene, key)

        scene.server.before_page = somebody
        job = scene.job(snapshot=ALWAYS, mapping=MAIL, more='[safety]\nverify = "live"')
        first = await run(job, runtime=scene.runtime)
        scene.server.before_page = None
        assert (pages, counts(first)) == (2, {"updated": 1})
        back = await undo(first, runtime=scene.runtime)
        assert (counts(back), scene.server.cases[key]["userInfo"]["phone"]) == ({"conflict": 1}, PHONE)


@pytest.mark.parametrize("quirks", [{"reshapes": frozenset({"desc"})}, {"trims_answers": True}], ids=str)
async def test_verify_does_not_take_somebodys_words_for_what_the_server_left(
    tmp_path: Path, quirks: dict[str, Any]
) -> None:
    """A value that was cut, or never shown, and that somebody has replaced an hour later, stays."""
    async with live(tmp_path, 50, is_hasty=True, **quirks) as scene:
        key = first_of(scene)
        write_cases(tmp_path, [(key, "X from the run, long")])
        first = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        scene.pass_hours(1)
        scene.server.change(key, desc="Z by a person")
        assert told(await verify(first, runtime=scene.runtime)) == {"changed since": 1}
        back = await undo(first, runtime=scene.runtime)
        assert (counts(back), scene.server.cases[key]["desc"]) == ({"conflict": 1}, "Z by a person")


async def test_what_a_newer_run_has_written_is_not_taken_back_with_an_older_one(tmp_path: Path) -> None:
    """Both wrote the same value, and somebody another one in between: the conflict names the newer run."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        key = first_of(scene)
        write_cases(tmp_path, [(key, "X")])
        job = scene.job(snapshot=ALWAYS)
        first = await run(job, runtime=scene.runtime)
        scene.server.change(key, desc="Y by a person")
        scene.pass_hours(1.5)
        newer = await run(job, runtime=scene.runtime)
        scene.pass_hours(1.5)
        back = await undo(first, runtime=scene.runtime)
        assert (counts(back), scene.server.cases[key]["desc"]) == ({"conflict": 1}, "X")
        assert says(back) == f"desc: run {newer.id}, which is newer, has sent it"
        await undo(newer, runtime=scene.runtime)
        assert scene.server.cases[key]["desc"] == "Y by a person"


async def test_a_text_that_somebody_changed_is_not_put_back_by_its_twin_among_the_fields(tmp_path: Path) -> None:
    """A case shows its text among `fields` once more: what goes back beside it does not bring the old one along."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        key = first_of(scene)
        old = scene.server.cases[key]["desc"]
        scene.server.change(key, fields=[item("Region", "EU"), {**item("Description", old), "type": "system"}])
        write_cases(tmp_path, [(key, "new note", "US")], header=("Case ID", "Notes", "Region"))
        job = scene.job(snapshot=ALWAYS, mapping='desc = "Notes"\n"custom.Region" = "Region"')
        first = await run(job, runtime=scene.runtime)
        scene.server.change(key, desc="Z by a person")
        back = await undo(first, runtime=scene.runtime)
        assert ends(back) == [("conflict", "equal", "left_alone")]
        body = scene.server.calls[-1].body
        values = {each["displayName"]: each["selectedValue"] for each in body["fields"]}
        assert (values["Region"], "desc" in body, old in values.values()) == ("EU", False, False)
        assert scene.server.cases[key]["desc"] == "Z by a person"


async def test_a_retry_of_an_undo_keeps_what_somebody_has_written_a_minute_after_it(tmp_path: Path) -> None:
    """What was left alone is tried again; what was put back, and was changed since, is not."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        key = first_of(scene)
        scene.server.cases[key].pop("supportCustomTasks", None)
        write_cases(tmp_path, [(key, "new note", "true")], header=("Case ID", "Notes", "Tasks"))
        job = scene.job(snapshot=ALWAYS, mapping='desc = "Notes"\nsupportCustomTasks = "Tasks"')
        back = await undo(await run(job, runtime=scene.runtime), runtime=scene.runtime)
        scene.server.change(key, desc="Z by a person")
        scene.pass_hours(1 / 60)
        scene.spent()
        again = await retry(back, runtime=scene.runtime)
        assert (scene.updates(), counts(again)) == ([], {"conflict": 1})
        assert scene.server.cases[key]["desc"] == "Z by a person"
