"""A canary that is stopped, resumed, in doubt or edited by somebody meanwhile."""

import json
from collections import Counter
from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import Live, counts, live

from bulkcase.model import RunState, Stop, StopReason
from bulkcase.operations.plan import plan
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo
from bulkcase.sandbox import Fault
from bulkcase.sandbox.store import Case, Store
from bulkcase.stopping import StopSwitch

pytestmark = pytest.mark.asyncio

FIVE = "[safety]\ncanary = 5"
ONE_BY_ONE = "windows = []\nmax_in_flight = 1"


def stopped_after(updates: int, monkeypatch: pytest.MonkeyPatch) -> StopSwitch:
    """Return a switch that is set when so many changes were made on the server."""
    stop, done, change = StopSwitch(), 0, Store.update

    def counted(store: Store, *arguments: object, **named: object) -> Case:
        nonlocal done
        done += 1
        if done == updates:
            stop.set(Stop(StopReason.INTERRUPTED, "interrupted by SIGINT"))
        return change(store, *arguments, **named)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(Store, "update", counted)
    return stop


def at_page(scene: Live, number: int, **values: object) -> str:
    """Let somebody change the first case right before so many pages were asked for; return its key."""
    pages, key = 0, next(iter(scene.server.cases))

    def change() -> None:
        nonlocal pages
        pages += 1
        if pages == number:
            scene.server.change(key, **values)

    scene.server.before_page = change
    return key


async def test_a_resumed_run_sends_a_canary_again(tmp_path: Path) -> None:
    """Where the server is as it was, five more rows are all that it costs; where it is mended, the rest goes out."""
    async with live(tmp_path, 100, is_hasty=True, replaces=True) as scene:
        keys = scene.notes(100)
        first = await run(scene.job(more=FIVE), runtime=scene.runtime)
        again = await resume(first, runtime=scene.runtime)
        assert (again.exit_code, scene.applied()) == (3, 10)
        assert counts(again) == {"mismatch": 10, "pending": 90}
        assert [one["case_id"] for one in json.loads((again.folder / "canary.json").read_bytes())] == keys[:10]

        scene.behaves(replaces=False)
        ended = await resume(first, runtime=scene.runtime)
        assert (ended.exit_code, counts(ended)) == (1, {"mismatch": 10, "updated": 90})
        assert set(Counter(scene.updates()).values()) == {1}
        assert ended.summary.canary == "cases"


async def test_rows_that_turn_out_unchanged_do_not_count(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Somebody did the first seven since the plan: of the first five none is sent, of the next five three are."""
    caplog.set_level("INFO", logger="bulkcase")
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = scene.notes(20)
        planned = await plan(scene.job(more=FIVE), runtime=scene.runtime)
        for number, key in enumerate(keys[:7]):
            scene.server.change(key, desc=f"note {number}")
        scene.pass_hours(2)
        scene.spent()
        ended = await run(scene.job(more=FIVE), saved=planned.run_id, runtime=scene.runtime)
        assert (ended.exit_code, counts(ended)) == (0, {"updated": 13, "unchanged": 7})
        assert "canary: 3 rows were sent, their cases read back and compared: all is well" in caplog.messages
        assert sorted(map(str, scene.updates())) == sorted(keys[7:])


async def test_a_canary_of_which_nothing_is_left_to_send_stops_nothing(tmp_path: Path) -> None:
    """All rows are so already at the last look: the run ends 0 without an update."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = scene.notes(8)
        planned = await plan(scene.job(more=FIVE), runtime=scene.runtime)
        for number, key in enumerate(keys):
            scene.server.change(key, desc=f"note {number}")
        scene.pass_hours(2)
        ended = await run(scene.job(more=FIVE), saved=planned.run_id, runtime=scene.runtime)
        assert (ended.exit_code, counts(ended)) == (0, {"unchanged": 8})
        assert scene.updates() == []


async def test_a_canary_that_has_passed_is_not_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by a resume nor by a retry: no page is read for it."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = list(scene.server.cases)
    faults = {keys[39]: [Fault.REFUSE]}
    async with live(tmp_path, 50, is_hasty=True, case_scripts=faults) as scene:
        scene.notes(40)
        with monkeypatch.context() as watched:
            stop = stopped_after(12, watched)
            first = await run(scene.job(quota=ONE_BY_ONE, more=FIVE), runtime=scene.runtime, stop=stop)
        sent = scene.spent()
        assert (first.exit_code, first.summary.canary) == (130, "cases")
        assert sent["getCases"] == 3
        ended = await resume(first, runtime=scene.runtime)
        assert counts(ended) == {"updated": 39, "failed": 1}
        assert scene.spent() == {"updateCase": 40 - sent["updateCase"]}
        again = await retry(first, runtime=scene.runtime)
        assert (again.exit_code, scene.spent()) == (0, {"updateCase": 1})
        assert again.summary.canary == "cases"


@pytest.mark.parametrize(
    ("values", "stays"),
    [({"desc": "somebody's own words"}, {"updated": 5}), ({"language": "tlh"}, {"mismatch": 1, "updated": 4})],
)
async def test_somebody_who_edits_a_case_of_the_canary_meanwhile_stops_it(
    tmp_path: Path, values: dict[str, object], stays: dict[str, int]
) -> None:
    """Nobody can tell that from a server that does it: it is said, and a resume goes on."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        scene.notes(20)
        key = at_page(scene, 3, **values)
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, counts(ended)) == (3, {**stays, "pending": 15})
        assert f"({key})" in ended.summary.reason
        assert next(iter(values)) in ended.summary.reason
        again = await resume(ended, runtime=scene.runtime)
        assert (again.exit_code, counts(again)) == (
            int("mismatch" in stays),
            {**stays, "updated": stays["updated"] + 15},
        )
        assert scene.server.cases[key][next(iter(values))] == next(iter(values.values()))
        assert set(Counter(scene.updates()).values()) == {1}


async def test_somebody_who_edits_a_case_before_the_canary_is_no_reason(tmp_path: Path) -> None:
    """What the cases were is read right before they are sent, not taken from the plan."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        scene.notes(20)
        key = at_page(scene, 2, language="tlh", desc="somebody's own words")
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, counts(ended)) == (0, {"updated": 20})
        assert scene.server.cases[key]["desc"] == "note 0"


