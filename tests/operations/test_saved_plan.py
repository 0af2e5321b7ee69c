"""A plan that is saved and run later: exactly that one, or not at all."""

import csv
import os
from pathlib import Path

import pytest
from support.jobs import a_job, write_cases
from support.scenes import ROWS, RUNTIME, a_scene

from bulkcase.errors import InputError, JobError, TooManyChanges, UsageError
from bulkcase.fields.changes import ChangeGroup
from bulkcase.job.variants import rehearsal, with_folders, with_input
from bulkcase.model import Outcome, RunState
from bulkcase.operations.common.planned import command_for, refuse_output, write_plan
from bulkcase.operations.plan import plan
from bulkcase.operations.run import run
from bulkcase.operations.runs import runs, show

pytestmark = pytest.mark.asyncio


async def test_a_saved_plan_is_run_as_it_was_made(tmp_path: Path) -> None:
    """It starts under its own id, once."""
    async with a_scene(tmp_path) as scene:
        planned = await plan(scene.job)
        assert [listed.state for listed in runs(state=tmp_path / "state")] == [RunState.PLANNED]
        ended = await run(scene.job, saved=planned.run_id, runtime=RUNTIME)

        assert (ended.id, ended.exit_code) == (planned.run_id, 0)
        with pytest.raises(UsageError, match="is finished, not planned"):
            await run(scene.job, saved=planned.run_id, runtime=RUNTIME)
        assert len(scene.server.calls) == len(ROWS)


async def test_a_plan_of_another_file_or_job_is_refused(tmp_path: Path) -> None:
    """Whatever has changed since is named, nothing is sent, and the plan is kept."""
    async with a_scene(tmp_path) as scene:
        planned = await plan(scene.job)
        other = a_job(tmp_path, host=scene.server.url, name="other.toml")
        with pytest.raises(UsageError, match=r"not of .*other\.toml"):
            await run(other, saved=planned.run_id, runtime=RUNTIME)
        with pytest.raises(UsageError, match=r"by now"):
            await run(scene.with_job(host="http://127.0.0.1:1"), saved=planned.run_id, runtime=RUNTIME)
        mapping = 'desc = "Notes"\nname = "Notes"'
        with pytest.raises(JobError, match=r"mapping\.name was added"):
            await run(scene.with_job(mapping=mapping), saved=planned.run_id, runtime=RUNTIME)
        with pytest.raises(UsageError, match="now it is to read"):
            await run(scene.with_job(path="other.csv"), saved=planned.run_id, runtime=RUNTIME)
        write_cases(tmp_path, ROWS[:5])
        with pytest.raises(UsageError, match="has changed since"):
            await run(scene.with_job(), saved=planned.run_id, runtime=RUNTIME)
        write_cases(tmp_path, ROWS)
        assert scene.server.calls == []
        assert (await run(scene.with_job(), saved=planned.run_id, runtime=RUNTIME)).exit_code == 0


async def test_a_plan_does_not_overwrite_what_a_newer_run_has_sent(tmp_path: Path) -> None:
    """Run after a run that was planned later, it leaves the cases alone that the other one changed."""
    async with a_scene(tmp_path) as scene:
        planned = await plan(scene.job)
        other = a_job(tmp_path, host=scene.server.url, name="other.toml", path="other.csv")
        (tmp_path / "other.csv").write_text(f"Case ID,Notes\n{ROWS[0][0]},newer\n")
        assert (await run(other, runtime=RUNTIME)).exit_code == 0
        ended = await run(scene.job, saved=planned.run_id, runtime=RUNTIME)

        assert ended.outcomes[Outcome.SUPERSEDED] == 1
        assert scene.server.cases[ROWS[0][0]]["desc"] == "newer"


async def test_a_plan_tells_what_would_change(tmp_path: Path) -> None:
    """Groups, clears and notes are there when it is made and when it is taken up again; nothing can be undone yet."""
    async with a_scene(tmp_path, [(key, "same") for key, _ in ROWS]) as scene:
        planned = await plan(scene.job)
        assert planned.changes() == [ChangeGroup("desc", None, "same", len(ROWS))]
        assert (planned.calls, planned.rereads) == ({"updateCase": len(ROWS)}, 0)
        assert (planned.undoable, planned.why_not_undoable) == (False, "the values before are not read")
        assert (planned.reading["read"], planned.reading["why"]) == (False, 'snapshot.read is "never"')
        assert scene.server.calls == []
        assert list(planned.frame()["bulkcase_decision"]) == ["send"] * len(ROWS)


