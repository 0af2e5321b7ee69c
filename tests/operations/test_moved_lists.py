"""Cases that are not where they were: found again with few calls, whatever moved them."""

import json
from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import live

from bulkcase.model import Outcome
from bulkcase.operations.plan import plan
from bulkcase.operations.resume import retry
from bulkcase.operations.run import run

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
ANY_FAILURES = '[safety]\nmax_failures = "off"'


async def test_cases_are_found_in_a_list_that_has_become_much_shorter(tmp_path: Path) -> None:
    """Five hundred of six hundred are gone, so that their pages are behind its end: a handful of calls finds all."""
    async with live(tmp_path, 600) as scene:
        keys = list(scene.server.cases)
        write_cases(tmp_path, [(key, f"note {number}") for number, key in enumerate(keys[560:])])
        planned = await plan(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        for key in keys[:500]:
            scene.server.remove(key)
        scene.pass_hours(2)
        scene.spent()
        ended = await run(scene.job(snapshot=ALWAYS), saved=planned.run_id, runtime=scene.runtime)
        assert (ended.exit_code, ended.outcomes[Outcome.UPDATED]) == (0, 40)
        spent = scene.spent()
        assert (spent["updateCase"], spent["getCases"] <= 6) == (40, True)


async def test_cases_that_leave_the_list_by_our_own_updates_hide_none_of_the_others(tmp_path: Path) -> None:
    """The filter is on what the run changes: each row that is sent moves the cases behind it forward."""
    async with live(tmp_path, 1200) as scene:
        cases = scene.server.cases
        opened = [key for key, case in cases.items() if case["status"]["name"] == "Open"]
        closed = next(case["status"] for case in cases.values() if case["status"]["name"] == "Closed")
        write_cases(tmp_path, [(key, "Closed") for key in opened], header=("Case ID", "Status"))
        (tmp_path / "statuses.json").write_text(json.dumps({"Closed": closed}))
        job = scene.job(
            mapping='status = "Status"',
            more=f'[lookups]\nstatus = "file:statuses.json"\n{ANY_FAILURES}',
            snapshot=f'{ALWAYS}\nfilter = {{ status = ["Open"] }}',
        )
        planned = await plan(job, runtime=scene.runtime)
        pages = scene.spent()["getCases"]
        scene.pass_hours(2)
        ended = await run(job, saved=planned.run_id, runtime=scene.runtime)
        assert {name: count for name, count in ended.outcomes.items() if count} == {Outcome.UPDATED: len(opened)}
        assert all(cases[key]["status"]["name"] == "Closed" for key in opened)
        spent = scene.spent()
        assert spent["updateCase"] == len(opened)
        assert spent["getCases"] <= 3 * pages


async def test_cases_that_are_gone_cost_no_call_each(tmp_path: Path) -> None:
    """Forty of them stood on pages that are read for their neighbours anyway; a retry looks for all of them at once."""
    async with live(tmp_path, 300) as scene:
        scene.rows(200)
        planned = await plan(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        for key in list(scene.server.cases)[60:100]:
            scene.server.remove(key)
        scene.pass_hours(2)
        scene.spent()
        job = scene.job(snapshot=ALWAYS, more=ANY_FAILURES)
        ended = await run(job, saved=planned.run_id, runtime=scene.runtime)
        assert (ended.outcomes[Outcome.UPDATED], ended.outcomes[Outcome.FAILED]) == (160, 40)
        assert scene.spent()["getCases"] <= 8
        again = await retry(ended, runtime=scene.runtime)
        assert (again.outcomes[Outcome.FAILED], again.outcomes[Outcome.INVALID]) == (0, 40)
        assert scene.spent() == {"getCases": 6}