@pytest.mark.parametrize("updates", [1, 3, 5])
async def test_a_stop_during_the_canary_lets_nothing_else_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, updates: int
) -> None:
    """Exit 130; the rest is pending, and the resume sends a canary of its own."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        scene.notes(20)
        job = scene.job(quota=ONE_BY_ONE, more=FIVE)
        with monkeypatch.context() as watched:
            first = await run(job, runtime=scene.runtime, stop=stopped_after(updates, watched))
        sent = scene.applied()
        assert (first.exit_code, sent, first.summary.canary) == (130, updates, "")
        assert counts(first) == {"updated": sent, "pending": 20 - sent}
        scene.spent()
        ended = await resume(first, runtime=scene.runtime)
        assert (counts(ended), ended.summary.canary) == ({"updated": 20}, "cases")
        assert scene.spent() == {"getCases": 2, "updateCase": 20 - sent}


async def test_a_canary_that_cannot_be_read_back_ends_the_run_in_order(tmp_path: Path) -> None:
    """The list fails behind the canary: exit 6, no other row is touched, and a resume goes on with a canary."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        scene.notes(20)
        scene.hide_its_cases(after=2)
        first = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert (first.exit_code, scene.applied()) == (6, 5)
        assert counts(first) == {"updated": 5, "pending": 15}
        scene.server.before_page = None
        scene.spent()
        ended = await resume(first, runtime=scene.runtime)
        assert (ended.exit_code, counts(ended)) == (0, {"updated": 20})
        assert scene.spent() == {"getCases": 2, "updateCase": 15}


async def test_a_canary_whose_answers_get_lost_is_settled_and_passes(tmp_path: Path) -> None:
    """Its rows landed, as their cases show: nothing is sent twice, and the others follow."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.DROP_AFTER] * 5) as scene:
        scene.notes(20)
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, counts(ended), scene.applied()) == (0, {"updated": 20}, 20)


@pytest.mark.parametrize("lost", [[Fault.DROP_AFTER], [None, None, Fault.DROP_AFTER], [Fault.DROP_AFTER] * 5])
async def test_a_replacing_server_that_loses_its_answers_is_found_too(tmp_path: Path, lost: list[Fault | None]) -> None:
    """The look that settles a lost answer does not take the place of the one behind the canary."""
    async with live(tmp_path, 50, is_hasty=True, replaces=True, script=lost) as scene:
        scene.notes(20)
        ended = await run(scene.job(quota=ONE_BY_ONE, more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, scene.applied()) == (3, 5)
        assert len(json.loads((ended.folder / "canary.json").read_bytes())) == 5


async def test_a_row_of_the_canary_that_never_lands_is_no_reason_to_stop(tmp_path: Path) -> None:
    """Each of its answers gets lost; the others are well, and what the server did not take is no fault of theirs."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        first = next(iter(scene.server.cases))
    async with live(tmp_path, 50, is_hasty=True, case_scripts={first: [Fault.DROP_BEFORE] * 20}) as scene:
        scene.notes(20)
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, ended.summary.canary, ended.summary.state) == (1, "cases", RunState.FINISHED)
        assert counts(ended) == {"failed": 1, "updated": 19}


async def test_a_canary_of_which_rows_were_only_settled_goes_on_with_the_next(tmp_path: Path) -> None:
    """That a row from before has landed says nothing of what is sent now: a server that replaces cases is found."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.DROP_AFTER]) as scene:
        keys = scene.notes(20)
        scene.hide_its_cases(after=2)
        job = scene.job(quota=ONE_BY_ONE, more="[safety]\ncanary = 1")
        first = await run(job, runtime=scene.runtime)
        assert (first.exit_code, counts(first)) == (6, {"unknown": 1, "pending": 19})
        scene.server.before_page = None
        scene.behaves(replaces=True)
        again = await resume(first, runtime=scene.runtime)
        assert (again.exit_code, scene.updates()) == (3, keys[:2])
        assert counts(again) == {"updated": 1, "mismatch": 1, "pending": 18}
        assert f"row 3 ({keys[1]}): changed without being sent" in again.summary.reason


async def test_a_canary_whose_rows_are_put_back_in_part_is_checked_too(tmp_path: Path) -> None:
    """Of each row of an undo something is left alone; a server that replaces cases costs five of them all the same."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = list(scene.server.cases)[:20]
        for key in keys:
            scene.server.cases[key].pop("supportCustomTasks", None)
        write_cases(tmp_path, [(key, "new note", "true") for key in keys], header=("Case ID", "Notes", "Tasks"))
        mapping = 'desc = "Notes"\nsupportCustomTasks = "Tasks"'
        first = await run(scene.job(mapping=mapping, more=FIVE), runtime=scene.runtime)
        scene.behaves(replaces=True)
        scene.spent()
        back = await undo(first, runtime=scene.runtime)
        assert (back.exit_code, counts(back), scene.applied()) == (3, {"mismatch": 5, "pending": 15}, 5)
        assert "changed without being sent: " in back.summary.reason
        assert sum("name" not in scene.server.cases[key] for key in keys) == 5
