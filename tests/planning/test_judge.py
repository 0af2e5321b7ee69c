"""What a look at the live case decides about a row that is to be sent."""

from dataclasses import replace
from typing import Any

import pytest

from bulkcase.ledger.compared import Beside
from bulkcase.ledger.images import Attempt
from bulkcase.ledger.storage.stored import Difference
from bulkcase.mapping.types.lookups import LearntTable
from bulkcase.model import Edit, Outcome, Result
from bulkcase.planning.judge import Judgement, Look, judge_row

OPEN, CLOSED = {"_id": "sts-1", "name": "Open"}, {"_id": "sts-2", "name": "Closed"}
TABLES = {"status": LearntTable("status", [("Open", OPEN), ("Closed", CLOSED)], is_whole=True)}
LOOK = Look(since=0.0, is_complete=True, gaps="", is_filtered=False, leaves_changed=False, tables=TABLES)
MINDS = replace(LOOK, leaves_changed=True)
IN_DOUBT = Outcome.UNKNOWN
NOT_IN_DOUBT = [Outcome.PENDING, Outcome.FAILED, Outcome.MISMATCH, Outcome.CONFLICT]
OPEN_OUTCOMES = [*NOT_IN_DOUBT, IN_DOUBT]
SENT = [Outcome.MISMATCH, IN_DOUBT]
"""What rows are whose update was sent and may be there."""

ROW = Beside(
    number=7,
    case_id="ci-1",
    state=Outcome.PENDING,
    body={"desc": "new"},
    edits={},
    before=None,
    sent=None,
    live={"desc": "old", "status": OPEN},
    position=120,
    place=None,
    read_at=50.0,
)
NOT_SEEN = ROW._replace(live=None, position=None, read_at=None)
IMPOSSIBLE = ROW._replace(edits={"status": Edit("set", "Closd", named=True)})
SAME = ROW._replace(body={"desc": "old"}, edits={"status": Edit("set", "open", named=True)})
COMPARED = ROW._replace(before={"desc": "old"}, sent={"desc": "new"}, place=110)
MOVED = COMPARED._replace(live={"desc": "theirs", "status": OPEN})
DONE = COMPARED._replace(live={"desc": "new", "status": OPEN})
SWITCH = "isActive: had no value before, and true or false cannot be emptied"
FIRST = Attempt({"desc": "a"}, {"desc": "oldest"}, None)
"""An attempt of another comparison, of which nobody knows what it left."""
THEIRS = 'desc: the run left "new", the case shows "theirs"'


def undo(live: dict[str, Any], *fields: str) -> Beside:
    """Return a row that puts back what a run has changed of some fields."""
    images: dict[str, dict[str, Any]] = {
        "desc": {"was": "old", "left": "new"},
        "name": {"was": "Refund", "left": "Return"},
    }
    images |= {"isActive": {"left": True}}
    return ROW._replace(body={}, edits={field: Edit("restore", images[field]) for field in fields}, live=live)


def outcome(row: Beside, look: Look = LOOK) -> tuple[Outcome | None, str, bool]:
    """Return outcome and code of a row, and whether something would be sent for it."""
    result, difference = judge_row(row, look)
    return (None, "", difference is not None) if result is None else (result.outcome, result.code, bool(difference))


@pytest.mark.parametrize("state", NOT_IN_DOUBT)
@pytest.mark.parametrize(
    ("row", "look", "expected"),
    [
        (NOT_SEEN, LOOK, (Outcome.INVALID, "case_not_found", False)),
        (NOT_SEEN, replace(LOOK, is_complete=False), (Outcome.FAILED, "case_not_seen", False)),
        (IMPOSSIBLE, LOOK, (Outcome.INVALID, "unknown_name", False)),
        (MOVED, MINDS, (Outcome.CONFLICT, "changed_since", True)),
        (MOVED, LOOK, (None, "", True)),
        (ROW, LOOK, (None, "", True)),
    ],
)
def test_a_row_that_is_not_in_doubt(
    row: Beside, look: Look, state: Outcome, expected: tuple[Outcome | None, str, bool]
) -> None:
    """Each line of the table, for every outcome that a row which is sent again may have had."""
    assert outcome(row._replace(state=state), look) == expected


