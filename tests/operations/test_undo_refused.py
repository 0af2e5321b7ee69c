"""undo as a run among others: what it refuses, what stands in its way, and what it stands in the way of."""

import asyncio
import json
from pathlib import Path

import pytest
from support.jobs import SECRET_VARIABLE, a_job, read_results, write_cases
from support.live import Live, live

from bulkcase.errors import Declined, InputError, UsageError
from bulkcase.model import Outcome, RunState, Stop, StopReason
from bulkcase.operations.assign import set_job
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.questions import Questions
from bulkcase.operations.plan import plan
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.operations.runs import runs, show
from bulkcase.operations.undo import undo
from bulkcase.sandbox import STATUSES, Fault, Sandbox, SandboxSettings, generate_cases
from bulkcase.stopping import StopSwitch

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
ONE = "windows = []\nmax_in_flight = 1"
CASES = sorted(generate_cases(60, 7, 1_795_000_000.0), key=lambda case: str(case["createdAt"]))
KEYS = [str(case["_id"]) for case in CASES]
DESCS = [case["desc"] for case in CASES]
NO = Questions(send=lambda _: False, unfinished=None)
_watching = set[asyncio.Task[None]]()


def stopped_after(scene: Live, count: int, reason: StopReason = StopReason.INTERRUPTED) -> StopSwitch:
    """Return a switch that is set once so many more updates were answered."""
    stop, count = StopSwitch(), count + len(scene.updates())

    async def watch() -> None:
        while len(scene.updates()) < count:  # noqa: ASYNC110 - the record has no event to wait for
            await asyncio.sleep(0)
        stop.set(Stop(reason, "enough"))

    task = asyncio.get_running_loop().create_task(watch())
    _watching.add(task)
    task.add_done_callback(_watching.discard)
    return stop


async def noted(scene: Live, count: int = 6, *, stop: StopSwitch | None = None, **parts: str) -> Run:
    """Give so many cases a note."""
    write_cases(scene.folder, [(key, f"note {number}") for number, key in enumerate(KEYS[:count])])
    job = scene.job(**{"snapshot": ALWAYS, "quota": ONE, **parts})
    return await run(job, stop=stop, runtime=scene.runtime)


def descs(scene: Live, count: int = 6) -> list[str]:
    return [scene.server.cases[key]["desc"] for key in KEYS[:count]]


def ends(ended: Run) -> list[str]:
    return [line["bulkcase_outcome"] for line in read_results(ended.folder)]


