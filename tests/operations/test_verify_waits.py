"""verify where the list lags, fails, or is not to be read any further."""

from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import ends, live, told

from bulkcase.errors import CasesRefused, EnvironmentFailed, NotPlanned
from bulkcase.model import Outcome
from bulkcase.operations.report import report
from bulkcase.operations.run import run
from bulkcase.operations.verify import verify
from bulkcase.sandbox.validation import InvalidBody

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
NEVER = 'read = "never"'
LIVE = '[safety]\nverify = "live"'


async def test_a_list_that_lags_is_waited_for(tmp_path: Path) -> None:
    """What does not show yet what was sent is read again after 1 s and after 4 s; nobody is told a mismatch."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = list(scene.server.cases)
        old = [case["desc"] for case in scene.server.cases.values()]
        scene.rows(3)
        ended = await run(scene.job(), runtime=scene.runtime)
        pages = 0

        def lag() -> None:
            nonlocal pages
            pages += 1
            for number in range(3):
                # The first case is there at once, each of the others one page later than the one before.
                scene.server.change(keys[number], desc=f"note {number}" if pages > number else old[number])

        scene.server.before_page = lag
        before = scene.clock.now()
        scene.spent()
        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {"applied": 3}
        assert scene.spent() == {"getCases": 3}
        assert 5.0 <= scene.clock.now() - before < 15.0


async def test_a_list_that_lags_is_waited_for_in_the_run_too(tmp_path: Path) -> None:
    """safety.verify = "live" reads right behind the last update, when a list lags most."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = list(scene.server.cases)
        old = scene.server.cases[keys[0]]["desc"]
        scene.rows(1)
        pages = 0

        def lag() -> None:
            nonlocal pages
            pages += 1
            if pages > 1:
                scene.server.change(keys[0], desc="note 0" if pages > 3 else old)

        scene.server.before_page = lag
        ended = await run(scene.job(more=LIVE), runtime=scene.runtime)
        assert scene.spent() == {"getCases": 4, "updateCase": 1}
        assert ends(ended, 1) == [("updated", "equal", "")]
        assert ended.exit_code == 0


async def test_many_cases_that_will_never_show_it_are_not_waited_for_one_by_one(tmp_path: Path) -> None:
    """A server that pretends for 150 rows costs the waits of the first fifty."""
    async with live(tmp_path, 150, is_hasty=True, pretends=frozenset({"desc"})) as scene:
        scene.rows(150)
        before = scene.clock.now()
        ended = await run(scene.job(snapshot=ALWAYS, more=LIVE), runtime=scene.runtime)
        assert ended.outcomes[Outcome.MISMATCH] == 150
        assert 20.0 <= scene.clock.now() - before < 60.0
        # The plan, all once more, and the page of the first fifty after 1, 4 and 15 s; the others are judged again.
        assert scene.spent()["getCases"] <= 3 + 3 + 3 + 2


async def test_an_interrupted_reading_changes_nothing(tmp_path: Path) -> None:
    """Exit 130, every row as it was, and the same command does it all."""
    async with live(tmp_path, 150, is_hasty=True, trims_answers=True) as scene:
        scene.rows(150)
        ended = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        before = (ended.folder / "results.csv").read_bytes()
        with pytest.raises(NotPlanned) as raised:
            await verify(ended, runtime=scene.runtime, stop=scene.stops_at_page(2))
        assert raised.value.exit_code == 130
        scene.server.before_page = None
        assert report(ended).summary.verified == {"not_shown": 150}
        assert (ended.folder / "results.csv").read_bytes() == before
        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {"applied": 150}
        assert found.run.summary.verified == {"equal": 150}


async def test_cases_that_cannot_be_read_change_nothing(tmp_path: Path) -> None:
    """A server that fails is the fault of the environment; the message tells what was to be done."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        scene.rows(3)
        ended = await run(scene.job(), runtime=scene.runtime)
        before = (ended.folder / "results.csv").read_bytes()
        scene.hide_its_cases(after=0)
        with pytest.raises(EnvironmentFailed, match="live cases cannot be read"):
            await verify(ended, runtime=scene.runtime)
        assert report(ended).outcomes == ended.outcomes
        assert (ended.folder / "results.csv").read_bytes() == before


async def test_a_server_that_does_not_show_its_cases_is_said_with_the_run(tmp_path: Path) -> None:
    """A list that is refused cannot verify anything, and changes nothing."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        scene.rows(3)
        ended = await run(scene.job(snapshot=NEVER), runtime=scene.runtime)

        def refuse() -> None:
            raise InvalidBody([{"msg": "reading cases is not allowed"}])

        scene.server.before_page = refuse
        with pytest.raises(CasesRefused, match=f"^run {ended.id} cannot be verified: the server does not show them"):
            await verify(ended, runtime=scene.runtime)
        assert report(ended).outcomes == ended.outcomes


async def test_a_wait_for_a_list_that_lags_can_be_interrupted(tmp_path: Path) -> None:
    """What was found out by then is kept, what was waited for stays as it was."""
    async with live(tmp_path, 50, is_hasty=True, pretends=frozenset({"name"}), trims_answers=True) as scene:
        keys = list(scene.server.cases)
        rows = [(keys[0], "words", ""), (keys[1], "", "a title")]
        write_cases(tmp_path, rows, header=("Case ID", "Notes", "Title"))
        job = scene.job(mapping='desc = "Notes"\nname = "Title"', snapshot=ALWAYS)
        ended = await run(job, runtime=scene.runtime)
        assert ends(ended, 2) == [("updated", "not_shown", "not_shown"), ("updated", "equal", "")]
        with pytest.raises(NotPlanned):
            await verify(ended, runtime=scene.runtime, stop=scene.stops_at_page(2))
        scene.server.before_page = None
        report(ended)
        assert ends(ended, 2) == [("updated", "equal", ""), ("updated", "equal", "")]
        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {"applied": 1, "not applied": 1}
        assert ends(ended, 2) == [("updated", "equal", ""), ("mismatch", "different", "not_applied")]
