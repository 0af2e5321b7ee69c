"""A run in numbers: counts of its rows and calls, as summaries show them."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, Select, case, func, select
from sqlalchemy.sql.compiler import SQLCompiler

from bulkcase.ledger.storage.database import in_words, read_once
from bulkcase.ledger.storage.tables import calls, rows, sessions
from bulkcase.ledger.transitions import SENDING, outcome_of
from bulkcase.model import FINE, Outcome

_PAGE: Final = 500
_LINES: Final = 250
"""Of a page that is handed on as a whole: more take memory, and save nothing."""
_STATES: Final = (*(outcome.value for outcome in Outcome), SENDING)


class Kind(NamedTuple):
    """Rows that ended alike."""

    state: str
    code: str
    verified: str | None
    rows: int
    retries: int
    first: int
    """The number of the first of them."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The rows of a run in numbers."""

    kinds: Sequence[Kind]

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """The number of rows by outcome: all nine, zeros too."""
        return _by_outcome((kind.state, kind.rows) for kind in self.kinds)

    @property
    def verified(self) -> dict[str, int]:
        """The number of rows by what their cases were seen to show of what was sent."""
        found = Counter[str]()
        for kind in self.kinds:
            if kind.verified is not None:
                found[kind.verified] += kind.rows
        return dict(sorted(found.items()))

    @property
    def retries(self) -> int:
        """The number of calls that carried the update of a row again."""
        return sum(kind.retries for kind in self.kinds)

    @property
    def causes(self) -> list[tuple[str, int, int]]:
        """Code, count and first row for each cause of rows that did not end well, the most frequent first."""
        found: dict[str, tuple[int, int]] = {}
        for kind in self.kinds:
            if kind.code and kind.state not in FINE:
                count, first = found.get(kind.code, (0, kind.first))
                found[kind.code] = (count + kind.rows, min(first, kind.first))
        return sorted(((code, *of) for code, of in found.items()), key=lambda cause: (-cause[1], cause[0]))


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
        """Return the number of rows by outcome, as `totals` has it, where nothing else is asked: that is quicker."""
        return _by_outcome(self._states())

    def totals(self) -> Totals:
        """Return all that is counted of the rows, by one pass over them."""
        again = case((rows.c.attempts > 1, rows.c.attempts - 1), else_=0)
        alike = (rows.c.state, rows.c.code, rows.c.verified)
        query = select(*alike, func.count(), func.sum(again), func.min(rows.c.number)).where(rows.c.run == self._run)
        # They are sorted for that, which must not take memory by their number.
        return Totals([Kind(*found) for found in self._stream(query.group_by(*alike))])

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

    def partly(self) -> int:
        """Return the number of waiting rows of which a part is left alone."""
        partly = (rows.c.run == self._run, rows.c.state == Outcome.PENDING, rows.c.kept.is_not(None))
        return int(self._all(select(func.count()).where(*partly))[0][0])

    def causes(self, totals: Totals) -> list[tuple[str, int, int, str]]:
        """Return code, count, first row and its message for each cause of rows that did not end well, most first."""
        found = totals.causes
        firsts = select(rows.c.number, rows.c.message).where(
            rows.c.run == self._run, rows.c.number.in_([first for _, _, first in found])
        )
        messages = dict(self._all(firsts)) if found else {}
        return [(code, count, first, messages[first]) for code, count, first in found]

    def _states(self) -> list[tuple[str, int]]:
        """Return the number of rows in each state that there is; without a sort, whose memory grows with the rows."""
        columns: list[Any] = [func.count().filter(rows.c.state == state) for state in _STATES]
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

    def _pages(self, query: Select[Any]) -> Generator[Sequence[Any]]:
        """Yield the result of a query as `_stream` does, but page by page, and as the driver has it.

        Each line is a plain tuple, so that what is done with all of them is done by what is quickest.
        """
        compiled = query.compile(self._engine, compile_kwargs={"render_postcompile": True})
        assert isinstance(compiled, SQLCompiler)
        values = [compiled.params[name] for name in compiled.positiontup or ()]
        with in_words(self._path), self._engine.connect() as reader:
            read_once(reader)
            with closing(reader.connection.cursor()) as cursor:
                cursor.execute(str(compiled), values)
                while page := cursor.fetchmany(_LINES):
                    yield page


def _by_outcome(states: Iterable[tuple[str, int]]) -> dict[Outcome, int]:
    counts = dict.fromkeys(Outcome, 0)
    for state, count in states:
        counts[outcome_of(state)] += count
    return counts
