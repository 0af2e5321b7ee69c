"""A corrected file in the place of a run: rows are matched by case and content, never by their number."""

from collections import Counter
from pathlib import Path

import pytest
from support.jobs import read_results, write_cases
from support.scenes import ROWS, RUNTIME, Scene, a_scene, dying, interrupted

from bulkcase.errors import Declined, JobError, UsageError
from bulkcase.model import Outcome, RunState, Stop, StopReason
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.planned import Plan
from bulkcase.operations.common.questions import Questions
from bulkcase.operations.report import report
from bulkcase.operations.resume import resume
from bulkcase.operations.run import run
from bulkcase.operations.running import execute
from bulkcase.operations.runs import runs, show
from bulkcase.sandbox import Fault
from bulkcase.stopping import StopSwitch

pytestmark = pytest.mark.asyncio


async def corrected(first: Run, folder: Path, rows: list[tuple[str, str]], name: str = "cases.csv") -> Run:
    """Let a file with these rows take the place of a run."""
    file = write_cases(folder, rows)
    return await resume(first, input=str(file.rename(folder / name)), runtime=RUNTIME)


def by_case(ended: Run) -> dict[str, tuple[str, str]]:
    """Return outcome and cause of each row by case."""
    lines = read_results(ended.folder)
    return {line["Case ID"]: (line["bulkcase_outcome"], line["bulkcase_error_code"]) for line in lines}


def landed(scene: Scene) -> set[str]:
    """Return the cases that the server has changed."""
    return {call.case_id for call in scene.server.calls if call.applied and call.case_id}


async def test_a_re_sorted_file_changes_nothing(tmp_path: Path) -> None:
    """The same rows in another order are sent where they had not landed, and every case is called about once."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 5)
        done = landed(scene)
        again = await corrected(first, tmp_path, ROWS[::-1], "sorted.csv")

        assert again.exit_code == 0
        assert set(scene.calls().values()) == {1}
        expected = {key: ("superseded", "landed_before") if key in done else ("updated", "") for key, _ in ROWS}
        assert by_case(again) == expected


async def test_what_changed_is_sent_and_what_landed_is_not(tmp_path: Path) -> None:
    """A new value for a case is sent, be it one that had landed or one that had failed; the rest of the file is not."""
    refused, landed_case, mended = ROWS[1][0], ROWS[0][0], ROWS[2][0]
    async with a_scene(tmp_path, case_scripts={refused: [Fault.REFUSE]}) as scene:
        first = await run(scene.job, runtime=RUNTIME)
        rows = [(landed_case, "note 0"), (mended, "corrected"), (refused, "note 1")]
        again = await corrected(first, tmp_path, rows)

        assert by_case(again) == {
            landed_case: ("superseded", "landed_before"),
            mended: ("updated", ""),
            refused: ("updated", ""),
        }
        assert (scene.server.cases[mended]["desc"], scene.server.cases[refused]["desc"]) == ("corrected", "note 1")
        assert scene.calls()[landed_case] == 1


async def test_the_new_run_names_the_old_one_and_takes_its_open_rows(tmp_path: Path) -> None:
    """What was pending is superseded, also where the new file has no such row; the old run is finished and reported."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 5)
        done = landed(scene)
        again = await corrected(first, tmp_path, ROWS[:8])
        old = show(first)

        assert again.id != first.id
        assert again.summary.continues == first.id
        assert (old.state, old.summary.exit_code) == (RunState.FINISHED, 0)
        assert Counter(old.outcomes)[Outcome.SUPERSEDED] == len(ROWS) - len(done)
        assert by_case(report(first)) == by_case(first) | {
            key: ("superseded", "corrected_file") for key, _ in ROWS if key not in done
        }
        assert by_case(first)[ROWS[11][0]] == ("superseded", "corrected_file"), "its report was written anew"
        assert landed(scene) == done | {key for key, _ in ROWS[:8]}


async def test_a_row_in_doubt_is_settled_by_the_file_that_has_its_case(tmp_path: Path) -> None:
    """It is sent again with the new file; one whose case was left out stays unknown, and its run is not all well."""
    lost, forgotten = ROWS[1][0], ROWS[2][0]
    scripts = {lost: [Fault.DROP_AFTER], forgotten: [Fault.DROP_AFTER]}
    async with a_scene(tmp_path, case_scripts=scripts) as scene:
        first = await run(scene.with_job(retry="attempts = 1"), runtime=RUNTIME)
        again = await corrected(first, tmp_path, [ROWS[1], ROWS[0]])
        old = show(first)

        assert by_case(again) == {lost: ("updated", ""), ROWS[0][0]: ("superseded", "landed_before")}
        assert scene.calls()[lost] == 2
        assert old.outcomes[Outcome.UNKNOWN] == 1
        assert (old.outcomes[Outcome.SUPERSEDED], old.summary.exit_code) == (1, 1)


