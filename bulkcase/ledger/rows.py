"""The rows and calls of one run."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, Select, bindparam, case, func, select

from bulkcase.cells import Cell, dump_cells, load_cells
from bulkcase.errors import IllegalTransition
from bulkcase.ledger.database import in_words, writing
from bulkcase.ledger.statements import Statements
from bulkcase.ledger.tables import calls, rows
from bulkcase.ledger.transitions import TRANSITIONS, Event, decided, outcome_of, settled
from bulkcase.model import FINE, Call, CaseUpdate, Outcome, Rejection, Result, Row

_PAGE = 500
_NAMED = 20
"""How many rows an error names."""


@dataclass(frozen=True, slots=True)
class RowRecord:
    """A row as reports show it."""

    number: int
    cells: tuple[Cell, ...]
    case_key: str
    fields: str
    """The fields of its update, separated by spaces."""
    result: Result
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class Sendable:
    """A row that waits to be sent."""

    number: int
    case_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happens to a row, and what is then known of it."""

    number: int
    event: Event
    result: Result | None = None
    at: float | None = None


def decision(number: int, result: Result, at: float) -> Change:
    """Return the change that gives a row its outcome without a call."""
    return Change(number, decided(result.outcome), result, at)


def intent(number: int) -> Change:
    """Return the change that says: this row's call is about to leave."""
    return Change(number, Event.INTEND)


def outcome(number: int, result: Result, at: float) -> Change:
    """Return the change that gives a row that was being sent its outcome; a postponed row is not finished."""
    return Change(number, settled(result.outcome), result, None if result.outcome is Outcome.PENDING else at)


