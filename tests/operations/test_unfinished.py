"""An unfinished run in the way of a new one of the same job: what may be said about it, and what it does."""

from pathlib import Path

import pytest
from support.jobs import a_job
from support.scenes import QUOTA, ROWS, RUNTIME, a_scene, interrupted, killed_while_it_reports

from bulkcase.errors import Declined, UsageError
from bulkcase.model import Outcome, RunState
from bulkcase.operations.common.questions import Questions
from bulkcase.operations.plan import plan
from bulkcase.operations.resume import resume
from bulkcase.operations.run import run
from bulkcase.operations.runs import runs, show
from bulkcase.sandbox import Fault, Sandbox, SandboxSettings

pytestmark = pytest.mark.asyncio


async def test_an_unfinished_run_is_in_the_way_of_a_new_one(tmp_path: Path) -> None:
    """Without a word about it, a new run of the job is refused with the exact command; nothing is planned or sent."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        with pytest.raises(UsageError) as refused:
            await run(scene.job, runtime=RUNTIME)
        assert f"bulkcase resume {first.id} --state" in str(refused.value)
        assert "--continue" in str(refused.value)
        assert "--new" in str(refused.value)
        assert len(runs(state=tmp_path / "state")) == 1


async def test_another_job_is_not_in_the_way(tmp_path: Path) -> None:
    """An unfinished run concerns its own job file only."""
    async with a_scene(tmp_path) as scene:
        await interrupted(scene, 3)
        other = a_job(tmp_path, host=scene.server.url, quota=QUOTA, name="other.toml")
        assert (await run(other, runtime=RUNTIME)).exit_code == 0


async def test_continue_resumes_and_starts_anew_where_nothing_is_open(tmp_path: Path) -> None:
    """What cron types every night goes on with the unfinished run, and on the next night begins a new one."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        second = await run(scene.job, unfinished="continue", runtime=RUNTIME)
        third = await run(scene.job, unfinished="continue", runtime=RUNTIME)
        assert second.id == first.id != third.id
        assert (second.exit_code, third.exit_code) == (0, 0)
        assert set(scene.calls().values()) == {2}


@pytest.mark.parametrize(
    ("word", "hint"), [("contine", "did you mean continue?"), ("x", "give one of continue, new"), ("", "give one of")]
)
async def test_a_misspelt_choice_gives_no_run_up(tmp_path: Path, word: str, hint: str) -> None:
    """Nothing is planned or sent, and the unfinished run is as it was."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        with pytest.raises(UsageError) as refused:
            await run(scene.job, unfinished=word, runtime=RUNTIME)  # type: ignore[arg-type]  # that is the test
        assert hint in str(refused.value)
        assert [one.state for one in runs(state=tmp_path / "state")] == [RunState.INTERRUPTED]
        assert show(first).state is RunState.INTERRUPTED


async def test_new_leaves_the_old_rows_pending_and_the_old_run_abandoned(tmp_path: Path) -> None:
    """The old run is out of the way for good; it can still be resumed by name."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        assert (await run(scene.job, unfinished="new", runtime=RUNTIME)).exit_code == 0
        old = show(first)
        assert old.state is RunState.ABANDONED
        assert old.outcomes[Outcome.PENDING] >= 8
        assert (await run(scene.job, runtime=RUNTIME)).exit_code == 0


async def test_a_declined_plan_abandons_nothing(tmp_path: Path) -> None:
    """Who says new, sees the plan and says no has not lost the unfinished run."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        ask = Questions(send=lambda _: False, unfinished=lambda _run, _pending: "new")
        with pytest.raises(Declined, match="nothing was sent"):
            await run(scene.job, ask=ask, runtime=RUNTIME)
        assert show(first).state is RunState.INTERRUPTED


@pytest.mark.parametrize("choice", ["continue", "new", None])
async def test_a_person_is_asked_about_an_unfinished_run(tmp_path: Path, choice: str | None) -> None:
    """The question tells the run and how many rows are pending, and each answer does what it says."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        asked: list[tuple[str, int]] = []

        def answer(record: object, pending: int) -> object:
            asked.append((record.id, pending))  # type: ignore[attr-defined]  # a RunRecord
            return choice

        ask = Questions(send=lambda _: True, unfinished=answer)  # type: ignore[arg-type]  # a Choice
        if choice is None:
            with pytest.raises(Declined, match="nothing was sent"):
                await run(scene.job, ask=ask, runtime=RUNTIME)
        else:
            ended = await run(scene.job, ask=ask, runtime=RUNTIME)
            assert (ended.id == first.id) is (choice == "continue")
        assert asked == [(first.id, first.outcomes[Outcome.PENDING])]


