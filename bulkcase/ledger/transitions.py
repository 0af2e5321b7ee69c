"""The life of a row: one table; whatever it does not know is illegal.

    event      from                                           to
    refuse     pending                                        invalid
    skip       pending                                        unchanged
    replace    pending, failed, mismatch, conflict, unknown   superseded
    intend     pending, failed, mismatch, conflict, unknown   sending
    accept     sending                                        updated
    reject     sending                                        failed
    lose       sending                                        unknown
    postpone   sending                                        pending

A row that is sent again goes straight from its last outcome to `sending`: where the run stops before its turn, that
outcome still stands.
"""

from enum import StrEnum

from bulkcase.model import Outcome

SENDING = "sending"
"""The state of a row whose intent is durable and whose outcome is not: reports show it as `unknown`."""


class Event(StrEnum):
    """What can happen to a row."""

    REFUSE = "refuse"
    SKIP = "skip"
    REPLACE = "replace"
    INTEND = "intend"
    ACCEPT = "accept"
    REJECT = "reject"
    LOSE = "lose"
    POSTPONE = "postpone"


_PENDING = frozenset({Outcome.PENDING.value})
_OPEN = frozenset({Outcome.PENDING, Outcome.FAILED, Outcome.MISMATCH, Outcome.CONFLICT, Outcome.UNKNOWN})
_SENDING = frozenset({SENDING})

TRANSITIONS: dict[Event, tuple[frozenset[str], str]] = {
    Event.REFUSE: (_PENDING, Outcome.INVALID),
    Event.SKIP: (_PENDING, Outcome.UNCHANGED),
    Event.REPLACE: (_OPEN, Outcome.SUPERSEDED),
    Event.INTEND: (_OPEN, SENDING),
    Event.ACCEPT: (_SENDING, Outcome.UPDATED),
    Event.REJECT: (_SENDING, Outcome.FAILED),
    Event.LOSE: (_SENDING, Outcome.UNKNOWN),
    Event.POSTPONE: (_SENDING, Outcome.PENDING),
}

_DECIDED = {after: event for event, (before, after) in TRANSITIONS.items() if before != _SENDING}
_SETTLED = {after: event for event, (before, after) in TRANSITIONS.items() if before == _SENDING}


def decided(outcome: Outcome) -> Event:
    """Return the event that gives a row its outcome without a call."""
    return _DECIDED[outcome]


def settled(outcome: Outcome) -> Event:
    """Return the event that gives a row that was being sent its outcome."""
    return _SETTLED[outcome]


def outcome_of(state: str) -> Outcome:
    """Return the outcome that a report shows for a row in this state."""
    return Outcome.UNKNOWN if state == SENDING else Outcome(state)
