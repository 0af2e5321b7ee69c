"""What a canary keeps of cases that changed beside what was sent: in canary.json, and in the rows."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.live import counts, ends, live, says, told

from bulkcase.model import RunState
from bulkcase.operations.common.ended import Run
from bulkcase.operations.resume import retry
from bulkcase.operations.run import run
from bulkcase.operations.verify import verify

pytestmark = pytest.mark.asyncio

FIVE = "[safety]\ncanary = 5"


def entries(ended: Run) -> list[Any]:
    """Return what canary.json has."""
    found: list[Any] = json.loads((ended.folder / "canary.json").read_bytes())
    return found


@pytest.mark.parametrize("limit", [None, 3])
async def test_a_canary_that_finds_something_stops_the_run_where_nothing_is_left_to_send(
    tmp_path: Path, limit: int | None
) -> None:
    """Exit 3 and stopped, though no row is pending: the whole run was the canary."""
    async with live(tmp_path, 50, is_hasty=True, replaces=True) as scene:
        scene.notes(3 if limit is None else 20)
        ended = await run(scene.job(more=FIVE, snapshot='read = "always"'), runtime=scene.runtime, limit=limit)
        assert (ended.exit_code, ended.summary.state) == (3, RunState.STOPPED)
        assert counts(ended) == {"mismatch": 3}
        assert ends(ended) == [("mismatch", "equal", "changed_aside")] * 3
        assert [one["row"] for one in entries(ended)] == [2, 3, 4]


async def test_what_a_case_was_first_is_kept_where_its_row_is_sent_again(tmp_path: Path) -> None:
    """A second canary sees the case as the first one left it, which is worth nothing."""
    async with live(tmp_path, 50, is_hasty=True, replaces=True) as scene:
        keys = scene.notes(3)
        before = {key: scene.server.cases[key] for key in keys}
        first = await run(scene.job(more=FIVE, snapshot='read = "always"'), runtime=scene.runtime)
        for key in keys:
            scene.server.change(key, desc="somebody's own words", language="tlh")
        again = await retry(first, runtime=scene.runtime)
        assert len(scene.updates()) == 6
        assert (again.exit_code, again.summary.state) == (3, RunState.STOPPED)
        assert {one["case_id"]: one["before"] for one in entries(again)} == before


async def test_a_case_that_changed_aside_stays_a_mismatch_after_verify(tmp_path: Path) -> None:
    """What was sent stands there, and what was not is for a person all the same: verify ends with 1."""
    async with live(tmp_path, 50, is_hasty=True, touches={"source": "touched"}) as scene:
        scene.notes(20)
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert ends(ended, 5) == [("mismatch", "equal", "changed_aside")] * 5
        text = says(ended)
        scene.pass_hours(2)
        for _ in range(2):
            found = await verify(ended, runtime=scene.runtime)
            assert (told(found), found.exit_code) == ({"applied": 5}, 1)
            assert ends(ended, 5) == [("mismatch", "equal", "changed_aside")] * 5
            assert says(ended) == text == "changed without being sent: source"
            assert (found.run.exit_code, found.run.summary.state) == (3, RunState.STOPPED)


async def test_a_row_says_both_that_it_was_not_applied_and_what_changed_aside(tmp_path: Path) -> None:
    """Neither hides the other, and the cause is the field that was sent."""
    ignoring = {"touches": {"source": "touched"}, "ignores": frozenset({"desc"})}
    async with live(tmp_path, 50, is_hasty=True, **ignoring) as scene:
        scene.notes(20)
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert ends(ended, 5) == [("mismatch", "different", "not_applied")] * 5
        assert says(ended).startswith('desc: sent "note 0", shows "')
        assert says(ended).endswith("; changed without being sent: source")
