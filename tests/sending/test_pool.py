"""The pool: how many rows are in flight, and what is durable when."""

import asyncio
from collections.abc import Iterator

import pytest
from support.bench import INTERRUPTED, Bench, rows
from support.virtual import run

from bulkcase.errors import LedgerError
from bulkcase.ledger.rows import Sendable
from bulkcase.ledger.transitions import Event
from bulkcase.model import StopReason


@pytest.mark.parametrize(("count", "workers", "most"), [(50, 1, 1), (50, 8, 8), (3, 8, 3), (0, 4, 0)])
def test_no_more_rows_are_in_flight_than_there_are_workers(count: int, workers: int, most: int) -> None:
    """Every row is sent once, in order, with exactly so many in flight as workers and rows allow."""
    bench = Bench(rows(count))
    run(bench.run(workers))

    assert bench.most_in_flight == most
    assert bench.happened("call") == [row.number for row in rows(count)]
    assert len(bench.settled) == count
    assert bench.slots == 0


@pytest.mark.parametrize("slot_wait", [None, 0.5])
@pytest.mark.parametrize("workers", [1, 7])
def test_intents_and_outcomes_are_durable_in_time(workers: int, slot_wait: float | None) -> None:
    """A row's intent is committed before its call; its outcome after its answer, before its worker's next intent."""
    bench = Bench(rows(60), latency=lambda row: 0.1 + row % 5, slot_wait=slot_wait)
    run(bench.run(workers))

    last_of_worker: dict[str, int] = {}
    for row in bench.happened("call"):
        called = bench.position("call", row)
        assert bench.position(Event.INTEND, row) < called < bench.position("answer", row)
        assert bench.position("answer", row) < bench.position(Event.ACCEPT, row)
        worker = bench.log[called].worker
        if worker in last_of_worker:
            assert bench.position(Event.ACCEPT, last_of_worker[worker]) < called
        last_of_worker[worker] = row
    assert len(last_of_worker) == workers


def test_an_outcome_shares_the_commit_of_the_next_intent() -> None:
    """With slots at hand, a worker needs one commit a row, and one for the last outcome."""
    bench = Bench(rows(3))
    run(bench.run(1))

    written = [commit for commit in bench.commits if commit]
    assert written == [
        [(Event.INTEND, 2)],
        [(Event.ACCEPT, 2), (Event.INTEND, 3)],
        [(Event.ACCEPT, 3), (Event.INTEND, 4)],
        [(Event.ACCEPT, 4)],
    ]


def test_an_outcome_is_written_before_a_wait_for_a_slot() -> None:
    """Where the next slot is an hour away, the outcome is on disk in the moment of its answer."""
    bench = Bench(rows(2), slot_wait=3600.0)
    run(bench.run(1))

    assert bench.log[bench.position(Event.ACCEPT, 2)].at == bench.log[bench.position("answer", 2)].at == 3601.0
    assert bench.log[bench.position(Event.INTEND, 3)].at == 7201.0


@pytest.mark.parametrize("slot_wait", [None, 0.25])
def test_a_stop_lets_rows_in_flight_finish_and_takes_no_more(slot_wait: float | None) -> None:
    """After a stop no row leaves; those that had left end with their outcomes written; no slot is lost."""
    bench = Bench(rows(100), latency=lambda _: 5.0, slot_wait=slot_wait)

    async def main() -> None:
        task = asyncio.create_task(bench.run(4))
        await asyncio.sleep(6.0)
        bench.stop.set(INTERRUPTED)
        await task

    run(main())
    sent = bench.happened("call")
    assert len(sent) == 8
    assert sorted(bench.happened(Event.ACCEPT)) == sorted(sent)
    assert bench.slots == 0


def test_a_commit_that_fails_stops_the_pool_and_gives_the_slot_back() -> None:
    """The row does not leave, every outcome is written, that of the failed commit too, the error is raised."""
    bench = Bench(
        rows(100),
        latency=lambda row: 1.0 if row == 2 else 10.0,
        commit_fails=lambda changes: any((change.event, change.number) == (Event.INTEND, 6) for change in changes),
    )

    async def main() -> None:
        with pytest.raises(LedgerError, match="the disk is full"):
            await bench.run(4)
        assert bench.clock.monotonic() == 10.0

    run(main())
    assert bench.happened("call") == [2, 3, 4, 5]
    assert sorted(bench.happened(Event.ACCEPT)) == [2, 3, 4, 5]
    assert bench.slots == 0
    assert bench.stop.stop is not None
    assert (bench.stop.stop.reason, bench.stop.stop.message) == (StopReason.FAULT, "the disk is full")


def test_a_fault_in_one_row_stops_the_pool_after_the_others() -> None:
    """A fault of the program is raised when the rows in flight are done and written; the row itself stays in doubt."""
    bench = Bench(rows(100), latency=lambda row: 1.0 if row == 3 else 10.0, breaks_at=3)

    async def main() -> None:
        with pytest.raises(ZeroDivisionError, match="row 3"):
            await bench.run(4)

    run(main())
    assert bench.happened("call") == [2, 3, 4, 5]
    assert sorted(bench.happened(Event.ACCEPT)) == [2, 4, 5]
    assert bench.slots == 0


def test_a_ledger_that_cannot_be_read_on_stops_the_pool() -> None:
    """Where the next rows cannot be had, those in flight are let finish and written, and the error is raised."""

    def broken() -> Iterator[Sendable]:
        yield from rows(3)
        raise LedgerError("cannot read on")

    bench = Bench(broken())

    async def main() -> None:
        with pytest.raises(LedgerError, match="cannot read on"):
            await bench.run(2)

    run(main())
    assert bench.happened("call") == [2, 3, 4]
    assert sorted(bench.happened(Event.ACCEPT)) == [2, 3, 4]


def test_a_cancelled_pool_leaves_no_worker_behind() -> None:
    """Cancelled from outside, all workers end at once; a row in flight keeps its durable intent and no outcome."""
    bench = Bench(rows(100), latency=lambda _: 5.0)

    async def main() -> None:
        task = asyncio.create_task(bench.run(4))
        await asyncio.sleep(6.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert bench.clock.monotonic() == 6.0

    run(main())
    assert bench.in_flight == bench.slots == 0
    assert sorted(bench.happened(Event.ACCEPT)) == [2, 3, 4, 5]
    assert sorted(bench.happened(Event.INTEND)) == sorted(bench.happened("call")) == [2, 3, 4, 5, 6, 7, 8, 9]


def test_a_worker_that_is_cancelled_while_its_intent_is_committed_gives_its_slot_back() -> None:
    """The intent may be on disk, but the call never left, so its slot is free again."""
    bench = Bench(rows(3))

    async def main() -> None:
        task = asyncio.create_task(bench.run(1))
        await asyncio.sleep(0)  # the task group is made
        await asyncio.sleep(0)  # the worker waits for its commit
        assert bench.slots == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    assert bench.happened("call") == []
    assert bench.slots == 0


def test_an_outcome_that_is_known_is_written_though_its_worker_is_cancelled() -> None:
    """Cancelled between an answer and the next commit, a pool has the outcome on disk when it is gone."""
    bench = Bench(rows(3), latency=lambda _: 5.0)

    async def main() -> None:
        task = asyncio.create_task(bench.run(1))
        while bench.happened("answer") != [2]:  # noqa: ASYNC110 - virtual time, and no event to wait for
            await asyncio.sleep(0.5)
        assert bench.happened(Event.ACCEPT) == []
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    assert bench.happened(Event.ACCEPT) == [2]
    assert bench.slots == 0