@pytest.mark.parametrize(
    ("row", "look", "expected"),
    [
        (NOT_SEEN, LOOK, (None, "", False)),
        (NOT_SEEN, replace(LOOK, is_complete=False), (None, "", False)),
        (IMPOSSIBLE, LOOK, (None, "", False)),
        (SAME, LOOK, (Outcome.UPDATED, "settled", False)),
        (MOVED, MINDS, (Outcome.CONFLICT, "changed_since", True)),
        (MOVED, LOOK, (None, "", True)),
        (ROW, LOOK, (None, "", True)),
    ],
)
def test_a_row_in_doubt(row: Beside, look: Look, expected: tuple[Outcome | None, str, bool]) -> None:
    """Each line of the table: it stays in doubt until its case shows that it has landed."""
    assert outcome(row._replace(state=IN_DOUBT), look) == expected


@pytest.mark.parametrize("state", OPEN_OUTCOMES)
def test_a_case_that_has_the_values_needs_nothing(state: Outcome) -> None:
    """What was sent and may be there has landed then; for what never was, nothing is to be done."""
    expected = (Outcome.UPDATED, "settled") if state in SENT else (Outcome.UNCHANGED, "no_difference")
    for row in (SAME, DONE):
        assert outcome(row._replace(state=state), MINDS) == (*expected, False)


@pytest.mark.parametrize("state", SENT)
@pytest.mark.parametrize(
    ("sent", "live", "verified"),
    [
        ({"desc": "new"}, {"desc": "new"}, "equal"),
        (None, {"desc": "new"}, "equal"),
        ({"status": CLOSED}, {"status": CLOSED | {"x": 1}}, "equal"),
        ({"desc": ""}, {"desc": None}, "normalised"),
        ({"desc": ""}, {}, "normalised"),
    ],
)
def test_what_has_landed_says_how_its_case_shows_it(
    state: Outcome, sent: dict[str, Any] | None, live: dict[str, Any], verified: str
) -> None:
    """How it is verified; what the case shows beside it may be somebody else's by now, and is not what the row left."""
    row = ROW._replace(state=state, body=sent or {"desc": "new"}, sent=sent, live=live)
    result = (judge_row(row, LOOK).result or Result(Outcome.FAILED))._replace(message="")
    assert result == Result(Outcome.UPDATED, code="settled", verified=verified)
    alone = judge_row(row._replace(alone=THEIRS), LOOK).result
    assert alone == Result(Outcome.CONFLICT, code="left_alone", message=THEIRS, verified=verified)


@pytest.mark.parametrize("state", SENT)
def test_a_list_that_has_changed_since_is_not_told_as_what_the_row_left(state: Outcome) -> None:
    """It has what the row was to add, and something of somebody else's."""
    row = ROW._replace(state=state, body={}, edits={"tags": Edit("add", ["new"])}, live={"tags": ["new", "theirs"]})
    row = row._replace(before={"tags": ["a"]}, sent={"tags": ["a", "new"]})
    assert judge_row(row, LOOK).result == Result(Outcome.UPDATED, code="settled")


@pytest.mark.parametrize("state", OPEN_OUTCOMES)
@pytest.mark.parametrize(
    ("row", "code", "told"),
    [
        (undo({"desc": "theirs"}, "desc"), "changed_since", THEIRS),
        (undo({"isActive": True}, "isActive"), "cannot_clear", SWITCH),
        (undo({"isActive": True, "desc": "old"}, "desc", "isActive"), "cannot_clear", SWITCH),
        (undo({"isActive": True, "desc": "theirs"}, "isActive", "desc"), "cannot_clear", f"{SWITCH}; {THEIRS}"),
    ],
)
def test_what_cannot_be_put_back_is_left_alone(row: Beside, code: str, told: str, state: Outcome) -> None:
    """A conflict where somebody, or an attempt before, has touched the case; invalid where it never could be."""
    expected = Outcome.CONFLICT if THEIRS in told or state in SENT else Outcome.INVALID
    code = "left_alone" if state in SENT else code
    assert judge_row(row._replace(state=state), LOOK) == Judgement(Result(expected, code=code, message=told))


