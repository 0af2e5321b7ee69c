import asyncio
import gc
from collections.abc import Sequence
from typing import Any

import pytest
from support.ledgers import everything, good_row, stored

from bulkcase.errors import IllegalTransition, LedgerError
from bulkcase.ledger import Journal, Ledger, RunRows
from bulkcase.ledger.changes import Change, intent, outcome
from bulkcase.model import Call, Outcome, Result

pytestmark = pytest.mark.asyncio


class Commits:
    """A commit that notes its groups, and fails when it is told to."""

    def __init__(self) -> None:
        self.groups: list[tuple[list[int], list[str]]] = []
        self.error: Exception | None = None

    def __call__(self, changes: Sequence[Change], calls: Sequence[Call]) -> None:
        self.groups.append(([change.number for change in changes], [call.endpoint for call in calls]))
        if self.error is not None:
            raise self.error


@pytest.fixture
def commits() -> Commits:
    return Commits()


def a_call(endpoint: str) -> Call:
    return Call(endpoint, 1.0, 2.0, "accepted", 200)


async def test_writers_of_one_turn_share_a_commit(commits: Commits) -> None:
    """Whatever waits at one turn of the loop is one group, in the order in which it came."""
    journal = Journal(commits)
    await asyncio.gather(*(journal.write(intent(number)) for number in range(50)))
    assert commits.groups == [(list(range(50)), [])]


async def test_a_write_returns_after_its_commit(commits: Commits) -> None:
    """A worker goes on when its own change is durable, and its next write is the next group."""
    journal = Journal(commits)
    for number in range(3):
        await journal.write(intent(number))
        assert commits.groups[-1] == ([number], [])
    assert len(commits.groups) == 3


async def test_a_failed_commit_reaches_every_waiter(commits: Commits) -> None:
    """No worker believes that its change is durable when the commit failed, and the next group is a fresh one."""
    journal = Journal(commits)
    commits.error = LedgerError("the disk is full")
    errors = await asyncio.gather(*(journal.write(intent(number)) for number in range(3)), return_exceptions=True)
    assert errors == [commits.error] * 3
    commits.error = None
    await journal.write(intent(9))
    assert commits.groups == [([0, 1, 2], []), ([9], [])]


async def test_a_cancelled_waiter_harms_nobody(commits: Commits) -> None:
    """The commit is everybody's: the others return, and the intent of the one that was cancelled is withdrawn."""
    journal = Journal(commits)
    first, second = (asyncio.create_task(journal.write(intent(number))) for number in (1, 2))
    # Comes after both have asked for the commit, and before the commit.
    asyncio.get_running_loop().call_soon(first.cancel)
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    assert commits.groups == [([2], [])]


async def test_a_failure_that_nobody_waits_for_is_silent(commits: Commits) -> None:
    """When all waiters are gone, a failed commit is no unretrieved error of the loop."""
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    journal = Journal(commits)
    commits.error = LedgerError("the disk is full")
    waiter = asyncio.create_task(journal.write(intent(1)))
    asyncio.get_running_loop().call_soon(waiter.cancel)
    await asyncio.gather(waiter, return_exceptions=True)
    await asyncio.sleep(0)
    assert commits.groups == [([], [])]
    commits.error = None  # it holds the group, which complains when it goes
    gc.collect()
    assert told == []


async def test_calls_go_out_with_the_next_commit(commits: Commits) -> None:
    """A call is recorded without waiting, is written once, and an empty write is enough to bring it out."""
    journal = Journal(commits)
    journal.record(a_call("getCases"))
    await asyncio.sleep(0)
    assert commits.groups == []
    await journal.write(intent(1))
    journal.record(a_call("updateCase"))
    await journal.write()
    assert commits.groups == [([1], ["getCases"]), ([], ["updateCase"])]


async def test_a_group_may_settle_a_row_and_intend_the_next(ledger: Ledger, rows: RunRows) -> None:
    """The outcome of a worker's last row and the intent for its next one are one transaction."""
    rows.add([good_row(2), good_row(3)], 1.0)
    journal = Journal(rows.apply)
    await journal.write(intent(2))
    journal.record(a_call("updateCase"))
    await journal.write(outcome(2, Result(Outcome.UPDATED, 1, 200), 5.0), intent(3))
    assert stored(ledger.path, "SELECT state FROM rows ORDER BY number") == [("updated",), ("sending",)]
    assert rows.calls_by_endpoint() == {"updateCase": 1}


async def test_an_illegal_change_fails_its_whole_group(ledger: Ledger, rows: RunRows) -> None:
    """Workers that share a commit with an illegal change are all told, and nothing of the group is written."""
    rows.add([good_row(2), good_row(3)], 1.0)
    before = everything(ledger.path)
    journal = Journal(rows.apply)
    journal.record(a_call("updateCase"))
    errors = await asyncio.gather(journal.write(intent(2)), journal.write(intent(9)), return_exceptions=True)
    assert [type(error) for error in errors] == [IllegalTransition, IllegalTransition]
    assert everything(ledger.path) == before


@pytest.mark.parametrize("turns", [0, 1, 2])
async def test_writers_that_join_within_the_quiet_turns_share_a_commit(commits: Commits, turns: int) -> None:
    """While somebody joins every turn or two, as answers that were read together do, the group waits for the next."""
    journal = Journal(commits)

    async def late(number: int) -> None:
        for _ in range(number * turns):
            await asyncio.sleep(0)
        await journal.write(intent(number))

    await asyncio.gather(*(late(number) for number in range(6)))
    assert commits.groups == [(list(range(6)), [])]


async def test_a_group_is_written_when_nobody_joins(commits: Commits) -> None:
    """A lone writer waits for a few turns of the loop and for no time, and who comes after them is the next group."""
    journal = Journal(commits)
    first = asyncio.create_task(journal.write(intent(1)))
    turns = 0
    while not first.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns < 8
    await journal.write(intent(2))
    assert commits.groups == [([1], []), ([2], [])]
