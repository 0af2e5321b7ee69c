"""A pool of workers with everything that it is handed, each part where a test can see it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

from support.virtual import VirtualClock

from bulkcase.errors import LedgerError
from bulkcase.kore.door import Door
from bulkcase.ledger.changes import Change
from bulkcase.ledger.journal import Journal
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Call, Outcome, Result, Stop, StopReason
from bulkcase.sending.pool import InOrder, Pool, Source
from bulkcase.sending.sender import Sender
from bulkcase.stopping import StopSwitch

INTERRUPTED = Stop(StopReason.INTERRUPTED, "interrupted")


@dataclass(frozen=True)
class Happening:
    """One thing that happened, in the order in which it did."""

    at: float
    what: str
    """intend, call, answer, or the event of an outcome."""
    row: int
    worker: str = ""


@dataclass
class Bench:
    """A pool on fakes that write down what happens."""

    rows: Iterable[Sendable]
    source: Source | None = None
    """What hands out the rows, where that is more than one after the other."""
    latency: Callable[[int], float] = lambda _: 1.0
    slot_wait: float | None = None
    """Seconds until a slot is free, where none is free at once."""
    breaks_at: int | None = None
    """The row whose sending raises."""
    commit_fails: Callable[[Sequence[Change]], bool] = lambda _: False
    clock: VirtualClock = field(default_factory=VirtualClock)
    stop: StopSwitch = field(default_factory=StopSwitch)
    log: list[Happening] = field(default_factory=list)
    commits: list[list[tuple[str, int]]] = field(default_factory=list)
    slots: int = 0
    """Slots that are taken and neither used nor given back."""
    in_flight: int = 0
    most_in_flight: int = 0
    settled: list[tuple[Result, float]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    """What was sent."""

    async def run(self, workers: int) -> None:
        """Run a pool of so many workers to its end."""
        pool = Pool(
            self.source or InOrder(iter(self.rows)),
            door=cast("Door", self),
            sender=cast("Sender", self),
            journal=Journal(self.commit),
            clock=self.clock,
            stop=self.stop,
            on_settled=lambda result, seconds: self.settled.append((result, seconds)),
        )
        await pool.run(workers)

    # the door
    def try_slot(self) -> bool:
        if self.slot_wait is not None or self.stop.stop is not None:
            return False
        self.slots += 1
        return True

    async def slot(self) -> None:
        async with self.stop.interruptible():
            await asyncio.sleep(self.slot_wait or 0.0)
        self.slots += 1

    def give_back(self) -> None:
        self.slots -= 1

    # the sender
    async def send(self, row: Sendable, is_fresh: Callable[[Sendable], bool] = lambda _: True) -> Result:
        self.slots -= 1
        self.bodies.append(row.body)
        self.note("call", row.number)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.latency(row.number))
        finally:
            self.in_flight -= 1
        if row.number == self.breaks_at:
            raise ZeroDivisionError(f"row {row.number}")
        self.note("answer", row.number)
        return Result(Outcome.UPDATED, 1, 200)

    # the ledger
    def commit(self, changes: Sequence[Change], calls: Sequence[Call]) -> None:
        if self.commit_fails(changes):
            raise LedgerError("the disk is full")
        self.commits.append([(change.event, change.number) for change in changes])
        for change in changes:
            self.note(change.event, change.number)

    def note(self, what: str, row: int) -> None:
        task = asyncio.current_task()
        self.log.append(Happening(self.clock.monotonic(), what, row, task.get_name() if task else ""))

    def position(self, what: str, row: int) -> int:
        """Return when something happened to a row, as a place in the log."""
        (found,) = [number for number, one in enumerate(self.log) if (one.what, one.row) == (what, row)]
        return found

    def happened(self, what: str) -> list[int]:
        """Return the rows to which something happened, in order."""
        return [one.row for one in self.log if one.what == what]


def rows(count: int) -> list[Sendable]:
    """Return so many rows, each about a case of its own; the first data row of a file is row 2."""
    return [Sendable(number, f"ci-{number}", b"{}") for number in range(2, count + 2)]
