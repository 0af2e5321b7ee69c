"""Three nights against a server: what they show together."""

from collections import deque
from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import Live, live

import bulkcase as bc
from bulkcase.model import Outcome
from bulkcase.operations.run import run
from bulkcase.sandbox import Fault


def refuse(scene: Live, case: str) -> None:
    """Let the server refuse the next update of a case."""
    scene.server._api._faults._case_scripts[case] = deque([Fault.REFUSE])


async def a_night(scene: Live, rows: list[tuple[str, str]]) -> None:
    """Let the job run over these rows."""
    write_cases(scene.folder, rows)
    await run(scene.job(snapshot='read = "always"'), runtime=scene.runtime)
    scene.pass_hours(24)


@pytest.mark.asyncio
async def test_three_nights_show_what_keeps_failing_flips_is_gone_and_is_left_out(tmp_path: Path) -> None:
    """A case is refused each night, one is reset by another system, one is removed, one is missing in the last file."""
    async with live(tmp_path, 12) as scene:
        failing, reset, removed, left_out, *others = scene.server.cases
        theirs = str(scene.server.change(reset, desc="as they have it")["desc"])
        rows = [(key, f"note {number}") for number, key in enumerate([reset, removed, left_out, *others])]
        for night in range(3):
            if night == 2:
                scene.server.remove(removed)
            refuse(scene, failing)
            await a_night(scene, [(failing, f"note of night {night}"), *rows])
            scene.server.change(reset, desc=theirs)
            rows = [row for row in rows if night == 0 or row[0] != left_out]
        found = bc.drift(tmp_path / "job.toml", state=tmp_path / "state")

    assert [(one.case, one.nights, one.row) for one in found.failing] == [(failing, 3, 2)]
    assert [(one.case, one.field, one.nights) for one in found.flipping] == [(reset, "desc", 3)]
    assert list(found.flipping[0].values) == [theirs, "note 0"] * 3
    assert [(one.case, one.last_seen, one.row) for one in found.gone] == [(removed, found.nights[1].run_id, 4)]
    assert [one.case for one in found.left_out] == [left_out]
    assert [night.outcomes[Outcome.FAILED] + night.outcomes[Outcome.INVALID] for night in found.nights] == [1, 1, 2]
    assert all(night.calls for night in found.nights)


@pytest.mark.asyncio
async def test_a_part_of_the_rows_is_no_night(tmp_path: Path) -> None:
    """Neither the first rows alone nor a failed.csv that was sent again hide what fails, or seem to leave cases out."""
    async with live(tmp_path, 12) as scene:
        bad, *others = scene.server.cases
        rows = [(bad, "x"), *((key, f"note {number}") for number, key in enumerate(others))]
        for night in range(2):
            refuse(scene, bad)
            await a_night(scene, [(bad, f"x {night}"), *rows[1:]])
        refuse(scene, bad)
        job = scene.job(snapshot='read = "always"')
        last = bc.drift(job.file, state=tmp_path / "state").nights[-1].run_id
        await run(job, limit=1, runtime=scene.runtime)
        failed = job.model_copy(
            update={"input": job.input.model_copy(update={"path": str(tmp_path / "reports" / last / "failed.csv")})}
        )
        await run(failed, runtime=scene.runtime)
        found = bc.drift(job.file, state=tmp_path / "state")
    assert found.nights[-1].run_id == last
    assert [(one.case, one.nights) for one in found.failing] == [(bad, 2)]
    assert found.left_out_total == 0


@pytest.mark.asyncio
async def test_a_reference_that_is_not_found_makes_no_case_look_left_out(tmp_path: Path) -> None:
    """The file still names the case, and no night knows by which id: nothing is said rather than something wrong."""
    key = '{ column = "Case ID", match = "refId" }'
    async with live(tmp_path, 6) as scene:
        scene.rows(3, key="refId")
        await run(scene.job(snapshot='read = "always"', key=key), runtime=scene.runtime)
        scene.pass_hours(24)
        scene.server.remove(next(iter(scene.server.cases)))
        ended = await run(scene.job(snapshot='read = "always"', key=key), runtime=scene.runtime)
        found = bc.drift(tmp_path / "job.toml", state=tmp_path / "state")
    assert ended.outcomes[Outcome.INVALID] == 1
    assert (found.gone_total, found.left_out_total) == (0, 0)
