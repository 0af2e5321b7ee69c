"""A row whose answer got lost: its case is read before it is sent again, and what has landed is not sent twice."""

from collections import Counter
from pathlib import Path

import pytest
from support.jobs import write_cases
from support.live import counts, live
from support.told import applied, line, order

from bulkcase.model import Outcome
from bulkcase.operations.resume import resume, retry
from bulkcase.operations.run import run
from bulkcase.sandbox import Fault
from bulkcase.sandbox.catalogue import STATUSES

pytestmark = pytest.mark.asyncio

ALWAYS = 'read = "always"'
ALONE = "attempts = 3\nunanswered = 'leave'"
ONE_BY_ONE = "windows = []\nmax_in_flight = 1"
ADDED = 'tags = { column = "Tags", mode = "add", split = ";" }'
CLOSED = f'[lookups.status]\nClosed = {{ _id = "{STATUSES["Closed"]["_id"]}" }}'
FILTERED = f'{ALWAYS}\nfilter = {{ status = ["Open"] }}'


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.GARBAGE, Fault.HANG_AFTER])
async def test_a_row_that_has_landed_is_updated_without_a_second_write(tmp_path: Path, fault: Fault) -> None:
    """The page is read right behind the lost answer, and that is all."""
    async with live(tmp_path, 50, is_hasty=True, script=[fault]) as scene:
        (key,) = scene.notes(1)
        timeout = "300ms" if fault is Fault.HANG_AFTER else "5s"
        ended = await run(scene.job(snapshot=ALWAYS, timeout=timeout), runtime=scene.runtime)
        assert order(scene) == "PUP"
        assert (applied(scene), scene.server.cases[key]["desc"]) == ({key: 1}, "note 0")
        assert (ended.exit_code, line(ended)) == (0, ("updated", "1", "settled"))
        assert ended.summary.verified == {"equal": 1}


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.HANG])
async def test_a_row_that_has_not_landed_is_sent_again(tmp_path: Path, fault: Fault) -> None:
    """After the look, and once."""
    async with live(tmp_path, 50, is_hasty=True, script=[fault]) as scene:
        (key,) = scene.notes(1)
        timeout = "300ms" if fault is Fault.HANG else "5s"
        ended = await run(scene.job(snapshot=ALWAYS, timeout=timeout), runtime=scene.runtime)
        assert order(scene) == "PuPU"
        assert applied(scene) == {key: 1}
        assert (ended.exit_code, line(ended)) == (0, ("updated", "2", ""))


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.DROP_BEFORE])
async def test_a_tag_is_not_added_twice(tmp_path: Path, fault: Fault) -> None:
    """What is sent the second time is what the new look says; a tag that somebody added meanwhile stays."""
    async with live(tmp_path, 50, is_hasty=True, script=[fault]) as scene:
        key = next(iter(scene.server.cases))
        scene.server.change(key, tags=["old"])
        write_cases(tmp_path, [(key, "new")], header=("Case ID", "Tags"))
        pages = 0

        def somebody() -> None:
            nonlocal pages
            pages += 1
            if pages == 2:
                scene.server.change(key, tags=[*scene.server.cases[key]["tags"], "theirs"])

        scene.server.before_page = somebody
        ended = await run(scene.job(snapshot=ALWAYS, mapping=ADDED), runtime=scene.runtime)
        assert (ended.exit_code, applied(scene)) == (0, {key: 1})
        assert sorted(scene.server.cases[key]["tags"]) == ["new", "old", "theirs"]


async def test_a_case_that_always_drops_is_tried_as_often_as_the_job_says(tmp_path: Path) -> None:
    """The attempts count over the looks; in the end one more look says that it never landed."""
    async with live(tmp_path, 50, is_hasty=True, faults={Fault.DROP_BEFORE: 1.0}) as scene:
        scene.notes(1)
        ended = await run(scene.job(snapshot=ALWAYS, retry="attempts = 4"), runtime=scene.runtime)
        assert order(scene) == "PuPuPuPuP"
        assert (ended.exit_code, line(ended)[:2]) == (1, ("unknown", "4"))


async def test_other_failures_count_among_the_attempts(tmp_path: Path) -> None:
    """A server error, a lost answer, and the last attempt brings it."""
    script = [Fault.SERVER_ERROR, Fault.DROP_BEFORE, Fault.SERVER_ERROR, None]
    async with live(tmp_path, 50, is_hasty=True, script=script) as scene:
        scene.notes(1)
        ended = await run(scene.job(snapshot=ALWAYS, retry="attempts = 4"), runtime=scene.runtime)
        assert order(scene) == "PuuPuU"
        assert line(ended) == ("updated", "4", "")

    async with live(tmp_path, 50, is_hasty=True, script=script) as scene:
        scene.notes(1)
        ended = await run(scene.job(snapshot=ALWAYS, retry="attempts = 3"), runtime=scene.runtime, unfinished="new")
        # The last failure says nothing of the attempt that was not answered: its case is looked at once more.
        assert order(scene).startswith("PuuPu")
        assert order(scene).count("u") == 3
        assert line(ended)[:2] == ("unknown", "3")


