"""Going on with runs: what is sent, what is not, and what the report says afterwards."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from support.jobs import read_results, write_cases
from support.scenes import ROWS, RUNTIME, a_scene, interrupted, killed_while_it_reports, stopped_after

from bulkcase.errors import JobError, UsageError
from bulkcase.model import Outcome, RunState
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.operations.runs import history, runs
from bulkcase.sandbox import Fault

pytestmark = pytest.mark.asyncio


async def test_resume_sends_what_is_pending_and_nothing_else(tmp_path: Path) -> None:
    """An interrupted run goes on under its own id, rewrites its report, and ends as if nothing had been."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 5)
        ended = await resume(first.id, state=tmp_path / "state", runtime=RUNTIME)

        assert (ended.id, ended.folder, ended.exit_code) == (first.id, first.folder, 0)
        assert set(scene.outcomes(ended).values()) == {"updated"}
        assert set(scene.calls().values()) == {1}
        assert ended.summary.duration_s > first.summary.duration_s
        assert ended.summary.started_at == first.summary.started_at
        assert ended.summary.calls == {"updateCase": 12}


async def test_what_a_verb_returned_can_be_resumed_as_it_is(tmp_path: Path) -> None:
    """A Run knows its ledger, so a notebook needs no folder."""
    async with a_scene(tmp_path) as scene:
        assert (await resume(await interrupted(scene, 3), runtime=RUNTIME)).exit_code == 0


