"""What a look at the live case decides about a row that is to be sent. Pure.

the case                                    a row not in doubt           a row in doubt (unknown)
was not seen, and the list is complete      invalid (case_not_found)     stays in doubt
was not seen, and the list has gaps         failed (case_not_seen)       stays in doubt
cannot be changed as the row says           invalid                      stays in doubt
has these values already                    unchanged; updated where     updated: it has landed
                                            it was sent before
has another value than is to be put back    conflict, invalid where no   conflict
                                            value could be put back
was changed since, and the job minds        conflict                     conflict
else                                        what differs is sent         what differs is sent
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bulkcase.fields.equal import same
from bulkcase.fields.proof import STANDS, prove
from bulkcase.ledger.compared import Beside
from bulkcase.ledger.images import images_of
from bulkcase.ledger.storage.stored import Difference
from bulkcase.mapping.faults import Fault, joined
from bulkcase.model import Outcome, Rejection, Result
from bulkcase.planning.compare import Finder, compare
from bulkcase.planning.restore import is_as_left

_SENT = frozenset({Outcome.UNKNOWN, Outcome.MISMATCH})
"""What rows are whose update was sent and may be there, or in part."""


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
    if row.state in _SENT and (landed := _landed(row)) is not None:
        return Judgement(landed)
    found = compare(row.body, row.edits, row.live, look.tables)
    if isinstance(found, Rejection):
        return Judgement(None if in_doubt else Result(Outcome.INVALID, code=found.code, message=found.message))
    if not found.body:
        if found.kept:
            return Judgement(_left_alone(found.kept, row))
        # Where other items of a list have changed since, what the row left is not to be told any more.
        is_there = row.state in _SENT or (row.state is Outcome.CONFLICT and bool(row.brought))
        outcome, code = (Outcome.UPDATED, "settled") if is_there else (Outcome.UNCHANGED, "no_difference")
        return Judgement(Result(outcome, code=code))
    moved = _moved(row) if look.leaves_changed else []
    conflict = None
    if moved:
        message = f"somebody changed {', '.join(moved)} since the case was read"
        conflict = Result(Outcome.CONFLICT, code="changed_since", message=message)
    place = row.position if row.place is None else row.place
    kept = joined(found.kept).reason if found.kept else ""
    known = (found.body, found.before, place, row.read_at, kept, row.brought)
    return Judgement(conflict, Difference(row.number, row.state, *known))


def _landed(row: Beside) -> Result | None:
    """Return what becomes of a row that was sent before and stands in its case, as it was sent or tidied."""
    sent = row.sent if row.sent is not None or row.edits else row.body
    if sent is None or row.live is None:
        return None
    proof = prove(sent, row.live, is_whole=True)
    if proof.verified not in STANDS:
        return None
    outcome, code, message = Outcome.UPDATED, "settled", proof.message
    if row.alone:
        outcome, code, message = Outcome.CONFLICT, "left_alone", row.alone
    # What was added beside it may be somebody else's by now: it is not told as what the row left.
    return Result(outcome, 0, None, code, message, proof.verified.value)


def _left_alone(kept: Sequence[Fault], row: Beside) -> Result:
    """Return what becomes of a row of which nothing can be put back, or nothing more."""
    fault = joined(kept)
    if row.brought or row.state in _SENT:
        return Result(Outcome.CONFLICT, code="left_alone", message=fault.reason)
    is_touched = any(one.code == "changed_since" for one in kept)
    return Result(Outcome.CONFLICT if is_touched else Outcome.INVALID, code=fault.code, message=fault.reason)


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
    images = images_of(row.brought)
    return [
        field
        for field in row.sent
        if not same(field, row.before.get(field), row.live.get(field))
        and not (field in images and is_as_left(field, row.live, images[field]))
    ]
