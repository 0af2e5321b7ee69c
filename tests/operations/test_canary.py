"""The canary: the first rows are sent, read back and compared before any other row is touched."""

import json
import stat
from pathlib import Path

import pytest
from support.jobs import read_results, write_cases
from support.live import counts, live

from bulkcase.model import Outcome, RunState
from bulkcase.operations.plan import plan
from bulkcase.operations.run import run
from bulkcase.sandbox import Fault
from bulkcase.sandbox.catalogue import STATUSES

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
NEVER = 'read = "never"'
FIVE = "[safety]\ncanary = 5"
ONE_BY_ONE = "windows = []\nmax_in_flight = 1"
CLOSED = f'[lookups.status]\nClosed = {{ _id = "{STATUSES["Closed"]["_id"]}" }}'


async def test_a_server_that_replaces_cases_costs_five_of_them(tmp_path: Path) -> None:
    """Exit 3 with the fields that are gone; the rest is pending, and what the cases were is in a private file."""
    async with live(tmp_path, 100, is_hasty=True, replaces=True) as scene:
        keys = scene.notes(100)
        before = dict(scene.server.cases)
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)

        assert scene.applied() == 5
        assert (ended.exit_code, ended.summary.state) == (3, RunState.STOPPED)
        assert counts(ended) == {"mismatch": 5, "pending": 95}
        assert ended.summary.reason.startswith(f"the canary of 5 rows stopped the run: row 2 ({keys[0]}): ")
        assert "changed without being sent: " in ended.summary.reason
        assert "; and 2 more; " in ended.summary.reason
        assert "canary.json has these cases as they were" in ended.summary.reason
        assert ended.summary.canary == ""
        assert {key for key in keys if scene.server.cases[key] != before[key]} == set(keys[:5])
        assert [line["bulkcase_error_code"] for line in read_results(ended.folder)][:6] == ["changed_aside"] * 5 + [""]

        file = ended.folder / "canary.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        kept = json.loads(file.read_text(encoding="utf-8"))
        assert [(one["row"], one["case_id"]) for one in kept] == [(n + 2, key) for n, key in enumerate(keys[:5])]
        for one in kept:
            assert one["before"] == before[one["case_id"]]
            assert one["after"] == scene.server.cases[one["case_id"]]
            assert one["sent"] == {"desc": scene.server.cases[one["case_id"]]["desc"]}