async def test_a_cancelled_run_has_written_down_all_that_is_known(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Cancelled as a task, it is interrupted in the ledger, its row in flight in doubt, and says how to go on."""
    async with a_scene(tmp_path, latency=(0.01, 0.01)) as scene:
        task = asyncio.create_task(run(scene.job, runtime=RUNTIME))
        await scene.wait_for_calls(4)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (left,) = runs(state=tmp_path / "state")

        assert left.state is RunState.INTERRUPTED
        assert left.outcomes[Outcome.UPDATED] >= 3
        assert left.outcomes[Outcome.UNKNOWN] == 1
        assert f"bulkcase resume {left.record.id}" in caplog.text
        assert list((tmp_path / "reports").glob("*/*.csv")) == []
        ended = await resume(left.record.id, state=tmp_path / "state", runtime=RUNTIME)
        assert set(scene.outcomes(ended).values()) == {"updated"}
        assert sum(scene.calls().values()) <= len(ROWS) + 1


async def test_a_run_that_was_killed_while_it_wrote_its_report_is_finished_by_resume(tmp_path: Path) -> None:
    """That it is finished is written after its report, so nobody takes it for done who cannot read it."""
    async with a_scene(tmp_path) as scene:
        await killed_while_it_reports(scene)
        (left,) = runs(state=tmp_path / "state")
        assert (left.state, left.outcomes[Outcome.UPDATED]) == (RunState.INTERRUPTED, 12)
        ended = await resume(left.record.id, state=tmp_path / "state", runtime=RUNTIME)

        assert (ended.id, ended.exit_code, ended.summary.state) == (left.record.id, 0, "finished")
        assert len(scene.server.calls) == 12


async def test_a_finished_run_has_nothing_to_resume(tmp_path: Path) -> None:
    """It says so, makes no call, and ends with its own exit code."""
    async with a_scene(tmp_path, case_scripts={ROWS[3][0]: [Fault.REFUSE]}) as scene:
        first = await run(scene.job, runtime=RUNTIME)
        again = await resume(first, runtime=RUNTIME)

        assert (first.exit_code, again.exit_code, again.id) == (1, 1, first.id)
        assert "nothing to do" in again.note
        assert len(scene.server.calls) == 12


@pytest.mark.parametrize(("unanswered", "calls", "outcome"), [("resend", 2, "updated"), ("leave", 1, "unknown")])
async def test_rows_in_doubt_are_resumed_as_the_job_says(
    tmp_path: Path, unanswered: str, calls: int, outcome: str
) -> None:
    """A row whose answer was lost is sent again, or left unknown where the job wants that."""
    lost = ROWS[2][0]
    async with a_scene(tmp_path, case_scripts={lost: [Fault.DROP_AFTER]}) as scene:
        job = scene.with_job(retry=f'attempts = 1\nunanswered = "{unanswered}"')
        first = await run(job, runtime=RUNTIME)
        assert scene.outcomes(first)[lost] == "unknown"
        again = await resume(first, runtime=RUNTIME)

        assert scene.outcomes(again)[lost] == outcome
        assert scene.calls()[lost] == calls


async def test_a_row_in_doubt_that_fails_afterwards_stays_in_doubt(tmp_path: Path) -> None:
    """What may have landed before is never called failed because the server is down now."""
    lost = ROWS[2][0]
    faults = [Fault.DROP_AFTER, Fault.UNAVAILABLE]
    async with a_scene(tmp_path, case_scripts={lost: faults}) as scene:
        first = await run(scene.with_job(retry="attempts = 1"), runtime=RUNTIME)
        again = await resume(first, runtime=RUNTIME)

        (line,) = [line for line in read_results(again.folder) if line["Case ID"] == lost]
        assert (line["bulkcase_outcome"], line["bulkcase_attempts"]) == ("unknown", "2")
        assert line["bulkcase_error_code"] == "connection_lost"


async def test_retry_sends_again_what_did_not_end_well_and_nothing_else(tmp_path: Path) -> None:
    """Failed and unknown rows are sent once more, in the same run; invalid ones and those that landed are not."""
    refused, lost = ROWS[1][0], ROWS[4][0]
    scripts = {refused: [Fault.REFUSE], lost: [Fault.DROP_AFTER]}
    async with a_scene(tmp_path, [*ROWS, ("not a key", "x")], case_scripts=scripts) as scene:
        first = await run(scene.with_job(retry="attempts = 1"), runtime=RUNTIME)
        assert first.next_command == f"bulkcase retry {first.id} --state {tmp_path / 'state'}"
        again = await retry(first, runtime=RUNTIME)

        assert (again.id, again.exit_code) == (first.id, 1)
        assert scene.calls() == {key: 2 if key in scripts else 1 for key, _ in ROWS}
        assert Counter(scene.outcomes(again).values()) == {"updated": 12, "invalid": 1}
        assert "nothing to do" in (await retry(again, runtime=RUNTIME)).note


async def test_a_retry_that_is_stopped_keeps_what_is_known_of_the_rows_that_it_did_not_reach(tmp_path: Path) -> None:
    """They stay failed, with their cause, and the command that goes on is retry."""
    scripts = {key: [Fault.REFUSE] for key, _ in ROWS}
    async with a_scene(tmp_path, case_scripts=scripts) as scene:
        first = await run(scene.job, runtime=RUNTIME)
        again = await retry(first, stop=stopped_after(scene, len(ROWS) + 4), runtime=RUNTIME)

        assert (again.exit_code, again.summary.state) == (130, RunState.INTERRUPTED)
        assert again.outcomes[Outcome.FAILED] + again.outcomes[Outcome.UPDATED] == len(ROWS)
        assert again.outcomes[Outcome.FAILED] >= 4
        assert "bulkcase retry" in again.next_command
        assert (await retry(again, runtime=RUNTIME)).exit_code == 0


async def test_an_unfinished_run_is_resumed_before_it_is_retried(tmp_path: Path) -> None:
    """retry refuses a run with pending rows, with the command to type first."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        with pytest.raises(UsageError, match=f"first bulkcase resume {first.id}"):
            await retry(first, runtime=RUNTIME)


async def test_no_row_is_sent_after_a_later_one_of_its_case_has_landed(tmp_path: Path) -> None:
    """An older run never overwrites a newer one, be it resumed or retried: its row is superseded, and says by whom."""
    failed, pending = ROWS[0][0], ROWS[11][0]
    async with a_scene(tmp_path, case_scripts={failed: [Fault.REFUSE]}) as scene:
        old = await interrupted(scene, 6)
        write_cases(tmp_path, [(failed, "newer"), (pending, "newer")])
        newer = await run(scene.job, unfinished="new", runtime=RUNTIME)
        assert newer.exit_code == 0
        resumed = await resume(old, runtime=RUNTIME)
        retried = await retry(old, runtime=RUNTIME)

        assert scene.server.cases[failed]["desc"] == scene.server.cases[pending]["desc"] == "newer"
        assert scene.outcomes(resumed)[pending] == "superseded"
        assert Counter(scene.outcomes(retried).values()) == {"updated": 10, "superseded": 2}
        (line,) = [line for line in read_results(retried.folder) if line["Case ID"] == pending]
        assert line["bulkcase_error_code"] == "later_run"
        assert newer.id in line["bulkcase_error"]


CHANGES = {
    "the key": ({"input_table": 'timezone = "UTC"'}, "input.timezone"),
    "the mapping": ({"mapping": 'desc = "Notes"\nname = "Notes"'}, "mapping.name was added"),
    "a source": ({"mapping": 'desc = "Case ID"'}, "mapping.desc was"),
    "a lookup": ({"more": '[lookups.status.Open]\n_id = "sts-9"'}, "lookups.status was added"),
}


@pytest.mark.parametrize(("parts", "says"), CHANGES.values(), ids=list(CHANGES))
async def test_a_changed_key_mapping_or_lookup_is_refused(tmp_path: Path, parts: dict[str, str], says: str) -> None:
    """Rows that were mapped by another job than today's are not sent; the message names the change."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        calls = len(scene.server.calls)
        scene.with_job(**parts)
        for verb in (resume, retry):
            with pytest.raises(JobError, match=says.replace(".", r"\.")):
                await verb(first, runtime=RUNTIME)
        assert len(scene.server.calls) == calls


async def test_a_job_that_goes_elsewhere_by_now_is_refused(tmp_path: Path) -> None:
    """A run about one target is not sent to another."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        scene.with_job(host="https://other.example.com")
        with pytest.raises(UsageError, match=r"other\.example\.com"):
            await resume(first, runtime=RUNTIME)


async def test_limits_of_a_resumed_run_are_those_of_today(tmp_path: Path) -> None:
    """Quota, retries and the like may be changed between two sessions of a run."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        scene.with_job(quota="windows = []\nmax_in_flight = 3", retry="attempts = 1")
        assert (await resume(first, runtime=RUNTIME)).exit_code == 0


async def test_reports_named_on_the_command_line_stay_with_the_run(tmp_path: Path) -> None:
    """A resumed run rewrites the report where its first session wrote it."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3, reports=tmp_path / "elsewhere")
        again = await resume(first, runtime=RUNTIME)
        assert again.folder == first.folder == tmp_path / "elsewhere" / first.id


async def test_the_history_of_a_case_tells_who_set_what_and_when(tmp_path: Path) -> None:
    """Each run that was about a case is there, with its file, its row, its value and its user."""
    async with a_scene(tmp_path) as scene:
        first = await run(scene.job, runtime=RUNTIME)
        write_cases(tmp_path, [(ROWS[1][0], "second")])
        second = await run(scene.job, runtime=RUNTIME)

        one, two = history(ROWS[1][0], state=tmp_path / "state")
        assert [(event.run, event.row, event.values) for event in (one, two)] == [
            (first.id, 3, {"desc": "note 1"}),
            (second.id, 2, {"desc": "second"}),
        ]
        assert one.by.startswith(RUNTIME.worker.user)
        assert one.input.endswith("cases.csv")
    with pytest.raises(UsageError, match="no row of any run"):
        history("ci-nowhere", state=tmp_path / "state")
