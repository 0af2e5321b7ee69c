"""Durable before it counts: what waits to be written is committed as one group, again and again."""

import asyncio
from collections.abc import Callable, Sequence

from bulkcase.ledger.rows import Change
from bulkcase.model import Call

Commit = Callable[[Sequence[Change], Sequence[Call]], None]


class Journal:
    """Collects changes and calls, and commits whatever waits as one group at the next turn of the loop.

    A worker that waits for `write` knows that its changes are on disk; many workers share one commit, without a timer.
    """

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._changes: list[Change] = []
        self._calls: list[Call] = []
        self._group: asyncio.Future[None] | None = None

    def record(self, call: Call) -> None:
        """Keep a call for the next commit."""
        self._calls.append(call)

    async def write(self, *changes: Change) -> None:
        """Return when these changes are durable; raises what the commit raised, LedgerError above all."""
        self._changes.extend(changes)
        if self._group is None:
            loop = asyncio.get_running_loop()
            self._group = loop.create_future()
            loop.call_soon(self._flush, self._group)
        # Whoever is cancelled leaves the group alone: the commit is everybody's.
        await asyncio.shield(self._group)

    def _flush(self, group: "asyncio.Future[None]") -> None:
        changes, made = self._changes, self._calls
        self._changes, self._calls, self._group = [], [], None
        try:
            self._commit(changes, made)
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits for this commit
            group.set_exception(error)
        else:
            group.set_result(None)