async def test_a_corrected_file_can_be_corrected(tmp_path: Path) -> None:
    """A third file sees what landed in both runs before, whichever of them it is said to continue."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 3)
        second = await corrected(first, tmp_path, [*ROWS[:6], (ROWS[0][0], "note 0")])
        third = await corrected(first, tmp_path, [(ROWS[4][0], "note 4"), (ROWS[5][0], "changed"), ROWS[9]])

        assert second.exit_code == third.exit_code == 0
        assert by_case(third) == {
            ROWS[4][0]: ("superseded", "landed_before"),
            ROWS[5][0]: ("updated", ""),
            ROWS[9][0]: ("updated", ""),
        }


async def test_what_another_value_has_replaced_meanwhile_is_sent_again(tmp_path: Path) -> None:
    """A case that a continuation set to B is set to A again when the next file says A, though A had landed once."""
    key = ROWS[0][0]
    async with a_scene(tmp_path) as scene:
        first = await run(scene.job, runtime=RUNTIME)
        await corrected(first, tmp_path, [(key, "B")])
        again = await corrected(first, tmp_path, [(key, "note 0")])
        assert by_case(again) == {key: ("updated", "")}
        assert scene.server.cases[key]["desc"] == "note 0"


async def test_results_of_the_old_run_are_a_corrected_file_too(tmp_path: Path) -> None:
    """results.csv of an interrupted run can be fed back as it is."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 4)
        again = await resume(first, input=str(first.folder / "results.csv"), runtime=RUNTIME)
        assert again.exit_code == 0
        assert set(scene.calls().values()) == {1}


async def test_a_declined_corrected_file_leaves_the_old_run_as_it_was(tmp_path: Path) -> None:
    """Who looks at the plan and says no can still resume the old run."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 4)
        before = show(first).outcomes
        with pytest.raises(Declined):
            await resume(
                first,
                input=str(tmp_path / "cases.csv"),
                ask=Questions(send=lambda _: False, unfinished=None),
                runtime=RUNTIME,
            )
        assert show(first).outcomes == before
        assert (await resume(first, runtime=RUNTIME)).exit_code == 0


async def test_a_corrected_file_needs_the_mapping_of_the_run(tmp_path: Path) -> None:
    """With another mapping nothing could be compared: it is refused, and says how to start anew."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 4)
        scene.with_job(mapping='name = "Notes"')
        with pytest.raises(JobError, match="run with --new"):
            await corrected(first, tmp_path, ROWS)


async def test_doubt_outlives_the_row_that_was_replaced(tmp_path: Path) -> None:
    """A case that an answerless attempt may have set to B is set to A again, though A was the last to be confirmed."""
    key = ROWS[0][0]
    async with a_scene(tmp_path, case_scripts={key: [None, Fault.DROP_AFTER]}) as scene:
        scene.with_job(retry="attempts = 1")
        first = await run(scene.with_job(retry="attempts = 1"), runtime=RUNTIME)
        second = await corrected(first, tmp_path, [(key, "B")])
        assert by_case(second)[key][0] == "unknown"
        stop = StopSwitch()
        stop.set(Stop(StopReason.INTERRUPTED, "before it begins"))
        write_cases(tmp_path, [(key, "C")])
        await resume(second, input=str(tmp_path / "cases.csv"), stop=stop, runtime=RUNTIME)
        last = await corrected(second, tmp_path, [(key, "note 0")])

        assert by_case(last) == {key: ("updated", "")}
        assert scene.server.cases[key]["desc"] == "note 0"


async def test_a_row_that_says_nothing_does_not_settle_a_row_in_doubt(tmp_path: Path) -> None:
    """A blank in the new file leaves the field alone, and the old row's doubt as well."""
    lost = ROWS[1][0]
    async with a_scene(tmp_path, case_scripts={lost: [Fault.DROP_AFTER]}) as scene:
        first = await run(scene.with_job(retry="attempts = 1"), runtime=RUNTIME)
        await corrected(first, tmp_path, [(lost, ""), ROWS[0]])
        assert show(first).outcomes[Outcome.UNKNOWN] == 1


async def test_pending_rows_that_the_file_does_not_have_are_told_before_it_is_sent(tmp_path: Path) -> None:
    """The plan says how many rows would be given up, and how to send them first."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 5)
        asked: list[Plan] = []
        (tmp_path / "part.csv").write_text(f"Case ID,Notes\n{ROWS[11][0]},corrected\n")

        def decline(planned: Plan) -> bool:
            asked.append(planned)
            return False

        ask = Questions(send=decline, unfinished=None)
        with pytest.raises(Declined):
            await resume(first, input=str(tmp_path / "part.csv"), ask=ask, runtime=RUNTIME)
        left_out = first.outcomes[Outcome.PENDING] - 1
        (note,) = asked[0].notes
        assert note.startswith(f"{left_out} pending rows of run {first.id}")
        assert f"bulkcase resume {first.id}" in note


async def test_failed_csv_of_a_run_with_pending_rows_does_not_give_them_up(tmp_path: Path) -> None:
    """It has no pending rows by its nature: those are to be sent first."""
    async with a_scene(tmp_path, case_scripts={ROWS[0][0]: [Fault.REFUSE]}) as scene:
        first = await interrupted(scene, 5)
        with pytest.raises(UsageError, match="send those first"):
            await resume(first, input=str(first.folder / "failed.csv"), runtime=RUNTIME)
        assert show(first).outcomes == first.outcomes


async def test_a_file_of_which_no_row_can_be_sent_replaces_nothing(tmp_path: Path) -> None:
    """A broken file is refused, and the old run can be resumed."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 5)
        with pytest.raises(UsageError, match="no row of it can be sent"):
            await corrected(first, tmp_path, [("n o", "key"), ("", "x")])
        assert show(first).outcomes == first.outcomes
        assert (await resume(first, runtime=RUNTIME)).exit_code == 0


async def test_the_old_run_is_finished_in_the_moment_in_which_it_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash of the new run leaves one unfinished run, not two."""
    async with a_scene(tmp_path) as scene:
        first = await interrupted(scene, 5)
        monkeypatch.setattr(execute, "open_target", dying)
        with pytest.raises(SystemExit):
            await corrected(first, tmp_path, ROWS)
        states = [listed.state for listed in runs(state=tmp_path / "state")]
        assert states == [RunState.FINISHED, RunState.INTERRUPTED]
