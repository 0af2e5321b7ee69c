"""Rows in the order of their cases, each compared with a look at its case that is not too old."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection

from bulkcase.clock import Clock
from bulkcase.job import Job
from bulkcase.ledger import ComparedRows, Snapshot
from bulkcase.ledger.changes import decision
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Outcome, Result
from bulkcase.operations.compare import OnDecided, compare_rows, look_of, resolve_references
from bulkcase.operations.runtime import Runtime
from bulkcase.planning.judge import Look
from bulkcase.reading.reader import Reader

_TRIES = 3
"""Pages that are read to find a case that is not where it was."""


class FreshRows:
    """Where the pool takes its rows from: a page that got old is read again right before its rows are sent.

    One page at a time; whoever wants the next row meanwhile waits, as that row is most likely on the same page.
    `written` returns when whatever waits for the disk is there.
    """

    def __init__(
        self,
        rows: ComparedRows,
        outcomes: Collection[Outcome],
        *,
        reader: Reader,
        snapshot: Snapshot,
        look: Look,
        max_age: float,
        clock: Clock,
        told: OnDecided,
        written: Callable[[], Awaitable[None]],
    ) -> None:
        self._rows = rows
        self._outcomes = outcomes
        self._reader = reader
        self._snapshot = snapshot
        self._look = look
        self._max_age = max_age
        self._clock = clock
        self._told = told
        self._written = written
        self._waiting: deque[Sendable] = deque()
        self._last = (-1, -1)
        self._shift = 0
        """By how much cases were found before their places, the last time that one was looked for."""
        self._turn = asyncio.Lock()

    async def next(self) -> Sendable | None:
        """Return the next row to send, or None; raises Stopped or EnvironmentFailed where its case cannot be read."""
        if self._turn.locked():
            # Somebody reads a page: the outcome of the worker's last row is not to wait for that.
            await self._written()
        async with self._turn:
            while True:
                if not self._waiting:
                    self._waiting.extend(self._rows.next_by_place(self._outcomes, self._last))
                if not self._waiting:
                    return None
                row = self._waiting.popleft()
                assert row.place is not None, "only rows whose cases were seen are sent"
                self._last = (row.place, row.number)
                if self.is_fresh(row):
                    return row
                # What waits was looked up before: it is looked up again.
                self._waiting.clear()
                found = await self._looked_at(row)
                if found is not None:
                    return found

    def is_fresh(self, row: Sendable) -> bool:
        """Say whether a row was compared with the last look at its case, and that is not too old."""
        return self._is_young(row) and row.looked_at == row.read_at

    async def again(self, row: Sendable) -> Sendable | None:
        """Return a row as a new look at its case says that it is to be sent; None where it is not."""
        async with self._turn:
            return await self._looked_at(row)

    def _is_young(self, row: Sendable) -> bool:
        return row.read_at is not None and self._clock.now() - row.read_at <= self._max_age

    async def _looked_at(self, row: Sendable) -> Sendable | None:
        current = self._rows.one(row.number, self._outcomes)
        if current is None:
            return None
        if not self._is_young(current) and not await self._find(current):
            if current.last is not Outcome.UNKNOWN:
                self._give_up(current)
            return None
        now = self._clock.now()
        compare_rows(self._rows, self._look, now, self._outcomes, number=row.number, told=self._told)
        return self._rows.one(row.number, self._outcomes)

    async def _find(self, row: Sendable) -> bool:
        """Read the page again that has the case of a row; say whether it was found, not far from where it was."""
        assert row.place is not None, "it was seen when it was planned"
        known = self._snapshot.positions([row.case_id]).get(row.case_id, row.place)
        at, tried = max(known - self._shift, 0), set[int]()
        for _ in range(_TRIES):
            page = await self._reader.read_again(self._snapshot, at)
            if row.case_id in page.now:
                self._shift = known - page.now[row.case_id]
                return True
            tried.add(page.start)
            # What else is on that page tells how far the list has moved; else the pages beside it are tried.
            at = next(
                (
                    place
                    for place in (known - page.shift, at - page.size, at + page.size)
                    if place >= 0 and page.of(place) not in tried
                ),
                -1,
            )
            if at < 0:
                break
        return False

    def _give_up(self, row: Sendable) -> None:
        message = f"{row.case_id} was seen when the run was planned, and is not where it was in the list of cases"
        result = Result(Outcome.FAILED, code="case_not_seen", message=message)
        self._rows.apply([decision(row.number, result, self._clock.now(), row.last)])
        self._told(result)


async def look_for_unseen(
    rows: ComparedRows,
    outcomes: Collection[Outcome],
    job: Job,
    reader: Reader,
    snapshot: Snapshot,
    runtime: Runtime,
) -> None:
    """Read the list of cases once more where it is needed; decide about failed rows whose cases were not seen in it.

    That is where there are such rows, and where what was read was taken out again after the run had ended. Raises
    Stopped, and EnvironmentFailed where it cannot be read.
    """
    unseen = {Outcome.FAILED} & set(outcomes)
    if snapshot.record().pages and not (unseen and rows.unplaced(unseen)):
        return
    snapshot.begin_again(runtime.clock.now())
    await reader.read_on(snapshot, lambda *_: None)
    now = runtime.clock.now()
    if job.input.key.match == "refId":
        resolve_references(rows, snapshot, now, unseen)
    compare_rows(rows, look_of(job, snapshot), now, unseen)
