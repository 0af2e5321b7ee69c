"""Runs around which something fails: the ledger, the folder of the report, the file, the job file."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.jobs import write_cases
from support.scenes import ROWS, RUNTIME, a_scene, interrupted, stopped_after

from bulkcase.errors import EnvironmentFailed, LedgerError, UsageError
from bulkcase.ledger import Journal, RunRows
from bulkcase.ledger.changes import Change
from bulkcase.model import Call, Outcome, RunState
from bulkcase.operations.plan import plan
from bulkcase.operations.report import report
from bulkcase.operations.resume import resume
from bulkcase.operations.run import run
from bulkcase.operations.runs import show
from bulkcase.sandbox import Fault

pytestmark = pytest.mark.asyncio


async def test_a_fault_is_told_though_the_run_was_being_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger that fails after a signal is what the operator has to hear of, and the exit code is its own."""
    async with a_scene(tmp_path) as scene:
        stop = stopped_after(scene, 3)
        commit = RunRows.apply

        def failing(rows: RunRows, changes: Sequence[Change], made: Sequence[Call] = ()) -> None:
            if stop.stop is not None and changes:
                raise LedgerError("ledger.sqlite3: disk full")
            commit(rows, changes, made)

        monkeypatch.setattr(RunRows, "apply", failing)
        with pytest.raises(LedgerError, match="disk full") as raised:
            await run(scene.job, stop=stop, runtime=RUNTIME)
        assert "bulkcase resume" in str(raised.value)


async def test_a_ledger_that_works_again_in_the_end_has_everything_that_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outcomes and calls that could not be written for a while are written before anything is called in doubt."""
    async with a_scene(tmp_path) as scene:
        commit, commits = RunRows.apply, 0

        def failing(rows: RunRows, changes: Sequence[Change], made: Sequence[Call] = ()) -> None:
            nonlocal commits
            commits += 1
            if commits in {5, 6}:
                raise LedgerError("ledger.sqlite3: held by another program")
            commit(rows, changes, made)

        monkeypatch.setattr(RunRows, "apply", failing)
        ended = await run(scene.job, runtime=RUNTIME)

        assert (ended.exit_code, ended.summary.state) == (6, RunState.STOPPED)
        assert ended.outcomes[Outcome.UNKNOWN] == 0
        assert ended.outcomes[Outcome.UPDATED] == len(scene.server.calls) == ended.summary.calls["updateCase"]


async def test_a_report_folder_that_cannot_be_made_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    """Exit code 6, no call, and the plan is there to be run when it is mended."""
    async with a_scene(tmp_path) as scene:
        (tmp_path / "reports").write_text("in the way")
        with pytest.raises(EnvironmentFailed, match=r"then go on with: bulkcase run .*--plan") as raised:
            await run(scene.job, runtime=RUNTIME)
        assert (raised.value.exit_code, scene.server.calls) == (6, [])
        (tmp_path / "reports").unlink()
        assert (await run(scene.job, saved="last", runtime=RUNTIME)).exit_code == 0


async def test_a_resumed_run_says_when_its_file_has_changed(tmp_path: Path) -> None:
    """Its rows go out as they were read; how to send what is new is said."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        write_cases(tmp_path, [*ROWS, ("ci-new", "new")])
        ended = await resume(first, runtime=RUNTIME)
        assert "has changed since" in ended.note
        assert f"bulkcase resume {first.id}" in ended.note
        assert ended.summary.rows == len(ROWS)


async def test_a_job_file_that_is_gone_is_said_and_its_report_can_be_had(tmp_path: Path) -> None:
    """The message has the run, and the command that needs no job."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        (tmp_path / "job.toml").rename(tmp_path / "moved.toml")
        with pytest.raises(UsageError, match=rf"run {first.id} .*bulkcase report {first.id}"):
            await resume(first, runtime=RUNTIME)
        assert report(first).outcomes == first.outcomes


async def test_a_run_that_goes_on_is_not_reported_from_outside(tmp_path: Path) -> None:
    """Two writers of one report would spoil it; show tells how it stands, and the lock is not in anybody's way."""
    async with a_scene(tmp_path, latency=(0.01, 0.01)) as scene:
        going = asyncio.create_task(run(scene.job, runtime=RUNTIME))
        await scene.wait_for_calls(3)
        with pytest.raises(UsageError, match=r"goes on at this moment.*bulkcase show"):
            report("last", state=tmp_path / "state")
        shown = show("last", state=tmp_path / "state")
        assert shown.holder is not None
        assert shown.next_command == ""
        assert (await going).exit_code == 0


async def test_a_row_whose_call_never_left_is_pending_though_its_run_was_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An intent whose writer is gone before its commit is not written: only what may have been sent is in doubt."""
    async with a_scene(tmp_path) as scene:
        write, writes = Journal.write, 0

        async def cancelled(journal: Journal, *changes: Change) -> None:
            nonlocal writes
            writes += 1
            worker = asyncio.current_task()
            if writes == 4 and worker is not None:
                worker.cancel()
                going.cancel()
            await write(journal, *changes)

        monkeypatch.setattr(Journal, "write", cancelled)
        going = asyncio.create_task(run(scene.job, runtime=RUNTIME))
        with pytest.raises(asyncio.CancelledError):
            await going
        outcomes = show("last", state=tmp_path / "state").outcomes
        assert outcomes[Outcome.UNKNOWN] == 0
        assert outcomes[Outcome.UPDATED] == len(scene.server.calls)


async def test_a_corrected_file_in_the_old_report_is_not_written_over(tmp_path: Path) -> None:
    """Where a person has corrected failed.csv in its place, their work stays."""
    async with a_scene(tmp_path, case_scripts={ROWS[0][0]: [Fault.REFUSE], ROWS[1][0]: [Fault.DROP_AFTER]}) as scene:
        first = await run(scene.with_job(retry="attempts = 1"), runtime=RUNTIME)
        corrected = first.folder / "failed.csv"
        corrected.write_text(corrected.read_text(encoding="utf-8-sig").replace("note 0", "mended"), encoding="utf-8")
        before = corrected.read_bytes()
        assert (await resume(first, input=str(corrected), runtime=RUNTIME)).exit_code == 0
        assert corrected.read_bytes() == before
        assert scene.server.cases[ROWS[0][0]]["desc"] == "mended"


async def test_reports_named_when_a_plan_is_run_stay_with_it(tmp_path: Path) -> None:
    """A plan that was run with another folder for its report is resumed into that folder."""
    async with a_scene(tmp_path) as scene:
        planned = await plan(scene.job)
        stop = stopped_after(scene, 3)
        first = await run(scene.job, saved=planned.run_id, reports=tmp_path / "there", stop=stop, runtime=RUNTIME)
        assert (await resume(first, runtime=RUNTIME)).folder == first.folder == tmp_path / "there" / first.id


async def test_the_last_run_is_the_one_that_was_started_last(tmp_path: Path) -> None:
    """Not the one that was planned last."""
    async with a_scene(tmp_path) as scene:
        planned = await plan(scene.job)
        await run(scene.job, runtime=RUNTIME)
        await run(scene.job, saved=planned.run_id, runtime=RUNTIME)
        assert show("last", state=tmp_path / "state").record.id == planned.run_id
