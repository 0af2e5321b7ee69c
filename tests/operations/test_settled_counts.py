"""Rows whose answers got lost, where the run is cut off or many of them are: each counts once."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.jobs import read_results
from support.live import counts, live
from support.told import applied, line, order

from bulkcase.model import Outcome, RunState, Stop, StopReason
from bulkcase.operations.common.progress import Progress
from bulkcase.operations.resume import resume
from bulkcase.operations.run import run
from bulkcase.sandbox import Fault
from bulkcase.sending import Sender
from bulkcase.stopping import StopSwitch

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
ALONE = "attempts = 3\nunanswered = 'leave'"
ONE_BY_ONE = "windows = []\nmax_in_flight = 1"


class Killed(BaseException):
    """What no handler sees, as far as a test can."""


MIXED: Sequence[Fault | None] = [
    *(Fault.DROP_AFTER, None, Fault.DROP_BEFORE, Fault.GARBAGE, Fault.REFUSE, Fault.SERVER_ERROR, None),
    *(Fault.DROP_AFTER, Fault.THROTTLE, Fault.DROP_BEFORE, Fault.DROP_BEFORE, Fault.DROP_BEFORE, None),
]


async def test_a_look_that_fails_ends_the_run_in_order(tmp_path: Path) -> None:
    """Exit 6, the row is in doubt and the rest pending; a resume reads its page, and nothing is sent twice."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.DROP_AFTER]) as scene:
        keys = scene.notes(20)
        scene.hide_its_cases(after=1)
        job = scene.job(snapshot=ALWAYS, quota=ONE_BY_ONE)
        first = await run(job, runtime=scene.runtime)
        assert (first.exit_code, first.summary.state) == (6, RunState.STOPPED)
        assert "live cases cannot be read" in first.summary.reason
        assert (first.outcomes[Outcome.UNKNOWN], first.outcomes[Outcome.PENDING]) == (1, 19)

        scene.server.before_page = None
        ended = await resume(first, runtime=scene.runtime)
        assert ended.exit_code == 0
        assert applied(scene) == dict.fromkeys(keys, 1)
        assert line(ended) == ("updated", "1", "settled")


