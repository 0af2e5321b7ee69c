"""Keys that are references, and names that are looked for by a call each: what is odd ends in its rows alone."""

from pathlib import Path

import pytest
from support.jobs import SECRET_VARIABLE, a_job, write_cases
from support.live import live

from bulkcase.errors import JobError
from bulkcase.model import Outcome
from bulkcase.operations.plan import plan
from bulkcase.operations.run import run

pytestmark = pytest.mark.asyncio

REFERENCES = '{ column = "Case ID", match = "refId" }'
STATUS = {"mapping": 'status = "Status"', "more": '[lookups]\nstatus = "live"'}


async def test_a_live_case_with_an_odd_id_makes_its_own_row_invalid(tmp_path: Path) -> None:
    """An id that cannot be sent is no fault of bulkcase, and the other rows go on."""
    async with live(tmp_path, 60) as scene:
        case = next(iter(scene.server.cases.values()))
        refs = [other["refId"] for other in list(scene.server.cases.values())[:3]]
        scene.server.add(case | {"_id": "ci:odd/1", "refId": "CS009999"})
        write_cases(tmp_path, [("CS009999", "one"), *[(ref, "two") for ref in refs]])
        ended = await run(scene.job(key=REFERENCES), runtime=scene.runtime)
        lines = ended.frame()
        assert list(lines["bulkcase_outcome"]) == ["invalid", "updated", "updated", "updated"]
        assert lines["bulkcase_error_code"].iloc[0] == "bad_key"
        assert '"ci:odd/1"' in lines["bulkcase_error"].iloc[0]
        assert "ci:odd/1" not in scene.updates()


async def test_the_same_row_under_several_spellings_of_its_key_is_sent_once(tmp_path: Path) -> None:
    """Reference in either case and id are one case, and rows that say the same do not contradict each other."""
    async with live(tmp_path, 120) as scene:
        case = next(iter(scene.server.cases.values()))
        keys = [case["refId"], case["refId"].lower(), case["_id"]]
        write_cases(tmp_path, [(key, "the same") for key in keys])
        ended = await run(scene.job(key=REFERENCES), runtime=scene.runtime)
        assert list(ended.frame()["bulkcase_outcome"]) == ["updated", "superseded", "superseded"]
        assert set(ended.frame()["bulkcase_error_code"].iloc[1:]) == {"same_row"}
        assert (ended.exit_code, scene.updates()) == (0, [case["_id"]])


async def test_an_unknown_reference_is_told_with_the_filter_that_hides_it(tmp_path: Path) -> None:
    """A case that is there and filtered out must not be called none."""
    async with live(tmp_path, 120) as scene:
        case = next(case for case in scene.server.cases.values() if case["status"]["name"] != "Open")
        write_cases(tmp_path, [(case["refId"], "one")])
        job = scene.job(key=REFERENCES, snapshot='filter = { status = ["Open"] }')
        ended = await run(job, runtime=scene.runtime)
        assert ended.outcomes[Outcome.INVALID] == 1
        assert "of no case that snapshot.filter lets through" in ended.frame()["bulkcase_error"].iloc[0]


@pytest.mark.parametrize("count", [51, 300])
async def test_many_names_are_not_looked_for_by_a_call_each(tmp_path: Path, count: int) -> None:
    """So many statuses are a wrong column: one problem of the job, and no call."""
    async with live(tmp_path, 60) as scene:
        rows = [(f"ci-{number}", f"free text {number}") for number in range(count)]
        write_cases(tmp_path, rows, header=("Case ID", "Status"))
        with pytest.raises(JobError) as raised:
            await plan(scene.job(**STATUS, snapshot='read = "never"'), runtime=scene.runtime)
        (problem,) = raised.value.problems
        assert f"lookups.status: the input has {count} different names" in problem
        assert raised.value.exit_code == 2
        assert not scene.server.calls


async def test_fifty_names_are_looked_for(tmp_path: Path) -> None:
    """That many may still be meant."""
    async with live(tmp_path, 60) as scene:
        rows = [(f"ci-{number}", f"free text {number}") for number in range(50)]
        write_cases(tmp_path, rows, header=("Case ID", "Status"))
        planned = await plan(scene.job(**STATUS, snapshot='read = "never"'), runtime=scene.runtime)
        assert planned.counts[Outcome.INVALID] == 50
        assert scene.spent() == {"getCases": 50}


async def test_a_rehearsal_finds_no_case_for_a_reference_taken_for_an_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded server makes cases for ids alone, and the plan says what the other keys look like."""
    monkeypatch.setenv(SECRET_VARIABLE, "s3cret")
    write_cases(tmp_path, [("ci-1", "one"), ("CS000100", "two"), ("Total", "3")])
    job = a_job(tmp_path)
    planned = await plan(job)
    assert [note.partition(",")[0] for note in planned.notes] == [
        "1 key looks like a reference and not like an id",
        "1 key does not begin with ci-",
    ]
    assert 'say key = { column = "Case ID", match = "refId" }' in planned.notes[0]
    ended = await run(job)
    assert list(ended.frame()["bulkcase_outcome"]) == ["updated", "failed", "failed"]
