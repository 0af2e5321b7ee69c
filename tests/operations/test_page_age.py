"""How old a page of live cases is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.live import live

from bulkcase.model import Outcome
from bulkcase.operations.plan import plan
from bulkcase.operations.run import run
from bulkcase.sandbox import Fault

pytestmark = pytest.mark.asyncio


async def test_a_page_is_as_old_as_the_call_that_asked_for_it(tmp_path: Path) -> None:
    """An hour in which its answer was on the way is an hour of its age, for an update may have landed in it."""
    async with live(tmp_path, 3) as scene:
        scene.rows(3)
        asked_at = scene.clock.now()
        scene.server.before_page = lambda: scene.pass_hours(1)
        await plan(scene.job(snapshot='read = "always"'), runtime=scene.runtime)
        with closing(sqlite3.connect(tmp_path / "state" / "ledger.sqlite3")) as ledger:
            ages = [read_at - asked_at for (read_at,) in ledger.execute("SELECT read_at FROM cases")]
        assert len(ages) == 3
        assert all(0 <= age < 600 for age in ages)


async def test_a_page_from_before_a_clock_was_set_back_settles_no_row(tmp_path: Path) -> None:
    """It looks newer than the update whose answer was lost, and yet shows nothing of it: the page is read again."""
    async with live(tmp_path, 30, script=[Fault.DROP_AFTER, Fault.REFUSE]) as scene:
        scene.rows(1)
        scene.clock.by = 20.0
        planned = await plan(scene.job(), runtime=scene.runtime)
        scene.clock.by = 0.0
        scene.spent()
        ended = await run(scene.job(), saved=planned.run_id, runtime=scene.runtime)
        assert ended.outcomes[Outcome.UPDATED] == 1
        assert [call.endpoint for call in scene.server.calls] == ["updateCase", "getCases"]
