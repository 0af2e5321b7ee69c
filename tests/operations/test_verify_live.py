"""safety.verify = "live": a run reads back what it sent before it ends."""

from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import live, told

from bulkcase.model import Outcome, RunState, StopReason
from bulkcase.operations.resume import resume
from bulkcase.operations.run import run
from bulkcase.operations.verify import verify
from bulkcase.sandbox.catalogue import STATUSES

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
LIVE = '[safety]\nverify = "live"'


async def test_a_run_reads_back_what_it_sent(tmp_path: Path) -> None:
    """Three pages for the plan, two for the rows that were sent; the answers showed nothing."""
    async with live(tmp_path, 120, is_hasty=True, trims_answers=True) as scene:
        scene.rows(60)
        ended = await run(scene.job(more=LIVE), runtime=scene.runtime)
        assert scene.spent() == {"getCases": 5, "updateCase": 60}
        assert (ended.summary.verified, ended.exit_code) == ({"equal": 60}, 0)


async def test_a_run_with_a_canary_reads_back_the_rows_behind_it_too(tmp_path: Path) -> None:
    """The page that the canary read back is too old for the rows that were sent after it."""
    async with live(tmp_path, 50, is_hasty=True, trims_answers=True) as scene:
        scene.rows(20)
        ended = await run(scene.job(more=f"{LIVE}\ncanary = 5"), runtime=scene.runtime)
        assert ended.summary.verified == {"equal": 20}
        # The plan; before and after the canary; at the end.
        assert scene.spent() == {"getCases": 4, "updateCase": 20}


@pytest.mark.parametrize("sessions", [1, 2])
async def test_a_run_with_a_filter_reads_back_what_has_left_its_list(tmp_path: Path, sessions: int) -> None:
    """Then the whole list is read once more, three pages of 120 cases, at the end of the last session."""
    async with live(tmp_path, 120, is_hasty=True, trims_answers=True, pretends=frozenset({"priority"})) as scene:
        for key in scene.server.cases:
            scene.server.change(key, status=STATUSES["Open"])
        keys = list(scene.server.cases)
        rows = [(key, "Closed", "new") for key in keys[:30]]
        write_cases(tmp_path, rows, header=("Case ID", "Status", "Notes"))
        lookup = f'[lookups.status]\nClosed = {{ _id = "{STATUSES["Closed"]["_id"]}" }}'
        job = scene.job(
            mapping='status = "Status"\ndesc = "Notes"',
            snapshot=f'{ALWAYS}\nfilter = {{ status = ["Open"] }}',
            more=f"{LIVE}\n{lookup}",
        )
        if sessions == 2:
            ended = await run(job, runtime=scene.runtime, stop=scene.stops_after(10))
            assert set(ended.summary.verified) == {"not_shown"}
            ended = await resume(ended, runtime=scene.runtime)
        else:
            ended = await run(job, runtime=scene.runtime)
        assert (ended.summary.verified, ended.exit_code) == ({"equal": 30}, 0)
        assert scene.spent() == {"getCases": 6, "updateCase": 30}


async def test_a_resumed_run_reads_back_what_its_first_session_sent(tmp_path: Path) -> None:
    """Whatever was sent and not looked at since, in whichever session."""
    async with live(tmp_path, 120, is_hasty=True, trims_answers=True) as scene:
        scene.rows(80)
        job = scene.job(more=LIVE, quota="windows = []\nmax_in_flight = 1")
        first = await run(job, runtime=scene.runtime, stop=scene.stops_after(20))
        assert (first.exit_code, first.summary.verified) == (130, {"not_shown": first.outcomes[Outcome.UPDATED]})
        assert 0 < first.outcomes[Outcome.UPDATED] < 25
        scene.spent()
        ended = await resume(first, runtime=scene.runtime)
        assert (ended.exit_code, ended.summary.verified) == (0, {"equal": 80})
        assert scene.spent() == {"getCases": 2, "updateCase": 80 - first.outcomes[Outcome.UPDATED]}


async def test_a_run_whose_reading_back_is_interrupted_can_be_verified(tmp_path: Path) -> None:
    """All rows were sent and some not read back: it ends interrupted, and verify finishes it."""
    async with live(tmp_path, 100, is_hasty=True, trims_answers=True) as scene:
        scene.rows(100)
        job = scene.job(snapshot=ALWAYS, more=LIVE)
        ended = await run(job, runtime=scene.runtime, stop=scene.stops_at_page(3))
        assert ended.outcomes[Outcome.UPDATED] == 100
        assert (ended.exit_code, ended.summary.state) == (130, RunState.INTERRUPTED)
        assert ended.summary.verified == {"not_shown": 100}
        assert ended.next_command.startswith(f"bulkcase resume {ended.id}")
        scene.server.before_page = None
        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {"applied": 100}
        assert (found.run.exit_code, found.run.summary.state) == (0, RunState.FINISHED)


@pytest.mark.parametrize(
    ("reason", "code", "state"),
    [(StopReason.INTERRUPTED, 130, RunState.INTERRUPTED), (StopReason.HOURS, 5, RunState.PAUSED)],
)
async def test_a_resume_reads_back_the_rest_of_what_was_stopped(
    tmp_path: Path, reason: StopReason, code: int, state: RunState
) -> None:
    """Nothing is left to send, and a server that pretends is found all the same."""
    async with live(tmp_path, 100, is_hasty=True, pretends=frozenset({"desc"})) as scene:
        scene.rows(60)
        stop = scene.stops_at_page(3, reason)
        first = await run(scene.job(snapshot=ALWAYS, more=LIVE), runtime=scene.runtime, stop=stop)
        assert (first.exit_code, first.summary.state, first.outcomes[Outcome.UPDATED]) == (code, state, 60)
        scene.server.before_page = None
        scene.spent()
        ended = await resume(first, runtime=scene.runtime)
        assert (ended.exit_code, ended.summary.state) == (1, RunState.FINISHED)
        assert (ended.outcomes[Outcome.MISMATCH], scene.updates()) == (60, [])


async def test_a_run_that_did_not_read_its_cases_reads_them_back_where_the_job_says_so_by_now(tmp_path: Path) -> None:
    """Nobody knows where they are: all cases are read once, also for what the first session sent."""
    async with live(tmp_path, 50, is_hasty=True, trims_answers=True) as scene:
        scene.rows(50)
        one = "windows = []\nmax_in_flight = 1"
        job = scene.job(snapshot='read = "never"', quota=one)
        first = await run(job, runtime=scene.runtime, stop=scene.stops_after(10))
        assert (first.exit_code, first.summary.verified) == (130, {"not_shown": 10})
        scene.job(more=LIVE, quota=one)
        scene.spent()
        ended = await resume(first, runtime=scene.runtime)
        assert (ended.exit_code, ended.summary.verified) == (0, {"equal": 50})
        assert scene.spent() == {"getCases": 1, "updateCase": 40}


async def test_a_reading_back_that_fails_ends_the_run_in_order(tmp_path: Path) -> None:
    """Exit 6 and the cause; what was sent is updated, and verify finishes the work."""
    async with live(tmp_path, 50, is_hasty=True, trims_answers=True) as scene:
        scene.rows(10)
        scene.hide_its_cases(after=1)
        ended = await run(scene.job(snapshot=ALWAYS, more=LIVE), runtime=scene.runtime)
        assert (ended.exit_code, ended.outcomes[Outcome.UPDATED]) == (6, 10)
        assert "live cases cannot be read" in ended.summary.reason
        scene.server.before_page = None
        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {"applied": 10}