async def test_a_plan_is_not_run_over_an_unfinished_run(tmp_path: Path) -> None:
    """A plan that was made before is refused as well, and is still there afterwards."""
    async with a_scene(tmp_path) as scene:
        planned = await plan(scene.job)
        await interrupted(scene, 3)
        with pytest.raises(UsageError, match="is not finished"):
            await run(planned, runtime=RUNTIME)
        with pytest.raises(UsageError, match="goes with --new"):
            await run(planned, unfinished="continue", runtime=RUNTIME)
        assert (await run(planned, unfinished="new", runtime=RUNTIME)).exit_code == 0


async def test_a_plan_cannot_be_resumed(tmp_path: Path) -> None:
    """A run that never started has nothing to go on with."""
    async with a_scene(tmp_path) as scene:
        planned = await plan(scene.job)
        with pytest.raises(UsageError, match="was never started"):
            await resume(planned.run_id, state=tmp_path / "state", runtime=RUNTIME)


async def test_an_unfinished_run_at_another_target_is_neither_continued_nor_abandoned(tmp_path: Path) -> None:
    """A job that was pointed elsewhere begins anew there, and the old run stays as it is."""
    async with a_scene(tmp_path) as scene, Sandbox(SandboxSettings(), scene.server.cases.values()) as elsewhere:
        first = await interrupted(scene, 3)
        ended = await run(scene.with_job(host=elsewhere.url), unfinished="continue", runtime=RUNTIME)

        assert (ended.id != first.id, ended.exit_code) == (True, 0)
        assert len(elsewhere.calls) == len(ROWS)
        assert show(first).state is RunState.INTERRUPTED
        assert sum(scene.calls().values()) == 12 - first.outcomes[Outcome.PENDING]


async def test_a_run_of_another_file_is_not_continued_without_a_word(tmp_path: Path) -> None:
    """Who names another file, or only some rows, means something else than the rest of the old run."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        (tmp_path / "to night.csv").write_text(f"Case ID,Notes\n{ROWS[0][0]},tonight\n")
        with pytest.raises(UsageError, match=rf"resume {first.id}.*--input '.*to night\.csv'"):
            await run(scene.with_job(path="to night.csv"), unfinished="continue", runtime=RUNTIME)
        with pytest.raises(UsageError, match="--limit"):
            await run(scene.with_job(), limit=1, unfinished="continue", runtime=RUNTIME)
        assert len(scene.server.calls) == 12 - first.outcomes[Outcome.PENDING]


async def test_a_run_of_which_only_the_end_is_missing_does_not_cost_a_night(tmp_path: Path) -> None:
    """Killed when every row was done, it is finished and reported, and tonight's run starts behind it."""
    async with a_scene(tmp_path) as scene:
        await killed_while_it_reports(scene)
        tonight = await run(scene.job, unfinished="continue", runtime=RUNTIME)
        first, second = runs(state=tmp_path / "state")

        assert (first.state, second.state) == (RunState.FINISHED, RunState.FINISHED)
        assert second.record.id == tonight.id
        assert len(list((tmp_path / "reports").glob("*/summary.json"))) == 2


async def test_rows_in_doubt_that_the_job_leaves_so_do_not_cost_a_night(tmp_path: Path) -> None:
    """Where resume would send nothing, tonight's run starts behind the old one, and its row in doubt stays as it is."""
    async with a_scene(tmp_path, case_scripts={ROWS[2][0]: [Fault.DROP_AFTER]}) as scene:
        job = scene.with_job(retry='attempts = 1\nunanswered = "leave"')
        await killed_while_it_reports(scene, job)
        tonight = await run(job, unfinished="continue", runtime=RUNTIME)
        first, second = runs(state=tmp_path / "state")

        assert (second.record.id, second.outcomes[Outcome.UPDATED]) == (tonight.id, 12)
        assert (first.state, first.outcomes[Outcome.UNKNOWN]) == (RunState.FINISHED, 1)


async def test_a_plan_that_was_declined_cannot_be_resumed(tmp_path: Path) -> None:
    """What a person said no to is never sent, by whichever name, and nothing proposes it."""
    async with a_scene(tmp_path) as scene:
        with pytest.raises(Declined):
            await run(scene.job, ask=Questions(send=lambda _: False, unfinished=None), runtime=RUNTIME)
        (declined,) = runs(state=tmp_path / "state")
        assert show(declined.record.id, state=tmp_path / "state").next_command == ""
        with pytest.raises(UsageError, match="was never started"):
            await resume(declined.record.id, state=tmp_path / "state", runtime=RUNTIME)
        with pytest.raises(UsageError, match="no run that was started yet"):
            await resume("last", state=tmp_path / "state", runtime=RUNTIME)
        assert scene.server.calls == []
