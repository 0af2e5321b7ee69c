"""Whether what was sent for a row stands in its case. Pure.

the case shows                              it was                    what becomes of the row
what was sent, or that tidied               applied                   updated
the value before, in all fields             not applied               mismatch; failed where no answer ever came
the value before, in some of them           not applied               mismatch
something else, right after it was sent     not applied               mismatch; as it was where no answer ever came
something else, later; or the value was     changed since             as it was, with the cause
  seen there, or a newer run has written
not all of the fields                       not shown                 as it was
the case is not in the list                 not seen                  as it was

A value that an answer showed, and that is the one before by now, is not applied: a server may say what it did not do.
Where a look has seen it, somebody has put it back.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from bulkcase.fields.equal import unchanged
from bulkcase.fields.proof import STANDS, Proof, Proven, prove
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


Later = Collection[tuple[str, str]]
"""Newer runs that have changed the case of a row, each with the fields that it sent."""

PROMPT: Final = 60.0
"""Seconds after an update in which a look tells what the server has made of it."""
ASIDE: Final = "changed_aside"
"""The cause of rows whose cases changed beside what was sent."""


def judge_landing(row: SentRow, since: float, later: Later = (), *, is_ours: bool = False) -> Landing:
    """Return what a look at its case tells about a row that was sent.

    Only a look after `since`, in seconds since the epoch, counts. `is_ours` says that whoever sent the row looks: what
    is there beside what was sent is then the server's doing.
    """
    if row.live is None or row.read_at is None or row.read_at <= max(since, row.finished_at or 0.0):
        return Landing(Landed.NOT_SEEN)
    proof = prove(row.sent, row.live, is_whole=True)
    if proof.verified is Proven.DIFFERENT:
        return _different(row, proof, later, is_ours=is_ours)
    if proof.verified is Proven.NOT_SHOWN:
        # What was seen in an answer is not unseen because the list does not show the field.
        event = Event.CONFIRM if row.state is Outcome.UPDATED and row.verified not in STANDS else None
        return Landing(Landed.NOT_SHOWN, event, "not_shown", proof.message, proof.verified.value, row.left)
    return _applied(row, proof, _left(row, proof, is_ours=is_ours))


def _applied(row: SentRow, proof: Proof, left: Mapping[str, Any] | None) -> Landing:
    event, code, message = Event.CONFIRM, "settled", proof.message
    if row.code == ASIDE:
        # What was sent stands there; what was not is for a person all the same.
        event, code, message = Event.DISPROVE, row.code, row.message
    elif row.kept and row.state is not Outcome.UPDATED:
        event, code, message = Event.LEAVE, "left_alone", row.kept
    elif row.state is Outcome.UPDATED and row.code != code:
        code = proof.verified.value if proof.verified is Proven.NORMALISED else ""
    return Landing(Landed.APPLIED, event, code, message, proof.verified.value, left)


def _left(row: SentRow, proof: Proof, *, is_ours: bool) -> Mapping[str, Any] | None:
    """Return what the row left: the answer tells, or a look right after it; a later one may see somebody's changes."""
    if row.left is not None or not (is_ours and _is_prompt(row)):
        return row.left
    return proof.seen


def _is_prompt(row: SentRow) -> bool:
    return row.read_at is not None and row.read_at - (row.finished_at or 0.0) <= PROMPT


def _different(row: SentRow, proof: Proof, later: Later, *, is_ours: bool) -> Landing:
    assert row.live is not None, "it differs from what was sent"
    fields = [field for field, proven in proof.fields.items() if proven is Proven.DIFFERENT]
    left = _left(row, proof, is_ours=is_ours)
    run = next((run for run, sent in later if not set(fields).isdisjoint(sent.split())), None)
    if run is not None:
        return _changed_since(row, f"run {run}, which is newer, has changed it: {proof.message}")
    old = row.before
    back = [] if old is None else [name for name in fields if unchanged(name, old.get(name), row.live.get(name))]
    if row.state is Outcome.UNKNOWN:
        is_partly = not STANDS.isdisjoint(proof.fields.values())
        return _in_doubt(row, proof, left, is_back=len(back) == len(row.sent), is_partly=is_partly)
    # Where nobody knows what stood there before, only whoever has just sent it can tell a lie from somebody's change.
    is_lie = is_ours and _is_prompt(row) and old is None
    was_seen = row.verified in STANDS
    was_read = row.proved_at is not None and row.proved_at > (row.finished_at or 0.0)
    if (was_seen and was_read) or (row.state is Outcome.UPDATED and row.verified == Proven.DIFFERENT):
        return _changed_since(row, f"somebody has changed it since: {proof.message}")
    if back or (was_seen and is_lie):
        return _not_applied(row, proof, left, "not_applied")
    if was_seen or not (_is_prompt(row) or _is_still(row, fields)):
        return _changed_since(row, f"somebody has changed it since: {proof.message}")
    return _not_applied(row, proof, left, "mismatch")


def _in_doubt(row: SentRow, proof: Proof, left: Mapping[str, Any] | None, *, is_back: bool, is_partly: bool) -> Landing:
    """Return what becomes of a row of which no answer was ever seen."""
    if is_back:
        found = (Event.DENY, "not_applied", proof.message, proof.verified.value, row.left)
        return Landing(Landed.NOT_APPLIED, *found)
    if is_partly:
        return _not_applied(row, proof, left, "mismatch")
    return _changed_since(row, f"somebody has changed it since: {proof.message}")


def _is_still(row: SentRow, fields: Collection[str]) -> bool:
    """Say whether a case shows what the server made of the update at once."""
    if row.state is not Outcome.MISMATCH or row.left is None or row.live is None:
        return False
    return all(unchanged(name, row.left.get(name, row.sent[name]), row.live.get(name)) for name in fields)


def _not_applied(row: SentRow, proof: Proof, left: Mapping[str, Any] | None, code: str) -> Landing:
    message = "; ".join(text for text in (proof.message, row.kept) if text)
    return Landing(Landed.NOT_APPLIED, Event.DISPROVE, code, message, proof.verified.value, left)


def _changed_since(row: SentRow, message: str) -> Landing:
    """Keep what the run left, and say what stands there now."""
    event = Event.CONFIRM if row.state is Outcome.UPDATED else None
    return Landing(Landed.CHANGED_SINCE, event, "changed_since", message, Proven.DIFFERENT.value, row.left)
