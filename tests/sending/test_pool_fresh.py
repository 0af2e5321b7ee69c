"""Rows that get old while they wait for their slot."""

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from support.bench import Bench, rows
from support.virtual import run

from bulkcase.ledger.rows import Sendable
from bulkcase.ledger.transitions import Event
from bulkcase.model import Outcome, Result


@dataclass
class GettingOld:
    """Rows of which nothing is known any more after a while; another look at a row takes its time."""

    rows: Iterator[Sendable]
    max_age: float
    bench: Bench
    gone: Collection[int] = ()
    """The rows that turn out not to be sent when they are looked at again."""
    looked_at: list[tuple[int, float]] = field(default_factory=list)
    """Which row was looked at again, and when."""
    slots_then: list[int] = field(default_factory=list)
    """The slots that were in hand then."""

    async def next(self) -> Sendable | None:
        row = next(self.rows, None)
        return None if row is None else row._replace(read_at=self.bench.clock.monotonic())

    def is_fresh(self, row: Sendable) -> bool:
        return row.read_at is not None and self.bench.clock.monotonic() - row.read_at <= self.max_age

    async def again(self, row: Sendable) -> Sendable | None:
        self.slots_then.append(self.bench.slots)
        await asyncio.sleep(1.0)
        now = self.bench.clock.monotonic()
        self.looked_at.append((row.number, now))
        return None if row.number in self.gone else row._replace(body=b'{"now":1}', read_at=now)


def test_a_row_that_got_old_while_it_waited_is_looked_at_again() -> None:
    """It gives its slot back for the look, waits for another one, and is sent as it is then."""
    bench = Bench(rows(1), slot_wait=10.0)
    bench.source = source = GettingOld(iter(bench.rows), 9.5, bench)

    async def main() -> None:
        task = asyncio.create_task(bench.run(1))
        await asyncio.sleep(10.5)
        bench.slot_wait = 5.0
        await task

    run(main())
    assert (source.looked_at, source.slots_then) == ([(2, 11.0)], [0])
    assert bench.log[bench.position("call", 2)].at == 16.0
    assert bench.bodies == [b'{"now":1}']
    assert bench.slots == 0


def test_a_row_that_is_fresh_when_its_slot_comes_is_sent_as_it_is() -> None:
    """A wait that is not too long asks for no other look, and neither does a slot at hand."""
    for slot_wait in (9.0, None):
        bench = Bench(rows(3), slot_wait=slot_wait)
        bench.source = source = GettingOld(iter(bench.rows), 9.5, bench)
        run(bench.run(2))
        assert source.looked_at == []
        assert bench.bodies == [b"{}"] * 3


def test_a_row_that_is_not_to_be_sent_after_all_takes_no_slot() -> None:
    """It has no intent and no call, and its worker goes on with the next one."""
    bench = Bench(rows(3), slot_wait=10.0)
    bench.source = source = GettingOld(iter(bench.rows), 9.5, bench, gone=(2, 4))

    async def main() -> None:
        task = asyncio.create_task(bench.run(1))
        await asyncio.sleep(10.5)
        bench.slot_wait = 5.0
        await asyncio.sleep(6.0)
        bench.slot_wait = 10.0
        await task

    run(main())
    assert [number for number, _ in source.looked_at] == [2, 4]
    assert bench.happened("call") == bench.happened(Event.INTEND) == bench.happened(Event.ACCEPT) == [3]
    assert bench.slots == 0


def test_each_settled_row_is_told_with_its_time_in_flight() -> None:
    """Progress hears of each result and of the seconds between its departure and its end."""
    bench = Bench(rows(2), latency=lambda row: row * 1.0)
    run(bench.run(2))

    assert bench.settled == [(Result(Outcome.UPDATED, 1, 200), 2.0), (Result(Outcome.UPDATED, 1, 200), 3.0)]
