"""Runs that read the live cases first, over real sockets: what they spend, and what they leave alone."""

from pathlib import Path
from typing import Any

import pytest
from support.jobs import write_cases
from support.live import live

from bulkcase.model import Outcome
from bulkcase.operations.plan import plan
from bulkcase.operations.run import run

pytestmark = pytest.mark.asyncio

MANY = 3000
DIFFERENT = 30


@pytest.mark.parametrize(
    ("settings", "reads"),
    [
        ({}, MANY // 50),
        ({"ignore_skip": True}, MANY // 50 + 1),
        ({"page_size": 20}, MANY // 20),
        ({"ignore_sort": True}, MANY // 50),
        ({"refuse_sort": True}, MANY // 50 + 1),
        ({"page_size": 100, "refuse_limit_above": 50}, MANY // 50 + 1),
    ],
    ids=str,
)
async def test_only_what_differs_is_sent_and_reading_is_bounded(
    tmp_path: Path, settings: dict[str, Any], reads: int
) -> None:
    """Among 3,000 cases of which 30 differ, 30 are written; a second run at once writes none."""
    async with live(tmp_path, MANY, **settings) as scene:
        scene.rows(DIFFERENT)
        ended = await run(scene.job(), runtime=scene.runtime)
        assert scene.spent() == {"getCases": reads, "updateCase": DIFFERENT}
        assert ended.outcomes[Outcome.UPDATED] == DIFFERENT
        assert ended.outcomes[Outcome.UNCHANGED] == MANY - DIFFERENT
        assert ended.summary.calls == {"getCases": reads, "updateCase": DIFFERENT}

        again = await run(scene.job(), runtime=scene.runtime)
        assert again.outcomes[Outcome.UNCHANGED] == MANY
        assert scene.spent()["updateCase"] == 0


async def test_few_rows_are_sent_without_reading(tmp_path: Path) -> None:
    """Where there are more pages than rows, one call finds that out, and the plan says why."""
    async with live(tmp_path, 1000) as scene:
        scene.rows(1)
        lines = (tmp_path / "cases.csv").read_text().splitlines()
        (tmp_path / "cases.csv").write_text("\n".join(lines[:6]) + "\n")
        planned = await plan(scene.job(), runtime=scene.runtime)
        assert planned.reading == {"read": False, "why": "20 pages to read against 5 cases to update"}
        assert scene.spent() == {"getCases": 1}


async def test_pages_are_told_as_they_are_read(tmp_path: Path) -> None:
    """The last word is that the reading is over."""
    async with live(tmp_path, 120) as scene:
        scene.rows(3)
        told: list[tuple[str, int, int, bool]] = []
        await plan(
            scene.job(),
            runtime=scene.runtime,
            on_progress=lambda at: told.append((at.of, at.done, at.total, at.is_over)),
        )
        assert told[-1] == ("pages", 3, 3, True)


async def test_lists_objects_and_custom_fields_are_changed_and_sent_whole(tmp_path: Path) -> None:
    """A tag is added, a path set, a custom field chosen; nothing else in them is lost."""
    mapping = """
tags = { column = "Tag", mode = "add" , split = ";" }
"userInfo.emailId" = "Email"
custom.Region = "Region"
"""
    async with live(tmp_path, 60) as scene:
        before = dict(scene.server.cases)
        first, second, *_ = before
        region = "North" if before[first]["Region"] != "North" else "South"
        known = [*before[second]["tags"], ""][0]
        rows = [(first, "new", "x@example.com", region.lower()), (second, known, "", "")]
        write_cases(tmp_path, rows, header=("Case ID", "Tag", "Email", "Region"))
        ended = await run(scene.job(mapping=mapping), runtime=scene.runtime)
        assert scene.spent()["updateCase"] <= 1
        case = scene.server.cases[first]
        assert case["tags"] == [*before[first]["tags"], "new"]
        assert case["userInfo"] == before[first]["userInfo"] | {"emailId": "x@example.com"}
        changed = [item for item, old in zip(case["fields"], before[first]["fields"], strict=True) if item != old]
        assert [item["selectedValue"] for item in changed] == [region]
        assert ended.outcomes[Outcome.UPDATED] == 1
        assert {key: case for key, case in scene.server.cases.items() if key != first} == {
            key: case for key, case in before.items() if key != first
        }


async def test_references_become_ids_in_whatever_spelling(tmp_path: Path) -> None:
    """Small letters and the id itself are the same case; what is near is named for an unknown one."""
    async with live(tmp_path, 120) as scene:
        case, other, *_ = scene.server.cases.values()
        rows = [(case["refId"].lower(), "one"), (case["_id"], "two"), (other["refId"], "three"), ("CS00100", "four")]
        write_cases(tmp_path, rows)
        ended = await run(scene.job(key='{ column = "Case ID", match = "refId" }'), runtime=scene.runtime)
        lines = ended.frame()
        assert list(lines["bulkcase_outcome"]) == ["invalid", "invalid", "updated", "invalid"]
        assert list(lines["bulkcase_error_code"]) == ["duplicate_case", "duplicate_case", "", "case_not_found"]
        assert '"CS00100" is the reference of no case: did you mean CS000100?' in lines["bulkcase_error"].iloc[3]
        assert scene.server.cases[other["_id"]]["desc"] == "three"


async def test_statuses_are_learnt_from_live_cases(tmp_path: Path) -> None:
    """They are matched without regard to case and sent verbatim; an unknown one is refused with the nearest."""
    async with live(tmp_path, 120) as scene:
        keys = list(scene.server.cases)
        write_cases(tmp_path, [(keys[0], "closed"), (keys[1], "Closd"), (keys[2], "")], header=("Case ID", "Status"))
        job = scene.job(mapping='status = "Status"', more='[lookups]\nstatus = "live"')
        ended = await run(job, runtime=scene.runtime)
        lines = ended.frame()
        assert list(lines["bulkcase_outcome"])[1:] == ["invalid", "unchanged"]
        assert "did you mean Closed?" in lines["bulkcase_error"].iloc[1]
        assert scene.server.cases[keys[0]]["status"]["name"] == "Closed"


async def test_one_call_finds_a_status_where_nothing_else_is_read(tmp_path: Path) -> None:
    """With reading forbidden, each name costs one call with a filter."""
    async with live(tmp_path, 300) as scene:
        keys = list(scene.server.cases)
        write_cases(tmp_path, [(key, "closed") for key in keys[:5]], header=("Case ID", "Status"))
        job = scene.job(mapping='status = "Status"', more='[lookups]\nstatus = "live"', snapshot='read = "never"')
        ended = await run(job, runtime=scene.runtime)
        assert ended.outcomes[Outcome.UPDATED] == 5
        assert scene.spent() == {"getCases": 1, "updateCase": 5}
        assert {scene.server.cases[key]["status"]["name"] for key in keys[:5]} == {"Closed"}
