"""Retries of rows whose cases were not seen: the list is read once more, and decides as it would have before."""

from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import live

from bulkcase.model import Outcome, RunState, Stop, StopReason
from bulkcase.operations.plan import plan
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.sandbox import Fault
from bulkcase.stopping import StopSwitch

pytestmark = pytest.mark.asyncio

REFERENCES = '{ column = "Case ID", match = "refId" }'
ALWAYS = 'read = "always"'
INTERRUPTED = Stop(StopReason.INTERRUPTED, "interrupted by SIGINT")


async def test_a_row_that_was_not_seen_is_not_sent_after_a_later_row_of_its_case(tmp_path: Path) -> None:
    """Which case a reference means is known only by the retry, and what landed since is newer."""
    async with live(tmp_path, 120) as scene:
        cases = list(scene.server.cases.values())
        seen, slipped = cases[10], cases[50]
        write_cases(tmp_path, [(seen["refId"], "one"), (slipped["refId"], "old words")])
        scene.lose_a_case()
        first = await run(scene.job(key=REFERENCES), runtime=scene.runtime)
        assert list(first.frame()["bulkcase_error_code"]) == ["", "case_not_seen"]

        scene.server.before_page = None
        write_cases(tmp_path, [(slipped["refId"], "new words")])
        await run(scene.job(key=REFERENCES), runtime=scene.runtime)
        again = await retry(first, runtime=scene.runtime)
        assert list(again.frame()["bulkcase_error_code"]) == ["", "later_run"]
        assert again.outcomes[Outcome.SUPERSEDED] == 1
        assert scene.server.cases[slipped["_id"]]["desc"] == "new words"


async def test_rows_that_were_not_seen_are_not_sent_where_they_contradict_each_other(tmp_path: Path) -> None:
    """Three spellings of one case, known as one only by the retry: none of the three values is sent."""
    async with live(tmp_path, 120) as scene:
        cases = list(scene.server.cases.values())
        slipped = cases[50]
        keys = [slipped["refId"], slipped["refId"].lower(), slipped["_id"]]
        write_cases(tmp_path, [(cases[10]["refId"], "one"), *zip(keys, "ABC", strict=True)])
        scene.lose_a_case()
        first = await run(scene.job(key=REFERENCES), runtime=scene.runtime)
        assert list(first.frame()["bulkcase_error_code"]) == ["", *["case_not_seen"] * 3]

        scene.server.before_page = None
        scene.spent()
        again = await retry(first, runtime=scene.runtime)
        assert list(again.frame()["bulkcase_error_code"]) == ["", *["duplicate_case"] * 3]
        assert scene.updates() == []


async def test_a_retry_reads_with_the_filter_that_its_run_was_planned_with(tmp_path: Path) -> None:
    """What the job filters by today says nothing about which cases there were then."""
    async with live(tmp_path, 120) as scene:
        keys = list(scene.server.cases)
        slipped = keys[50]
        write_cases(tmp_path, [(keys[10], "one"), (slipped, "two")])
        scene.lose_a_case()
        first = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        assert first.outcomes[Outcome.FAILED] == 1

        scene.server.before_page = None
        other = "Open" if scene.server.cases[slipped]["status"]["name"] != "Open" else "Closed"
        scene.job(snapshot=f'{ALWAYS}\nfilter = {{ status = ["{other}"] }}')
        again = await retry(first, runtime=scene.runtime)
        assert (again.exit_code, again.outcomes[Outcome.UPDATED]) == (0, 2)
        assert scene.server.cases[slipped]["desc"] == "two"


