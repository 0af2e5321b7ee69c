"""Rows that get old between two attempts: their case is looked at before the next one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import pytest
from support.virtual import VirtualClock, run

from bulkcase.job.settings import Retry
from bulkcase.kore.door import Door
from bulkcase.kore.endpoints import Request
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Outcome, Result
from bulkcase.sending.sender import GOT_OLD, Sender, Sent
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


def sent(door: CountingDoor, is_fresh: Callable[[Sendable], bool], row: Sendable = ROW, *, can_look: bool) -> Sent:
    """Return what a sender makes of a row on this door."""
    clock = VirtualClock()
    sender = Sender(cast("Door", door), Retry(), clock=clock, chance=lambda: 1.0, stop=StopSwitch(), can_look=can_look)
    results = []

    async def main() -> None:
        results.append(await sender.send(row, is_fresh))

    run(main())
    return results[0]


@pytest.mark.parametrize(
    ("first", "can_look", "expected"),
    [
        (BUSY, True, (Outcome.PENDING, 1, GOT_OLD)),
        (BUSY, False, (Outcome.PENDING, 1, GOT_OLD)),
        (LOST, False, (Outcome.UNKNOWN, 1, "timeout")),
    ],
)
def test_a_row_that_got_old_is_not_tried_again(
    first: Verdict, can_look: bool, expected: tuple[Outcome, int, str]
) -> None:
    """It waits as it did before, or is in doubt where its update may have landed; its slot is given back."""
    door = CountingDoor([first, OK])
    result, *more = sent(door, lambda _: False, can_look=can_look)
    assert (result.outcome, result.attempts, result.code) == expected
    assert more == [1, True, True]
    assert (door.calls, door.slots) == (1, 0)


def test_a_row_in_doubt_that_got_old_stays_in_doubt() -> None:
    """What was lost before it was sent again is not forgotten, and its failed attempts add up."""
    in_doubt = ROW._replace(last=Outcome.UNKNOWN, code="timeout", message="late", tried=2)
    found = sent(CountingDoor([BUSY, OK]), lambda _: False, in_doubt, can_look=True)
    assert found == Sent(Result(Outcome.UNKNOWN, 1, None, "timeout", "late"), 3, is_open=True, may_go_again=True)


def test_a_row_is_asked_for_its_age_between_attempts_alone() -> None:
    """The pool has seen to the first attempt, and a row that is young still is tried again."""
    asked: list[int] = []
    door = CountingDoor([BUSY, BUSY, OK])

    def is_fresh(row: Sendable) -> bool:
        asked.append(row.number)
        return True

    result = sent(door, is_fresh, can_look=True).result
    assert (result.outcome, door.calls, door.slots, asked) == (Outcome.UPDATED, 3, 0, [2, 2])
