"""What the ledger knows of one case, over all runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Select, select

from bulkcase.cells import load_cells
from bulkcase.ledger.records import ReportRecord
from bulkcase.ledger.tables import SENT, rows, runs, sessions
from bulkcase.ledger.transitions import outcome_of
from bulkcase.model import Outcome


@dataclass(frozen=True, slots=True)
class Event:
    """One row about a case: which run, file and row, what it set, what became of it, when, and by whom."""

    run: str
    target: str
    input: str
    row: int
    outcome: Outcome
    finished_at: float | None
    values: Mapping[str, Any]
    """The fields of the update and what they were set to; for an invalid row there are none."""
    before: Mapping[str, Any] | None
    """What the case showed of these fields before; None where it was not read."""
    attempts: int
    code: str
    message: str
    by: str
    """User and host; empty where no command has worked on the row yet."""


def events_of(case: str) -> Select[Any]:
    """Return the query for the rows about a case, in the order of their runs; see `as_event`."""
    return (
        select(
            runs.c.id.label("run_id"),
            runs.c.target,
            runs.c.input,
            runs.c.report,
            runs.c.header,
            rows.c.cells,
            rows.c.number,
            rows.c.state,
            rows.c.finished_at,
            SENT.label("sent"),
            rows.c.before,
            rows.c.attempts,
            rows.c.code,
            rows.c.message,
            sessions.c.user,
            sessions.c.host,
        )
        .select_from(rows)
        .join(runs, runs.c.seq == rows.c.run)
        .outerjoin(sessions, sessions.c.id == rows.c.session)
        # Named one by one, the runs let the index by run and case be used.
        .where(rows.c.run.in_(select(runs.c.seq).where(runs.c.rows.is_not(None))), rows.c.case_key == case)
        .order_by(runs.c.seq, rows.c.number)
    )


def as_event(found: Any) -> Event:
    """Return the event in one line of `events_of`, with nothing private in it."""
    private = ReportRecord(**orjson.loads(found.report)).private
    message = found.message
    if private:
        message = private.message(found.code, message, orjson.loads(found.header), load_cells(found.cells))
    return Event(
        run=found.run_id,
        target=found.target,
        input=found.input,
        row=found.number,
        outcome=outcome_of(found.state),
        finished_at=found.finished_at,
        values=private.values({} if found.sent is None else orjson.loads(found.sent)),
        before=None if found.before is None else private.values(orjson.loads(found.before)),
        attempts=found.attempts,
        code=found.code,
        message=message,
        by="" if found.user is None else f"{found.user}@{found.host}",
    )
