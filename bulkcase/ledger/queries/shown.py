"""The rows of one run as reports show them."""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import Select, select

from bulkcase.cells import Cell, load_cells, load_many
from bulkcase.errors import LedgerError
from bulkcase.ledger.queries.figures import RunFigures, Totals
from bulkcase.ledger.storage.tables import SENT, rows
from bulkcase.ledger.transitions import outcome_of
from bulkcase.model import Outcome, Result

_SHOWN: Final = (
    *(rows.c.number, rows.c.cells, rows.c.case_key, rows.c.fields, rows.c.state, rows.c.attempts),
    *(rows.c.http_status, rows.c.code, rows.c.message, rows.c.finished_at, rows.c.verified),
)
"""What reports show of a row."""
_NAMED: Final = 500
"""Rows that one query names: some databases take no more than 999 values."""
_outcome_of: Final = lru_cache(maxsize=len(Outcome) + 1)(outcome_of)


class RowRecord(NamedTuple):
    """A row as reports show it."""

    number: int
    cells: tuple[Cell, ...]
    case_key: str
    fields: str
    """The fields of its update, separated by spaces."""
    result: Result
    finished_at: float | None


class RowPage(NamedTuple):
    """Some rows in input order, column by column: most of what is done with them is done for all of them at once."""

    cells: Sequence[Sequence[Cell]]
    numbers: Sequence[int]
    case_keys: Sequence[str]
    fields: Sequence[str]
    outcomes: Sequence[Outcome]
    attempts: Sequence[int]
    statuses: Sequence[int | None]
    """Of HTTP."""
    codes: Sequence[str]
    messages: Sequence[str]
    finished_at: Sequence[float | None]
    verified: Sequence[str]

    @classmethod
    def of(cls, records: Iterable[RowRecord]) -> Self:
        """Return a page of some rows."""
        found = [(row.cells, row.number, row.case_key, row.fields, row.result, row.finished_at) for row in records]
        cells, numbers, keys, fields, results, finished = zip(*found, strict=True) if found else ((),) * 6
        return cls(
            cells=cells,
            numbers=numbers,
            case_keys=keys,
            fields=fields,
            outcomes=[result.outcome for result in results],
            attempts=[result.attempts for result in results],
            statuses=[result.http_status for result in results],
            codes=[result.code for result in results],
            messages=[result.message for result in results],
            finished_at=finished,
            verified=[result.verified for result in results],
        )


def _each(counts: Sequence[int], most: int) -> int:
    """Return how many of each kind there can be, one at least, so that there are about `most` in all."""
    left, each = most, most
    for nth, count in enumerate(sorted(counts)):
        each = max(left // (len(counts) - nth), 1)
        if count > each:
            return each
        left -= count
    return max(each, *counts, 1)


class ShownRows(RunFigures):
    """Reading the rows of one run, with all that is known of them."""

    def pages(self) -> Generator[RowPage]:
        """Yield every row in input order, many at a time."""
        query = select(*_SHOWN).where(rows.c.run == self._run).order_by(rows.c.number)
        for page in self._pages(query):
            numbers, stored, keys, fields, states, attempts, statuses, codes, messages, finished, verified = zip(
                *page, strict=True
            )
            yield RowPage(
                cells=self._cells_of_all(numbers, stored),
                numbers=numbers,
                case_keys=[key or "" for key in keys],
                fields=fields,
                outcomes=list(map(_outcome_of, states)),
                attempts=attempts,
                statuses=statuses,
                codes=codes,
                messages=messages,
                finished_at=finished,
                verified=[proven or "" for proven in verified],
            )

    def all(self) -> Generator[RowRecord]:
        """Yield every row in input order."""
        query = select(*_SHOWN).where(rows.c.run == self._run).order_by(rows.c.number)
        for page in self._pages(query):
            for found in page:
                yield self._record(*found)

    def all_with_changes(self) -> Generator[tuple[RowRecord, bytes | None, bytes | None]]:
        """Yield every row in input order, with what is sent for it and what stands there before, as JSON."""
        yield from self._with_changes(select(*_SHOWN, SENT, rows.c.before).where(rows.c.run == self._run))

    def sampled(self, most: int, totals: Totals) -> Iterator[tuple[RowRecord, bytes | None, bytes | None]]:
        """Yield, as `all_with_changes` does, the first rows of each outcome and cause: about `most` rows in all.

        `totals` are those of the run.
        """
        query = select(*_SHOWN, SENT, rows.c.before).where(rows.c.run == self._run)
        chosen = self._first_of_each(most, totals)
        for at in range(0, len(chosen), _NAMED):
            yield from self._with_changes(query.where(rows.c.number.in_(chosen[at : at + _NAMED])))

    def differences(self, outcomes: Collection[Outcome] = (Outcome.PENDING,)) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield what is to be sent and what stands there before, as JSON, for each row with one of these outcomes."""
        query = select(SENT, rows.c.before).where(rows.c.run == self._run, rows.c.state.in_(list(outcomes)))
        for page in self._pages(query):
            yield from page

    def _first_of_each(self, most: int, totals: Totals) -> list[int]:
        """Return the numbers of the first rows of each outcome and cause, in order."""
        counts = Counter[tuple[str, str]]()
        for kind in totals.kinds:
            counts[kind.state, kind.code] += kind.rows
        each = _each(list(counts.values()), most)
        left = {kind: min(count, each) for kind, count in counts.items()}
        missing, chosen = sum(left.values()), list[int]()
        query = select(rows.c.number, rows.c.state, rows.c.code).where(rows.c.run == self._run).order_by(rows.c.number)
        with closing(self._pages(query)) as pages:
            for number, state, code in chain.from_iterable(pages):
                if not missing:
                    break
                if left.get((state, code), 0):
                    left[state, code] -= 1
                    missing -= 1
                    chosen.append(number)
        return chosen

    def _with_changes(self, query: Select[Any]) -> Iterator[tuple[RowRecord, bytes | None, bytes | None]]:
        for page in self._pages(query.order_by(rows.c.number)):
            for *shown, sent, before in page:
                yield self._record(*shown), sent, before

    def one_shown(self, number: int) -> RowRecord:
        """Return a row by its number."""
        (found,) = self._all(select(*_SHOWN).where(rows.c.run == self._run, rows.c.number == number))
        return self._record(*found)

    def _record(
        self,
        number: int,
        cells: bytes,
        case_key: str | None,
        fields: str,
        state: str,
        attempts: int,
        status: int | None,
        code: str,
        message: str,
        finished_at: float | None,
        verified: str | None,
    ) -> RowRecord:
        result = Result(_outcome_of(state), attempts, status, code, message, verified or "")
        return RowRecord(number, self._cells(number, cells), case_key or "", fields, result, finished_at)

    def _cells_of_all(self, numbers: Sequence[int], stored: Sequence[bytes]) -> Sequence[Sequence[Cell]]:
        try:
            return load_many(stored)
        except ValueError:  # one by one it is told which
            return list(map(self._cells, numbers, stored))

    def _cells(self, number: int, stored: bytes) -> tuple[Cell, ...]:
        try:
            return load_cells(stored)
        except ValueError:  # the database checks the form of its pages, not what is in them
            raise LedgerError(
                f"{self._path}: is damaged, row {number} cannot be read: restore it from a backup"
            ) from None
