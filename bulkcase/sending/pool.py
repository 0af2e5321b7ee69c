"""The pool: so many workers, each with one row in flight."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from bulkcase.clock import Clock
from bulkcase.kore.door import Door
from bulkcase.ledger.changes import intent, outcome
from bulkcase.ledger.journal import Journal
from bulkcase.ledger.rows import Sendable
from bulkcase.logged import row_ended
from bulkcase.model import NEEDS_A_PERSON, Result, Stop, StopReason
from bulkcase.sending.sender import Sender
from bulkcase.stopping import Stopped, StopSwitch

OnSettled = Callable[[Result, float], None]
"""Told of each row's result and the seconds it was in flight."""


class Source(Protocol):
    """Where the rows come from, one by one."""

    async def next(self) -> Sendable | None:
        """Return the next row to send; None when there is none left. Raises Stopped when the run is stopped."""
        ...

    def is_fresh(self, row: Sendable) -> bool:
        """Say whether what is known of a row's case still holds."""
        ...

    async def again(self, row: Sendable) -> Sendable | None:
        """Return a row as a new look at its case says that it is to be sent now.

        None where it is not: what became of it is told by then.
        """
        ...


class InOrder:
    """Rows as they come: nothing that is known of their cases gets old."""

    def __init__(self, rows: Iterator[Sendable]) -> None:
        self._rows = rows

    async def next(self) -> Sendable | None:
        """Return the next row."""
        return next(self._rows, None)

    def is_fresh(self, _: Sendable) -> bool:
        """Say yes."""
        return True

    async def again(self, row: Sendable) -> Sendable | None:
        """Return the row as it is."""
        return row


class Pool:
    """Takes rows in order and sends them; no two of them are about the same case (the plan sees to that).

    A worker has its slot of the quota before it writes the intent of its next row together with the outcome of its last
    one. Where it has to wait for the slot, the outcome is written first: an hour's wait is no reason to risk it.
    """

    def __init__(
        self,
        rows: Source,
        *,
        door: Door,
        sender: Sender,
        journal: Journal,
        clock: Clock,
        stop: StopSwitch,
        on_settled: OnSettled,
    ) -> None:
        self._rows = rows
        self._door = door
        self._sender = sender
        self._journal = journal
        self._clock = clock
        self._stop = stop
        self._on_settled = on_settled
        self._faults: list[Exception] = []

    async def run(self, workers: int) -> None:
        """Return when every row has its outcome or the run was stopped; raises the first fault of a worker.

        A fault stops the run as any other stop does: calls in flight are let finish, and what they brought is written.
        Cancelled, it ends at once, and what is known is written all the same.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                for number in range(workers):
                    tasks.create_task(self._guarded(), name=f"worker {number + 1}")
        finally:
            with self._faults_kept():
                self._journal.close()
        if self._faults:
            raise self._faults[0]

    async def _guarded(self) -> None:
        with self._faults_kept():
            await self._work()

    @contextmanager
    def _faults_kept(self) -> Iterator[None]:
        """Keep a fault, to be raised once the other workers are done, and stop the run for it."""
        try:
            yield
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the other workers' rows come first
            self._faults.append(error)
            self._stop.set(Stop(StopReason.FAULT, str(error)))

    async def _work(self) -> None:
        while (taken := await self._rows.next()) is not None:
            row = await self._with_slot(taken)
            while row is not None:
                await self._leave(row)
                row = await self._send(row)

    async def _with_slot(self, row: Sendable) -> Sendable | None:
        """Return a row with its slot in hand, as it is to be sent then; None, and no slot, where it is not any more."""
        looked = False
        while not self._door.try_slot():
            await self._journal.write()
            await self._door.slot()
            # Where waits are longer than looks stay young, one look has to be enough.
            if looked or self._rows.is_fresh(row):
                break
            # The wait was so long that its case is read again first: that takes a slot of its own.
            self._door.give_back()
            found = await self._rows.again(row)
            if found is None:
                return None
            row, looked = found._replace(tried=row.tried), True
        return row

    async def _leave(self, row: Sendable) -> None:
        """Make the outcome of the last row and the intent of this one durable; an unused slot is given back."""
        try:
            await self._journal.write(intent(row.number, row.last))
        except BaseException:
            self._door.give_back()
            raise

    async def _send(self, row: Sendable) -> Sendable | None:
        """Send a row and hand its outcome over, for the next commit; return it, with a slot, where it is sent again."""
        left_at = self._clock.monotonic()
        sent = await self._sender.send(row, self._rows.is_fresh)
        self._journal.keep(outcome(row.number, sent.result, self._clock.now()))
        if sent.is_open:
            # What the look says counts from what is on the disk.
            await self._journal.write()
            found = await self._rows.again(row)
            if found is None:
                return None
            if sent.may_go_again:
                return await self._with_slot(found._replace(tried=sent.tried))
        if sent.result.outcome in NEEDS_A_PERSON:
            row_ended(row.number, row.case_id, sent.result.outcome.value, sent.result.code)
        self._on_settled(sent.result, self._clock.monotonic() - left_at)
        return None
