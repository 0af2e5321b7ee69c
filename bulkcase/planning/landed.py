"""Whether what was sent for a row stands in its case. Pure.

the case shows                              it was                    what becomes of the row
what was sent, or that tidied               applied                   updated
the value before                            not applied               mismatch; failed where no answer ever came
something else, and the value was seen      changed since             as it was, with the cause
  there, or a later run has written
something else, and nobody saw the value    not applied               mismatch; as it was where no answer ever came
not all of the fields                       not shown                 as it was
the case is not in the list                 not seen                  as it was
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from bulkcase.fields.equal import unchanged
from bulkcase.fields.proof import Proof, Proven, prove
from bulkcase.ledger.sent import SentRow
from bulkcase.ledger.transitions import Event
from bulkcase.model import Outcome


class Landed(StrEnum):
    """What a look at its case tells about a row that was sent."""

    APPLIED = "applied"
    NOT_APPLIED = "not applied"
    CHANGED_SINCE = "changed since"
    NOT_SHOWN = "not shown"
    NOT_SEEN = "not seen"


class Landing(NamedTuple):
    """What a look tells, and what it makes of the row; no event where that stays as it is."""

    landed: Landed
    event: Event | None = None
    code: str = ""
    message: str = ""
    verified: str = ""
    left: Mapping[str, Any] | None = None


_SEEN = frozenset({Proven.EQUAL.value, Proven.NORMALISED.value})
"""What was verified so was seen in the case."""
_CHANGED: Final = "changed_since"


def judge_landing(row: SentRow, since: float, later: str | None = None) -> Landing:
    """Return what a look at its case tells about a row that was sent.

    Only a look after `since`, in seconds since the epoch, counts. `later` is the run that has changed the case after
    this one, where there is one.
    """
    if row.live is None or row.read_at is None or row.read_at <= max(since, row.finished_at or 0.0):
        return Landing(Landed.NOT_SEEN)
    proof = prove(row.sent, row.live, is_whole=True)
    if proof.verified is Proven.DIFFERENT:
        return _different(row, proof, later)
    if proof.verified is Proven.NOT_SHOWN:
        # What was seen in an answer is not unseen because the list does not show the field.
        event = Event.CONFIRM if row.state is Outcome.UPDATED and row.verified not in _SEEN else None
        return Landing(Landed.NOT_SHOWN, event, "not_shown", proof.message, proof.verified.value, proof.left or None)
    code = "settled" if row.state is not Outcome.UPDATED else ""
    if not code and proof.verified is Proven.NORMALISED:
        code = proof.verified.value
    return Landing(Landed.APPLIED, Event.CONFIRM, code, proof.message, proof.verified.value, proof.left or None)


def _different(row: SentRow, proof: Proof, later: str | None) -> Landing:
    assert row.live is not None, "it differs from what was sent"
    fields = [field for field, proven in proof.fields.items() if proven is Proven.DIFFERENT]
    old = {} if row.before is None else row.before
    is_back = row.before is not None and any(unchanged(name, old.get(name), row.live.get(name)) for name in fields)
    # A look before may have found it changed already: what it shows now says nothing of the update either.
    was_there = row.verified in _SEEN or row.code == _CHANGED
    if later is not None:
        message = f"run {later}, which is newer, has changed it: {proof.message}"
        return _changed_since(row, message)
    if is_back or (not was_there and row.state is not Outcome.UNKNOWN):
        in_doubt = row.state is Outcome.UNKNOWN
        event = Event.DENY if in_doubt else Event.DISPROVE
        code = "not_applied" if is_back else "mismatch"
        return Landing(Landed.NOT_APPLIED, event, code, proof.message, proof.verified.value, proof.left or None)
    return _changed_since(row, f"somebody has changed it since: {proof.message}")


def _changed_since(row: SentRow, message: str) -> Landing:
    """Keep what the run left, and say what stands there now."""
    event = Event.CONFIRM if row.state is Outcome.UPDATED else None
    return Landing(Landed.CHANGED_SINCE, event, _CHANGED, message, Proven.DIFFERENT.value, row.left)
