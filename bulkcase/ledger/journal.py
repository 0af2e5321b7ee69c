"""Durable before it counts: what waits to be written is committed as one group, again and again."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from bulkcase.ledger.rows import Change
from bulkcase.model import Call

Commit = Callable[[Sequence[Change], Sequence[Call]], None]

_QUIET_TURNS: Final = 2
"""Turns of the loop without a new change after which a group is committed. An answer that has come takes two turns to
become a change: one to be read, one to wake its worker. A commit costs as much as serving several rows does."""


class Journal:
    """Collects changes and calls, and commits whatever waits as one group once the loop has nothing to add to it.

    A worker that waits for `write` knows that its changes are on disk; many workers share one commit, without a timer.
    Each worker adds to a group once and then waits for it, so no group waits for long.
    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._changes: list[Change] = []
        self._calls: list[Call] = []
        self._waiting: list[asyncio.Future[None]] = []

    def record(self, call: Call) -> None:
        """Keep a call for the next commit."""
        self._calls.append(call)

    async def write(self, *changes: Change) -> None:
        """Return when these changes are durable; raises what the commit raised, LedgerError above all."""
        self._changes.extend(changes)
        loop = asyncio.get_running_loop()
        # A future of its own for everybody: whoever is cancelled leaves the group alone, the commit is everybody's.
        written = loop.create_future()
        self._waiting.append(written)
        if len(self._waiting) == 1:
            loop.call_soon(self._flush_when_quiet, loop, 1, _QUIET_TURNS)
        await written

    def _flush_when_quiet(self, loop: asyncio.AbstractEventLoop, seen: int, turns: int) -> None:
        waiting = len(self._waiting)
        if waiting > seen:
            turns = _QUIET_TURNS
        if turns > 0:
            loop.call_soon(self._flush_when_quiet, loop, waiting, turns - 1)
        else:
            self._flush()

    def _flush(self) -> None:
        changes, made, waiting = self._changes, self._calls, self._waiting
        self._changes, self._calls, self._waiting = [], [], []
        failure: Exception | None = None
        try:
            self._commit(changes, made)
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for this commit
            failure = error
        for written in waiting:
            if written.done():  # its worker was cancelled
                continue
            if failure is None:
                written.set_result(None)
            else:
                written.set_exception(failure)
