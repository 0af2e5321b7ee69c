"""The rows of a run that were sent, beside their cases: what they were to bring, and what became of it."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, and_, bindparam, func, or_, select

from bulkcase.ledger.changes import Change
from bulkcase.ledger.images import Images, attempts_of, images_of
from bulkcase.ledger.queries.figures import RunFigures
from bulkcase.ledger.storage.database import writing_many
from bulkcase.ledger.storage.statements import statements_for
from bulkcase.ledger.storage.stored import loaded, storable
from bulkcase.ledger.storage.tables import SENT, cases, may_have_landed, rows
from bulkcase.model import Outcome

_PAGE = 500
_BROUGHT = (rows.c.state, rows.c.http_status, rows.c.calls, SENT, rows.c.before, rows.c.left, rows.c.earlier)
CHECKED = (Outcome.UPDATED, Outcome.MISMATCH, Outcome.UNKNOWN)
"""The outcomes of rows whose cases tell something about them; besides, conflicts of which a part was sent."""

_SPARED = and_(rows.c.state == Outcome.CONFLICT, rows.c.kept.is_not(None), rows.c.calls > 0)
"""Rows of which a part was sent, and the rest left alone."""


class SentRow(NamedTuple):
    """A row that was sent, and the live case that it is about."""

    number: int
    case_id: str
    state: Outcome
    sent: Mapping[str, Any]
    before: Mapping[str, Any] | None
    """What the case showed of these fields before; None where that was not read."""
    left: Mapping[str, Any] | None
    """What it showed afterwards, where that is not to the letter what was sent."""
    verified: str
    code: str
    message: str
    kept: str
    """What of it is left alone, and why."""
    attempts: int
    finished_at: float | None
    proved_at: float | None
    """When its case was read back."""
    place: int | None
    live: Mapping[str, Any] | None
    """The fields of the case that are kept; None where the case was not seen."""
    read_at: float | None
    """When the case was read last."""


class Imaged(NamedTuple):
    """A row that may have changed its case."""

    number: int
    cells: bytes
    """As the ledger stores them."""
    case_id: str
    images: Images


class Proving(NamedTuple):
    """What a look at its case makes of a row."""

    change: Change
    verified: str
    left: Mapping[str, Any] | None
    at: float
    """When the case was read."""


class SentRows(RunFigures):
    """The rows of one run that were sent, beside the cases of a snapshot."""

    def __init__(self, engine: Engine, writer: Connection, run: int, path: Path, snapshot: int | None) -> None:
        super().__init__(engine, writer, run, path)
        self._snapshot = snapshot
        self._statements = statements_for(engine.dialect)

    def count(self, *, is_new: bool = False) -> int:
        """Return how many there are; only those not read back since they were sent, if `is_new`."""
        return int(self._all(select(func.count()).where(*self._checked(is_new=is_new)))[0][0])

    def keys(self) -> Iterator[str]:
        """Yield the keys of their cases."""
        for found in self._stream(select(rows.c.case_key).where(*self._checked()).order_by(rows.c.number)):
            yield found[0]

    def places(self, *, is_new: bool) -> Iterator[tuple[str, int]]:
        """Yield case and place of each row that has one, in the order of the places; see `beside` for `is_new`."""
        query = select(rows.c.case_key, rows.c.place).where(*self._checked(is_new=is_new), rows.c.place.is_not(None))
        yield from self._stream(query.order_by(rows.c.place, rows.c.number))

    def landed(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield case and update of each row that has landed."""
        query = select(rows.c.case_key, SENT).where(
            rows.c.run == self._run, rows.c.calls > 0, or_(rows.c.state == Outcome.UPDATED, _SPARED)
        )
        for case_id, sent in self._stream(query.order_by(rows.c.number)):
            yield case_id, orjson.loads(sent)

    def images(self) -> Iterator[list[Imaged]]:
        """Yield what each row has changed of its case, or may have, the last rows first, page by page."""
        query = (
            select(rows.c.number, rows.c.cells, rows.c.case_key, *_BROUGHT)
            .where(rows.c.run == self._run, rows.c.number < bindparam("last"))
            .where(may_have_landed(rows))
            .order_by(rows.c.number.desc())
            .limit(_PAGE)
        )
        last = sys.maxsize
        while page := self._all(query, last=last):
            found = (Imaged(number, cells, case, images_of(attempts_of(*more))) for number, cells, case, *more in page)
            yield [one for one in found if one.images]
            last = page[-1][0]

    def beside(self, *, is_new: bool, number: int | None = None) -> Iterator[list[SentRow]]:
        """Yield the rows beside their cases, page by page; only those not looked at since they were sent, if `is_new`.

        Only the row of this `number`, where that is given.
        """
        query = (
            select(
                *(rows.c.number, rows.c.case_key, rows.c.state, SENT, rows.c.before, rows.c.left, rows.c.verified),
                *(rows.c.code, rows.c.message, rows.c.kept.label("alone"), rows.c.attempts, rows.c.finished_at),
                *(rows.c.proved_at, rows.c.place, cases.c.kept, cases.c.read_at),
            )
            .select_from(rows.outerjoin(cases, and_(cases.c.snapshot == self._snapshot, cases.c.id == rows.c.case_key)))
            .where(*self._checked(is_new=is_new))
        )
        if number is not None:
            yield [_row(found) for found in self._all(query.where(rows.c.number == number))]
            return
        query = query.where(rows.c.number > bindparam("last")).order_by(rows.c.number).limit(_PAGE)
        last = -1
        while page := [_row(found) for found in self._all(query, last=last)]:
            yield page
            last = page[-1].number

    def prove(self, proofs: Iterable[Proving]) -> None:
        """Write what looks have told about rows: all or none."""
        with writing_many(self._writer, self._path) as cursor:
            self._statements.prove.run(cursor, (self._values(one) for one in proofs))

    def _values(self, one: Proving) -> tuple[Any, ...]:
        change = one.change
        assert change.result is not None, "a look says something"
        said = (change.result.code, storable(change.result.message))
        left = None if one.left is None else orjson.dumps(one.left)
        found = (left, one.verified or None, one.at, str(change.after), *said)
        return *found, self._run, change.number, str(change.before)

    def _checked(self, *, is_new: bool = False) -> list[ColumnElement[bool]]:
        checked = or_(rows.c.state.in_(list(CHECKED)), _SPARED)
        was_sent = or_(rows.c.calls > 0, rows.c.earlier.is_not(None))
        found: list[ColumnElement[bool]] = [rows.c.run == self._run, checked, was_sent]
        if is_new:
            found.append(or_(rows.c.proved_at.is_(None), rows.c.proved_at <= rows.c.finished_at))
        return found


def _row(found: Any) -> SentRow:
    number, case_id, state, sent, before, left, verified, code, message, alone, attempts, *times = found
    finished_at, proved_at, place, live, read_at = times
    return SentRow(
        number=number,
        case_id=case_id,
        state=Outcome(state),
        sent=orjson.loads(sent),
        before=loaded(before),
        left=loaded(left),
        verified=verified or "",
        code=code,
        message=message,
        kept=alone or "",
        attempts=attempts,
        finished_at=finished_at,
        proved_at=proved_at,
        place=place,
        live=loaded(live),
        read_at=read_at,
    )
