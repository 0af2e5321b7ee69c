"""verify: the cases of a run are read back in pages, and each row that was sent is told applied or not."""

from pathlib import Path

import pytest
from support.jobs import read_results, write_cases
from support.live import Live, ends, live, told

from bulkcase.errors import UsageError
from bulkcase.model import Outcome, RunState
from bulkcase.operations.plan import plan
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.operations.verify import verify
from bulkcase.planning.landed import Landed
from bulkcase.sandbox import Fault
from bulkcase.sandbox.catalogue import STATUSES

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
NEVER = 'read = "never"'
ALONE = "attempts = 3\nunanswered = 'leave'"


def show_without(scene: Live, key: str, field: str) -> None:
    """Let a case not show a field any more."""
    cases = scene.server.cases
    cases[key] = {name: value for name, value in cases[key].items() if name != field}


async def test_cases_are_read_by_the_page(tmp_path: Path) -> None:
    """Sixty rows on two of three pages cost two calls, though nobody says where the cases are by then."""
    async with live(tmp_path, 120, is_hasty=True) as scene:
        scene.rows(60)
        ended = await run(scene.job(), runtime=scene.runtime)
        scene.spent()
        found = await verify(ended, runtime=scene.runtime)
        assert scene.spent() == {"getCases": 2}
        assert (told(found), found.gaps, found.exit_code) == ({"applied": 60}, "", 0)
        assert found.run.summary.verified == {"equal": 60}
        assert (found.run.id, found.run.exit_code) == (ended.id, 0)


async def test_the_calls_of_a_verification_count_for_the_run(tmp_path: Path) -> None:
    """What its reading cost is in the summary of the run that was read back."""
    async with live(tmp_path, 120, is_hasty=True) as scene:
        scene.rows(60)
        ended = await run(scene.job(), runtime=scene.runtime)
        found = await verify(ended, runtime=scene.runtime)
        assert ended.summary.calls == {"getCases": 3, "updateCase": 60}
        assert found.run.summary.calls == {"getCases": 5, "updateCase": 60}


@pytest.mark.parametrize("hours", [0.0, 30.0])
async def test_each_row_is_told_by_what_its_case_shows(tmp_path: Path, hours: float) -> None:
    """Put back, changed, deleted, not shown; the run that ended 0 becomes 1, and its report says which row."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = list(scene.server.cases)
        old = [case["desc"] for case in scene.server.cases.values()]
        scene.rows(6)
        ended = await run(scene.job(), runtime=scene.runtime)
        assert ended.exit_code == 0
        scene.server.change(keys[1], desc=old[1])
        scene.server.change(keys[2], desc="somebody's own words")
        scene.server.remove(keys[3])
        show_without(scene, keys[4], "desc")
        scene.pass_hours(hours)
        scene.spent()

        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {
            "applied": 2,
            "not applied": 1,
            "changed since": 1,
            "not shown": 1,
            "not seen": 1,
        }
        assert found.exit_code == 1
        assert ends(ended, 6) == [
            ("updated", "equal", ""),
            ("mismatch", "different", "not_applied"),
            ("updated", "different", "changed_since"),
            ("updated", "equal", ""),
            ("updated", "equal", ""),
            ("updated", "equal", ""),
        ]
        assert (found.run.exit_code, found.run.summary.state) == (1, RunState.FINISHED)
        (failed,) = read_results(ended.folder, "failed.csv")
        assert failed["bulkcase_error"] == f'desc: sent "note 1", shows "{old[1]}"'
        assert read_results(ended.folder)[2]["bulkcase_error"] == (
            'somebody has changed it since: desc: sent "note 2", shows "somebody\'s own words"'
        )
        # A list may lag shortly after an update: it is read again after 1 s, 4 s and 15 s.
        assert scene.spent() == {"getCases": 4 if hours == 0.0 else 1}


async def test_rows_in_doubt_are_settled_by_what_their_cases_show(tmp_path: Path) -> None:
    """Applied is updated; the value before is failed, as it never landed; and a retry sends only that one again."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = list(scene.server.cases)
    faults = {keys[0]: [Fault.DROP_AFTER], keys[1]: [Fault.DROP_BEFORE], keys[2]: [Fault.DROP_BEFORE]}
    async with live(tmp_path, 50, is_hasty=True, case_scripts=faults) as scene:
        scene.rows(4)
        job = scene.job(retry=ALONE, snapshot=NEVER)
        ended = await run(job, runtime=scene.runtime)
        assert ended.outcomes[Outcome.UNKNOWN] == 3
        scene.spent()
        found = await verify(ended, runtime=scene.runtime)
        assert scene.spent() == {"getCases": 1}
        assert ends(ended, 1) == [("updated", "equal", "settled")]
        # Nobody knows what the others showed before: what they show now proves nothing.
        assert [line[0] for line in ends(ended, 4)] == ["updated", "unknown", "unknown", "updated"]
        assert (found.counts[Landed.APPLIED], found.exit_code, found.run.exit_code) == (48, 1, 1)


