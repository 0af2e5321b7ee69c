"""A pool of workers, or one sender, with everything that it is handed, each part where a test can see it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from support.virtual import VirtualClock

from bulkcase.errors import IllegalTransition, LedgerError
from bulkcase.job.settings import Retry
from bulkcase.kore.door import Door
from bulkcase.kore.endpoints import Request
from bulkcase.kore.verdict import Verdict
from bulkcase.ledger.changes import Change
from bulkcase.ledger.journal import Journal
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Call, Outcome, Result, Stop, StopReason
from bulkcase.sending.pool import InOrder, Pool, Source
from bulkcase.sending.sender import Sender, Sent
from bulkcase.stopping import StopSwitch

INTERRUPTED = Stop(StopReason.INTERRUPTED, "interrupted")
LANDED = Sent(Result(Outcome.UPDATED, 1, 200))


@dataclass(frozen=True)
class Happening:
    """One thing that happened, in the order in which it did."""

    at: float
    what: str
    """intend, call, answer, look, or the event of an outcome."""
    row: int
    worker: str = ""


@dataclass
class Bench:
    """A pool on fakes that write down what happens."""

    rows: Iterable[Sendable]
    source: Source | None = None
    """What hands out the rows, where that is more than one after the other."""
    sender: Sender | None = None
    """What sends them, where that is not the bench itself."""
    becomes: Callable[[Sendable], Sent] = lambda _: LANDED
    """What becomes of a row that the bench sends."""
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
    changes: list[Change] = field(default_factory=list)
    """All that was written, in order."""
    states: dict[int, str] = field(default_factory=dict)
    """What each row is, by what is on the disk."""
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
            sender=self.sender or cast("Sender", self),
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
    async def send(self, row: Sendable, is_fresh: Callable[[Sendable], bool] = lambda _: True) -> Sent:
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
        return self.becomes(row)

    # the ledger
    def commit(self, changes: Sequence[Change], calls: Sequence[Call]) -> None:
        if self.commit_fails(changes):
            raise LedgerError("the disk is full")
        self.commits.append([(change.event, change.number) for change in changes])
        for change in changes:
            if self.states.setdefault(change.number, change.before) != change.before:
                raise IllegalTransition(f"{change}: it is {self.states[change.number]}")
            self.states[change.number] = change.after
            self.changes.append(change)
            self.note(change.event, change.number)

    def note(self, what: str, row: int) -> None:
        task = asyncio.current_task()
        self.log.append(Happening(self.clock.monotonic(), what, row, task.get_name() if task else ""))

    def position(self, what: str, row: int) -> int:
        """Return when something happened to a row, as a place in the log."""
        (found,) = [number for number, one in enumerate(self.log) if (one.what, one.row) == (what, row)]
        return found

    def story(self, row: int) -> list[str]:
        """Return what happened to a row, in order."""
        return [one.what for one in self.log if one.row == row]

    def befores(self, row: int, event: str) -> list[str]:
        """Return what a row was, each time that something was written of it."""
        return [change.before for change in self.changes if (change.number, change.event) == (row, event)]

    def happened(self, what: str) -> list[int]:
        """Return the rows to which something happened, in order."""
        return [one.row for one in self.log if one.what == what]


def rows(count: int) -> list[Sendable]:
    """Return so many rows, each about a case of its own; the first data row of a file is row 2."""
    return [Sendable(number, f"ci-{number}", b"{}") for number in range(2, count + 2)]


def changed(row: Sendable) -> Sendable:
    """Return a row as a look leaves it that finds something else to be sent."""
    return row._replace(body=b'{"now":1}')


@dataclass
class Looking:
    """Rows in order; looks take their time and are written down, with what is on the disk and in hand then."""

    bench: Bench
    waiting: list[Sendable]
    says: Callable[[Sendable], Sendable | None] = changed
    takes: float = 3.0
    is_old: Callable[[Sendable], bool] = lambda _: False
    seen: list[tuple[str, int]] = field(default_factory=list)
    """What the row was on the disk, and the slots in hand, at each look."""

    async def next(self) -> Sendable | None:
        return self.waiting.pop(0) if self.waiting else None

    def is_fresh(self, row: Sendable) -> bool:
        return not self.is_old(row)

    async def again(self, row: Sendable) -> Sendable | None:
        self.bench.note("look", row.number)
        state = self.bench.states.get(row.number, row.last)
        self.seen.append((state, self.bench.slots))
        async with self.bench.stop.interruptible():
            await asyncio.sleep(self.takes)
        # As in the ledger: the row is what its last outcome made of it.
        return self.says(row._replace(last=Outcome(state), tried=0))


@dataclass
class FakeDoor:
    """Gives each case its verdicts in order; counts what it is asked for."""

    clock: VirtualClock
    verdicts: Mapping[str, Sequence[Verdict | BaseException]]
    latency: float = 0.0
    calls_each: int = 1
    """How many calls one verdict takes: more than one where the door was throttled meanwhile."""
    slots: int = 0
    left_at: list[float] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)

    async def slot(self) -> None:
        self.slots += 1

    async def call(self, request: Request) -> Verdict:
        assert request.case_id is not None
        self.left_at.append(self.clock.monotonic())
        number = self.asked.get(request.case_id, 0)
        self.asked[request.case_id] = number + 1
        request.calls += self.calls_each
        await asyncio.sleep(self.latency)
        verdict = self.verdicts[request.case_id][number]
        if isinstance(verdict, BaseException):
            raise verdict
        return verdict


@dataclass
class SenderBench:
    """A sender on a fake door."""

    door: FakeDoor
    sender: Sender
    stop: StopSwitch
    clock: VirtualClock


def a_sender(
    *verdicts: Verdict | BaseException,
    cases: Mapping[str, Sequence[Verdict | BaseException]] | None = None,
    chance: float = 1.0,
    latency: float = 0.0,
    calls_each: int = 1,
    verifies: bool = True,
    can_look: bool = False,
    **retry: Any,
) -> SenderBench:
    """Return a sender whose door answers with these verdicts: for the case ci-1, where no others are told."""
    clock, stop = VirtualClock(), StopSwitch()
    door = FakeDoor(clock, cases or {"ci-1": verdicts}, latency, calls_each)
    sender = Sender(
        cast("Door", door),
        Retry(**retry),
        clock=clock,
        chance=lambda: chance,
        stop=stop,
        verifies=verifies,
        can_look=can_look,
    )
    return SenderBench(door, sender, stop, clock)
