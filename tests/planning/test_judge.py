"""What a look at the live case decides about a row that is to be sent."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.ledger.compared import Beside
from bulkcase.ledger.stored import Difference
from bulkcase.ledger.transitions import TRANSITIONS, decided
from bulkcase.mapping.lookups import LearntTable
from bulkcase.model import Edit, Outcome, Result
from bulkcase.planning.judge import Judgement, Look, judge_row

OPEN, CLOSED = {"_id": "sts-1", "name": "Open"}, {"_id": "sts-2", "name": "Closed"}
TABLES = {"status": LearntTable("status", [("Open", OPEN), ("Closed", CLOSED)], is_whole=True)}
LOOK = Look(since=0.0, is_complete=True, gaps="", is_filtered=False, leaves_changed=False, tables=TABLES)
MINDS = replace(LOOK, leaves_changed=True)
IN_DOUBT = Outcome.UNKNOWN
NOT_IN_DOUBT = [Outcome.PENDING, Outcome.FAILED, Outcome.MISMATCH, Outcome.CONFLICT]
OPEN_OUTCOMES = [*NOT_IN_DOUBT, IN_DOUBT]

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
        (SAME, LOOK, (Outcome.UNCHANGED, "no_difference", False)),
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
        (SAME, LOOK, (Outcome.UPDATED, "", False)),
        (MOVED, MINDS, (Outcome.CONFLICT, "changed_since", True)),
        (MOVED, LOOK, (None, "", True)),
        (ROW, LOOK, (None, "", True)),
    ],
)
def test_a_row_in_doubt(row: Beside, look: Look, expected: tuple[Outcome | None, str, bool]) -> None:
    """Each line of the table: it stays in doubt until its case shows that it has landed."""
    assert outcome(row._replace(state=IN_DOUBT), look) == expected


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
    assert result == Result(
        Outcome.CONFLICT, code="changed_since", message="somebody changed desc since the case was read"
    )
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
    assert outcome(done._replace(state=IN_DOUBT), MINDS) == (Outcome.UPDATED, "", False)


def test_a_value_in_another_form_is_no_conflict() -> None:
    """Absent, null and empty are the same, and so are two ways to write one instant."""
    row = COMPARED._replace(
        body={"dueDate": 5, "desc": "new"},
        before={"dueDate": 1_780_315_200_000, "desc": ""},
        sent={"dueDate": 5, "desc": "new"},
        live={"dueDate": "2026-06-01T12:00:00Z", "desc": None},
    )
    assert outcome(row, MINDS) == (None, "", True)


values = st.none() | st.sampled_from(["old", "new", "theirs"])
shown = st.dictionaries(st.sampled_from(["desc", "name"]), values)
besides = st.builds(
    Beside,
    number=st.just(7),
    case_id=st.just("ci-1"),
    state=st.sampled_from(OPEN_OUTCOMES),
    body=st.dictionaries(st.sampled_from(["desc", "name"]), values, min_size=1),
    edits=st.dictionaries(
        st.just("status"), st.builds(Edit, st.just("set"), st.sampled_from(["Open", "x"]), st.just(True))
    ),
    before=st.none() | shown,
    sent=st.none() | shown,
    live=st.none() | shown,
    position=st.none() | st.integers(0, 9),
    place=st.none() | st.integers(0, 9),
    read_at=st.floats(0, 9),
)
looks = st.builds(
    Look,
    is_complete=st.booleans(),
    gaps=st.text(max_size=3),
    is_filtered=st.booleans(),
    leaves_changed=st.booleans(),
    tables=st.just(TABLES),
)


@given(besides, looks)
def test_what_is_decided_is_a_step_that_a_row_may_take(row: Beside, look: Look) -> None:
    """The table of transitions knows each of them, and only a row in doubt may come away without either."""
    result, difference = judge_row(row, look)
    if result is not None:
        before, after = TRANSITIONS[decided(result.outcome)]
        assert row.state in before
        assert after == result.outcome
    if result is None and difference is None:
        assert row.state is IN_DOUBT
    if difference is not None:
        assert row.live is not None
        assert difference.sent
        assert (difference.number, difference.state) == (row.number, row.state)


@given(besides, looks)
def test_a_row_is_called_invalid_for_its_case_only_where_the_list_has_no_gaps(row: Beside, look: Look) -> None:
    """A list that may have missed cases proves of none that it is not there."""
    result = judge_row(row._replace(live=None), look).result
    if result is not None:
        assert (result.outcome is Outcome.INVALID) == look.is_complete