@pytest.mark.parametrize("reason", [StopReason.INTERRUPTED, StopReason.SAFETY, StopReason.HOURS])
async def test_a_run_that_is_not_finished_is_only_undone_when_it_is_abandoned(
    tmp_path: Path, reason: StopReason
) -> None:
    """Both commands are named; given up, it is taken back as far as it came, and its pending rows stay pending."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await noted(scene, stop=stopped_after(scene, 2, reason))
        pending = first.outcomes[Outcome.PENDING]
        assert 0 < pending < 6
        scene.spent()
        with pytest.raises(UsageError, match=f"run {first.id} is not finished") as refused:
            await undo(first, runtime=scene.runtime)
        (line,) = refused.value.problems
        for command in (f"bulkcase resume {first.id} --state", f"bulkcase undo {first.id} --state", " --abandon"):
            assert command in line
        assert (scene.spent(), show(first).state) == ({}, first.summary.state)

        back = await undo(first, abandon=True, runtime=scene.runtime)
        assert descs(scene) == DESCS[:6]
        assert (len(ends(back)), back.exit_code) == (6 - pending, 0)
        old = show(first)
        assert (old.state, old.outcomes[Outcome.PENDING]) == (RunState.ABANDONED, pending)
        assert (await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)).exit_code == 0


async def test_a_run_that_sent_nothing_cannot_be_undone(tmp_path: Path) -> None:
    """A plan, a declined run and one that changed nothing are each told apart, and leave no run behind."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        write_cases(tmp_path, [(KEYS[0], "note")])
        planned = await plan(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        with pytest.raises(Declined):
            await run(scene.job(snapshot=ALWAYS), ask=NO, runtime=scene.runtime)
        declined = runs(state=tmp_path / "state")[-1].record.id
        write_cases(tmp_path, [(KEYS[0], DESCS[0]), ("ci-none", "x")])
        nothing = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        scene.spent()
        for name in (planned.run_id, declined):
            with pytest.raises(UsageError, match="never started: there is nothing to undo"):
                await undo(name, state=tmp_path / "state", runtime=scene.runtime)
        with pytest.raises(UsageError, match="changed nothing: there is nothing to undo"):
            await undo(nothing, runtime=scene.runtime)
        assert (len(runs(state=tmp_path / "state")), scene.spent()) == (3, {})


@pytest.mark.parametrize(("read", "why"), [("never", "never"), ("auto", "one case costs one call")])
async def test_a_run_that_did_not_read_its_cases_cannot_be_undone(tmp_path: Path, read: str, why: str) -> None:
    """It says why they were not read, and which setting keeps the values before for the next one."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        snapshot = f'read = "{read}"'
        write_cases(tmp_path, [(KEYS[0], "note")])
        planned = await plan(scene.job(snapshot=snapshot), runtime=scene.runtime)
        first = await run(planned, runtime=scene.runtime)
        assert (planned.undoable, planned.why_not_undoable) == (False, "the values before are not read")
        with pytest.raises(UsageError, match="cannot be undone") as refused:
            await undo(first, runtime=scene.runtime)
        assert why in str(refused.value)
        assert 'snapshot.read = "always"' in str(refused.value)


async def test_a_job_that_is_gone_or_goes_elsewhere_is_told(tmp_path: Path) -> None:
    """Nothing is sent to the other server, and nothing is planned."""
    async with live(tmp_path, 60, is_hasty=True) as scene, Sandbox(SandboxSettings(), CASES) as elsewhere:
        first = await noted(scene)
        scene.job(host=elsewhere.url, snapshot=ALWAYS)
        with pytest.raises(UsageError, match=f"run {first.id} is about .*the job goes to"):
            await undo(first, runtime=scene.runtime)
        (tmp_path / "job.toml").unlink()
        with pytest.raises(UsageError, match=r"job\.toml, which is not there any more"):
            await undo(first, runtime=scene.runtime)
        assert (elsewhere.calls, len(runs(state=tmp_path / "state"))) == ([], 1)


async def test_the_filter_of_the_job_is_not_that_of_its_undo(tmp_path: Path) -> None:
    """What a run has closed is no open case any more, and is opened again all the same."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        before = {key: case["status"] for key, case in scene.server.cases.items()}
        opened = [key for key, status in before.items() if status["name"] == "Open"]
        write_cases(tmp_path, [(key, "") for key in opened])
        mapping = 'status = { value = "closed" }'
        more = f'[lookups.status]\nclosed = {{ _id = "{STATUSES["Closed"]["_id"]}", name = "Closed" }}'
        job = scene.job(mapping=mapping, more=more, snapshot='read = "always"\nfilter = { status = ["Open"] }')
        first = await run(job, runtime=scene.runtime)
        assert first.outcomes[Outcome.UPDATED] == len(opened) > 3
        back = await undo(first, runtime=scene.runtime)
        assert (back.exit_code, back.outcomes[Outcome.UPDATED]) == (0, len(opened))
        assert {key: case["status"] for key, case in scene.server.cases.items()} == before


async def test_an_undo_needs_nothing_of_the_mapping(tmp_path: Path) -> None:
    """The job may say something else by now, its input may be gone, and safety.max_changes is not in the way."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await noted(scene)
        (tmp_path / "cases.csv").unlink()
        scene.job(mapping='"userInfo.emailId" = "Mail"', key='"Reference"', more="[safety]\nmax_changes = 1")
        assert (await undo(first, runtime=scene.runtime)).exit_code == 0
        assert descs(scene) == DESCS[:6]


async def test_a_run_by_references_is_undone_by_ids(tmp_path: Path) -> None:
    """The report has the references as they were read."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        refs = [str(case["refId"]) for case in CASES[:3]]
        write_cases(tmp_path, [(ref, "note") for ref in refs])
        first = await run(scene.job(key='{ column = "Case ID", match = "refId" }'), runtime=scene.runtime)
        assert ends(first) == ["updated"] * 3
        back = await undo(first, runtime=scene.runtime)
        assert [line["Case ID"] for line in read_results(back.folder)] == refs
        assert descs(scene) == DESCS[:6]
        assert (await undo(back, runtime=scene.runtime)).exit_code == 0
        assert descs(scene, 3) == ["note"] * 3


async def test_a_set_can_be_undone_and_its_undo_resumed(tmp_path: Path) -> None:
    """The job file has neither input nor mapping, and its undo is found again without them."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        file = scene.job(quota=ONE, snapshot=ALWAYS).file
        (tmp_path / "keys.txt").write_text("\n".join(KEYS[:6]))
        first = await run(set_job(file, tmp_path / "keys.txt", ["desc=all the same"]), runtime=scene.runtime)
        assert descs(scene) == ["all the same"] * 6
        (tmp_path / "keys.txt").unlink()
        back = await undo(first, stop=stopped_after(scene, 2), runtime=scene.runtime)
        assert back.exit_code == 130
        ended = await resume(back, runtime=scene.runtime)
        assert (ended.id, ended.exit_code, descs(scene)) == (back.id, 0, DESCS[:6])
        assert (await undo(ended, runtime=scene.runtime)).exit_code == 0
        assert descs(scene) == ["all the same"] * 6


async def test_an_interrupted_undo_goes_on_and_stands_in_the_way(tmp_path: Path) -> None:
    """Another undo and a run that would continue are refused with the command that goes on with it."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await noted(scene)
        back = await undo(first, stop=stopped_after(scene, 2), runtime=scene.runtime)
        assert 0 < back.outcomes[Outcome.PENDING] < 6
        job = scene.job(snapshot=ALWAYS, quota=ONE)
        scene.spent()
        for refused in (
            undo(first, runtime=scene.runtime),
            undo(first, abandon=True, runtime=scene.runtime),
            run(job, runtime=scene.runtime),
            run(job, unfinished="continue", runtime=scene.runtime),
            undo(back, runtime=scene.runtime),
            resume(back, input="cases.csv", runtime=scene.runtime),
            retry(back, runtime=scene.runtime),
        ):
            with pytest.raises(UsageError) as raised:
                await refused
            (line,) = raised.value.problems
            assert back.id in line
            assert "\n" not in line
        assert scene.spent() == {}
        ended = await resume(back, runtime=scene.runtime)
        assert (ends(ended), descs(scene)) == (["updated"] * 6, DESCS[:6])


async def test_a_new_run_leaves_an_unfinished_undo(tmp_path: Path) -> None:
    """It is said to be new, so the undo is abandoned; resumed by name, its rows are overtaken."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await noted(scene)
        back = await undo(first, stop=stopped_after(scene, 2), runtime=scene.runtime)
        write_cases(tmp_path, [(key, "newer") for key in KEYS[:6]])
        newer = await run(scene.job(snapshot=ALWAYS), unfinished="new", runtime=scene.runtime)
        assert (newer.exit_code, show(back).state) == (0, RunState.ABANDONED)
        ended = await resume(back, runtime=scene.runtime)
        assert descs(scene) == ["newer"] * 6
        assert ended.outcomes[Outcome.SUPERSEDED] == back.outcomes[Outcome.PENDING]


async def test_a_later_run_of_ours_counts_as_somebody(tmp_path: Path) -> None:
    """What it has changed since stays; undone first, both of them come off one after the other."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await noted(scene)
        write_cases(tmp_path, [(key, "newer") for key in KEYS[:2]])
        later = await run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        back = await undo(first, runtime=scene.runtime)
        assert ends(back) == ["conflict"] * 2 + ["updated"] * 4
        assert descs(scene) == ["newer"] * 2 + DESCS[2:6]
        await undo(later, runtime=scene.runtime)
        await undo(first, runtime=scene.runtime)
        assert descs(scene) == DESCS[:6]


async def test_a_corrected_file_sends_again_what_was_taken_back(tmp_path: Path) -> None:
    """After an undo nothing of the run stands in the cases, so none of its rows has landed before."""
    async with live(tmp_path, 60, is_hasty=True, script=[None, Fault.REFUSE]) as scene:
        first = await noted(scene)
        await undo(first, runtime=scene.runtime)
        assert descs(scene) == DESCS[:6]
        again = await resume(first, input=str(tmp_path / "cases.csv"), runtime=scene.runtime)
        assert ends(again) == ["updated"] * 6
        assert descs(scene) == [f"note {number}" for number in range(6)]


async def test_its_report_is_no_input(tmp_path: Path) -> None:
    """It names the run that is undone in each row, and neither of its tables is taken for updates."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await noted(scene)
        scene.server.change(KEYS[0], desc="theirs")
        back = await undo(first, runtime=scene.runtime)
        assert {line["bulkcase_undoes"] for line in read_results(back.folder)} == {first.id}
        assert json.loads((back.folder / "summary.json").read_text())["undoes"] == first.id
        for name in ("results.csv", "failed.csv"):
            with pytest.raises(InputError) as refused:
                await plan(scene.job(path=str(back.folder / name)), runtime=scene.runtime)
            (line,) = refused.value.problems
            assert "is the report of an undo" in line
        assert "bulkcase_undoes" not in read_results(first.folder)[0]


async def test_declined_it_sends_nothing_and_gives_nothing_up(tmp_path: Path) -> None:
    """The undo is abandoned before it was started, and a run that is not finished is still not given up."""
    async with live(tmp_path, 60, is_hasty=True) as scene:
        first = await noted(scene, stop=stopped_after(scene, 2))
        scene.spent()
        with pytest.raises(Declined, match="nothing was sent"):
            await undo(first, abandon=True, ask=NO, runtime=scene.runtime)
        assert scene.updates() == []
        declined = runs(state=tmp_path / "state")[-1]
        assert (declined.state, declined.record.undoes) == (RunState.ABANDONED, first.id)
        assert show(first).state is RunState.INTERRUPTED
        assert (await resume(first, runtime=scene.runtime)).exit_code == 0


async def test_the_embedded_sandbox_remembers_what_is_to_be_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is another server each time, and is primed with what the ledger knows."""
    monkeypatch.setenv(SECRET_VARIABLE, SandboxSettings().client_secret)
    write_cases(tmp_path, [(key, f"note {number}") for number, key in enumerate(KEYS[:6])])
    first = await run(a_job(tmp_path, snapshot=ALWAYS))
    chain = [first]
    for _ in range(3):
        chain.append(await undo(chain[-1]))
        assert ends(chain[-1]) == ["updated"] * 6
    assert ends(await undo(first)) == ["unchanged"] * 6
