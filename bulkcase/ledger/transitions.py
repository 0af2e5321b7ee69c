"""The life of a row: one table; whatever it does not know is illegal.

    event      from                                           to
    refuse     pending, failed, mismatch, conflict            invalid
    skip       pending, failed, mismatch, conflict            unchanged
    confirm    unknown, mismatch, conflict, updated           updated
    disprove   updated, mismatch, conflict, unknown           mismatch
    deny       unknown                                        failed
    miss       pending, failed, mismatch, conflict            failed
    leave      pending, failed, mismatch, conflict, unknown   conflict
    replace    pending, failed, mismatch, conflict, unknown   superseded
    intend     pending, failed, mismatch, conflict, unknown   sending
    accept     sending                                        updated
    contradict sending                                        mismatch
    spare      sending                                        conflict
    reject     sending                                        failed
    lose       sending                                        unknown
    postpone   sending                                        pending

A look at the live case decides about a row that is to be sent again as about one that never was; only what is in doubt
stays so until the case shows that it has landed or, where somebody asks for just that, that it has not. A row that is
sent again goes straight from its last outcome to `sending`: where the run stops before its turn, that outcome still
stands.
"""

from enum import StrEnum

from bulkcase.model import Outcome

SENDING = "sending"
"""The state of a row whose intent is durable and whose outcome is not: reports show it as `unknown`."""


class Event(StrEnum):
    """What can happen to a row."""

    REFUSE = "refuse"
    SKIP = "skip"
    CONFIRM = "confirm"
    DISPROVE = "disprove"
    DENY = "deny"
    MISS = "miss"
    LEAVE = "leave"
    REPLACE = "replace"
    INTEND = "intend"
    ACCEPT = "accept"
    CONTRADICT = "contradict"
    SPARE = "spare"
    REJECT = "reject"
    LOSE = "lose"
    POSTPONE = "postpone"


_IN_DOUBT = frozenset({Outcome.UNKNOWN.value})
_OPEN = frozenset({Outcome.PENDING, Outcome.FAILED, Outcome.MISMATCH, Outcome.CONFLICT, Outcome.UNKNOWN})
_NOT_IN_DOUBT = _OPEN - _IN_DOUBT
_SENDING = frozenset({SENDING})

TRANSITIONS: dict[Event, tuple[frozenset[str], str]] = {
    Event.REFUSE: (_NOT_IN_DOUBT, Outcome.INVALID),
    Event.SKIP: (_NOT_IN_DOUBT, Outcome.UNCHANGED),
    Event.CONFIRM: (_IN_DOUBT | {Outcome.MISMATCH, Outcome.CONFLICT, Outcome.UPDATED}, Outcome.UPDATED),
    Event.DISPROVE: (_IN_DOUBT | {Outcome.UPDATED, Outcome.MISMATCH, Outcome.CONFLICT}, Outcome.MISMATCH),
    Event.DENY: (_IN_DOUBT, Outcome.FAILED),
    Event.MISS: (_NOT_IN_DOUBT, Outcome.FAILED),
    Event.LEAVE: (_OPEN, Outcome.CONFLICT),
    Event.REPLACE: (_OPEN, Outcome.SUPERSEDED),
    Event.INTEND: (_OPEN, SENDING),
    Event.ACCEPT: (_SENDING, Outcome.UPDATED),
    Event.CONTRADICT: (_SENDING, Outcome.MISMATCH),
    Event.SPARE: (_SENDING, Outcome.CONFLICT),
    Event.REJECT: (_SENDING, Outcome.FAILED),
    Event.LOSE: (_SENDING, Outcome.UNKNOWN),
    Event.POSTPONE: (_SENDING, Outcome.PENDING),
}

_BY_A_LOOK = (Event.REFUSE, Event.SKIP, Event.CONFIRM, Event.MISS, Event.LEAVE, Event.REPLACE)
_DECIDED = {TRANSITIONS[event][1]: event for event in _BY_A_LOOK}
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
