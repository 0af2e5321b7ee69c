"""What the ledger knows of one case, over all runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Select, func, select

from bulkcase.cells import load_cells
from bulkcase.fields.private import Private
from bulkcase.ledger.storage.tables import SENT, rows, runs, sessions
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
    # Named one by one, the runs let the index by run and case be used.
    its = (rows.c.run.in_(select(runs.c.seq).where(runs.c.rows.is_not(None))), rows.c.case_key == case)
    reports = select(func.group_concat(runs.c.report.distinct())).where(runs.c.seq.in_(select(rows.c.run).where(*its)))
    return (
        select(
            runs.c.id.label("run_id"),
            runs.c.target,
            runs.c.input,
            reports.scalar_subquery().label("reports"),
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
        .where(*its)
        .order_by(runs.c.seq, rows.c.number)
    )


def as_event(found: Any) -> Event:
    """Return the event in one line of `events_of`, with nothing in it that any of its runs keeps private."""
    private = _private_in(found.reports)
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


@lru_cache(maxsize=4)
def _private_in(reports: str) -> Private:
    """Return what is private in any of some reports, which are JSON with commas between."""
    found = orjson.loads(f"[{reports}]")
    fields, columns = ([one for each in found for one in each.get(f"private_{of}", ())] for of in ("fields", "columns"))
    return Private(fields, columns)