def test_what_can_be_put_back_is_beside_what_cannot() -> None:
    """It is sent, with the reasons why the rest stays as it is."""
    row = undo({"desc": "theirs", "name": "Return", "isActive": True}, "desc", "name", "isActive")
    known = (7, Outcome.PENDING, {"name": "Refund"}, {"name": "Return"}, 120, 50.0, f"{THEIRS}; {SWITCH}")
    assert judge_row(row, LOOK) == Judgement(difference=Difference(*known))


def test_what_is_put_back_already_needs_nothing() -> None:
    """The case shows the values before: by this undo, where one was sent, or by somebody."""
    row = undo({"desc": "old"}, "desc")
    assert outcome(row) == (Outcome.UNCHANGED, "no_difference", False)
    assert outcome(row._replace(state=IN_DOUBT)) == (Outcome.UPDATED, "settled", False)


@pytest.mark.parametrize("state", OPEN_OUTCOMES)
@pytest.mark.parametrize("brought", [(), (FIRST,), (FIRST, Attempt({"desc": "b"}, {"desc": "new"}, None))])
def test_what_attempts_before_may_have_brought_goes_with_the_difference(
    state: Outcome, brought: tuple[Attempt, ...]
) -> None:
    """All of it, whatever became of the row: what was refused is none of them."""
    difference = judge_row(COMPARED._replace(state=state, brought=brought), LOOK).difference
    assert difference is not None
    assert (difference.earlier, difference.kept) == (brought, "")


@pytest.mark.parametrize(
    ("brought", "live", "is_moved"),
    [
        ((), {"desc": "a"}, True),
        ((FIRST,), {"desc": "a"}, False),
        ((FIRST,), {"desc": "oldest"}, True),
        ((FIRST,), {"desc": "theirs"}, True),
        ((FIRST._replace(left={"desc": "A"}),), {"desc": "a"}, True),
        ((FIRST._replace(left={"desc": "A"}),), {"desc": "A"}, False),
        ((FIRST, Attempt({"desc": "b"}, {"desc": "a"}, None)), {"desc": "a"}, False),
        ((FIRST, Attempt({"desc": "b"}, {"desc": "theirs"}, None)), {"desc": "a"}, True),
        ((Attempt({"name": "a"}, {}, None),), {"desc": "a"}, True),
    ],
)
def test_what_an_attempt_before_has_left_is_nobody_elses(
    brought: tuple[Attempt, ...], live: dict[str, Any], *, is_moved: bool
) -> None:
    """Such a value is no conflict, though the case showed another one when it was compared last."""
    row = COMPARED._replace(brought=brought, live=live)
    assert outcome(row, MINDS) == ((Outcome.CONFLICT, "changed_since", True) if is_moved else (None, "", True))


@pytest.mark.parametrize(
    ("state", "brought", "expected"),
    [
        (Outcome.CONFLICT, (FIRST,), (Outcome.UPDATED, "settled", False)),
        (Outcome.CONFLICT, (), (Outcome.UNCHANGED, "no_difference", False)),
        (Outcome.FAILED, (FIRST,), (Outcome.UNCHANGED, "no_difference", False)),
    ],
)
def test_a_conflict_of_which_something_was_sent_has_landed(
    state: Outcome, brought: tuple[Attempt, ...], expected: tuple[Outcome, str, bool]
) -> None:
    """Where its case has the values by now; one that was never sent finds them there."""
    assert outcome(DONE._replace(state=state, brought=brought)) == expected


@pytest.mark.parametrize("state", OPEN_OUTCOMES)
def test_what_is_left_alone_after_an_attempt_is_a_conflict(state: Outcome) -> None:
    """Whatever the reason why nothing more can be put back."""
    row = undo({"isActive": True}, "isActive")._replace(state=state, brought=(FIRST,))
    assert judge_row(row, LOOK) == Judgement(Result(Outcome.CONFLICT, code="left_alone", message=SWITCH))


def test_what_differs_is_sent_with_what_stood_there_before() -> None:
    """A difference has the row's number and state, the place of its case, and the moment when that was read."""
    row = ROW._replace(body={"desc": "new", "name": "Refund"}, live={"desc": "old", "name": "Refund"})
    assert judge_row(row, LOOK) == Judgement(
        None, Difference(7, Outcome.PENDING, {"desc": "new"}, {"desc": "old"}, 120, 50.0)
    )


