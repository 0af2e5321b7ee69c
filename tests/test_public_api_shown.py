"""Results as Python and a notebook show them."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import live

import bulkcase as bc
from bulkcase.operations.common.progress import Progress
from bulkcase.planning.landed import Landed
from bulkcase.sandbox import SandboxSettings

MARKUP = "<script>alert('&')</script>"
SHOWN = "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;"


@pytest.mark.asyncio
async def test_results_are_shown_in_a_line_and_in_a_table(tmp_path: Path) -> None:
    """Plan, run and verification tell what matters; what anybody wrote is text in the table, and no secret is there."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        (key, *_) = scene.server.cases
        write_cases(tmp_path, [(key, "new"), (MARKUP, "bad")])
        plan = await bc.plan(scene.job(snapshot='read = "always"'), runtime=scene.runtime)
        run = await bc.run(plan, runtime=scene.runtime)
        found = await bc.verify(run, runtime=scene.runtime)

    assert repr(plan) == f"<Plan {run.id}: 1 to send, 1 invalid; 1 calls>"
    assert repr(run) == f"<Run {run.id}: finished, exit code 1; 1 updated, 1 invalid>"
    assert repr(found) == f"<Verification {run.id}: 1 applied>"
    tables = [result._repr_html_() for result in (plan, run, found)]
    problems = bc.check(plan.job)._repr_html_()
    assert "&lt;script&gt;" in problems
    assert bc.check(plan.job)[0].tip.replace("'", "") in problems.replace("'", "")
    assert all(SHOWN in table for table in tables)
    for table in (*tables, problems):
        assert MARKUP not in table
        assert SandboxSettings().client_secret not in table + repr(plan)
    assert all(text in tables[0] for text in ("can be undone", "1 to send", "2 rows about 1 case", "bad_key"))
    assert all(text in tables[1] for text in ("finished, exit code 1", "1 updated, 1 invalid", str(run.folder)))


@pytest.mark.asyncio
async def test_a_result_is_one_line_whatever_is_in_it(tmp_path: Path) -> None:
    """What a reason or a note has of characters that do not print is shown as their escapes."""
    async with live(tmp_path, 1, is_hasty=True) as scene:
        scene.notes(1)
        run = await bc.run(scene.job(), runtime=scene.runtime)
    odd = replace(run, id="\x1b[2J", note="two\nlines", summary=replace(run.summary, reason="\x07stopped"))
    assert "\x1b" not in repr(odd) + odd._repr_html_()
    assert "\x07" not in repr(odd) + odd._repr_html_()
    assert "two\\nlines" in odd._repr_html_()
    assert repr(bc.Verification(run, dict.fromkeys(Landed, 0), "")) == f"<Verification {run.id}: nothing was sent>"


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress(10, 40, 0, 2.0, 0.0, 0.0), "10 of 40 rows, 2.0 a second, done at 1970-01-01T00:00:00.000Z"),
        (Progress(1_000, 0, 0, 5.0, 0.0, 0.0, of="input"), "1,000 rows of the file read"),
        (Progress(3, 8, 0, 1.0, 0.0, 9.0, "throttled", "pages"), "3 of 8 pages of live cases, waiting: throttled"),
        (Progress(40, 40, 2, 2.0, 0.0, 0.0, is_over=True), "40 of 40 rows, 2 not well"),
        (Progress(4, 40, 2, 2.0, 0.0, 0.0, is_over=True), "4 of 40 rows, 2 not well"),
    ],
)
def test_progress_is_a_line(progress: Progress, line: str) -> None:
    """What print shows as the callback: how far, what is not well, and when it is done or why it waits."""
    assert str(progress) == line
