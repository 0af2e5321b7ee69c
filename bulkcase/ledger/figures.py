"""A run in numbers: counts of its rows and calls, as summaries show them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, case, func, select

from bulkcase.ledger.database import in_words, read_once
from bulkcase.ledger.tables import calls, rows, sessions
from bulkcase.ledger.transitions import SENDING, outcome_of
from bulkcase.model import FINE, Outcome

_PAGE: Final = 500
_STATES: Final = (*(outcome.value for outcome in Outcome), SENDING)


class RunFigures:
    """Reading from one run. Short reads happen on the writer's connection, long ones on connections of their own."""

    def __init__(self, engine: Engine, writer: Connection, run: int, path: Path) -> None:
        self._engine = engine
        self._writer = writer
        self._run = run
        self._path = path

    @property
    def run(self) -> int:
        """The `seq` of the run."""
        return self._run

    def counts(self) -> dict[Outcome, int]:
        """Return the number of rows by outcome: all nine, zeros too."""
        totals = dict.fromkeys(Outcome, 0)
        for state, count in self._states():
            totals[outcome_of(state)] += count
        return totals

    def in_flight(self) -> int:
        """Return the number of rows whose call has left, so far as the ledger knows."""
        return sum(count for state, count in self._states() if state == SENDING)

    def cases(self) -> int:
        """Return the number of different cases that the rows are about, so far as their keys could be read."""
        return int(self._all(select(func.count(rows.c.case_key.distinct())).where(rows.c.run == self._run))[0][0])

    def cases_waiting(self) -> int:
        """Return the number of different cases that waiting rows are about."""
        waiting = (rows.c.run == self._run, rows.c.state == Outcome.PENDING)
        return int(self._all(select(func.count(rows.c.case_key.distinct())).where(*waiting))[0][0])

    def calls_by_endpoint(self) -> dict[str, int]:
        """Return the number of calls by endpoint, retries included."""
        return self._calls_by(calls.c.endpoint)

    def calls_by_verdict(self) -> dict[str, int]:
        """Return the number of calls by what was decided about their answers."""
        return self._calls_by(calls.c.verdict)

    def verified(self) -> dict[str, int]:
        """Return the number of rows by what their cases were seen to show of what was sent."""
        query = select(rows.c.verified, func.count()).where(rows.c.run == self._run, rows.c.verified.is_not(None))
        return dict(self._all(query.group_by(rows.c.verified)))

    def partly(self) -> int:
        """Return the number of waiting rows of which a part is left alone."""
        partly = (rows.c.run == self._run, rows.c.state == Outcome.PENDING, rows.c.kept.is_not(None))
        return int(self._all(select(func.count()).where(*partly))[0][0])

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

    def _states(self) -> list[tuple[str, int]]:
        """Return the number of rows in each state that there is; without a sort, whose memory grows with the rows."""
        columns = [func.coalesce(func.sum(case((rows.c.state == state, 1), else_=0)), 0) for state in _STATES]
        found = self._all(select(*columns).where(rows.c.run == self._run))[0]
        return [(state, int(count)) for state, count in zip(_STATES, found, strict=True) if count]

    def _calls_by(self, column: Any) -> dict[str, int]:
        own = sessions.c.run == self._run
        query = (
            select(column, func.count())
            .where(
                calls.c.session.in_(select(sessions.c.id).where(own)),
                calls.c.id > select(func.min(sessions.c.calls_after)).where(own).scalar_subquery(),
            )
            .group_by(column)
        )
        return dict(self._all(query))

    def _all(self, query: Select[Any], **values: Any) -> Sequence[Any]:
        with in_words(self._path), self._writer.begin():
            return self._writer.execute(query, values).all()

    def _stream(self, query: Select[Any]) -> Iterator[Any]:
        """Yield the result of a query from a connection of its own, so that writing may go on meanwhile."""
        with in_words(self._path), self._engine.connect() as reader:
            read_once(reader)
            yield from reader.execution_options(yield_per=_PAGE).execute(query)
