from itertools import product

import pytest
from support.ledgers import everything, good_row, new_run, stored

from bulkcase.errors import IllegalTransition
from bulkcase.ledger import Ledger, RunRows
from bulkcase.ledger.changes import Change, decision, intent, outcome
from bulkcase.ledger.transitions import SENDING, Event, outcome_of
from bulkcase.model import Call, Outcome, Result

STATES = [*(outcome.value for outcome in Outcome), SENDING]
OPEN = ("pending", "failed", "mismatch", "conflict", "unknown")

NOT_IN_DOUBT = ("pending", "failed", "mismatch", "conflict")

LIFE = {
    **{(state, "refuse"): "invalid" for state in NOT_IN_DOUBT},
    **{(state, "skip"): "unchanged" for state in NOT_IN_DOUBT},
    **{(state, "confirm"): "updated" for state in ("unknown", "mismatch", "conflict", "updated")},
    **{(state, "disprove"): "mismatch" for state in ("updated", "mismatch", "conflict", "unknown")},
    ("unknown", "deny"): "failed",
    **{(state, "miss"): "failed" for state in NOT_IN_DOUBT},
    **{(state, "leave"): "conflict" for state in OPEN},
    **{(state, "replace"): "superseded" for state in OPEN},
    **{(state, "intend"): "sending" for state in OPEN},
    ("sending", "accept"): "updated",
    ("sending", "contradict"): "mismatch",
    ("sending", "spare"): "conflict",
    ("sending", "reject"): "failed",
    ("sending", "lose"): "unknown",
    ("sending", "postpone"): "pending",
}
BY_READING = ("disprove", "deny")
"""What only a reading on purpose says of rows that were sent."""
ILLEGAL = [(state, event) for state, event in product(STATES, Event) if (state, event.value) not in LIFE]
NOWHERE = Result(Outcome.FAILED, 1, 500, "http_500", "the server failed")
A_CALL = Call("updateCase", 1.0, 2.0, "accepted", 200, 2)


def change(number: int, event: Event, before: str) -> Change:
    return intent(number, before) if event is Event.INTEND else Change(number, event, before, NOWHERE, 5.0)


def a_state_for(event: Event) -> str:
    """Return a state from which an event may happen."""
    return next(state for state, name in LIFE if name == event.value)


def put(ledger: Ledger, number: int, state: str) -> None:
    """Put a row into a state, behind the table's back."""
    stored(ledger.path, "UPDATE rows SET state = ? WHERE number = ?", state, number)


@pytest.mark.parametrize(("state", "event"), LIFE)
def test_a_legal_event_moves_the_row(ledger: Ledger, rows: RunRows, state: str, event: str) -> None:
    """Each pair in the table leads to the one state that stands there."""
    rows.add([good_row(2)], 1.0)
    put(ledger, 2, state)
    rows.apply([change(2, Event(event), state)])
    assert stored(ledger.path, "SELECT state FROM rows") == [(LIFE[state, event],)]


@pytest.mark.parametrize("truthful", [True, False])
@pytest.mark.parametrize(("state", "event"), ILLEGAL)
def test_an_illegal_event_changes_nothing(
    ledger: Ledger, rows: RunRows, state: str, event: Event, truthful: bool
) -> None:
    """Each pair that is not in the table raises, whatever the change says of the row, alone and among legal changes."""
    rows.add([good_row(number) for number in range(2, 8)], 1.0)
    legal = [decision(3, Result(Outcome.UNCHANGED), 9.0), intent(4), outcome(5, Result(Outcome.UPDATED, 1), 9.0)]
    possible = a_state_for(event)
    for number, its_state in ((5, SENDING), (2, state), (7, possible)):
        put(ledger, number, its_state)
    twin = change(7, event, possible)
    wrong = change(2, event, state if truthful else possible)
    before = everything(ledger.path)
    for group in ([wrong], [wrong, twin], [twin, wrong], [*legal, wrong], [wrong, *legal]):
        with pytest.raises(IllegalTransition, match=r"row .*2"):
            rows.apply(group, [A_CALL])
        assert everything(ledger.path) == before
    rows.apply([*legal, twin], [A_CALL])
    assert everything(ledger.path) != before, "the ledger is still of use"


def test_a_row_that_is_not_there_cannot_change(ledger: Ledger, rows: RunRows) -> None:
    """An event for a row that this run does not have is illegal, even where another run has a row of that number."""
    other = ledger.rows(new_run(ledger))
    other.add([good_row(2)], 1.0)
    before = everything(ledger.path)
    with pytest.raises(IllegalTransition):
        rows.apply([intent(2)])
    assert everything(ledger.path) == before


def test_the_same_event_twice_in_a_group_is_illegal(ledger: Ledger, rows: RunRows) -> None:
    """Two workers that intend to send the same row are both turned away."""
    rows.add([good_row(2)], 1.0)
    before = everything(ledger.path)
    with pytest.raises(IllegalTransition):
        rows.apply([intent(2), intent(2)])
    assert everything(ledger.path) == before


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        ("pending", Outcome.INVALID, Event.REFUSE),
        ("pending", Outcome.UNCHANGED, Event.SKIP),
        ("unknown", Outcome.UPDATED, Event.CONFIRM),
        ("pending", Outcome.FAILED, Event.MISS),
        ("pending", Outcome.CONFLICT, Event.LEAVE),
        ("pending", Outcome.SUPERSEDED, Event.REPLACE),
    ],
)
def test_a_decision_is_the_event_of_its_outcome(before: str, after: Outcome, event: Event) -> None:
    """What is decided without a call, by the plan or by a look at the live case, is said by the outcome alone."""
    change = decision(2, Result(after), 1.0, before)
    assert change == Change(2, event, before, Result(after), 1.0)
    assert change.after == after.value


def test_a_decision_is_about_a_waiting_row_unless_told_otherwise() -> None:
    """The plan decides about rows that nothing has happened to."""
    assert decision(2, Result(Outcome.UNCHANGED), 1.0).before == "pending"


def reached(*, from_sending: bool) -> set[str]:
    """Return the outcomes that a row gets from an answer, or those that it gets without a call."""
    told = {(pair, after) for pair, after in LIFE.items() if pair[1] not in BY_READING}
    return {after for (before, _), after in told if (before == SENDING) is from_sending}


@pytest.mark.parametrize("after", Outcome)
def test_an_outcome_that_nothing_leads_to_cannot_be_written(after: Outcome) -> None:
    """An answer cannot leave a row unchanged, nor a decision leave it in doubt: refused before anything is written."""
    if after.value not in reached(from_sending=True):
        with pytest.raises(KeyError):
            outcome(2, Result(after), 1.0)
    if after.value not in reached(from_sending=False):
        with pytest.raises(KeyError):
            decision(2, Result(after), 1.0)


@pytest.mark.parametrize("state", STATES)
def test_a_state_shows_as_its_outcome(state: str) -> None:
    """Each state is an outcome of the same name, but for `sending`, which is unknown as long as it lasts."""
    assert outcome_of(state).value == ("unknown" if state == SENDING else state)
