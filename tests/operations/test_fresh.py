"""What happens to a plan while time goes by: pages are read again, rows are compared again, changed cases are left."""

from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import live

from bulkcase.errors import NotPlanned
from bulkcase.model import Outcome, Stop, StopReason
from bulkcase.operations.plan import plan
from bulkcase.operations.resume import retry
from bulkcase.operations.run import run
from bulkcase.stopping import StopSwitch

pytestmark = pytest.mark.asyncio


async def test_a_page_that_got_old_is_read_again_and_its_rows_are_compared_again(tmp_path: Path) -> None:
    """Two hours after the plan each page with rows costs one more call; what is so already by then is not sent."""
    async with live(tmp_path, 120) as scene:
        scene.rows(60)
        planned = await plan(scene.job(), runtime=scene.runtime)
        scene.spent()
        first, second, *_ = scene.server.cases
        scene.server.change(first, desc="note 0")
        scene.server.change(second, desc="somebody's own words")
        scene.pass_hours(2)
        ended = await run(scene.job(), saved=planned.run_id, runtime=scene.runtime)
        assert ended.outcomes[Outcome.UPDATED] == 59
        assert ended.outcomes[Outcome.UNCHANGED] == 61
        assert scene.spent() == {"getCases": 2, "updateCase": 59}
        assert scene.server.cases[second]["desc"] == "note 1"


async def test_a_case_that_somebody_changed_is_left_alone_where_the_job_asks_for_it(tmp_path: Path) -> None:
    """It ends as a conflict; a change in a field that the row does not set is none; a retry sends it all the same."""
    async with live(tmp_path, 120) as scene:
        scene.rows(3)
        job = scene.job(more='[safety]\non_conflict = "leave"')
        planned = await plan(job, runtime=scene.runtime)
        first, second, third, *_ = scene.server.cases
        scene.server.change(first, desc="somebody's own words")
        scene.server.change(second, tags=["vip"])
        scene.pass_hours(2)
        ended = await run(job, saved=planned.run_id, runtime=scene.runtime)
        assert list(ended.frame()["bulkcase_outcome"])[:3] == ["conflict", "updated", "updated"]
        assert "desc" in ended.frame()["bulkcase_error"].iloc[0]
        assert scene.server.cases[first]["desc"] == "somebody's own words"

        again = await retry(ended, runtime=scene.runtime)
        assert again.outcomes[Outcome.CONFLICT] == 0
        assert scene.server.cases[first]["desc"] == "note 0"
        assert scene.server.cases[third]["desc"] == "note 2"


async def test_a_list_is_changed_as_it_is_now_and_not_as_it_was_planned(tmp_path: Path) -> None:
    """A tag that somebody added since the plan is still there afterwards."""
    async with live(tmp_path, 60) as scene:
        first = next(iter(scene.server.cases))
        write_cases(tmp_path, [(first, "new")], header=("Case ID", "Tag"))
        job = scene.job(mapping='tags = { column = "Tag", mode = "add", split = ";" }')
        planned = await plan(job, runtime=scene.runtime)
        scene.server.change(first, tags=["theirs"])
        scene.pass_hours(2)
        await run(job, saved=planned.run_id, runtime=scene.runtime)
        assert scene.server.cases[first]["tags"] == ["theirs", "new"]


async def test_a_case_is_found_where_the_list_has_moved(tmp_path: Path) -> None:
    """Sixty cases before it are gone by now: its page is another one, and two calls find it."""
    async with live(tmp_path, 200) as scene:
        keys = list(scene.server.cases)
        write_cases(tmp_path, [(keys[170], "one"), (keys[171], "two")])
        job = scene.job(snapshot='read = "always"')
        planned = await plan(job, runtime=scene.runtime)
        scene.spent()
        for key in keys[:60]:
            scene.server.remove(key)
        scene.pass_hours(2)
        ended = await run(job, saved=planned.run_id, runtime=scene.runtime)
        assert ended.outcomes[Outcome.UPDATED] == 2
        assert scene.spent()["getCases"] <= 3


async def test_a_case_that_is_gone_is_not_sent(tmp_path: Path) -> None:
    """It was seen when the plan was made and is not any more: nothing is sent, and a retry knows that it is gone."""
    async with live(tmp_path, 120) as scene:
        scene.rows(2)
        planned = await plan(scene.job(), runtime=scene.runtime)
        first, second, *_ = scene.server.cases
        scene.server.remove(first)
        scene.spent()
        scene.pass_hours(2)
        ended = await run(scene.job(), saved=planned.run_id, runtime=scene.runtime)
        assert list(ended.frame()["bulkcase_error_code"])[:2] == ["case_not_seen", ""]
        assert [call.case_id for call in scene.server.calls if call.endpoint == "updateCase"] == [second]


async def test_a_list_that_missed_cases_proves_nothing_about_them(tmp_path: Path) -> None:
    """A case that slipped through while the list moved is not called unknown, and is found by a retry."""
    async with live(tmp_path, 120) as scene:
        keys = list(scene.server.cases)
        slipped = keys[50]
        write_cases(tmp_path, [(keys[10], "one"), (slipped, "two"), ("ci-nowhere", "three")])
        scene.lose_a_case()
        ended = await run(scene.job(snapshot='read = "always"'), runtime=scene.runtime)
        lines = ended.frame()
        assert list(lines["bulkcase_outcome"]) == ["updated", "failed", "failed"]
        assert set(lines["bulkcase_error_code"].iloc[1:]) == {"case_not_seen"}
        assert {call.case_id for call in scene.server.calls} == {None, keys[10]}

        scene.server.before_page = None
        again = (await retry(ended, runtime=scene.runtime)).frame()
        assert list(again["bulkcase_outcome"]) == ["updated", "updated", "invalid"]
        assert again["bulkcase_error_code"].iloc[2] == "case_not_found"


async def test_a_reading_that_was_interrupted_goes_on_where_it_was(tmp_path: Path) -> None:
    """What was read before is not read again by the same command, and nothing was sent meanwhile."""
    async with live(tmp_path, 500) as scene:
        scene.rows(4)
        stop, pages = StopSwitch(), 0

        def enough() -> None:
            nonlocal pages
            pages += 1
            if pages == 5:
                stop.set(Stop(StopReason.INTERRUPTED, "interrupted by SIGINT"))

        scene.server.before_page = enough
        with pytest.raises(NotPlanned) as raised:
            await run(scene.job(), runtime=scene.runtime, stop=stop)
        assert raised.value.exit_code == 130
        assert scene.spent() == {"getCases": 5}
        ended = await run(scene.job(), runtime=scene.runtime)
        assert scene.spent() == {"getCases": 5, "updateCase": 4}
        assert ended.exit_code == 0
