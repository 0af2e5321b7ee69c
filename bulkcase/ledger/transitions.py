"""The life of a row: one table; whatever it does not know is illegal.

             ┌─ refuse ──► invalid
pending ─────┼─ skip ────► unchanged
   ▲         ├─ replace ─► superseded
   │         └─ intend ──► sending ─┬─ accept ► updated
   │                                ├─ reject ► failed
   │                                ├─ lose ──► unknown
   └────────── postpone ────────────┘
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


TRANSITIONS: dict[Event, tuple[str, str]] = {
    Event.REFUSE: (Outcome.PENDING, Outcome.INVALID),
    Event.SKIP: (Outcome.PENDING, Outcome.UNCHANGED),
    Event.REPLACE: (Outcome.PENDING, Outcome.SUPERSEDED),
    Event.INTEND: (Outcome.PENDING, SENDING),
    Event.ACCEPT: (SENDING, Outcome.UPDATED),
    Event.REJECT: (SENDING, Outcome.FAILED),
    Event.LOSE: (SENDING, Outcome.UNKNOWN),
    Event.POSTPONE: (SENDING, Outcome.PENDING),
}

_BY_CHANGE = {change: event for event, change in TRANSITIONS.items()}


def decided(outcome: Outcome) -> Event:
    """Return the event that gives a row its outcome without a call."""
    return _BY_CHANGE[Outcome.PENDING, outcome]


def settled(outcome: Outcome) -> Event:
    """Return the event that gives a row that was being sent its outcome."""
    return _BY_CHANGE[SENDING, outcome]


def outcome_of(state: str) -> Outcome:
    """Return the outcome that a report shows for a row in this state."""
    return Outcome.UNKNOWN if state == SENDING else Outcome(state)
