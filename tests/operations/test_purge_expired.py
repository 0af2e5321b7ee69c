"""state.keep: what goes after a run without being asked for, and that it costs the run nothing."""

import pytest
from support.jobs import write_cases
from support.ledgers import stored
from support.live import Live
from support.purges import DAYS, listed, night

from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger, purging
from bulkcase.operations.purging import expired
from bulkcase.operations.resume import resume
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo

pytestmark = pytest.mark.asyncio

KEEP = 'keep = "36h"'
"""Stands where a job says where its ledger is."""


async def test_state_keep_purges_after_a_run(scene: Live, caplog: pytest.LogCaptureFixture) -> None:
    """Runs of the job that ended longer ago are gone, reports stay, and one line says so; without it, nothing goes."""
    caplog.set_level("INFO", "bulkcase")
    first, second = await night(scene, "a"), await night(scene, "b")
    assert listed(scene) == [first.id, second.id]
    third = await night(scene, "c", more=KEEP)
    assert listed(scene) == [second.id, third.id]
    assert (first.folder / "results.csv").exists()
    assert "purged 1 run that ended more than 36 h ago (state.keep)" in caplog.messages


async def test_state_keep_tells_what_stays(
    scene: Live, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old run that is needed is named with the reason, and what there was no time for goes after the next run."""
    caplog.set_level("INFO", "bulkcase")
    first = await night(scene, "a")
    back = await undo(first, runtime=scene.runtime)
    scene.pass_hours(14)
    last = await night(scene, "b", more=KEEP)
    why = f"run {back.id}, which belongs to it, is kept: they go together"
    told = "purged 0 runs that ended more than 36 h ago (state.keep)"
    assert [one for one in caplog.messages if "state.keep" in one] == [f"{told}; 1 stays, first run {first.id}: {why}"]
    scene.pass_hours(3 * DAYS)
    monkeypatch.setattr(expired, "_MOST_SECONDS", -1.0)
    await night(scene, "c", more=KEEP)
    assert f"{told}; 3 go after the next run, as this has taken long" in caplog.messages
    assert listed(scene)[:3] == [first.id, back.id, last.id]


async def test_state_keep_says_where_it_found_no_time(
    scene: Live, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody had time to look at stays for this reason and no other, and goes as soon as there is time."""
    caplog.set_level("INFO", "bulkcase")
    first, second = await night(scene, "a"), await night(scene, "b")
    with monkeypatch.context() as patch:
        patch.setattr(expired, "_MOST_SECONDS_TO_FIND_OUT", -1.0)
        third = await night(scene, "c", more=KEEP)
    (said,) = [one for one in caplog.messages if "state.keep" in one]
    assert f"1 stays, first run {first.id}: there was no time to find out" in said
    assert listed(scene) == [first.id, second.id, third.id]
    fourth = await night(scene, "d", more=KEEP)
    assert listed(scene) == [third.id, fourth.id]


async def test_state_keep_never_purges_the_run_that_has_just_ended(scene: Live) -> None:
    """However short a job keeps its runs: the last one stays with what belongs to it, and the older ones go."""
    first = await night(scene, "a")
    last = await night(scene, "b", more='keep = "1ms"')
    assert listed(scene) == [last.id]
    assert first.id != last.id
    write_cases(scene.folder, [(key, "new") for key in list(scene.server.cases)[:2]])
    new = await resume(last, input=str(scene.folder / "cases.csv"), runtime=scene.runtime)
    assert listed(scene) == [last.id, new.id]


async def test_state_keep_tells_of_a_reader(
    scene: Live, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where somebody reads the ledger for so long that its journal cannot be emptied, that is said."""
    caplog.set_level("INFO", "bulkcase")
    await night(scene, "a")
    await night(scene, "b")
    monkeypatch.setattr(purging.Purging, "settle", lambda *_, **__: False)
    await night(scene, "c", more=KEEP)
    (said,) = [one for one in caplog.messages if "state.keep" in one]
    assert said.endswith("(state.keep); another program reads the ledger, whose journal may show them until it is done")


async def test_state_keep_costs_no_run_its_end(
    scene: Live, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever keeps it from purging is a warning, without a word of the fault's own text."""
    await night(scene, "a")
    await night(scene, "b")
    for fault in (LedgerError("disk full"), RuntimeError("jane.doe@example.com")):

        def fail(*_: object, of: Exception = fault) -> None:
            raise of

        monkeypatch.setattr(purging.Purging, "purge", fail)
        assert (await night(scene, "c", more=KEEP)).exit_code == 0
    said = [record.getMessage() for record in caplog.records if "state.keep" in record.getMessage()]
    assert said[0] == "old runs were not purged (state.keep): disk full"
    assert "a fault of bulkcase (RuntimeError)" in said[1]
    assert "jane.doe" not in "".join(said)
    assert len(listed(scene)) == 4


async def test_a_rehearsal_purges_nothing(scene: Live) -> None:
    """Its runs are nobody's data, and it changes nothing that it was not asked for."""
    write_cases(scene.folder, [(key, "a note") for key in scene.server.cases])
    first = await run(scene.job(host="sandbox"))
    stored(first.ledger, "UPDATE runs SET planned_at = 1, started_at = 1, finished_at = 2")
    second = await run(scene.job(host="sandbox", more=KEEP))
    with Ledger(second.ledger) as ledger:
        assert [one.id for one in ledger.runs()] == [first.id, second.id]