async def test_every_kind_of_change_is_among_the_first_rows(tmp_path: Path) -> None:
    """Which fields, which emptied, which status: one of each kind before a second one of the most frequent."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        for key in scene.server.cases:
            scene.server.change(key, status=STATUSES["Open"], tags=["old"])
        keys = list(scene.server.cases)
        rows = [(key, f"note {number}", "", "") for number, key in enumerate(keys[:40])]
        rows[20] = (keys[20], "-", "", "")
        rows[25] = (keys[25], "", "", "Closed")
        rows[30] = (keys[30], "", "", "Held")
        rows[35] = (keys[35], "both", "new", "")
        write_cases(tmp_path, rows, header=("Case ID", "Notes", "Tags", "Status"))
        job = scene.job(
            mapping='desc = "Notes"\ntags = { column = "Tags", split = ";" }\nstatus = "Status"',
            input_table='clear_marker = "-"',
            quota=ONE_BY_ONE,
            more=f'{FIVE}\n{CLOSED}\nHeld = {{ _id = "{STATUSES["On Hold"]["_id"]}" }}',
        )
        ended = await run(job, runtime=scene.runtime)
        assert set(scene.updates()[:5]) == {keys[0], keys[20], keys[25], keys[30], keys[35]}
        assert (ended.exit_code, counts(ended)) == (0, {"updated": 40})


@pytest.mark.parametrize("snapshot", [ALWAYS, NEVER])
async def test_a_mismatch_stops_the_run(tmp_path: Path, snapshot: str) -> None:
    """The answer is enough to see it; field, sent and seen are in the reason."""
    async with live(tmp_path, 50, is_hasty=True, reshapes=frozenset({"desc"})) as scene:
        keys = list(scene.server.cases)
        write_cases(tmp_path, [(key, "words that are too long") for key in keys[:20]])
        ended = await run(scene.job(snapshot=snapshot, more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, scene.applied()) == (3, 5)
        assert counts(ended) == {"mismatch": 5, "pending": 15}
        assert 'desc: sent "words that are too long", shows "words that"' in ended.summary.reason
        assert not (ended.folder / "canary.json").exists()


async def test_a_field_that_changes_without_being_sent_stops_the_run(tmp_path: Path) -> None:
    """Though every field that was sent is as it should be."""
    async with live(tmp_path, 50, is_hasty=True, touches={"language": "tlh"}) as scene:
        scene.notes(20)
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, scene.applied()) == (3, 5)
        assert "changed without being sent: language" in ended.summary.reason
        kept = json.loads((ended.folder / "canary.json").read_bytes())
        assert [(one["before"]["language"], one["after"]["language"]) for one in kept] == [("en", "tlh")] * 5


async def test_what_a_server_keeps_by_itself_does_not_stop_the_run(tmp_path: Path) -> None:
    """Who changed a case, and which activities it has, may change with every update."""
    touches = {"updatedBy": {"_id": "u-1"}, "activityIds": ["a-1"], "isBreached": True}
    async with live(tmp_path, 50, is_hasty=True, touches=touches) as scene:
        scene.notes(20)
        ended = await run(scene.job(more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, counts(ended)) == (0, {"updated": 20})


@pytest.mark.parametrize("snapshot", [ALWAYS, NEVER])
async def test_a_canary_of_which_all_are_refused_stops_the_run(tmp_path: Path, snapshot: str) -> None:
    """None of them was accepted: five calls, and the rest is pending."""
    async with live(tmp_path, 50, is_hasty=True, faults={Fault.REFUSE: 1.0}) as scene:
        scene.notes(20)
        ended = await run(scene.job(snapshot=snapshot, more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, scene.spent()["updateCase"]) == (3, 5)
        assert counts(ended) == {"failed": 5, "pending": 15}
        assert ended.summary.reason == "the canary of 5 rows stopped the run: none of them was accepted"


@pytest.mark.parametrize("snapshot", [ALWAYS, NEVER])
@pytest.mark.parametrize("refused", [1, 4])
async def test_some_refused_rows_alone_do_not_stop_it(tmp_path: Path, refused: int, snapshot: str) -> None:
    """A row that the server does not like is nothing that the others have to suffer for."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.REFUSE] * refused) as scene:
        scene.notes(20)
        ended = await run(scene.job(snapshot=snapshot, more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, counts(ended)) == (1, {"updated": 20 - refused, "failed": refused})


@pytest.mark.parametrize("rows", [1, 3, 5])
async def test_a_run_that_is_no_larger_than_its_canary_is_all_canary(tmp_path: Path, rows: int) -> None:
    """It is checked all the same, and a server that replaces cases is told."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        scene.notes(rows)
        ended = await run(scene.job(snapshot=ALWAYS, more=FIVE), runtime=scene.runtime)
        assert (ended.exit_code, ended.summary.canary) == (0, "cases")
        assert scene.spent() == {"getCases": 3, "updateCase": rows}


async def test_progress_of_a_run_with_a_canary_counts_each_row_once(tmp_path: Path) -> None:
    """The canary's rows are among the others: done is total in the end."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        scene.notes(20)
        told: list[tuple[int, int]] = []
        job = scene.job(more=FIVE)
        planned = await plan(job, runtime=scene.runtime)
        await run(
            job,
            saved=planned.run_id,
            runtime=scene.runtime,
            on_progress=lambda progress: told.append((progress.done, progress.total)),
        )
        assert told[-1] == (20, 20)
        assert all(done <= total for done, total in told)


async def test_max_failures_and_a_canary_do_not_hide_each_other(tmp_path: Path) -> None:
    """Where the limit of failures is reached within the canary, that is the reason; nothing else goes out."""
    async with live(tmp_path, 50, is_hasty=True, faults={Fault.REFUSE: 1.0}) as scene:
        scene.notes(20)
        ended = await run(scene.job(quota=ONE_BY_ONE, more=f"{FIVE}\nmax_failures = 3"), runtime=scene.runtime)
        assert ended.exit_code == 3
        assert "failed" in ended.summary.reason
        assert ended.outcomes[Outcome.PENDING] >= 15
