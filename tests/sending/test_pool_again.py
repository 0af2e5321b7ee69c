"""Rows whose answers get lost: their cases are looked at, and then they are sent again, or they are not."""

import asyncio
from collections.abc import Callable

import pytest
from support.bench import INTERRUPTED, LANDED, Bench, Looking, changed, rows
from support.virtual import run

from bulkcase.ledger.rows import Sendable
from bulkcase.ledger.transitions import Event
from bulkcase.model import Outcome, Result
from bulkcase.sending.sender import GOT_OLD, Sent
from bulkcase.stopping import Stopped

INTEND, LOSE, POSTPONE, ACCEPT = Event.INTEND, Event.LOSE, Event.POSTPONE, Event.ACCEPT

UNKNOWN = Result(Outcome.UNKNOWN, 1, None, "timeout", "late")
OPEN = Sent(UNKNOWN, 1, is_open=True, may_go_again=True)
OLD = Sent(Result(Outcome.PENDING, 1, code=GOT_OLD), 1, is_open=True, may_go_again=True)
FOR_GOOD = Sent(UNKNOWN, 1, is_open=True)


def a_bench(count: int, *becomes: Sent, says: Callable[[Sendable], Sendable | None] = changed) -> Bench:
    """Return a pool of so many rows; those of row 2 become this, one after the other, and all others land."""
    fates = list(becomes)
    bench = Bench(rows(count), becomes=lambda row: fates.pop(0) if row.number == 2 and fates else LANDED)
    bench.source = Looking(bench, rows(count), says)
    return bench


def source_of(bench: Bench) -> Looking:
    assert isinstance(bench.source, Looking)
    return bench.source


def test_the_doubt_is_durable_before_the_case_is_looked_at() -> None:
    """By then the row is unknown on the disk, though no other intent was there to share the commit with."""
    bench = a_bench(1, OPEN)
    run(bench.run(1))

    assert bench.story(2) == [INTEND, "call", "answer", LOSE, "look", INTEND, "call", "answer", ACCEPT]
    assert source_of(bench).seen == [(Outcome.UNKNOWN, 0)]
    lost_at, looked_at = (bench.log[bench.position(what, 2)].at for what in (LOSE, "look"))
    assert lost_at == looked_at == 1.0


def test_a_row_is_sent_again_as_the_look_says() -> None:
    """It goes before the next row, with an intent from unknown and a slot, and is told once: when it is settled."""
    bench = a_bench(2, OPEN)
    run(bench.run(1))

    assert bench.bodies == [b"{}", b'{"now":1}', b"{}"]
    assert bench.happened("call") == [2, 2, 3]
    assert bench.befores(2, INTEND) == [Outcome.PENDING, Outcome.UNKNOWN]
    assert bench.settled == [(LANDED.result, 1.0)] * 2
    assert bench.slots == 0


@pytest.mark.parametrize("slot_wait", [None, 30.0])
def test_other_workers_go_on_while_a_case_is_looked_at(slot_wait: float | None) -> None:
    """A look holds up its own worker only."""
    bench = a_bench(8, OPEN)
    bench.slot_wait = slot_wait
    source_of(bench).takes = 1000.0
    run(bench.run(2))

    looked_at = bench.log[bench.position("look", 2)].at
    others = [one for one in bench.log if one.what == "answer" and one.row != 2]
    assert len(others) == 7
    assert all(one.at < looked_at + 1000.0 for one in others)
    assert bench.slots == 0


def test_a_second_send_waits_for_its_slot() -> None:
    """Where none is free at once, it leaves as soon as there is one."""
    bench = a_bench(1, OPEN)
    bench.slot_wait = 10.0
    run(bench.run(1))

    assert [one.at for one in bench.log if one.what == "call"] == [10.0, 24.0]
    assert bench.slots == 0


def test_what_failed_before_is_known_to_each_later_send() -> None:
    """Attempts are counted on over looks, those for a slot that was long in coming included."""
    tried: list[int] = []
    fates = [OPEN, OPEN._replace(tried=2), OPEN._replace(tried=5)]

    def becomes(row: Sendable) -> Sent:
        tried.append(row.tried)
        return fates.pop(0) if fates else LANDED

    bench = Bench(rows(1), becomes=becomes, slot_wait=10.0)
    bench.source = source = Looking(bench, rows(1), is_old=lambda row: row.tried == 2)
    run(bench.run(1))

    assert tried == [0, 1, 2, 5]
    assert len(source.seen) == 4
    assert bench.slots == 0


