"""Rows as reports get them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bulkcase.cells import Cell
from bulkcase.ledger import RowRecord
from bulkcase.ledger.queries.shown import RowPage
from bulkcase.model import Outcome, Result
from bulkcase.reporting.formats import results

HEADER = ("Case ID", "Note")
FINISHED = 1_795_000_000.25
FINISHED_TEXT = "2026-11-18T11:06:40.250Z"


def record(
    number: int = 2,
    outcome: Outcome = Outcome.UPDATED,
    *,
    cells: tuple[Cell, ...] = ("ci-1", "Closed"),
    result: Result | None = None,
    case_key: str = "ci-1",
    finished_at: float | None = FINISHED,
) -> RowRecord:
    """Return a row with an outcome, or with a whole result."""
    return RowRecord(number, cells, case_key, "status desc", result or Result(outcome, 1, 200), finished_at)


def write_results(
    folder: Path, header: Sequence[str], rows: Iterable[RowRecord], undoes: str | None = None
) -> list[str]:
    """Write the results of rows that no ledger has, each on a page of its own."""
    return results.write_results(folder, header, (RowPage.of([row]) for row in rows), undoes)
