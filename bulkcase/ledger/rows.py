"""The rows of one run: written, and read one by one."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, bindparam, func, select

from bulkcase.errors import IllegalTransition, LedgerError
from bulkcase.ledger.adding import Batch, adding
from bulkcase.ledger.changes import Change
from bulkcase.ledger.queries.among import AmongRuns
from bulkcase.ledger.sessions import settle_in_flight
from bulkcase.ledger.storage.database import writing, writing_many
from bulkcase.ledger.storage.statements import statements_for
from bulkcase.ledger.storage.stored import (
    Difference,
    Keyed,
    difference_values,
    load_edits,
    load_values,
    row_values,
    storable,
)
from bulkcase.ledger.storage.tables import SENT, rows
from bulkcase.ledger.transitions import SENDING, Event
from bulkcase.model import Call, Edit, Outcome

_PAGE = 500
_NAMED = 20
"""How many rows an error names."""

PENDING: Final = frozenset({Outcome.PENDING})
OUTCOMES: Final = {outcome.value: outcome for outcome in Outcome}
"""By their values: one is looked up faster here than the class finds it."""


class Sendable(NamedTuple):
    """A row that waits to be sent."""

    number: int
    case_id: str
    body: bytes
    last: Outcome = Outcome.PENDING
    """What became of it when it was sent before."""
    code: str = ""
    message: str = ""
    place: int | None = None
    """Where its case was among the live ones; None where they were not read."""
    finished_at: float | None = None
    """When its last outcome came."""
    looked_at: float | None = None
    """When the case was read that it was compared with."""
    read_at: float | None = None
    """When the case was last read; seconds since the epoch, None where that is not known."""
    kept: str = ""
    """What of it is left alone whatever is sent, and why."""
    tried: int = 0
    """Attempts that failed before, in this session, and count."""


class RunRows(AmongRuns):
    """The rows and calls of one run, as one session of it writes them."""

    def __init__(self, engine: Engine, writer: Connection, run: int, path: Path, session: int | None = None) -> None:
        super().__init__(engine, writer, run, path)
        self._statements = statements_for(engine.dialect)
        self._session = session

    def add(self, batch: Batch, now: float) -> None:
        """Add rows with what became of them in the mapping, all of the batch or none."""
        with writing_many(self._writer, self._path) as cursor:
            self._statements.add_row.run(cursor, (row_values(self._run, row, mapped, now) for row, mapped in batch))

    def adding(self) -> AbstractContextManager[Callable[[Batch, float], None]]:
        """Return what adds one batch of rows after the other, as `add` does, while the next one is made.

        A batch that cannot be added is raised by the next one, or at the end.
        """
        return adding(self._engine, self._run, self._path, self._statements.add_row)

    def apply(self, changes: Sequence[Change], made: Sequence[Call] = ()) -> None:
        """Write changes of rows, and calls, as one: all or none.

        Raises IllegalTransition where the table of transitions does not know one of them, or a row is not in the state
        that the change names; then nothing was changed. Calls need a session.
        """
        if not changes and not made:
            return
        groups: dict[tuple[Event, str], list[Change]] = {}
        for change in changes:
            groups.setdefault((change.event, change.before), []).append(change)
        with writing_many(self._writer, self._path) as cursor:
            for group in groups.values():
                self._apply(cursor, group)
            if made:
                self._statements.add_call.run(cursor, (self._call_values(call) for call in made))

    def settle_in_flight(self, now: float) -> None:
        """Let rows that are still being sent, after a fault or a cancellation, be unknown: nobody waits for them."""
        with writing(self._writer, self._path):
            settle_in_flight(self._writer, self._run, self._session, "the run ended", now)

    def repeated(self, outcomes: Collection[Outcome] = PENDING) -> Iterator[list[tuple[int, bytes, Outcome]]]:
        """Yield, for each case that more than one row with these outcomes is about, those rows in order.

        Each is number, fingerprint, outcome.
        """
        # Without the state the keys come from the index alone: a twentieth of the time at a million rows.
        keys = select(rows.c.case_key).where(rows.c.run == self._run).group_by(rows.c.case_key).having(func.count() > 1)
        query = (
            select(rows.c.case_key, rows.c.number, rows.c.fingerprint, rows.c.state)
            .where(rows.c.run == self._run, rows.c.state.in_(list(outcomes)), rows.c.case_key.in_(keys))
            .order_by(rows.c.case_key, rows.c.number)
        )
        for _, group in groupby(self._stream(query), key=lambda found: found[0]):
            waiting = [(number, fingerprint, Outcome(state)) for _, number, fingerprint, state in group]
            if len(waiting) > 1:
                yield waiting

    def empty(self) -> Iterator[int]:
        """Yield the numbers of waiting rows whose update has no field."""
        query = select(rows.c.number).where(
            rows.c.run == self._run, rows.c.state == Outcome.PENDING, rows.c.fields == ""
        )
        for found in self._stream(query):
            yield found[0]

    def waiting_keys(self, outcomes: Collection[Outcome] = PENDING) -> Iterator[list[Keyed]]:
        """Yield the rows that have one of these outcomes, in input order and page by page."""
        last = -1
        query = (
            select(rows.c.number, rows.c.case_key, rows.c.state, rows.c.body, rows.c.edits)
            .where(rows.c.run == self._run, rows.c.number > bindparam("last"))
            .where(rows.c.state.in_(list(outcomes)), rows.c.case_key.is_not(None))
            .order_by(rows.c.number)
            .limit(_PAGE)
        )
        while page := self._all(query, last=last):
            yield [Keyed(number, key, Outcome(state), body, edits) for number, key, state, body, edits in page]
            last = page[-1][0]

    def rekey(self, found: Iterable[tuple[Keyed, str]]) -> None:
        """Write the id of its case for each row, and the fingerprint that it has by that."""
        with writing_many(self._writer, self._path) as cursor:
            values = ((key, row.fingerprint_as(key), self._run, row.number, row.state.value) for row, key in found)
            self._statements.rekey.run(cursor, values)

    def differ(self, differences: Sequence[Difference]) -> None:
        """Write what is to be sent for rows: all or none."""
        with writing_many(self._writer, self._path) as cursor:
            self._statements.compare.run(cursor, (difference_values(self._run, one) for one in differences))

    def edited(self) -> Iterator[list[tuple[int, Mapping[str, Any], Mapping[str, Edit]]]]:
        """Yield number, body and edits of the waiting rows that have edits, page by page."""
        last = -1
        query = (
            select(rows.c.number, rows.c.body, rows.c.edits)
            .where(rows.c.run == self._run, rows.c.number > bindparam("last"))
            .where(rows.c.state == Outcome.PENDING, rows.c.edits.is_not(None))
            .order_by(rows.c.number)
            .limit(_PAGE)
        )
        while page := self._all(query, last=last):
            yield [(number, load_values(body), load_edits(edits)) for number, body, edits in page]
            last = page[-1][0]

    def case_keys(self, outcomes: Collection[Outcome] = PENDING) -> Iterator[str]:
        """Yield the keys of the cases whose rows have one of these outcomes, in input order."""
        query = select(rows.c.case_key).where(rows.c.run == self._run, rows.c.state.in_(list(outcomes)))
        for found in self._stream(query.order_by(rows.c.number)):
            yield found[0]

    def sendable(self, outcomes: Collection[Outcome] = PENDING) -> Iterator[Sendable]:
        """Yield the rows with one of these outcomes, in input order, page by page as they are asked for."""
        last = -1
        query = (
            select(*_SENDABLE)
            .where(rows.c.run == self._run, rows.c.number > bindparam("last"), rows.c.state.in_(list(outcomes)))
            .order_by(rows.c.number)
            .limit(_PAGE)
        )
        while page := self._all(query, last=last):
            for number, case_id, body, state, code, message in page:
                yield Sendable(number, case_id, body, OUTCOMES[state], code, message)
            last = page[-1][0]

    def one(self, number: int, outcomes: Collection[Outcome]) -> Sendable | None:
        """Return a row if it still has one of these outcomes."""
        query = select(*_SENDABLE).where(
            rows.c.run == self._run, rows.c.number == number, rows.c.state.in_(list(outcomes))
        )
        for found, case_id, body, state, code, message in self._all(query):
            return Sendable(found, case_id, body, OUTCOMES[state], code, message)
        return None

    def _apply(self, cursor: Any, changes: Sequence[Change]) -> None:
        """Write changes that are one event from one state."""
        event, before, after = changes[0].event, str(changes[0].before), str(changes[0].after)
        by, run = self._session, self._run
        if event is Event.INTEND:
            met = self._statements.move.run(cursor, ((after, run, one.number, before) for one in changes))
        elif before == SENDING or event is Event.CONFIRM:
            shown = ((*_shown_values(one), after, *_result_values(one), by, run, one.number, before) for one in changes)
            met = self._statements.settle.run(cursor, shown)
        else:
            values = ((after, *_result_values(one), by, run, one.number, before) for one in changes)
            met = self._statements.decide.run(cursor, values)
        if met != len(changes):
            numbers = ", ".join(str(change.number) for change in changes[:_NAMED])
            raise IllegalTransition(f"{event} of row {numbers}: not all of them are {before}; nothing was changed")

    def _call_values(self, call: Call) -> tuple[Any, ...]:
        """Return a call in the order of its table's columns."""
        if self._session is None:
            raise LedgerError(f"{self._path}: a call outside of a session: please report it")
        endpoint, left_at, ended_at, verdict, status, row = call
        return None, self._session, row, endpoint, left_at, ended_at, status, str(verdict)


_SENDABLE: Final = (rows.c.number, rows.c.case_key, SENT, rows.c.state, rows.c.code, rows.c.message)


def _shown_values(change: Change) -> tuple[Any, ...]:
    """Return what a change brings to know of its case, in the order of `Statements.settle`."""
    result = change.result
    assert result is not None, "only an intent comes without a result"
    left = None if result.left is None else orjson.dumps(result.left)
    return left, result.verified or None, result.attempts


def _result_values(change: Change) -> tuple[Any, ...]:
    """Return what a change brings to know of its row, in the order of `Statements.decide`."""
    result = change.result
    assert result is not None, "only an intent comes without a result"
    return result.attempts, result.http_status, result.code, storable(result.message), change.at