@pytest.mark.parametrize("sent", [OPEN, FOR_GOOD, OLD], ids=["lost", "lost for good", "got old"])
def test_a_row_that_the_look_settles_is_not_sent_again(sent: Sent) -> None:
    """It has no second intent and no slot, and it is the source that tells of it."""
    bench = a_bench(2, sent, says=lambda _: None)
    run(bench.run(1))

    assert bench.happened("call") == [2, 3]
    assert bench.happened(INTEND) == [2, 3]
    assert bench.settled == [(LANDED.result, 1.0)]
    assert bench.slots == 0


def test_a_row_that_a_look_does_not_settle_stays_in_doubt_where_it_may_not_go_again() -> None:
    """It is told as unknown, once, and its worker goes on with the next row."""
    bench = a_bench(2, FOR_GOOD)
    run(bench.run(1))

    assert bench.happened("look") == [2]
    assert bench.happened("call") == bench.happened(INTEND) == [2, 3]
    assert [result for result, _ in bench.settled] == [UNKNOWN, LANDED.result]
    assert bench.states[2] == Outcome.UNKNOWN
    assert bench.slots == 0


def test_a_row_that_is_not_open_is_not_looked_at() -> None:
    """One that a stop left in doubt is told as it is."""
    bench = a_bench(1, Sent(UNKNOWN))
    run(bench.run(1))

    assert bench.happened("look") == []
    assert [result for result, _ in bench.settled] == [UNKNOWN]


def test_a_row_that_got_old_between_two_attempts_is_looked_at_at_once() -> None:
    """It waits again on the disk, goes before the next row as the look says, and is told once."""
    bench = a_bench(2, OLD)
    run(bench.run(1))

    assert bench.story(2) == [INTEND, "call", "answer", POSTPONE, "look", INTEND, "call", "answer", ACCEPT]
    assert bench.log[bench.position("look", 2)].at == bench.log[bench.position(POSTPONE, 2)].at == 1.0
    assert bench.befores(2, INTEND) == [Outcome.PENDING, Outcome.PENDING]
    assert bench.happened("call") == [2, 2, 3]
    assert bench.bodies == [b"{}", b'{"now":1}', b"{}"]
    assert bench.settled == [(LANDED.result, 1.0)] * 2
    assert bench.slots == 0


def test_a_stop_during_a_look_ends_the_worker_quietly() -> None:
    """Nothing is raised, the row stays in doubt on the disk, and what is in flight is let finish."""
    bench = a_bench(9, OPEN)
    bench.latency = lambda row: 1.0 if row == 2 else 5.0

    async def main() -> None:
        task = asyncio.create_task(bench.run(2))
        await asyncio.sleep(2.0)
        assert bench.happened("look") == [2]
        bench.stop.set(INTERRUPTED)
        await task
        assert bench.clock.monotonic() == 5.0

    run(main())
    assert bench.states == {2: Outcome.UNKNOWN, 3: Outcome.UPDATED}
    assert bench.happened("call") == [2, 3]
    assert [result for result, _ in bench.settled] == [LANDED.result]
    assert bench.slots == 0


def test_a_look_that_finds_the_run_stopped_is_no_fault() -> None:
    """A source that raises Stopped, and stops nothing itself, costs the pool one worker."""

    def stopped(_: Sendable) -> Sendable | None:
        raise Stopped

    bench = a_bench(4, OPEN, says=stopped)
    run(bench.run(2))

    assert bench.states == {2: Outcome.UNKNOWN} | dict.fromkeys((3, 4, 5), Outcome.UPDATED)
    assert bench.stop.stop is None


@pytest.mark.parametrize("slot_wait", [10.0, None])
def test_a_stop_before_a_second_send_leaves_the_row_in_doubt(slot_wait: float | None) -> None:
    """While it waits for its slot, or where none is given any more, no intent is written."""
    bench = a_bench(1, OPEN)

    async def main() -> None:
        task = asyncio.create_task(bench.run(1))
        await asyncio.sleep(3.5)
        bench.slot_wait = slot_wait
        await asyncio.sleep(1.5 if slot_wait else 0.0)
        bench.stop.set(INTERRUPTED)
        await task

    run(main())
    assert bench.states == {2: Outcome.UNKNOWN}
    assert bench.happened(INTEND) == [2]
    assert bench.slots == 0


def test_a_look_that_fails_is_a_fault_of_the_run() -> None:
    """It is raised when the rows in flight are done and written, and the row stays in doubt."""

    def broken(_: Sendable) -> Sendable | None:
        raise ZeroDivisionError("no page")

    bench = a_bench(99, OPEN, says=broken)
    bench.latency = lambda row: 1.0 if row == 2 else 10.0

    async def main() -> None:
        with pytest.raises(ZeroDivisionError, match="no page"):
            await bench.run(2)

    run(main())
    assert bench.states == {2: Outcome.UNKNOWN, 3: Outcome.UPDATED}
    assert bench.slots == 0
