"""purge: what goes, what stays and why, and that everything else works as before."""

from pathlib import Path

import pytest
from support.commands import lock
from support.jobs import write_cases
from support.ledgers import stored
from support.live import Live, counts
from support.purges import DAYS, everything_in, listed, night, purged

from bulkcase.errors import EnvironmentFailed, LedgerError, Locked, UsageError
from bulkcase.ledger import Ledger, purging
from bulkcase.model import Outcome, RunState
from bulkcase.operations.common.desk import lock_name
from bulkcase.operations.drift import drift
from bulkcase.operations.plan import plan
from bulkcase.operations.purge import purge
from bulkcase.operations.purging.purged import Purged
from bulkcase.operations.report import report
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.operations.runs import history, show
from bulkcase.operations.undo import undo
from bulkcase.operations.verify import verify

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'


async def test_a_run_that_was_purged_is_not_known_any_more(scene: Live) -> None:
    """Its cells stand nowhere in the ledger, every verb says that there is no such run, and its report stays."""
    ended = await night(scene, "jane.doe@example.com")
    assert b"jane.doe@example.com 1" in everything_in(scene)
    done = purged(scene, ended)

    assert [(one.id, one.rows, one.folder) for one in done.runs] == [(ended.id, 4, ended.folder)]
    assert done.is_done
    assert done.bytes > 100
    assert list(done.left) == [ended.folder]
    assert b"jane.doe@example.com" not in everything_in(scene)
    for verb in (show, report, lambda _, state: purge(ended.id, state=state)):
        with pytest.raises(UsageError, match="has no run"):
            verb(ended.id, state=scene.folder / "state")
    with pytest.raises(UsageError, match="no row of any run"):
        history(next(iter(scene.server.cases)), state=scene.folder / "state")


@pytest.mark.parametrize("age", [-5, 0, 0.0, float("nan"), -0.1])
async def test_an_age_that_is_none_purges_nothing(scene: Live, age: float) -> None:
    """A number below that would be the age of every run."""
    ended = await night(scene, "a")
    with pytest.raises(UsageError, match="is no age: give seconds above 0"):
        purged(scene, older_than=age)
    assert listed(scene) == [ended.id]


