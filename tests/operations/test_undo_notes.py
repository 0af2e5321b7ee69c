"""undo: what a person is told before it, and what of the job it needs."""

import json
from pathlib import Path

import pytest
from support.jobs import SECRET_VARIABLE, a_job, write_cases
from support.live import Live, counts, ends, live

from bulkcase.errors import UsageError
from bulkcase.operations.assign import set_job
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.planned import Plan
from bulkcase.operations.common.questions import Questions
from bulkcase.operations.resume import resume
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo
from bulkcase.sandbox import SandboxSettings, generate_cases

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
ONE = "windows = []\nmax_in_flight = 1"


async def noted(scene: Live, first: Run, *, abandon: bool = False) -> tuple[Run, tuple[str, ...]]:
    """Take a run back; return the undo, and the notes of its plan."""
    notes: list[str] = []

    def send(planned: Plan) -> bool:
        notes.extend(planned.notes)
        return True

    back = await undo(first, runtime=scene.runtime, ask=Questions(send=send, unfinished=None), abandon=abandon)
    return back, tuple(notes)


async def test_the_last_run_is_not_taken_back_where_it_is_an_undo_itself(tmp_path: Path) -> None:
    """ "last" would do again what was just taken back: the id of the undo has to be said, and works."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = scene.notes(3)
        before = [scene.server.cases[key]["desc"] for key in keys]
        first = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        back = await undo("last", state=tmp_path / "state", runtime=scene.runtime)
        scene.spent()
        with pytest.raises(UsageError, match=f"^the last run, {back.id}, takes run {first.id} back: .*give its id$"):
            await undo("last", state=tmp_path / "state", runtime=scene.runtime)
        assert (scene.spent(), [scene.server.cases[key]["desc"] for key in keys]) == ({}, before)
        assert counts(await undo(back.id, state=tmp_path / "state", runtime=scene.runtime)) == {"updated": 3}


async def test_the_undo_of_an_undo_says_what_it_does_again(tmp_path: Path) -> None:
    """Both runs are named; an ordinary undo has nothing to say."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        scene.notes(3)
        first = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        back, notes = await noted(scene, first)
        assert notes == ()
        _, notes = await noted(scene, back)
        assert notes == (f"this does again what run {first.id} did, which run {back.id} has taken back",)


async def test_what_related_runs_have_sent_is_said_and_stays(tmp_path: Path) -> None:
    """A corrected file took the place of the rest of a run: its undo names the older run and how to undo that."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = scene.notes(8)
        before = [scene.server.cases[key]["desc"] for key in keys]
        job = scene.job(snapshot=ALWAYS, quota=ONE)
        first = await run(job, runtime=scene.runtime, stop=scene.stops_after(3))
        child = await resume(first, input=str(tmp_path / "cases.csv"), runtime=scene.runtime)
        assert counts(child) == {"updated": 5, "superseded": 3}
        _, (note,) = await noted(scene, child)
        assert note.startswith(f"run {first.id}, which belongs to it, has sent 3 rows that stay as they are: bulkcase ")
        assert f"undo {first.id} --state" in note
        assert [scene.server.cases[key]["desc"] for key in keys] == [*(f"note {n}" for n in range(3)), *before[3:]]
        _, notes = await noted(scene, first)
        assert (notes, [scene.server.cases[key]["desc"] for key in keys]) == ((), before)


async def test_cases_that_changed_aside_are_said_with_the_file_that_has_them(tmp_path: Path) -> None:
    """An undo puts back what was sent; what was not is for a person, who is told where it stands."""
    async with live(tmp_path, 50, is_hasty=True, touches={"source": "touched"}) as scene:
        scene.notes(3)
        first = await run(scene.job(snapshot=ALWAYS, more="[safety]\ncanary = 2"), runtime=scene.runtime)
        assert [end[2] for end in ends(first, 2)] == ["changed_aside"] * 2
        scene.behaves(touches={})
        back, (note,) = await noted(scene, first, abandon=True)
        assert note.startswith("2 cases also changed in fields that were not sent, which stay as they are: see ")
        assert note.endswith("canary.json")
        assert counts(back) == {"updated": 2}


async def test_lookups_that_are_gone_are_not_needed(tmp_path: Path) -> None:
    """Neither the file that they stood in, nor the name that a set was given."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = list(scene.server.cases)[:2]
        before = [scene.server.cases[key] for key in keys]
        (tmp_path / "p.json").write_text(json.dumps({"Odd": {"_id": "pr-odd", "name": "Odd"}}))
        write_cases(tmp_path, [(key, "Odd") for key in keys])
        more = '[lookups]\npriority = "file:p.json"'
        first = await run(scene.job(snapshot=ALWAYS, mapping='priority = "Notes"', more=more), runtime=scene.runtime)
        (tmp_path / "p.json").unlink()
        assert counts(await undo(first, runtime=scene.runtime)) == {"updated": 2}

        (tmp_path / "keys.txt").write_text("\n".join(keys))
        file = scene.job(snapshot=ALWAYS).file
        text = file.read_text()
        file.write_text(f'{text}\n[lookups.priority.Odd]\n_id = "pr-odd"\nname = "Odd"\n')
        second = await run(set_job(file, tmp_path / "keys.txt", ["priority=Odd"]), runtime=scene.runtime)
        file.write_text(f'{text}\n[lookups.priority.Top]\n_id = "pr-odd"\nname = "Top"\n')
        assert counts(second) == counts(await undo(second, runtime=scene.runtime)) == {"updated": 2}
        assert [scene.server.cases[key]["priority"] for key in keys] == [case["priority"] for case in before]


async def test_the_embedded_sandbox_remembers_an_undo_that_put_back_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its conflicts have landed as far as they were sent: the undo of it finds them, and so does the next one."""
    monkeypatch.setenv(SECRET_VARIABLE, SandboxSettings().client_secret)
    keys = [str(case["_id"]) for case in generate_cases(2, 7, 1_795_000_000.0)]
    write_cases(tmp_path, [(key, "new note", "x@y.z") for key in keys], header=("Case ID", "Notes", "Org"))
    more = '[safety]\nallow_read_only = ["orgId"]'
    first = await run(a_job(tmp_path, snapshot=ALWAYS, mapping='desc = "Notes"\norgId = "Org"', more=more))
    back = await undo(first)
    assert ends(back) == [("conflict", "equal", "left_alone")] * 2
    forth = await undo(back)
    assert counts(forth) == {"updated": 2}
    assert counts(await undo(forth)) == {"updated": 2}
