"""Rows in the order of their cases, each compared with a look at its case that is not too old."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from bulkcase.clock import Clock
from bulkcase.ledger import ComparedRows
from bulkcase.ledger.changes import decision
from bulkcase.ledger.compared import NOT_SEEN
from bulkcase.ledger.rows import PENDING, Sendable
from bulkcase.logged import row_ended
from bulkcase.model import Outcome, Result
from bulkcase.operations.live.compare import OnDecided, compare_rows
from bulkcase.operations.running.whereabouts import Whereabouts
from bulkcase.planning.judge import Look
from bulkcase.stopping import StopSwitch

_START = (-1, -1)
_SENT = frozenset({Outcome.UNKNOWN, Outcome.MISMATCH, Outcome.CONFLICT})
"""The outcomes after which a case may have changed by the row itself, or is known to have changed."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """When what is known of a case still holds."""

    max_age: float
    """Seconds."""
    others: Collection[int]
    """Runs, by their `seq`, that have sent something to the target since the list was read."""
    leave: Collection[int]
    """Rows that were decided about a moment ago, and are not sent whatever their outcome."""


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
        whereabouts: Whereabouts,
        look: Look,
        freshness: Freshness,
        clock: Clock,
        stop: StopSwitch,
        told: OnDecided,
        written: Callable[[], Awaitable[None]],
    ) -> None:
        self._rows = rows
        self._outcomes = outcomes
        self._any = frozenset(outcomes) | PENDING | {Outcome.UNKNOWN}
        """What a row may be that was handed out, or whose answer got lost."""
        self._whereabouts = whereabouts
        self._look = look
        self._freshness = freshness
        self._clock = clock
        self._stop = stop
        self._told = told
        self._written = written
        self._waiting: deque[Sendable] = deque()
        self._last = _START
        self._is_stale = False
        """Whether a page was read again since the rows that wait were looked up."""
        self._turn = asyncio.Lock()
        self._began = clock.now()

    async def next(self) -> Sendable | None:
        """Return the next row to send, or None; raises Stopped or EnvironmentFailed where its case cannot be read."""
        if self._turn.locked():
            # Somebody reads a page: the outcome of the worker's last row is not to wait for that.
            await self._written()
        async with self._turn:
            while (row := self._following()) is not None:
                self._stop.check()
                if row.number in self._freshness.leave:
                    continue
                current = self._rows.one(row.number, self._any) if self._is_stale else row
                if current is None or self.is_fresh(current):
                    found = current
                else:
                    found = await self._looked_at(current)
                if found is not None:
                    return found
                # Many may follow that are not sent: the loop has other things to do as well.
                await asyncio.sleep(0)
        return None

    def is_fresh(self, row: Sendable) -> bool:
        """Say whether a row was compared with the last look at its case, and that is not too old."""
        return self._is_young(row) and row.looked_at == row.read_at

    async def again(self, row: Sendable) -> Sendable | None:
        """Return a row as a new look at its case says that it is to be sent; None where it is not."""
        async with self._turn:
            current = self._rows.one(row.number, self._any)
            return None if current is None else await self._looked_at(current)

    def _following(self) -> Sendable | None:
        """Return the next row of the list as it is in the ledger."""
        if not self._waiting:
            self._waiting.extend(self._rows.next_by_place(self._outcomes, self._last))
            self._is_stale = False
        if not self._waiting:
            return None
        row = self._waiting.popleft()
        assert row.place is not None, "only rows whose cases were seen are sent"
        self._last = (row.place, row.number)
        return row

    def _is_young(self, row: Sendable) -> bool:
        now = self._clock.now()
        if row.read_at is None or now - row.read_at > self._freshness.max_age:
            return False
        # Its update may have landed since, or in part. Where a clock was set back, nobody knows what was first.
        if row.last in _SENT and not self._sent_at(row) < row.read_at <= now:
            return False
        others = self._freshness.others
        return not others or self._rows.changed_by(others, row.case_id) < row.read_at

    async def _looked_at(self, row: Sendable) -> Sendable | None:
        assert row.place is not None, "only rows whose cases were seen are sent"
        if not self._is_young(row):
            self._is_stale = True
            if await self._whereabouts.find(row.case_id, row.place, self._sent_at(row)) is None:
                self._give_up(row)
                return None
        decided: list[Result] = []

        def note(number: int, result: Result) -> None:
            decided.append(result)
            self._told(number, result)

        compare_rows(self._rows, self._look, self._clock.now(), self._any, number=row.number, told=note)
        if decided:
            return None
        found = self._rows.one(row.number, self._any)
        if found is not None and found.looked_at == found.read_at:
            return found
        # What the look cannot tell stays in doubt, and is not sent either.
        self._end(row, Result(Outcome.UNKNOWN, code=row.code, message=row.message))
        return None

    def _give_up(self, row: Sendable) -> None:
        """Leave a row alone whose case is not there any more; one in doubt stays so."""
        if row.last is Outcome.UNKNOWN:
            self._end(row, Result(Outcome.UNKNOWN, code=row.code, message=row.message))
            return
        message = f"{row.case_id} was seen when the run was planned, and is not in the list of cases any more"
        result = Result(Outcome.FAILED, code=NOT_SEEN, message=message)
        self._rows.apply([decision(row.number, result, self._clock.now(), row.last)])
        self._end(row, result)

    def _end(self, row: Sendable, result: Result) -> None:
        row_ended(row.number, row.case_id, result.outcome.value, result.code)
        self._told(row.number, result)

    def _sent_at(self, row: Sendable) -> float:
        """Return the moment since which what a case shows may not be what it did before; 0 for a row never sent.

        That is its last outcome, or the start of this session: what came between, nobody has seen.
        """
        return max(row.finished_at or 0.0, self._began) if row.last in _SENT else 0.0
