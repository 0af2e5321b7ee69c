"""Rows that get old between two attempts: they wait again, for a look at their case."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest
from support.bench import Bench, rows
from support.virtual import VirtualClock, run

from bulkcase.job.settings import Retry
from bulkcase.kore.door import Door, Request
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Outcome, Result
from bulkcase.sending.sender import GOT_OLD, Sender
from bulkcase.stopping import StopSwitch

OK = Verdict(Kind.ACCEPTED, 200)
BUSY = Verdict(Kind.TRANSIENT, 503, "http_503", "busy", wait=9.0)
LOST = Verdict(Kind.UNANSWERED, None, "timeout", "late")
ROW = Sendable(2, "ci-1", b"{}")


@dataclass
class CountingDoor:
    """Gives its verdicts in order, and counts the slots that are in hand."""

    verdicts: Sequence[Verdict]
    slots: int = 1
    calls: int = 0

    async def slot(self) -> None:
        self.slots += 1

    def give_back(self) -> None:
        self.slots -= 1

    async def call(self, request: Request) -> Verdict:
        self.slots -= 1
        request.calls += 1
        self.calls += 1
        return self.verdicts[self.calls - 1]


def sent(door: CountingDoor, is_fresh: Callable[[Sendable], bool]) -> Result:
    """Return what a sender makes of a row on this door."""
    clock = VirtualClock()
    sender = Sender(cast("Door", door), Retry(), clock=clock, chance=lambda: 1.0, stop=StopSwitch())
    results = []

    async def main() -> None:
        results.append(await sender.send(ROW, is_fresh))

    run(main())
    return results[0]


@pytest.mark.parametrize(
    ("first", "expected"), [(BUSY, (Outcome.PENDING, 1, GOT_OLD)), (LOST, (Outcome.UNKNOWN, 1, "timeout"))]
)
def test_a_row_that_got_old_is_not_tried_again(first: Verdict, expected: tuple[Outcome, int, str]) -> None:
    """It waits as it did before, or is in doubt where its update may have landed; its slot is given back."""
    door = CountingDoor([first, OK])
    result = sent(door, lambda _: False)
    assert (result.outcome, result.attempts, result.code) == expected
    assert (door.calls, door.slots) == (1, 0)


def test_a_row_is_asked_for_its_age_between_attempts_alone() -> None:
    """The pool has seen to the first attempt, and a row that is young still is tried again."""
    asked: list[int] = []
    door = CountingDoor([BUSY, BUSY, OK])

    def is_fresh(row: Sendable) -> bool:
        asked.append(row.number)
        return True

    result = sent(door, is_fresh)
    assert (result.outcome, door.calls, door.slots, asked) == (Outcome.UPDATED, 3, 0, [2, 2])


@dataclass
class Aging(Bench):
    """A pool whose second row gets old in its first attempt."""

    old: set[int] = field(default_factory=lambda: {3})

    async def send(self, row: Sendable, is_fresh: Callable[[Sendable], bool] = lambda _: True) -> Result:
        result = await super().send(row, is_fresh)
        if row.number not in self.old:
            return result
        self.old.remove(row.number)
        return Result(Outcome.PENDING, 1, code=GOT_OLD)


@dataclass
class Again:
    """Rows one after the other, and behind them what was put back."""

    waiting: list[Sendable]
    put: list[int] = field(default_factory=list)

    async def next(self) -> Sendable | None:
        return self.waiting.pop(0) if self.waiting else None

    def is_fresh(self, _: Sendable) -> bool:
        return True

    async def again(self, row: Sendable) -> Sendable | None:
        return row

    def put_back(self, row: Sendable) -> None:
        self.put.append(row.number)
        self.waiting.append(row)


def test_a_row_that_got_old_is_handed_out_once_more() -> None:
    """It is told as settled once, when it is, and no slot is lost over it."""
    bench = Aging(rows(3))
    bench.source = source = Again(rows(3))
    run(bench.run(1))
    assert source.put == [3]
    assert bench.happened("call") == [2, 3, 4, 3]
    assert [result.outcome for result, _ in bench.settled] == [Outcome.UPDATED] * 3
    assert bench.slots == 0