async def test_the_command_of_a_plan_leads_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the job and the plan, and what was said in place of the job's own: ledger, input, rehearsal."""
    async with a_scene(tmp_path) as scene:
        monkeypatch.chdir(tmp_path)
        write_cases(tmp_path, ROWS[:3]).rename(tmp_path / "other.csv")
        write_cases(tmp_path, ROWS)
        plain = scene.job
        elsewhere = with_folders(plain, state=tmp_path / "elsewhere")
        for job, options in (
            (plain, ""),
            (elsewhere, " --state elsewhere"),
            (with_input(plain, "other.csv"), " --input other.csv"),
            (rehearsal(plain), " --sandbox"),
            (rehearsal(elsewhere), " --sandbox --state elsewhere"),
        ):
            planned = await plan(job)
            assert command_for(planned) == f"bulkcase run job.toml --plan {planned.run_id}{options}"
            assert (await run(job, saved=planned.run_id, runtime=RUNTIME)).exit_code == 0


async def test_a_table_never_takes_the_place_of_what_is_read(tmp_path: Path) -> None:
    """-o refuses the input, the job, and whatever is no file."""
    async with a_scene(tmp_path) as scene:
        for path in (tmp_path / "cases.csv", tmp_path / "job.toml", tmp_path):
            with pytest.raises(UsageError, match="with -o"):
                refuse_output(scene.job, path)
        refuse_output(scene.job, tmp_path / "plan.csv")


async def test_a_plan_as_a_table_has_every_row_with_its_decision(tmp_path: Path) -> None:
    """-o writes the rows as they were read with what was decided, formulas defused."""
    rows = [ROWS[0], ("not a key", "=1+1"), (ROWS[2][0], "")]
    async with a_scene(tmp_path, rows) as scene:
        write_plan(await plan(scene.job), tmp_path / "plan.csv")
    with (tmp_path / "plan.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["bulkcase_decision"] for line in lines] == ["send", "invalid", "unchanged"]
    assert lines[1]["Notes"] == "'=1+1"
    assert [line["bulkcase_changed"] for line in lines] == ["desc", "", ""]


@pytest.mark.parametrize(("limit", "refused"), [("5", True), ("12", False), ('"50%"', True), ('"100%"', False)])
async def test_a_plan_that_would_change_too_much_is_refused(tmp_path: Path, limit: str, refused: bool) -> None:
    """Above safety.max_changes nothing is sent (exit code 3), and the message has the command that sends it later."""
    async with a_scene(tmp_path) as scene:
        job = scene.with_job(more=f"[safety]\nmax_changes = {limit}")
        if not refused:
            assert (await run(job, runtime=RUNTIME)).exit_code == 0
            return
        with pytest.raises(TooManyChanges, match=r"12 of 12 rows.*--plan") as raised:
            await run(job, runtime=RUNTIME)
        assert (raised.value.exit_code, scene.server.calls) == (3, [])
        (kept,) = runs(state=tmp_path / "state")
        ended = await run(scene.with_job(), saved=kept.record.id, runtime=RUNTIME)
        assert ended.outcomes[Outcome.UPDATED] == len(ROWS)
        assert show(ended).state is RunState.FINISHED


async def test_a_short_or_stale_file_is_refused(tmp_path: Path) -> None:
    """An export that broke off, or that was not made anew, is no reason to change anything."""
    async with a_scene(tmp_path) as scene:
        with pytest.raises(InputError, match=r"has 12 rows, and input\.min_rows is 13"):
            await plan(scene.with_job(input_table="min_rows = 13"))
        assert (await plan(scene.with_job(input_table="min_rows = 12"))).rows == 12
        assert (await plan(scene.with_job(input_table="min_rows = 13"), limit=3)).rows == 3
        os.utime(tmp_path / "cases.csv", (1.0, RUNTIME.clock.now() - 7300))
        with pytest.raises(InputError, match=r"was written 2 h 2 min ago, and input\.max_age is 2 h"):
            await plan(scene.with_job(input_table='max_age = "2h"'))
        planned = await plan(scene.with_job(input_table='max_age = "3h"'))
        with pytest.raises(InputError, match="max_age"):
            await run(scene.with_job(input_table='max_age = "2h"'), saved=planned.run_id, runtime=RUNTIME)
        assert len(runs(state=tmp_path / "state")) == 3, "what was refused has left no run"
