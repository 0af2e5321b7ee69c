"""Giving up rows whose case a later run has changed: none is sent after a later one of its case has landed."""

from collections.abc import Collection

from bulkcase.ledger import RunRows
from bulkcase.ledger.changes import decision
from bulkcase.model import Outcome, Result
from bulkcase.operations.deciding.batches import batches


def supersede_overtaken(rows: RunRows, outcomes: Collection[Outcome], now: float) -> int:
    """Give up the rows with these outcomes whose case was changed by a later run; return their number."""
    count = 0
    for batch in batches(rows.overtaken(outcomes)):
        rows.apply(
            [
                decision(number, Result(Outcome.SUPERSEDED, code="later_run", message=_later(run)), now, outcome)
                for number, outcome, run in batch
            ]
        )
        count += len(batch)
    return count


def _later(run: str) -> str:
    return f"run {run}, which is newer, sent an update of this case"
