"""The rows of a run beside the live cases that they are about, as its snapshot has them."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, bindparam, func, or_, select

from bulkcase.ledger.images import Attempt, attempts_of
from bulkcase.ledger.rows import PENDING, RunRows, Sendable
from bulkcase.ledger.storage.stored import load_edits, loaded
from bulkcase.ledger.storage.tables import SENT, cases, may_have_landed, rows
from bulkcase.model import Edit, Outcome

_PAGE = 500
NOT_SEEN = "case_not_seen"
"""The cause of rows whose case may be there all the same."""


class Beside(NamedTuple):
    """A row that is to be sent, and the live case that it is about."""

    number: int
    case_id: str
    state: Outcome
    body: Mapping[str, Any]
    edits: Mapping[str, Edit]
    before: Mapping[str, Any] | None
    """What the case showed of the fields that differed, when they were compared last; None before that."""
    sent: Mapping[str, Any] | None
    """What differed then."""
    live: Mapping[str, Any] | None
    """The fields of the case that are kept; None where the case was not seen."""
    position: int | None
    """Where the case is among the live ones."""
    place: int | None
    """Where it was when the row's turn was decided; None before that."""
    read_at: float | None
    """When the case was read; None where it was not seen."""
    brought: tuple[Attempt, ...] = ()
    """What was sent before and may have landed."""
    alone: str = ""
    """What of the row is left alone whatever is sent, and why, by the comparison before."""


class ComparedRows(RunRows):
    """The rows of a run that has a snapshot."""

    def __init__(
        self, engine: Engine, writer: Connection, run: int, path: Path, session: int | None = None, *, snapshot: int
    ) -> None:
        super().__init__(engine, writer, run, path, session)
        self.snapshot = snapshot

    def beside(self, outcomes: Collection[Outcome] = PENDING, number: int | None = None) -> Iterator[list[Beside]]:
        """Yield the rows with one of these outcomes beside their cases, page by page, and in input order.

        Only the row of this `number`, where that is given. What was yielded may be changed meanwhile.
        """
        query = (
            select(
                *(rows.c.number, rows.c.case_key, rows.c.state, rows.c.body, rows.c.edits, rows.c.before, rows.c.sent),
                *(rows.c.place, cases.c.kept, cases.c.position, cases.c.read_at),
                *(rows.c.http_status, rows.c.calls, rows.c.left, rows.c.earlier, rows.c.kept.label("alone")),
            )
            .select_from(rows.outerjoin(cases, self._is_about()))
            .where(rows.c.run == self._run, rows.c.state.in_(list(outcomes)))
        )
        if number is not None:
            yield [_beside(found) for found in self._all(query.where(rows.c.number == number))]
            return
        query = query.where(rows.c.number > bindparam("last")).order_by(rows.c.number).limit(_PAGE)
        last = -1
        while page := [_beside(found) for found in self._all(query, last=last)]:
            yield page
            last = page[-1].number

    def next_by_place(self, outcomes: Collection[Outcome], after: tuple[int, int]) -> list[Sendable]:
        """Return the next rows with one of these outcomes in the order of their cases, behind a place and a number."""
        later = or_(
            rows.c.place > bindparam("place"),
            and_(rows.c.place == bindparam("place"), rows.c.number > bindparam("row")),
        )
        query = self._sendable(rows.c.state.in_(list(outcomes)), rows.c.place >= bindparam("place"), later)
        query = query.order_by(rows.c.place, rows.c.number).limit(_PAGE)
        return [_sendable(found) for found in self._all(query, place=after[0], row=after[1])]

    def one(self, number: int, outcomes: Collection[Outcome]) -> Sendable | None:
        """Return a row if it still has one of these outcomes."""
        found = self._all(self._sendable(rows.c.state.in_(list(outcomes)), rows.c.number == number))
        return _sendable(found[0]) if found else None

    def edited_keys(self) -> set[str]:
        """Return the keys of the edits in the first rows that are to be sent."""
        query = select(rows.c.edits).where(
            rows.c.run == self._run, rows.c.state == Outcome.PENDING, rows.c.edits.is_not(None)
        )
        return {key for (edits,) in self._all(query.limit(_PAGE)) for key in load_edits(edits)}

    def keys_in(self, root: str) -> set[str]:
        """Return the keys of the objects that the first cases show in a field."""
        found = self._all(select(cases.c.kept).where(cases.c.snapshot == self.snapshot).limit(_PAGE))
        objects = (orjson.loads(kept).get(root) for (kept,) in found)
        return {key for value in objects if isinstance(value, dict) for key in value}

    def changed_by(self, others: Collection[int], case: str) -> float:
        """Return when rows of other runs, given by their `seq`, last may have changed a case; 0 where none did."""
        theirs = (rows.c.run.in_(list(others)), rows.c.case_key == case, may_have_landed(rows))
        return float(self._all(select(func.max(rows.c.finished_at)).where(*theirs))[0][0] or 0.0)

    def unplaced(self, outcomes: Collection[Outcome]) -> int:
        """Return how many rows with one of these outcomes have no place: their case was never seen."""
        return self._count(rows.c.state.in_(list(outcomes)), rows.c.place.is_(None))

    def unseen(self) -> int:
        """Return how many failed rows are about a case that was not seen when it was looked for."""
        return self._count(rows.c.state == Outcome.FAILED, rows.c.code == NOT_SEEN)

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        return int(self._all(select(func.count()).where(rows.c.run == self._run, *conditions))[0][0])

    def places(self, outcomes: Collection[Outcome] = PENDING, *, page: int) -> int:
        """Return on how many pages of a size the cases are whose rows have one of these outcomes."""
        pages = rows.c.place // page
        query = select(func.count(pages.distinct())).where(
            rows.c.run == self._run, rows.c.state.in_(list(outcomes)), rows.c.place.is_not(None)
        )
        return int(self._all(query)[0][0])

    def _sendable(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        return (
            select(
                *(rows.c.number, rows.c.case_key, SENT, rows.c.state, rows.c.code, rows.c.message),
                *(rows.c.place, rows.c.finished_at, rows.c.looked_at, cases.c.read_at, rows.c.kept),
            )
            .select_from(rows.outerjoin(cases, self._is_about()))
            .where(rows.c.run == self._run, *conditions)
        )

    def _is_about(self) -> ColumnElement[bool]:
        return and_(cases.c.snapshot == self.snapshot, cases.c.id == rows.c.case_key)


def _sendable(found: Any) -> Sendable:
    *known, kept = found
    number, case_id, body, state, *rest = known
    return Sendable(number, case_id, body, Outcome(state), *rest)._replace(kept=kept or "")


def _beside(found: Any) -> Beside:
    number, case_id, state, body, edits, before, sent, place, kept, position, read_at, *more = found
    status, calls, left, earlier, alone = more
    return Beside(
        number=number,
        case_id=case_id,
        state=Outcome(state),
        body=orjson.loads(body),
        edits=load_edits(edits),
        before=loaded(before),
        sent=loaded(sent),
        live=loaded(kept),
        position=position,
        place=place,
        read_at=read_at,
        brought=attempts_of(state, status, calls, sent or body, before, left, earlier),
        alone=alone or "",
    )
