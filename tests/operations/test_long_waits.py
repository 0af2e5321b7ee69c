"""Rows that wait long between their look and their call: what was seen then is not what is sent now."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import Live, live

from bulkcase.model import Outcome
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.resume import retry
from bulkcase.operations.run import run
from bulkcase.sandbox import Fault

pytestmark = pytest.mark.asyncio

ADDED = 'tags = { column = "Tag", mode = "add", split = ";" }'


@dataclass
class Sleeps:
    """The time of a scene, in which a pause is over at once and lasts as long as a test says."""

    scene: Live
    hours: float = 0.0
    """How long a pause lasts at the least."""
    tags: tuple[str, ...] = ()
    """What somebody makes the tags of the first case meanwhile."""

    def monotonic(self) -> float:
        return self.scene.clock.monotonic()

    def now(self) -> float:
        return self.scene.clock.now()

    async def sleep(self, seconds: float) -> None:
        self.scene.clock.by += max(seconds, 3600.0 * self.hours)
        if self.tags:
            self.scene.server.change(next(iter(self.scene.server.cases)), tags=list(self.tags))
            self.hours, self.tags = 0.0, ()
        await asyncio.sleep(0)


async def test_a_row_that_is_tried_again_after_hours_is_compared_again_first(tmp_path: Path) -> None:
    """A night between two attempts: the tag that somebody added meanwhile is still there afterwards."""
    async with live(tmp_path, 60) as scene:
        first = next(iter(scene.server.cases))
    async with live(tmp_path, 60, case_scripts={first: [Fault.UNAVAILABLE]}) as scene:
        write_cases(tmp_path, [(first, "new")], header=("Case ID", "Tag"))
        clock = Sleeps(scene, hours=16.0, tags=("theirs",))
        ended = await run(scene.job(mapping=ADDED), runtime=Runtime(chance=lambda: 1.0, clock=clock))
        assert (ended.exit_code, ended.outcomes[Outcome.UPDATED]) == (0, 1)
        assert scene.server.cases[first]["tags"] == ["theirs", "new"]
        assert len(scene.updates()) == 2
        assert clock.tags == ()


async def test_looks_that_are_older_than_the_wait_for_a_slot_do_not_keep_rows_from_being_sent(tmp_path: Path) -> None:
    """A slot every two seconds and looks that are good for one: one look for each row has to be enough."""
    async with live(tmp_path, 120) as scene:
        scene.rows(4)
        job = scene.job(
            snapshot='read = "always"\nmax_age = "1s"', quota='windows = ["1/2s"]\nmax_in_flight = 2\npace = "burst"'
        )
        async with asyncio.timeout(30):
            ended = await run(job, runtime=Runtime(chance=lambda: 0.0, clock=Sleeps(scene)))
        assert (ended.exit_code, ended.outcomes[Outcome.UPDATED]) == (0, 4)
        spent = scene.spent()
        assert spent["updateCase"] == 4
        assert spent["getCases"] <= 3 + 2 * 4


async def test_a_conflict_that_a_retry_finds_is_not_sent_by_that_retry(tmp_path: Path) -> None:
    """Only the next one sends it: by then a person has had the chance to see it."""
    async with live(tmp_path, 60) as scene:
        first, second, *_ = scene.server.cases
    scripts = {first: [Fault.ERRORS], second: [Fault.ERRORS]}
    async with live(tmp_path, 60, case_scripts=scripts) as scene:
        scene.rows(2)
        failed = await run(scene.job(more='[safety]\non_conflict = "leave"'), runtime=scene.runtime)
        assert failed.outcomes[Outcome.FAILED] == 2
        scene.server.change(first, desc="somebody's own words")
        scene.pass_hours(2)
        scene.spent()
        again = await retry(failed, runtime=scene.runtime)
        assert list(again.frame()["bulkcase_outcome"])[:2] == ["conflict", "updated"]
        assert scene.server.cases[first]["desc"] == "somebody's own words"
        assert scene.spent() == {"getCases": 1, "updateCase": 1}
        last = await retry(again, runtime=scene.runtime)
        assert (last.exit_code, last.outcomes[Outcome.CONFLICT]) == (0, 0)
        assert scene.server.cases[first]["desc"] == "note 0"
