"""What the page of a run shows is what the ledger has of it."""

from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import Live, live

from bulkcase.kore.verdict import Kind
from bulkcase.ledger import Ledger
from bulkcase.model import Outcome
from bulkcase.operations.closing.page import page_of
from bulkcase.operations.common.ended import Run
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo
from bulkcase.reporting.page import Page

pytestmark = pytest.mark.asyncio


def shown(made: Run, scene: Live) -> Page:
    """Return the page of a run."""
    with Ledger(made.ledger) as ledger:
        record = ledger.run(made.id)
        return page_of(ledger, record, made.summary, scene.clock.now(), totals=ledger.rows(record).totals())


async def test_calls_answers_and_time_add_up(tmp_path: Path) -> None:
    """Each call is in one slice, each answer in one latency, and the parts of the time are all of it."""
    async with live(tmp_path, 40, is_hasty=True, windows=((8, 4.0),)) as scene:
        scene.notes(30)
        made = await run(scene.job(quota='windows = ["8/4s"]', snapshot='read = "always"'), runtime=scene.runtime)
        page = shown(made, scene)
    assert page.flow is not None
    assert sum(one.calls for one in page.flow.slices) == sum(made.summary.calls.values()) == 31
    assert sum(one.reads for one in page.flow.slices) == made.summary.calls["getCases"]
    assert page.flow.quota is not None
    assert max(one.calls for one in page.flow.slices) <= page.flow.quota
    assert sum(page.latencies.values()) == 30
    spent = {part.name: part.seconds for part in page.spent}
    assert spent["waiting for the quota"] > 10.0
    assert sum(spent.values()) == pytest.approx(made.summary.duration_s, abs=1.0)
    assert sum(group.count for group in page.changes if group.field == "desc") == 30


async def test_throttling_is_told_apart_from_the_quota(tmp_path: Path) -> None:
    """A server that throttles shows in the calls, and in what the time went on."""
    async with live(tmp_path, 12, is_hasty=True, windows=((3, 5.0),)) as scene:
        scene.notes(9)
        made = await run(scene.job(quota="windows = []", snapshot='read = "never"'), runtime=scene.runtime)
        page = shown(made, scene)
    assert page.flow is not None
    with Ledger(made.ledger) as ledger:
        throttled = ledger.rows(ledger.run(made.id)).calls_by_verdict()[Kind.THROTTLED]
    assert sum(one.throttled for one in page.flow.slices) == throttled > 0
    assert page.flow.quota is None
    assert {part.name: part.seconds for part in page.spent}["throttled"] > 1.0


async def test_a_large_run_shows_some_rows_of_each_outcome_and_cause(tmp_path: Path) -> None:
    """However many rows there are, the page has about two thousand, the rare ones among them."""
    async with live(tmp_path, 3) as scene:
        rows = [(f"no key {number}", "x") for number in range(4_000)]
        write_cases(tmp_path, [*rows, *((key, "new") for key in scene.server.cases), ("ci-nowhere", "x")])
        made = await run(scene.job(snapshot='read = "never"'), runtime=scene.runtime)
        page = shown(made, scene)
    assert made.summary.rows == 4_004
    assert len(page.rows) <= 2_000
    assert [row.number for row in page.rows] == sorted(row.number for row in page.rows)
    assert {row.outcome for row in page.rows} == {"invalid", "updated", "failed"}
    assert {row.code for row in page.rows} == {"bad_key", "http_404", ""}
    assert [row.changes for row in page.rows if row.outcome == "updated"] == [[("desc", None, "new")]] * 3


async def test_a_run_without_calls_has_a_page_too(tmp_path: Path) -> None:
    """Where no row can be sent there is nothing to draw, and the page says why."""
    async with live(tmp_path, 3) as scene:
        write_cases(tmp_path, [("no key", "x")])
        made = await run(scene.job(snapshot='read = "never"'), runtime=scene.runtime)
        page = shown(made, scene)
    assert (page.flow, page.latencies, page.changes) == (None, {}, [])
    assert "bad_key" in (made.folder / "report.html").read_text("utf-8")


async def test_a_run_that_was_taken_back_names_who_did(tmp_path: Path) -> None:
    """Its page, made again, says that it does not stand any more."""
    async with live(tmp_path, 3) as scene:
        scene.notes(2)
        made = await run(scene.job(snapshot='read = "always"'), runtime=scene.runtime)
        back = await undo(made, runtime=scene.runtime)
        assert shown(made, scene).undone_by == [back.id]
        assert back.outcomes[Outcome.UPDATED] == 2