async def test_a_saved_plan_reads_with_the_filter_that_it_was_made_with(tmp_path: Path) -> None:
    """Its pages are found where they were, whatever the job filters by when the plan is run."""
    async with live(tmp_path, 120) as scene:
        scene.rows(120)
        planned = await plan(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        scene.pass_hours(2)
        scene.spent()
        job = scene.job(snapshot=f'{ALWAYS}\nfilter = {{ status = ["Closed"] }}')
        ended = await run(job, saved=planned.run_id, runtime=scene.runtime)
        assert (ended.exit_code, ended.outcomes[Outcome.UPDATED]) == (0, 120)
        assert scene.spent() == {"getCases": 3, "updateCase": 120}


@pytest.mark.parametrize("pages", [0, 1, 2])
async def test_a_retry_that_is_interrupted_while_it_reads_can_go_on(tmp_path: Path, pages: int) -> None:
    """After so many pages it ends with 130 and nothing sent; the next retry finds the case."""
    async with live(tmp_path, 120) as scene:
        keys = list(scene.server.cases)
        slipped = keys[50]
        write_cases(tmp_path, [(keys[10], "one"), (slipped, "two")])
        scene.lose_a_case()
        first = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        scene.spent()
        stop, read = StopSwitch(), 0

        def enough() -> None:
            nonlocal read
            read += 1
            if read == pages:
                stop.set(INTERRUPTED)

        scene.server.before_page = enough
        if not pages:
            stop.set(INTERRUPTED)
        stopped = await retry(first, runtime=scene.runtime, stop=stop)
        assert (stopped.exit_code, stopped.summary.state) == (130, RunState.INTERRUPTED)
        assert scene.spent() == ({"getCases": pages} if pages else {})

        scene.server.before_page = None
        again = await retry(first, runtime=scene.runtime)
        assert (again.exit_code, again.outcomes[Outcome.UPDATED]) == (0, 2)
        assert scene.server.cases[slipped]["desc"] == "two"


async def test_a_retry_of_a_list_that_a_later_plan_has_emptied_can_be_interrupted(tmp_path: Path) -> None:
    """It ends with 130 before its first call, and the next one sends its row."""
    async with live(tmp_path, 120) as scene:
        first = next(iter(scene.server.cases))
    async with live(tmp_path, 120, case_scripts={first: [Fault.ERRORS]}) as scene:
        scene.rows(3)
        failed = await run(scene.job(), runtime=scene.runtime)
        await plan(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        stop = StopSwitch()
        stop.set(INTERRUPTED)
        stopped = await retry(failed, runtime=scene.runtime, stop=stop)
        assert (stopped.exit_code, stopped.outcomes[Outcome.FAILED]) == (130, 1)
        again = await retry(failed, runtime=scene.runtime)
        assert (again.exit_code, again.outcomes[Outcome.UPDATED]) == (0, 3)


async def test_a_retry_that_was_interrupted_at_once_stands_in_the_way_of_nothing(tmp_path: Path) -> None:
    """A later resume settles the row in doubt, and a later retry the one whose case was not seen."""
    async with live(tmp_path, 120) as scene:
        doubtful = list(scene.server.cases)[10]
    async with live(tmp_path, 120, case_scripts={doubtful: [Fault.DROP_AFTER]}) as scene:
        slipped = list(scene.server.cases)[50]
        write_cases(tmp_path, [(doubtful, "one"), (slipped, "two")])
        scene.lose_a_case()
        scene.hide_its_cases(after=3)
        first = await run(scene.job(snapshot=ALWAYS, retry="attempts = 1"), runtime=scene.runtime)
        assert (first.outcomes[Outcome.UNKNOWN], first.outcomes[Outcome.FAILED]) == (1, 1)
        scene.server.before_page = None
        scene.pass_hours(2)
        stop = StopSwitch()
        stop.set(INTERRUPTED)
        assert (await retry(first, runtime=scene.runtime, stop=stop)).exit_code == 130
        resumed = await resume(first, runtime=scene.runtime)
        assert (resumed.outcomes[Outcome.UPDATED], resumed.outcomes[Outcome.FAILED]) == (1, 1)
        again = await retry(first, runtime=scene.runtime)
        assert (again.exit_code, again.outcomes[Outcome.UPDATED]) == (0, 2)
