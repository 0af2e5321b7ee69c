"""What a journal does with what it could not write."""

import asyncio
from collections.abc import Sequence

import pytest
from support.ledgers import good_row

from bulkcase.errors import LedgerError
from bulkcase.ledger import Journal, Ledger, RunRows
from bulkcase.ledger.changes import Change, intent, outcome
from bulkcase.model import Call, Outcome, Result

pytestmark = pytest.mark.asyncio

UPDATED = Result(Outcome.UPDATED, 1, 200)
CALL = Call("updateCase", 1.0, 2.0, "accepted", 200, 2)
FULL = LedgerError("the disk is full")


class Disk:
    """A commit that fails while the disk is full, and notes what was written."""

    def __init__(self) -> None:
        self.is_full = True
        self.written: list[tuple[list[tuple[str, int]], int]] = []

    def commit(self, changes: Sequence[Change], calls: Sequence[Call]) -> None:
        if self.is_full:
            raise FULL
        self.written.append(([(change.event, change.number) for change in changes], len(calls)))


async def test_what_has_happened_waits_for_the_next_commit_and_what_was_intended_does_not() -> None:
    """After a failed commit outcomes and calls are kept, in their order; an intent whose call never left is dropped."""
    disk = Disk()
    journal = Journal(disk.commit)
    journal.record(CALL)
    journal.keep(outcome(2, UPDATED, 5.0))
    with pytest.raises(LedgerError, match="the disk is full"):
        await journal.write(intent(3))
    journal.keep(outcome(4, UPDATED, 6.0))
    disk.is_full = False
    journal.flush()
    assert disk.written == [([("accept", 2), ("accept", 4)], 1)]


async def test_a_flush_that_fails_says_so_and_keeps_everything() -> None:
    """Whoever flushes at the end is told, may try again, and writes nothing twice."""
    disk = Disk()
    journal = Journal(disk.commit)
    journal.keep(outcome(2, UPDATED, 5.0))
    with pytest.raises(LedgerError):
        journal.flush()
    disk.is_full = False
    journal.flush()
    journal.flush()
    assert disk.written == [([("accept", 2)], 0), ([], 0)]


async def test_a_kept_outcome_goes_out_with_whoever_writes_next(ledger: Ledger, rows: RunRows) -> None:
    """An outcome is handed over without waiting, and is on disk when the next writer's intent is."""
    rows.add([good_row(2), good_row(3)], 1.0)
    journal = Journal(rows.apply)
    await journal.write(intent(2))
    journal.keep(outcome(2, UPDATED, 5.0))
    assert rows.counts()[Outcome.UPDATED] == 0
    await journal.write(intent(3))
    assert rows.counts()[Outcome.UPDATED] == 1


async def test_writers_who_join_while_a_group_is_gathered_share_its_commit() -> None:
    """A worker whose answer comes a turn later is in the same commit, and nobody waits when nobody joins."""
    disk = Disk()
    disk.is_full = False
    journal = Journal(disk.commit)

    async def write(number: int, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await journal.write(intent(number))

    await asyncio.gather(*(write(number, turns=number) for number in range(5)))
    await write(9, 0)
    assert [[number for _, number in changes] for changes, _ in disk.written] == [[0, 1, 2, 3, 4], [9]]
