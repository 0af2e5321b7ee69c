"""Durable before it counts: what waits to be written is committed as one group, again and again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from bulkcase.ledger.changes import Change
from bulkcase.ledger.transitions import Event
from bulkcase.model import Call

Commit = Callable[[Sequence[Change], Sequence[Call]], None]

_QUIET_TURNS: Final = 2
"""Turns of the loop without a new writer after which a group is written.

At the turn of a writer the sockets of others have answers too, and they become writers one turn and two turns later.
"""


class Journal:
    """Collects changes and calls, and commits whatever waits as one group as soon as nobody joins it any more.

    A worker that waits for `write` knows that its changes are on disk; many workers share one commit, without a timer.
    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._changes: list[Change] = []
        self._calls: list[Call] = []
        self._waiting: list[asyncio.Future[None]] = []

    def record(self, call: Call) -> None:
        """Keep a call for the next commit."""
        self._calls.append(call)

    def keep(self, *changes: Change) -> None:
        """Keep changes for the next commit, whoever causes it; no cancellation can come in between."""
        self._changes.extend(changes)

    async def write(self, *changes: Change) -> None:
        """Return when these changes, and all that waited, are durable.

        Raises what the commit raised, LedgerError above all: then no intent of the group counts, and whatever has
        happened already (outcomes, calls) waits for the next commit.
        """
        self._changes.extend(changes)
        loop = asyncio.get_running_loop()
        # A future of its own for everybody: whoever is cancelled leaves the group alone, the commit is everybody's.
        written = loop.create_future()
        self._waiting.append(written)
        if len(self._waiting) == 1:
            loop.call_soon(self._write_when_quiet, loop, 1, _QUIET_TURNS)
        try:
            await written
        except asyncio.CancelledError:
            # What is not on its way to the disk yet need not get there: the call of such an intent never leaves.
            withdrawn = {id(change) for change in changes if change.event is Event.INTEND}
            self._changes = [change for change in self._changes if id(change) not in withdrawn]
            raise

    def flush(self) -> None:
        """Commit what waits, now; raises as `write`."""
        changes, made = self._changes, self._calls
        self._changes, self._calls = [], []
        try:
            self._commit(changes, made)
        except BaseException:
            happened = [change for change in changes if change.event is not Event.INTEND]
            self._changes, self._calls = happened + self._changes, made + self._calls
            raise

    def close(self) -> None:
        """Commit what has happened, now, and no intent: whoever waited for it is gone, and its call never left."""
        self._changes = [change for change in self._changes if change.event is not Event.INTEND]
        self.flush()

    def _write_when_quiet(self, loop: asyncio.AbstractEventLoop, seen: int, turns: int) -> None:
        waiting = len(self._waiting)
        if waiting > seen:
            turns = _QUIET_TURNS
        if turns > 0:
            loop.call_soon(self._write_when_quiet, loop, waiting, turns - 1)
        else:
            self._write_group()

    def _write_group(self) -> None:
        waiting, self._waiting = self._waiting, []
        failure: Exception | None = None
        try:
            self.flush()
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for this commit
            failure = error
        for written in waiting:
            if written.done():  # its worker was cancelled
                continue
            if failure is None:
                written.set_result(None)
            else:
                written.set_exception(failure)
