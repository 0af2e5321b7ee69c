"""What a look at the live case decides about a row that is to be sent. Pure.

the case                                    a row not in doubt           a row in doubt (unknown)
was not seen, and the list is complete      invalid (case_not_found)     stays in doubt
was not seen, and the list has gaps         failed (case_not_seen)       stays in doubt
cannot be changed as the row says           invalid                      stays in doubt
has these values already                    unchanged                    updated: it has landed
was changed since, and the job minds        conflict                     conflict
else                                        what differs is sent         what differs is sent
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bulkcase.fields.equal import same
from bulkcase.ledger.compared import Beside
from bulkcase.ledger.stored import Difference
from bulkcase.model import Outcome, Rejection, Result
from bulkcase.planning.compare import Finder, compare


@dataclass(frozen=True, slots=True)
class Look:
    """What is known beside a row and its case."""

    since: float
    """When the reading of the list began: a case that was read before that was not seen in it."""
    is_complete: bool
    """Whether the case list has no gaps."""
    gaps: str
    """Why it has, if so."""
    is_filtered: bool
    """Whether snapshot.filter left cases out."""
    leaves_changed: bool
    """Whether a case that was changed since is left alone (safety.on_conflict)."""
    tables: Mapping[str, Finder]
    """The objects of names, by the keys of the mapping."""


class Judgement(NamedTuple):
    """What a look decides: neither, where a row stays in doubt."""

    result: Result | None = None
    difference: Difference | None = None
    """What would be sent for it: now, or by a retry of a conflict."""


def judge_row(row: Beside, look: Look) -> Judgement:
    """Return what the look at its case decides about a row."""
    in_doubt = row.state is Outcome.UNKNOWN
    if row.live is None or row.read_at is None or row.read_at < look.since:
        return Judgement(None if in_doubt else _not_seen(row, look))
    found = compare(row.body, row.edits, row.live, look.tables)
    if isinstance(found, Rejection):
        return Judgement(None if in_doubt else Result(Outcome.INVALID, code=found.code, message=found.message))
    if not found.body:
        outcome = Outcome.UPDATED if in_doubt else Outcome.UNCHANGED
        return Judgement(Result(outcome, code="" if in_doubt else "no_difference"))
    moved = _moved(row) if look.leaves_changed else []
    conflict = None
    if moved:
        message = f"somebody changed {', '.join(moved)} since the case was read"
        conflict = Result(Outcome.CONFLICT, code="changed_since", message=message)
    place = row.position if row.place is None else row.place
    return Judgement(conflict, Difference(row.number, row.state, found.body, found.before, place, row.read_at))


def _not_seen(row: Beside, look: Look) -> Result:
    if look.is_complete:
        which = "that snapshot.filter lets through" if look.is_filtered else "of this account and stream"
        return Result(Outcome.INVALID, code="case_not_found", message=f"{row.case_id} is none of the cases {which}")
    message = f"{row.case_id} was not seen among the live cases, and not all of them were: {look.gaps}"
    return Result(Outcome.FAILED, code="case_not_seen", message=message)


def _moved(row: Beside) -> list[str]:
    """Return the fields that the row was to change and that show another value than when they were compared last."""
    if row.before is None or row.sent is None or row.live is None:
        return []
    return [field for field in row.sent if not _as_before(field, row.before, row.live)]


def _as_before(field: str, before: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    return same(field, before.get(field), live.get(field))