async def test_a_stop_between_the_lost_answer_and_the_look_leaves_it_to_the_resume(tmp_path: Path) -> None:
    """The row is unknown; the resume reads its page and settles it."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.DROP_AFTER]) as scene:
        keys = scene.notes(20)
        stop, pages = StopSwitch(), 0

        def interrupt() -> None:
            nonlocal pages
            pages += 1
            if pages == 2:
                stop.set(Stop(StopReason.INTERRUPTED, "interrupted by SIGINT"))
                raise RuntimeError("no page for you")

        scene.server.before_page = interrupt
        first = await run(scene.job(snapshot=ALWAYS, quota=ONE_BY_ONE), runtime=scene.runtime, stop=stop)
        assert first.exit_code == 130
        assert (first.outcomes[Outcome.UNKNOWN], first.outcomes[Outcome.PENDING]) == (1, 19)
        ended = await resume(first, runtime=scene.runtime)
        assert (ended.exit_code, applied(scene)) == (0, dict.fromkeys(keys, 1))


@pytest.mark.parametrize("has_left", [True, False])
async def test_a_crash_in_flight_is_settled_by_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_left: bool
) -> None:
    """The intent is on the disk and no outcome: the resume reads the page, and writes only what is not there."""
    send, sent = Sender.send, 0

    async def dying(sender: Sender, *arguments: Any) -> Any:
        nonlocal sent
        sent += 1
        if sent == 4 and not has_left:
            raise Killed
        found = await send(sender, *arguments)
        if sent == 4:
            raise Killed
        return found

    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = scene.notes(10)
        with monkeypatch.context() as killed:
            killed.setattr(Sender, "send", dying)
            with pytest.raises(BaseExceptionGroup) as raised:
                await run(scene.job(snapshot=ALWAYS, quota=ONE_BY_ONE), runtime=scene.runtime)
        assert raised.value.split(Killed)[1] is None
        assert order(scene) == ("PUUUU" if has_left else "PUUU")
        scene.server.calls.clear()
        ended = await resume("last", state=tmp_path / "state", runtime=scene.runtime)
        assert order(scene) == ("PUUUUUU" if has_left else "PUUUUUUU")
        assert (ended.exit_code, counts(ended)) == (0, {"updated": 10})
        assert [scene.server.cases[key]["desc"] for key in keys] == [f"note {number}" for number in range(10)]
        assert line(ended, 3)[2] == ("settled" if has_left else "")


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.DROP_BEFORE])
async def test_lost_answers_are_no_failures_where_the_rows_land(tmp_path: Path, fault: Fault) -> None:
    """Rows that turn out to have landed are no failures, and those that are sent again and land are none either."""
    async with live(tmp_path, 50, is_hasty=True, script=[fault] * 10) as scene:
        keys = scene.notes(20)
        more = "[safety]\nmax_failures = 1"
        job = scene.job(snapshot=ALWAYS, quota=ONE_BY_ONE, retry="attempts = 20", more=more)
        ended = await run(job, runtime=scene.runtime)
        assert (ended.exit_code, ended.outcomes[Outcome.UPDATED]) == (0, 20)
        assert applied(scene) == dict.fromkeys(keys, 1)


async def test_rows_that_stay_in_doubt_are_failures(tmp_path: Path) -> None:
    """Each of them once, whatever it was tried: the run stops at the one that is too much, the fourth."""
    async with live(tmp_path, 50, is_hasty=True, faults={Fault.DROP_BEFORE: 1.0}) as scene:
        scene.notes(20)
        more = "[safety]\nmax_failures = 3"
        job = scene.job(snapshot=ALWAYS, quota=ONE_BY_ONE, retry="attempts = 2", more=more)
        ended = await run(job, runtime=scene.runtime)
        assert ended.exit_code == 3
        assert (ended.outcomes[Outcome.UNKNOWN], ended.outcomes[Outcome.PENDING]) == (4, 16)
        assert order(scene).count("u") == 8


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("retrying", ["attempts = 3", "attempts = 1", ALONE])
async def test_every_row_has_one_outcome_and_counts_once(tmp_path: Path, in_flight: int, retrying: str) -> None:
    """Whatever happened on the way: no case is changed twice, and progress ends at its total."""
    told: list[Progress] = []
    async with live(tmp_path, 50, is_hasty=True, script=MIXED) as scene:
        keys = scene.notes(30)
        job = scene.job(
            snapshot=ALWAYS,
            quota=f"windows = []\nmax_in_flight = {in_flight}",
            retry=retrying,
            more='[safety]\nmax_failures = "off"',
        )
        ended = await run(job, runtime=scene.runtime, on_progress=told.append)
        found = counts(ended)
        assert sum(found.values()) == 30
        assert set(found) <= {"updated", "failed", "unknown"}
        assert set(applied(scene).values()) == {1}
        updated = {row["Case ID"] for row in read_results(ended.folder) if row["bulkcase_outcome"] == "updated"}
        assert updated <= set(applied(scene)) <= set(keys)
        landed = {key for key, number in zip(keys, range(30), strict=True) if applied(scene)[key]}
        assert all(scene.server.cases[key]["desc"] == f"note {keys.index(key)}" for key in landed)
        rows = [progress for progress in told if progress.of == "rows"]
        assert (rows[-1].done, rows[-1].total) == (30, 30)
        assert rows[-1].failed == 30 - found["updated"]
        assert all(progress.done <= progress.total for progress in rows)
        attempts = sum(int(row["bulkcase_attempts"]) for row in read_results(ended.folder))
        summary: Any = json.loads((ended.folder / "summary.json").read_text(encoding="utf-8"))
        assert attempts == summary["calls"]["updateCase"] == scene.spent()["updateCase"]
