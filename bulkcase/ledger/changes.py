"""What happens to rows, as values: made by whoever decides, written by the ledger."""

from typing import NamedTuple

from bulkcase.errors import IllegalTransition
from bulkcase.ledger.transitions import SENDING, TRANSITIONS, Event, decided, settled
from bulkcase.model import Outcome, Result


class Change(NamedTuple):
    """Something that happens to a row in a known state, and what is then known of it.

    A tuple, because two of them are made for each row, and a frozen dataclass takes three times as long to make.
    """

    number: int
    event: Event
    before: str
    result: Result | None = None
    at: float | None = None

    @property
    def after(self) -> str:
        """The state that it leads to; raises IllegalTransition where the table knows no such step."""
        legal, after = TRANSITIONS[self.event]
        if self.before not in legal:
            raise IllegalTransition(f"{self.event} of row {self.number}: it is {self.before}; nothing was changed")
        return after


def decision(number: int, result: Result, at: float, before: str = Outcome.PENDING) -> Change:
    """Return the change that gives a row its outcome without a call."""
    return Change(number, decided(result.outcome), before, result, at)


def intent(number: int, before: str = Outcome.PENDING) -> Change:
    """Return the change that says: this row's call is about to leave."""
    return Change(number, Event.INTEND, before)


def outcome(number: int, result: Result, at: float) -> Change:
    """Return the change that gives a row that was being sent its outcome; a postponed row is not finished."""
    finished_at = None if result.outcome is Outcome.PENDING else at
    return Change(number, settled(result.outcome), SENDING, result, finished_at)