async def test_by_age_go_those_that_ended_before(scene: Live) -> None:
    """Runs count from their end and plans from their making; what is younger stays, and works as before."""
    first = await night(scene, "a")
    planned = await plan(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
    scene.pass_hours(DAYS)
    second = await night(scene, "b")
    third = await night(scene, "c")
    done = purged(scene, older_than="2.5d")

    assert [one.id for one in done.runs] == [first.id, planned.run_id]
    assert listed(scene) == [second.id, third.id]
    assert show(second, runtime=scene.runtime).outcomes[Outcome.UPDATED] == 4
    assert report(third).exit_code == 0
    assert [one.run for one in history(next(iter(scene.server.cases)), state=scene.folder / "state")] == listed(scene)
    assert [one.run_id for one in drift(state=scene.folder / "state").nights] == listed(scene)
    assert (await verify(third, runtime=scene.runtime)).exit_code == 0
    back = await undo(third, runtime=scene.runtime)
    assert counts(back) == {"updated": 4}
    assert counts(await night(scene, "d")) == {"updated": 4}


async def test_a_named_run_that_others_need_is_refused(scene: Live) -> None:
    """The line says which one is in the way, nothing is deleted, and both together go."""
    first, second = await night(scene, "a"), await night(scene, "b")
    with pytest.raises(UsageError, match=f"run {second.id} was not purged: run {first.id}, which is kept"):
        purged(scene, second)
    assert listed(scene) == [first.id, second.id]
    assert len(purged(scene, second, first.id).runs) == 2
    assert listed(scene) == []


async def test_a_few_characters_name_no_run_to_delete(scene: Live) -> None:
    """A number may be an age whose option was forgotten, and stands in many an id."""
    ended = await night(scene)
    with pytest.raises(UsageError, match=r'"2" is too short to delete a run by: .*--older-than'):
        purged(scene, "2")
    assert listed(scene) == [ended.id]


async def test_an_undo_and_its_run_go_together(scene: Live) -> None:
    """With them everything goes that the one was taken back to: nobody refers to what is not there."""
    first = await night(scene, "a")
    back = await undo(first, runtime=scene.runtime)
    with pytest.raises(UsageError, match=f"{back.id}, which belongs to it"):
        purged(scene, first)
    done = purged(scene, first, back)
    assert done.rows == 8
    assert stored(done.ledger, "PRAGMA foreign_key_check") == []


async def test_what_is_not_finished_is_never_purged(scene: Live) -> None:
    """By its name that is refused with what to type, by age it stays and the reason is told; given up, it goes."""
    stop = scene.stops_after(2)
    keys = list(scene.server.cases)
    write_cases(scene.folder, [(key, "a note") for key in keys])
    job = scene.job(snapshot=ALWAYS, quota="windows = []\nmax_in_flight = 1")
    left = await run(job, stop=stop, runtime=scene.runtime)
    scene.pass_hours(DAYS)
    with pytest.raises(UsageError, match=rf"not finished \(interrupted\): go on with it: bulkcase resume {left.id}"):
        purged(scene, left)
    done = purged(scene, older_than="1h")
    assert (list(done.runs), list(done.kept)) == ([], [left.id])
    assert "not finished" in done.kept[left.id]
    ended = await run(job, unfinished="new", runtime=scene.runtime)
    assert show(left, runtime=scene.runtime).state is RunState.ABANDONED
    scene.pass_hours(DAYS)
    assert len(purged(scene, older_than="1h").runs) == 2
    assert ended.id not in listed(scene)


async def test_rows_in_doubt_keep_a_run_that_is_not_named(scene: Live) -> None:
    """What may have landed is not forgotten by age alone; whoever names the run is told how many rows that are."""
    ended = await night(scene)
    stored(ended.ledger, "UPDATE rows SET state = 'unknown' WHERE number = 2")
    stored(ended.ledger, "UPDATE runs SET exit_code = 1")
    done = purged(scene, older_than="1h")
    assert list(done.runs) == []
    assert f"1 of its rows are in doubt: bulkcase verify {ended.id}" in done.kept[ended.id]
    assert [one.in_doubt for one in purged(scene, ended).runs] == [1]


async def test_rows_in_doubt_keep_a_run_that_was_given_up(scene: Live) -> None:
    """It is kept by age like a finished one: a new run of its job says nothing of what may have landed in it."""
    keys = list(scene.server.cases)
    write_cases(scene.folder, [(key, "a note") for key in keys])
    job = scene.job(snapshot=ALWAYS, quota="windows = []\nmax_in_flight = 1")
    left = await run(job, stop=scene.stops_after(2), runtime=scene.runtime)
    stored(left.ledger, "UPDATE rows SET state = 'unknown' WHERE number = 2")
    await run(job, unfinished="new", runtime=scene.runtime)
    assert show(left, runtime=scene.runtime).state is RunState.ABANDONED
    stored(left.ledger, "UPDATE rows SET state = 'unknown' WHERE number = 2 AND run = 1")
    scene.pass_hours(DAYS)
    done = purged(scene, older_than="1h", dry_run=True)
    assert f"1 of its rows are in doubt: bulkcase verify {left.id}" in done.kept[left.id]
    await verify(left, runtime=scene.runtime)
    assert show(left, runtime=scene.runtime).outcomes[Outcome.UNKNOWN] == 0
    assert left.id in [one.id for one in purged(scene, older_than=0.001).runs]


async def test_a_long_quota_counts_the_calls_of_purged_runs(scene: Live) -> None:
    """A month's quota knows a month's calls, though its own run went first and purges of other jobs followed."""
    first = await night(scene, "a", quota='windows = ["1000/30d"]\nmax_in_flight = 1')
    made = stored(first.ledger, "SELECT id FROM calls")
    purged(scene, first)
    scene.pass_hours(10 * DAYS)
    second = await night(scene, "b")
    purged(scene, second)
    assert stored(first.ledger, "SELECT id FROM calls")[: len(made)] == made
    scene.pass_hours(22 * DAYS)
    purged(scene, await night(scene, "c"))
    assert min(stored(first.ledger, "SELECT id FROM calls")) > max(made)


async def test_a_target_at_work_is_left_alone(scene: Live, tmp_path: Path) -> None:
    """While another command holds the lock of a target, no run of it is purged."""
    ended = await night(scene)
    name = lock_name(show(ended, runtime=scene.runtime).record.target, ended.ledger)
    with lock(scene.runtime.locks(), name), pytest.raises(Locked):
        purged(scene, ended)
    assert listed(scene) == [ended.id]


async def test_nothing_goes_without_a_yes(scene: Live) -> None:
    """A dry run and a no are told all and delete nothing; what a person is asked is what goes."""
    ended = await night(scene)
    seen: list[Purged] = []

    def no(found: Purged) -> bool:
        seen.append(found)
        return False

    before = everything_in(scene)
    dry = purged(scene, older_than=3600.0, dry_run=True)
    said_no = purged(scene, ended, reports=True, ask=no)
    assert not dry.is_done
    assert not said_no.is_done
    assert seen == [said_no]
    assert [one.id for one in dry.runs] == [one.id for one in said_no.runs] == listed(scene)
    assert len(everything_in(scene)) >= len(before)
    assert (ended.folder / "results.csv").exists()
    for names, age in (((), None), ((ended,), "1h"), ((), "soon")):
        with pytest.raises(UsageError, match="older-than"):
            purged(scene, *names, older_than=age)


async def test_a_report_goes_but_for_what_a_person_did_there(scene: Live) -> None:
    """Files as bulkcase wrote them are deleted; corrected ones, and what a person put there, stay and are named."""
    formats = '[report]\nformats = ["csv", "html", "xlsx", "jsonl"]'
    first, second = await night(scene, "a", more=formats), await night(scene, "b", more=formats)
    corrected, own = second.folder / "results.csv", second.folder / "notes.txt"
    corrected.write_text("corrected", encoding="utf-8")
    own.write_text("own", encoding="utf-8")
    done = purged(scene, first, second, reports=True)
    assert not first.folder.exists()
    assert sorted(done.left) == sorted(each for each in second.folder.rglob("*")) == [own, corrected]


async def test_a_report_that_cannot_be_deleted_keeps_its_run(scene: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the ledger is gone when the disk fails at the files, so that it can be done again."""
    ended = await night(scene)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(OSError(13, "Permission denied", "x")))
        with pytest.raises(EnvironmentFailed, match="Permission denied"):
            purged(scene, ended, reports=True)
    assert listed(scene) == [ended.id]
    purged(scene, ended, reports=True)
    assert not ended.folder.exists()


async def test_a_purge_that_was_cut_off_is_ended_by_the_same_words(
    scene: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is not to be found any more, and naming it once more takes out what was left of it."""
    ended = await night(scene, "jane.doe@example.com")

    def fail(*_: object) -> None:
        raise LedgerError("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(purging.Purging, "_empty", fail)
        with pytest.raises(LedgerError):
            purged(scene, ended)
    assert (listed(scene), b"jane.doe@example.com" in everything_in(scene)) == ([], True)
    assert purged(scene, ended.id).is_done
    assert b"jane.doe@example.com" not in everything_in(scene)


async def test_a_retry_never_overwrites_what_a_purged_run_would_have(scene: Live) -> None:
    """A later run is refused as long as an earlier one has a row of the same case to send, so that one is given up."""
    first_key = next(iter(scene.server.cases))
    old = await night(scene, "old", count=2)
    stored(old.ledger, "UPDATE rows SET state = 'failed', http_status = 400 WHERE number = 2")
    await night(scene, "new", count=2)
    stored(old.ledger, "UPDATE runs SET finished_at = finished_at + 1e7 WHERE id = ?", old.id)
    done = purged(scene, older_than="1h")
    assert list(done.runs) == []
    again = await retry(old, runtime=scene.runtime)
    assert counts(again) == {"superseded": 1, "updated": 1}
    assert scene.server.cases[first_key]["desc"] == "new 0"


async def test_a_corrected_file_goes_with_its_run(scene: Live) -> None:
    """Runs that belong together by resume --input are purged together, by age too."""
    old = await night(scene, "old")
    write_cases(scene.folder, [(key, "new") for key in list(scene.server.cases)[:2]])
    new = await resume(old, input=str(scene.folder / "cases.csv"), runtime=scene.runtime)
    done = purged(scene, older_than="12h")
    assert (list(done.runs), "belongs to it" in done.kept[old.id]) == ([], True)
    assert {one.id for one in purged(scene, old, new).runs} == {old.id, new.id}


async def test_other_commands_at_work_keep_the_file_as_large_as_it_is(
    scene: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing it anew would hold up a run of another target, so that is left for later, and said."""
    ended = await night(scene)
    other = "other.example.com/acc/st-9"
    with Ledger(ended.ledger) as ledger:
        new = ledger.create_run(
            now=scene.clock.now(), suffix="ffff", job="x", job_file="/x.toml", target=other, input_name="x",
            input_sha256="", header=(), fields=(), definition={},
        )  # fmt: skip
        ledger.planned(new, rows=0, clears=0, notes=())
    shrunk: list[Path] = []
    monkeypatch.setattr(purging, "unused_bytes", lambda *_: 1)
    monkeypatch.setattr(purging, "shrink", lambda _, path: shrunk.append(path))
    with lock(scene.runtime.locks(), other):
        (note,) = purged(scene, ended).notes
    assert "as large as before" in note
    assert shrunk == []
    assert purged(scene, new.id).notes == []
    assert shrunk == [ended.ledger]
