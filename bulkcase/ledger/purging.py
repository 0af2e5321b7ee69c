"""Taking runs out of the ledger for good, with all that was kept for them alone.

A run that is purged is first made to look like one whose input was only half read: nobody finds such a run, and
whoever comes next takes it out. So it does not matter where this is cut off.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, select, update

from bulkcase.clock import Instant
from bulkcase.errors import LedgerError
from bulkcase.ledger.records import RunRecord
from bulkcase.ledger.sessions import let_go, longest_window
from bulkcase.ledger.shared import SharedCases
from bulkcase.ledger.storage.database import empty_journal, in_words, shrink, unchecked, unused_bytes, writing
from bulkcase.ledger.storage.tables import calls, cases, learnt, rows, runs, sessions, snapshots
from bulkcase.model import Outcome, RunState

_BATCH: Final = 5_000
"""Lines of one transaction: others who write wait for no more."""
_CALLS: Final = 50_000
"""The same for calls, which are short."""
_BLOBS: Final = (rows.c.cells, rows.c.body, rows.c.edits, rows.c.sent, rows.c.before, rows.c.left, rows.c.earlier)
_HALF_READ: Final[dict[str, Any]] = {
    "state": RunState.PLANNED,
    **dict.fromkeys(("rows", "started_at", "finished_at", "snapshot", "continues", "undoes", "folder", "reports")),
}


class Old(NamedTuple):
    """A session whose run is purged, and the calls that it made."""

    id: int
    last: float | None
    """When the last one ended, on its monotonic scale; None where it made none."""
    first_call: int
    last_call: int


class Purging:
    """Takes runs out of a ledger; whoever uses it holds the locks of their targets."""

    def __init__(self, engine: Engine, writer: Connection, path: Path) -> None:
        self._engine = engine
        self._writer = writer
        self._path = path

    def shared_cases(self) -> SharedCases:
        """Return what finds the kept runs that have to know what became of a case; it knows none yet."""
        return SharedCases(self._writer, self._path)

    def in_doubt(self, run: RunRecord) -> int:
        """Return how many rows of a run may have landed, and nobody knows."""
        return int(self._one(select(func.count()).where(rows.c.run == run.seq, rows.c.state == Outcome.UNKNOWN)))

    def size(self, run: RunRecord) -> int:
        """Return how many bytes of cells, updates and live cases are kept for a run."""
        kept = sum(func.coalesce(func.length(blob), 0) for blob in _BLOBS)
        size = self._one(select(func.sum(kept)).where(rows.c.run == run.seq)) or 0
        if run.snapshot is not None:
            live = func.sum(func.length(cases.c.kept))
            size += self._one(select(live).where(cases.c.snapshot == run.snapshot)) or 0
        return int(size)

    def left(self) -> list[tuple[int, str, str]]:
        """Return `seq`, id and target of the runs that were half read or half purged when somebody was cut off."""
        query = select(runs.c.seq, runs.c.id, runs.c.target).where(
            runs.c.rows.is_(None), runs.c.state == RunState.PLANNED
        )
        with in_words(self._path), self._writer.begin():
            return [(seq, run_id, target) for seq, run_id, target in self._writer.execute(query.order_by(runs.c.seq))]

    def purge(self, of: Collection[int]) -> None:
        """Take runs out, given by their `seq`; nobody may need them, see `bulkcase.ledger.keeping`.

        Cut off at any moment, each of them is either all there or not to be found. Raises LedgerError.
        """
        with writing(self._writer, self._path):
            those = runs.c.seq.in_(list(of))
            claimed = select(runs.c.snapshot).where(~those, runs.c.snapshot.is_not(None))
            theirs = snapshots.c.id.in_(select(runs.c.snapshot).where(those)) & snapshots.c.id.not_in(claimed)
            # Without pages, nobody takes it for what an interrupted plan has read.
            self._writer.execute(update(snapshots).where(theirs).values(pages=0))
            let_go(self._writer, list(of))
            self._writer.execute(update(runs).where(those).values(_HALF_READ))
        for seq in of:
            self._empty(rows, rows.c.run, seq, rows.c.number)
            with writing(self._writer, self._path):
                self._writer.execute(delete(runs).where(runs.c.seq == seq))

    def purge_cases(self, target: str) -> None:
        """Take out the snapshots of a target that no run goes by; raises LedgerError."""
        claimed = select(runs.c.snapshot).where(runs.c.snapshot.is_not(None))
        unused = (snapshots.c.target == target, snapshots.c.id.not_in(claimed))
        with writing(self._writer, self._path):
            found = self._writer.scalars(select(snapshots.c.id).where(*unused)).all()
            self._writer.execute(update(snapshots).where(*unused).values(pages=0))
        for number in found:
            self._empty(cases, cases.c.snapshot, number, cases.c.id)
            with writing(self._writer, self._path):
                self._writer.execute(delete(learnt).where(learnt.c.snapshot == number))
                self._writer.execute(delete(snapshots).where(snapshots.c.id == number))

    def longest_window(self) -> float:
        """Return the longest window of a quota, in seconds, that a run had which is purged and whose calls may stay."""
        with in_words(self._path), self._writer.begin():
            return longest_window(self._writer)

    def purge_calls(self, now: Instant, seconds: float) -> None:
        """Take out the calls that belong to no run any more and ended so long ago, with their sessions.

        Younger ones may still count for a quota. Raises LedgerError.
        """
        with in_words(self._path), self._engine.connect() as connection:
            unchecked(connection)
            old = list(self._old_sessions(connection, now, seconds))
            made = [one for one in old if one.last is not None]
            if made:
                first, last = min(one.first_call for one in made), max(one.last_call for one in made)
                for ids in _some([one.id for one in made]):
                    for start in range(first, last + 1, _CALLS):
                        slice_ = (calls.c.id >= start, calls.c.id < min(start + _CALLS, last + 1))
                        with writing(connection, self._path):
                            connection.execute(delete(calls).where(*slice_, calls.c.session.in_(ids)))
            for ids in _some([one.id for one in old]):
                with writing(connection, self._path):
                    connection.execute(delete(sessions).where(sessions.c.id.in_(ids)))

    def settle(self, *, smaller: bool) -> bool:
        """Let the files show nothing of what was purged; `smaller` gives the room back, which takes time.

        Return whether that was done: it is not where somebody else reads the ledger. Raises LedgerError.
        """
        is_empty = empty_journal(self._writer, self._path)
        if not (smaller and unused_bytes(self._writer, self._path)):
            return is_empty
        try:
            shrink(self._writer, self._path)
        except LedgerError as error:
            advice = "the runs are purged all the same; the file gets smaller by the next purge"
            raise LedgerError(*error.problems, advice) from None
        return empty_journal(self._writer, self._path)

    def _old_sessions(self, connection: Connection, now: Instant, seconds: float) -> Iterator[Old]:
        orphans = (sessions.c.run.is_(None), sessions.c.ended_at.is_not(None))
        after = select(func.min(sessions.c.calls_after)).where(*orphans).scalar_subquery()
        made = (
            select(calls.c.session, func.max(calls.c.ended_at), func.min(calls.c.id), func.max(calls.c.id))
            .where(calls.c.id > after, calls.c.session.in_(select(sessions.c.id).where(*orphans)))
            .group_by(calls.c.session)
        )
        with connection.begin():
            # The id of the last call is never given again: sessions that go on count theirs from there.
            newest = connection.scalar(select(func.max(calls.c.id)))
            known = {session: Old(session, *rest) for session, *rest in connection.execute(made)}
            its = (sessions.c.id, sessions.c.boot, sessions.c.steady, sessions.c.started_at)
            found = connection.execute(select(*its).where(*orphans)).all()
        for session, *began in found:
            one = known.get(session, Old(session, None, 0, 0))
            is_old = one.last is None or now.since(Instant(*began).later(one.last)) > seconds
            if is_old and one.last_call != newest:
                yield one

    def _empty(self, table: Table, column: Any, value: int, key: Any) -> None:
        """Take lines out of a table, in the order of a key, some in each transaction."""
        its: ColumnElement[bool] = column == value
        nth = select(key).where(its).order_by(key).offset(_BATCH).limit(1)
        while True:
            with writing(self._writer, self._path):
                until = self._writer.scalar(nth)
                part = its if until is None else its & (key < until)
                self._writer.execute(delete(table).where(part))
            if until is None:
                return

    def _one(self, query: Any) -> Any:
        with in_words(self._path), self._writer.begin():
            return self._writer.scalar(query.limit(1))


def _some(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield ids in lists that one statement takes."""
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]
