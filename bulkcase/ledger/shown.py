"""The rows of one run as reports show them."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import func, select

from bulkcase.cells import Cell, load_cells
from bulkcase.errors import LedgerError
from bulkcase.ledger.figures import RunFigures
from bulkcase.ledger.tables import SENT, rows
from bulkcase.ledger.transitions import outcome_of
from bulkcase.model import Result

_SHOWN: Final = (
    *(rows.c.number, rows.c.cells, rows.c.case_key, rows.c.fields, rows.c.state, rows.c.attempts),
    *(rows.c.http_status, rows.c.code, rows.c.message, rows.c.finished_at, rows.c.verified),
)
"""What reports show of a row."""


class RowRecord(NamedTuple):
    """A row as reports show it."""

    number: int
    cells: tuple[Cell, ...]
    case_key: str
    fields: str
    """The fields of its update, separated by spaces."""
    result: Result
    finished_at: float | None


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

    def all(self) -> Iterator[RowRecord]:
        """Yield every row in input order."""
        query = select(*_SHOWN).where(rows.c.run == self._run).order_by(rows.c.number)
        for found in self._stream(query):
            yield self._record(*found)

    def all_with_changes(self) -> Iterator[tuple[RowRecord, bytes | None, bytes | None]]:
        """Yield every row in input order, with what is sent for it and what stands there before, as JSON."""
        query = select(*_SHOWN, SENT, rows.c.before).where(rows.c.run == self._run).order_by(rows.c.number)
        for *shown, sent, before in self._stream(query):
            yield self._record(*shown), sent, before

    def sampled(self, most: int) -> Iterator[tuple[RowRecord, bytes | None, bytes | None]]:
        """Yield, as `all_with_changes` does, the first rows of each outcome and cause: about `most` rows in all."""
        own = rows.c.run == self._run
        kinds = select(func.count()).where(own).group_by(rows.c.state, rows.c.code)
        each = _each([count for (count,) in self._all(kinds)], most)
        nth = func.row_number().over(partition_by=(rows.c.state, rows.c.code), order_by=rows.c.number)
        ranked = select(rows.c.number, nth.label("nth")).where(own).subquery()
        chosen = select(ranked.c.number).where(ranked.c.nth <= each)
        query = select(*_SHOWN, SENT, rows.c.before).where(own, rows.c.number.in_(chosen)).order_by(rows.c.number)
        for *shown, sent, before in self._stream(query):
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
        result = Result(outcome_of(state), attempts, status, code, message, verified or "")
        return RowRecord(number, self._cells(number, cells), case_key or "", fields, result, finished_at)

    def _cells(self, number: int, stored: bytes) -> tuple[Cell, ...]:
        try:
            return load_cells(stored)
        except ValueError:  # the database checks the form of its pages, not what is in them
            raise LedgerError(
                f"{self._path}: is damaged, row {number} cannot be read: restore it from a backup"
            ) from None
