"""Giving their outcome to rows that are about one case, where another row of it is sent."""

from collections.abc import Collection

from bulkcase.ledger import RunRows
from bulkcase.ledger.changes import decision
from bulkcase.ledger.rows import PENDING
from bulkcase.model import Outcome
from bulkcase.operations.deciding.batches import batches
from bulkcase.planning.duplicates import decide


def decide_duplicates(
    rows: RunRows, rule: str, now: float, *, beside: Collection[Outcome] = PENDING, about: Outcome = Outcome.PENDING
) -> None:
    """Decide about the rows with one outcome whose case another row is about, one of those with `beside` outcomes."""
    for groups in batches(rows.repeated(beside)):
        changes = []
        for group in groups:
            states = {number: state for number, _, state in group}
            for number, result in decide([(number, fingerprint) for number, fingerprint, _ in group], rule):
                if states[number] is about:
                    changes.append(decision(number, result, now, about))
        rows.apply(changes)