@pytest.mark.parametrize(
    ("fault", "outcome", "code"), [(Fault.DROP_AFTER, "updated", 0), (Fault.DROP_BEFORE, "unknown", 1)]
)
async def test_rows_that_are_to_be_left_are_read_and_not_sent_again(
    tmp_path: Path, fault: Fault, outcome: str, code: int
) -> None:
    """unanswered = "leave": the look may settle them, a second write never does; a resume leaves them too."""
    async with live(tmp_path, 50, is_hasty=True, script=[fault]) as scene:
        scene.notes(3)
        job = scene.job(snapshot=ALWAYS, retry=ALONE, quota=ONE_BY_ONE)
        ended = await run(job, runtime=scene.runtime)
        assert order(scene) == ("PUPUU" if fault is Fault.DROP_AFTER else "PuPUU")
        assert (ended.exit_code, line(ended)[:2]) == (code, (outcome, "1"))
        assert sum(ended.outcomes.values()) == 3
        scene.spent()
        again = await resume(ended, runtime=scene.runtime)
        assert (again.outcomes, scene.spent()) == (ended.outcomes, {})


async def test_without_live_cases_a_lost_answer_is_sent_again(tmp_path: Path) -> None:
    """Nothing tells whether it landed; a field may be set twice."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.DROP_AFTER]) as scene:
        (key,) = scene.notes(1)
        ended = await run(scene.job(snapshot='read = "never"'), runtime=scene.runtime)
        assert (order(scene), applied(scene), line(ended)) == ("UU", {key: 2}, ("updated", "2", ""))


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.DROP_BEFORE])
async def test_a_case_that_has_left_the_list_stays_in_doubt(tmp_path: Path, fault: Fault) -> None:
    """With a filter it is not there once it is closed, by us or by somebody else: it is not sent again."""
    async with live(tmp_path, 50, is_hasty=True, script=[fault]) as scene:
        for key in scene.server.cases:
            scene.server.change(key, status=STATUSES["Open"])
        first, second, *_ = scene.server.cases
        write_cases(tmp_path, [(first, "Closed"), (second, "Closed")], header=("Case ID", "Status"))
        pages = 0

        def somebody() -> None:
            nonlocal pages
            pages += 1
            if pages == 2:
                scene.server.change(first, status=STATUSES["Closed"])

        scene.server.before_page = somebody
        job = scene.job(mapping='status = "Status"', snapshot=FILTERED, more=CLOSED, quota=ONE_BY_ONE)
        ended = await run(job, runtime=scene.runtime)
        assert Counter(scene.updates()) == {first: 1, second: 1}
        assert counts(ended) == {"unknown": 1, "updated": 1}
        assert line(ended)[:2] == ("unknown", "1")
        scene.spent()
        again = await retry(ended, runtime=scene.runtime)
        assert scene.updates() == []
        assert counts(again) == {"unknown": 1, "updated": 1}


async def test_a_case_that_is_deleted_meanwhile_stays_in_doubt(tmp_path: Path) -> None:
    """Nobody can say any more whether it landed."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.DROP_AFTER]) as scene:
        first, second, *_ = scene.notes(3)
        pages = 0

        def somebody() -> None:
            nonlocal pages
            pages += 1
            if pages == 2:
                scene.server.remove(first)

        scene.server.before_page = somebody
        ended = await run(scene.job(snapshot=ALWAYS, quota=ONE_BY_ONE), runtime=scene.runtime)
        assert line(ended)[:2] == ("unknown", "1")
        assert (ended.outcomes[Outcome.UPDATED], ended.exit_code) == (2, 1)
        assert Counter(scene.updates())[second] == 1


async def test_a_row_in_doubt_is_not_settled_by_a_page_from_before(tmp_path: Path) -> None:
    """Two lost answers on one page, one behind the other: each costs a page of its own."""
    async with live(tmp_path, 50, is_hasty=True, script=[Fault.DROP_AFTER, Fault.DROP_AFTER]) as scene:
        keys = scene.notes(2)
        ended = await run(scene.job(snapshot=ALWAYS, quota=ONE_BY_ONE), runtime=scene.runtime)
        assert order(scene) == "PUPUP"
        assert applied(scene) == dict.fromkeys(keys, 1)
        assert counts(ended) == {"updated": 2}


async def test_a_value_that_the_server_tidies_is_settled_too(tmp_path: Path) -> None:
    """The case does not show literally what was sent, and still it has landed."""
    async with live(tmp_path, 50, is_hasty=True, normalises=True, script=[Fault.DROP_AFTER]) as scene:
        key = next(iter(scene.server.cases))
        write_cases(tmp_path, [(key, "VIP;Refund")], header=("Case ID", "Tags"))
        job = scene.job(snapshot=ALWAYS, mapping='tags = { column = "Tags", split = ";" }')
        ended = await run(job, runtime=scene.runtime)
        assert scene.server.cases[key]["tags"] == ["refund", "vip"]
        assert (ended.exit_code, line(ended)[0]) == (0, "updated")
