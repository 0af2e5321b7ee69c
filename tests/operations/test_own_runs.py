"""Runs of ours that change the same cases one after the other, while what was read of them still counts as young."""

from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import Live, live

from bulkcase.job import Job
from bulkcase.model import Outcome
from bulkcase.operations.plan import plan
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.sandbox import Fault

pytestmark = pytest.mark.asyncio

ADDED = 'tags = { column = "Value", mode = "add", split = ";" }'
LEAVES = '[safety]\non_conflict = "leave"'


async def first_of(folder: Path) -> str:
    """Return the first case that a server has; each one of a test has the same."""
    async with live(folder, 60) as scene:
        return next(iter(scene.server.cases))


def a_job_about(scene: Live, case_id: str, value: str, *, name: str, **parts: str) -> Job:
    """Return a job with a file of its own that has one row."""
    write_cases(scene.folder, [(case_id, value)], header=("Case ID", "Value")).rename(scene.folder / f"{name}.csv")
    return scene.job(name=f"{name}.toml", path=f"{name}.csv", **parts)


async def test_two_plans_that_add_to_one_list_both_count(tmp_path: Path) -> None:
    """The list is sent whole, so what the first run has put into it is read before the second one sends it."""
    async with live(tmp_path, 60) as scene:
        first = next(iter(scene.server.cases))
        scene.server.change(first, tags=["old"])
        one = await plan(a_job_about(scene, first, "from-a", name="a", mapping=ADDED), runtime=scene.runtime)
        two = await plan(a_job_about(scene, first, "from-b", name="b", mapping=ADDED), runtime=scene.runtime)
        await run(one, runtime=scene.runtime)
        scene.spent()
        ended = await run(two, runtime=scene.runtime)
        assert ended.outcomes[Outcome.UPDATED] == 1
        assert scene.server.cases[first]["tags"] == ["old", "from-a", "from-b"]
        assert scene.spent() == {"getCases": 1, "updateCase": 1}


async def test_what_another_run_of_ours_changed_is_left_alone_where_the_job_asks_for_it(tmp_path: Path) -> None:
    """It is a change since the look as any other is."""
    async with live(tmp_path, 60) as scene:
        first = next(iter(scene.server.cases))
        scene.server.change(first, tags=["old"])
        one = await plan(a_job_about(scene, first, "from-a", name="a", mapping=ADDED), runtime=scene.runtime)
        job = a_job_about(scene, first, "from-b", name="b", mapping=ADDED, more=LEAVES)
        two = await plan(job, runtime=scene.runtime)
        await run(one, runtime=scene.runtime)
        ended = await run(two, runtime=scene.runtime)
        assert ended.outcomes[Outcome.CONFLICT] == 1
        assert scene.server.cases[first]["tags"] == ["old", "from-a"]


async def test_two_plans_that_change_two_parts_of_an_object_both_count(tmp_path: Path) -> None:
    """The customer of a case is sent whole for each of them."""
    async with live(tmp_path, 60) as scene:
        first = next(iter(scene.server.cases))
        job = a_job_about(scene, first, "new@example.com", name="a", mapping='"userInfo.emailId" = "Value"')
        one = await plan(job, runtime=scene.runtime)
        job = a_job_about(scene, first, "New Name", name="b", mapping='"userInfo.name" = "Value"')
        two = await plan(job, runtime=scene.runtime)
        await run(one, runtime=scene.runtime)
        await run(two, runtime=scene.runtime)
        customer = scene.server.cases[first]["userInfo"]
        assert (customer["emailId"], customer["name"]) == ("new@example.com", "New Name")


async def test_two_plans_that_change_two_custom_fields_both_count(tmp_path: Path) -> None:
    """The fields of a case are sent whole for each of them."""
    async with live(tmp_path, 60) as scene:
        first, case = next(iter(scene.server.cases.items()))
        region = next(item for item in case["fields"] if item["displayName"] == "Region")
        word = {"_id": "fd-word", "displayName": "Word", "metaData": {"type": "input", "name": "cf_word"}}
        fields = [{**region, "selectedValue": "North"}, {**word, "type": "custom", "selectedValue": "old"}]
        scene.server.change(first, fields=fields)
        job = a_job_about(scene, first, "South", name="a", mapping='custom.Region = "Value"')
        one = await plan(job, runtime=scene.runtime)
        job = a_job_about(scene, first, "new", name="b", mapping='custom.Word = "Value"')
        two = await plan(job, runtime=scene.runtime)
        await run(one, runtime=scene.runtime)
        await run(two, runtime=scene.runtime)
        values = [item["selectedValue"] for item in scene.server.cases[first]["fields"]]
        assert values == ["South", "new"]


async def test_a_retry_reads_what_another_run_of_ours_has_changed_since(tmp_path: Path) -> None:
    """However young the look is that the failed row was compared with."""
    first = await first_of(tmp_path)
    async with live(tmp_path, 60, case_scripts={first: [Fault.ERRORS]}) as scene:
        scene.server.change(first, tags=["old"])
        older = await plan(a_job_about(scene, first, "from-a", name="a", mapping=ADDED), runtime=scene.runtime)
        failed = await run(a_job_about(scene, first, "from-b", name="b", mapping=ADDED), runtime=scene.runtime)
        assert failed.outcomes[Outcome.FAILED] == 1
        await run(older, runtime=scene.runtime)
        ended = await retry(failed, runtime=scene.runtime)
        assert ended.outcomes[Outcome.UPDATED] == 1
        assert scene.server.cases[first]["tags"] == ["old", "from-a", "from-b"]


@pytest.mark.parametrize("more", ["", LEAVES])
async def test_a_row_in_doubt_is_read_before_it_is_sent_again(tmp_path: Path, more: str) -> None:
    """Its update may have landed: it is no conflict, and what somebody has added to it since stays."""
    first = await first_of(tmp_path)
    async with live(tmp_path, 60, case_scripts={first: [Fault.DROP_AFTER]}) as scene:
        job = a_job_about(scene, first, "new", name="a", mapping=ADDED, retry="attempts = 1", more=more)
        scene.hide_its_cases(after=2)
        in_doubt = await run(job, runtime=scene.runtime)
        assert in_doubt.outcomes[Outcome.UNKNOWN] == 1
        scene.server.before_page = None
        tags = [*scene.server.cases[first]["tags"], "theirs"]
        assert "new" in tags
        scene.server.change(first, tags=tags)
        scene.spent()
        ended = await resume(in_doubt, runtime=scene.runtime)
        assert (ended.exit_code, ended.outcomes[Outcome.UPDATED]) == (0, 1)
        assert scene.server.cases[first]["tags"] == tags
        assert scene.spent() == {"getCases": 1}