@pytest.mark.parametrize(("place", "expected"), [(None, 120), (0, 0), (110, 110)])
def test_a_row_keeps_its_place(place: int | None, expected: int) -> None:
    """A row that has its turn goes on behind it, wherever its case has moved to."""
    difference = judge_row(ROW._replace(place=place), LOOK).difference
    assert difference is not None
    assert difference.place == expected


@pytest.mark.parametrize(
    ("look", "told"),
    [
        (LOOK, "ci-1 is none of the cases of this account and stream"),
        (replace(LOOK, is_filtered=True), "ci-1 is none of the cases that snapshot.filter lets through"),
        (replace(LOOK, is_complete=False, gaps="the lines were cut"), "not all of them were: the lines were cut"),
        (replace(LOOK, is_complete=False, is_filtered=True, gaps="x"), "not all of them were: x"),
    ],
)
def test_a_case_that_was_not_seen_is_told_with_the_reason(look: Look, told: str) -> None:
    """Whether it is not there, or only was not seen, is what a person needs to know."""
    result = judge_row(NOT_SEEN, look).result
    assert result is not None
    assert told in result.message


@pytest.mark.parametrize(
    ("live", "moved"),
    [
        ({"desc": "old", "tags": ["a"]}, None),
        ({"desc": "theirs", "tags": ["a"]}, "desc"),
        ({"desc": "old", "tags": ["b"]}, "tags"),
        ({"tags": ["a"]}, "desc"),
        ({"desc": None, "tags": []}, "desc, tags"),
        ({"desc": "old", "tags": ["a"], "status": CLOSED}, None),
    ],
)
def test_a_conflict_is_about_what_the_row_was_to_change(live: dict[str, Any], moved: str | None) -> None:
    """Only fields that would be sent and show another value than they did are a conflict, and each is named."""
    row = ROW._replace(
        body={"desc": "new", "tags": ["new"]},
        before={"desc": "old", "tags": ["a"]},
        sent={"desc": "new", "tags": ["new"]},
        live=live,
    )
    message = None if moved is None else f"somebody changed {moved} since the case was read"
    result = judge_row(row, MINDS).result
    assert (None if result is None else result.message) == message


def test_a_conflict_keeps_what_a_retry_would_send() -> None:
    """What differs now stands beside the conflict, so that the next look minds only what changes after this one."""
    result, difference = judge_row(MOVED, MINDS)
    told = "somebody changed desc since the case was read"
    assert result == Result(Outcome.CONFLICT, code="changed_since", message=told)
    assert difference == Difference(7, Outcome.PENDING, {"desc": "new"}, {"desc": "theirs"}, 110, 50.0)
    again = MOVED._replace(state=Outcome.CONFLICT, before=difference.before, sent=difference.sent)
    assert outcome(again, MINDS) == (None, "", True)


@pytest.mark.parametrize("state", OPEN_OUTCOMES)
def test_a_first_look_is_never_a_conflict(state: Outcome) -> None:
    """Before a row was compared nobody knows what its case showed."""
    assert outcome(ROW._replace(state=state), MINDS) == (None, "", True)


def test_somebody_else_may_have_made_the_same_change() -> None:
    """A case that has the wanted values is no conflict, whoever gave it these."""
    done = COMPARED._replace(live={"desc": "new"})
    assert outcome(done, MINDS) == (Outcome.UNCHANGED, "no_difference", False)
    assert outcome(done._replace(state=IN_DOUBT), MINDS) == (Outcome.UPDATED, "settled", False)


def test_a_value_in_another_form_is_no_conflict() -> None:
    """Absent, null and empty are the same, and so are two ways to write one instant."""
    row = COMPARED._replace(
        body={"dueDate": 5, "desc": "new"},
        before={"dueDate": 1_780_315_200_000, "desc": ""},
        sent={"dueDate": 5, "desc": "new"},
        live={"dueDate": "2026-06-01T12:00:00Z", "desc": None},
    )
    assert outcome(row, MINDS) == (None, "", True)