async def test_a_row_in_doubt_that_never_landed_is_failed(tmp_path: Path) -> None:
    """With the value before in the ledger it is known what the case would show otherwise."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.DROP_BEFORE]) as scene:
        scene.rows(3)
        job = scene.job(retry=ALONE, quota="windows = []\nmax_in_flight = 1")
        ended = await run(job, runtime=scene.runtime)
        assert ends(ended, 1)[0][0] == "unknown"
        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {"applied": 2, "not applied": 1}
        assert ends(ended, 1) == [("failed", "different", "not_applied")]
        scene.spent()
        again = await retry(ended, runtime=scene.runtime)
        assert (again.exit_code, scene.spent()["updateCase"]) == (0, 1)


async def test_a_run_without_a_snapshot_is_verified_by_reading_all_cases(tmp_path: Path) -> None:
    """Three pages, as nobody knows where its cases are; one that is missed by a list that moves is not seen."""
    async with live(tmp_path, 120, is_hasty=True) as scene:
        keys = list(scene.server.cases)
        write_cases(tmp_path, [(keys[1], "one"), (keys[50], "two"), (keys[119], "three")])
        ended = await run(scene.job(snapshot=NEVER), runtime=scene.runtime)
        assert scene.spent() == {"updateCase": 3}
        found = await verify(ended, runtime=scene.runtime)
        assert scene.spent() == {"getCases": 3}
        assert (told(found), found.gaps, found.exit_code) == ({"applied": 3}, "", 0)

        scene.lose_a_case()
        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {"applied": 2, "not seen": 1}
        assert found.gaps
        assert found.exit_code == 1
        assert ends(ended, 3) == [("updated", "equal", "")] * 3


async def test_cases_that_left_a_filtered_list_are_found(tmp_path: Path) -> None:
    """The run closed what the filter let through: the whole list is read, and every row is told."""
    async with live(tmp_path, 120, is_hasty=True) as scene:
        for key in scene.server.cases:
            scene.server.change(key, status=STATUSES["Open"])
        keys = list(scene.server.cases)
        write_cases(tmp_path, [(key, "Closed") for key in keys[:70]], header=("Case ID", "Status"))
        closed = f'[lookups.status]\nClosed = {{ _id = "{STATUSES["Closed"]["_id"]}" }}'
        snapshot = f'{ALWAYS}\nfilter = {{ status = ["Open"] }}'
        job = scene.job(mapping='status = "Status"', snapshot=snapshot, more=closed)
        ended = await run(job, runtime=scene.runtime)
        assert ended.outcomes[Outcome.UPDATED] == 70
        scene.spent()
        found = await verify(ended, runtime=scene.runtime)
        assert scene.spent() == {"getCases": 3}
        assert (told(found), found.exit_code) == ({"applied": 70}, 0)

        scene.server.change(keys[0], status=STATUSES["Open"])
        scene.server.change(keys[1], status=STATUSES["On Hold"])
        found = await verify(ended, runtime=scene.runtime)
        # Both were seen closed: somebody has put the first one back.
        assert told(found) == {"applied": 68, "changed since": 2}


async def test_a_snapshot_that_a_later_plan_has_emptied_is_read_anew(tmp_path: Path) -> None:
    """It tells no places any more, and all cases are read; the old values of the rows are known all the same."""
    async with live(tmp_path, 120, is_hasty=True) as scene:
        keys = list(scene.server.cases)
        old = scene.server.cases[keys[0]]["desc"]
        scene.rows(5)
        ended = await run(scene.job(), runtime=scene.runtime)
        scene.server.change(keys[0], desc=old)
        scene.pass_hours(48)
        await plan(scene.job(), runtime=scene.runtime)
        scene.spent()
        found = await verify(ended, runtime=scene.runtime)
        assert scene.spent() == {"getCases": 3}
        assert told(found) == {"applied": 4, "not applied": 1}


async def test_cases_are_found_where_the_list_has_moved(tmp_path: Path) -> None:
    """Sixty cases before them are gone by now, and some are new; no page is read for each case."""
    async with live(tmp_path, 200, is_hasty=True) as scene:
        keys = list(scene.server.cases)
        write_cases(tmp_path, [(key, "new words") for key in keys[120:180]])
        ended = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        for key in keys[:60]:
            scene.server.remove(key)
        scene.spent()
        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {"applied": 60}
        assert scene.spent()["getCases"] <= 4


async def test_a_run_that_sent_nothing_is_said_so(tmp_path: Path) -> None:
    """One line, no call, whether all was so already or the run was never started."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        scene.rows(0)
        ended = await run(scene.job(), runtime=scene.runtime)
        scene.rows(2)
        planned = await plan(scene.job(), runtime=scene.runtime)
        scene.spent()
        for which in (ended.id, planned.run_id):
            with pytest.raises(UsageError, match=f"^run {which} has sent nothing: there is nothing to verify$"):
                await verify(which, state=tmp_path / "state", runtime=scene.runtime)
        assert scene.spent() == {}


async def test_a_run_that_was_stopped_half_way_is_verified_as_far_as_it_came(tmp_path: Path) -> None:
    """It stays interrupted, its rest is pending, and a resume sends that and nothing else."""
    async with live(tmp_path, 50, is_hasty=True, trims_answers=True) as scene:
        scene.rows(40)
        job = scene.job(quota="windows = []\nmax_in_flight = 1")
        ended = await run(job, runtime=scene.runtime, stop=scene.stops_after(15))
        assert ended.exit_code == 130
        sent = scene.spent()["updateCase"]
        found = await verify(ended, runtime=scene.runtime)
        assert told(found) == {"applied": sent}
        assert (found.exit_code, found.run.exit_code, found.run.summary.state) == (0, 130, RunState.INTERRUPTED)
        assert found.run.outcomes[Outcome.PENDING] == 40 - sent
        assert found.run.next_command.startswith(f"bulkcase resume {ended.id}")
        scene.spent()
        ended = await resume(ended, runtime=scene.runtime)
        assert (ended.exit_code, scene.spent()["updateCase"]) == (0, 40 - sent)
        assert ended.summary.verified == {"equal": sent, "not_shown": 40 - sent}