class RunRows:
    """The rows and calls of one run. Writing happens on one connection, long reads on connections of their own."""

    def __init__(self, engine: Engine, writer: Connection, run: int, path: Path) -> None:
        self._engine = engine
        self._statements = Statements(engine.dialect)
        self._writer = writer
        self._run = run
        self._path = path

    def add(self, batch: Iterable[tuple[Row, CaseUpdate | Rejection]], now: float) -> None:
        """Add rows with what became of them in the mapping, all of the batch or none."""
        values = [self._row_values(row, mapped, now) for row, mapped in batch]
        if values:
            with writing(self._writer, self._path):
                self._statements.add_row.run(self._writer, values)

    def apply(self, changes: Sequence[Change], made: Sequence[Call] = ()) -> None:
        """Write changes of rows, and calls, as one: all or none.

        Raises IllegalTransition where the table of transitions does not know one of them; then nothing was changed.
        """
        if not changes and not made:
            return
        with writing(self._writer, self._path):
            for event in dict.fromkeys(change.event for change in changes):
                self._apply(event, [change for change in changes if change.event is event])
            if made:
                self._statements.add_call.run(self._writer, [self._call_values(call) for call in made])

    def repeated(self) -> Iterator[list[tuple[int, bytes]]]:
        """Yield, for each case that more than one waiting row is about, number and fingerprint of those in order."""
        # Without the state the keys come from the index alone: a twentieth of the time at a million rows.
        keys = select(rows.c.case_key).where(rows.c.run == self._run).group_by(rows.c.case_key).having(func.count() > 1)
        query = (
            select(rows.c.case_key, rows.c.number, rows.c.fingerprint)
            .where(rows.c.run == self._run, rows.c.state == Outcome.PENDING, rows.c.case_key.in_(keys))
            .order_by(rows.c.case_key, rows.c.number)
        )
        for _, group in groupby(self._stream(query), key=lambda found: found[0]):
            waiting = [(number, fingerprint) for _, number, fingerprint in group]
            if len(waiting) > 1:
                yield waiting

    def empty(self) -> Iterator[int]:
        """Yield the numbers of waiting rows whose update has no field."""
        query = select(rows.c.number).where(
            rows.c.run == self._run, rows.c.state == Outcome.PENDING, rows.c.fields == ""
        )
        for found in self._stream(query):
            yield found[0]

    def waiting_cases(self) -> Iterator[str]:
        """Yield the keys of the cases that wait to be updated, in input order."""
        query = select(rows.c.case_key).where(rows.c.run == self._run, rows.c.state == Outcome.PENDING)
        for found in self._stream(query.order_by(rows.c.number)):
            yield found[0]

    def sendable(self) -> Iterator[Sendable]:
        """Yield the rows that wait to be sent, in input order, page by page as they are asked for."""
        last = -1
        query = (
            select(rows.c.number, rows.c.case_key, rows.c.body)
            .where(rows.c.run == self._run, rows.c.number > bindparam("last"), rows.c.state == Outcome.PENDING)
            .order_by(rows.c.number)
            .limit(_PAGE)
        )
        while page := self._all(query, last=last):
            for number, case_id, body in page:
                yield Sendable(number, case_id, body)
            last = page[-1][0]

    def all(self) -> Iterator[RowRecord]:
        """Yield every row in input order."""
        query = select(*_SHOWN).where(rows.c.run == self._run).order_by(rows.c.number)
        for number, cells, case_key, fields, state, attempts, status, code, message, finished_at in self._stream(query):
            result = Result(outcome_of(state), attempts, status, code, message)
            yield RowRecord(number, load_cells(cells), case_key or "", fields, result, finished_at)

    def counts(self) -> dict[Outcome, int]:
        """Return the number of rows by outcome: all nine, zeros too."""
        found = self._all(select(rows.c.state, func.count()).where(rows.c.run == self._run).group_by(rows.c.state))
        totals = dict.fromkeys(Outcome, 0)
        for state, count in found:
            totals[outcome_of(state)] += count
        return totals

    def cases(self) -> int:
        """Return the number of different cases that the rows are about, so far as their keys could be read."""
        return int(self._all(select(func.count(rows.c.case_key.distinct())).where(rows.c.run == self._run))[0][0])

    def calls_by_endpoint(self) -> dict[str, int]:
        """Return the number of calls by endpoint, retries included."""
        query = select(calls.c.endpoint, func.count()).where(calls.c.run == self._run).group_by(calls.c.endpoint)
        return dict(self._all(query))

    def calls_by_verdict(self) -> dict[str, int]:
        """Return the number of calls by what was decided about their answers."""
        query = select(calls.c.verdict, func.count()).where(calls.c.run == self._run).group_by(calls.c.verdict)
        return dict(self._all(query))

    def retries(self) -> int:
        """Return the number of calls that carried the update of a row again."""
        again = case((rows.c.attempts > 1, rows.c.attempts - 1), else_=0)
        return int(self._all(select(func.coalesce(func.sum(again), 0)).where(rows.c.run == self._run))[0][0])

    def causes(self) -> list[tuple[str, int, int, str]]:
        """Return code, count, first row and its message for each cause of rows that did not end well, most first."""
        query = (
            select(rows.c.code, func.count(), func.min(rows.c.number))
            .where(rows.c.run == self._run, rows.c.code != "", rows.c.state.not_in(list(FINE)))
            .group_by(rows.c.code)
            .order_by(func.count().desc(), rows.c.code)
        )
        found = self._all(query)
        firsts = select(rows.c.number, rows.c.message).where(
            rows.c.run == self._run, rows.c.number.in_([first for _, _, first in found])
        )
        messages = dict(self._all(firsts))
        return [(code, count, first, messages[first]) for code, count, first in found]

    def _apply(self, event: Event, changes: Sequence[Change]) -> None:
        before, after = TRANSITIONS[event]
        statement = self._statements.move if event is Event.INTEND else self._statements.settle
        step = {"of_run": self._run, "before": str(before), "after": str(after)}
        met = statement.run(self._writer, [step | _change_values(change) for change in changes])
        if met != len(changes):
            numbers = ", ".join(str(change.number) for change in changes[:_NAMED])
            raise IllegalTransition(f"{event} of row {numbers}: not all of them are {before}; nothing was changed")

    def _row_values(self, row: Row, mapped: CaseUpdate | Rejection, now: float) -> dict[str, Any]:
        values = _BLANK_ROW | {"run": self._run, "number": row.number, "cells": dump_cells(row.cells)}
        if isinstance(mapped, Rejection):
            return values | {
                "case_key": None if mapped.key is None else _storable(mapped.key),
                "state": Outcome.INVALID.value,
                "code": mapped.code,
                "message": _storable(mapped.message),
                "finished_at": now,
            }
        return values | {
            "case_key": mapped.key,
            "body": orjson.dumps(mapped.body),
            "fields": " ".join(mapped.body),
            "fingerprint": mapped.fingerprint,
        }

    def _call_values(self, call: Call) -> dict[str, Any]:
        return {
            "id": None,
            "run": self._run,
            "row": call.row,
            "endpoint": call.endpoint,
            "started_at": call.started_at,
            "ended_at": call.ended_at,
            "status": call.status,
            "verdict": str(call.verdict),
        }

    def _all(self, query: Select[Any], **values: Any) -> Sequence[Any]:
        with in_words(self._path), self._writer.begin():
            return self._writer.execute(query, values).all()

    def _stream(self, query: Select[Any]) -> Iterator[Any]:
        """Yield the result of a query from a connection of its own, so that writing may go on meanwhile."""
        with in_words(self._path), self._engine.connect() as reader:
            yield from reader.execution_options(yield_per=_PAGE).execute(query)


_SHOWN: Final = (
    *(rows.c.number, rows.c.cells, rows.c.case_key, rows.c.fields, rows.c.state, rows.c.attempts),
    *(rows.c.http_status, rows.c.code, rows.c.message, rows.c.finished_at),
)
"""What reports show of a row."""
_BLANK_ROW: Final = {column.name: None for column in rows.columns} | {
    "fields": "",
    "state": Outcome.PENDING.value,
    "attempts": 0,
    "code": "",
    "message": "",
}


def _change_values(change: Change) -> dict[str, Any]:
    if change.event is Event.INTEND:
        return {"of_number": change.number}
    assert change.result is not None, "only an intent comes without a result"
    return {
        "of_number": change.number,
        "more_attempts": change.result.attempts,
        "new_status": change.result.http_status,
        "new_code": change.result.code,
        "new_message": _storable(change.result.message),
        "at": change.at,
    }


def _storable(text: str) -> str:
    """Return a text without halves of characters, which no database takes: one odd message must not stop a run."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
