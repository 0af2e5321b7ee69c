"""What the answer to an accepted update says of it."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Outcome, Result
from bulkcase.sending.decide import accepted

KEPT = "tags: somebody changed them since"
UPDATED, MISMATCH, CONFLICT = Outcome.UPDATED, Outcome.MISMATCH, Outcome.CONFLICT
OTHERWISE = {"desc": "old", "subject": "as sent"}
"""An answer that shows something else than SENT in one field."""
SENT = {"desc": "new", "subject": "as sent"}

TEXTS = st.text("ab ", max_size=3)
FIELDS = st.dictionaries(st.sampled_from(["desc", "subject", "status"]), TEXTS, max_size=3)


def a_row(sent: Mapping[str, Any], kept: str = "") -> Sendable:
    """Return a row that was sent with these fields."""
    return Sendable(2, "ci-1", orjson.dumps(sent), kept=kept)


def shown(answer: Mapping[str, Any] | None, status: int = 200) -> Verdict:
    """Return the verdict on an answer that shows a case so."""
    return Verdict(Kind.ACCEPTED, status, answer=answer)


def test_an_answer_that_shows_what_was_sent_needs_no_words() -> None:
    """A row that landed has its status and number of calls, and no cause, whatever else its case shows."""
    answer = SENT | {"_id": "ci-1", "status": "Open"}
    assert accepted(a_row(SENT), shown(answer, 201), 3) == Result(UPDATED, 3, 201, verified="equal", left={})


def test_an_answer_that_shows_it_in_another_form_is_told() -> None:
    """The row is updated, in what way it was written otherwise is its message, and what the case shows is kept."""
    found = accepted(a_row({"desc": "new ", "subject": "as sent"}), shown(SENT), 1)
    assert found == Result(UPDATED, 1, 200, "normalised", "desc: outer spaces", "normalised", {"desc": "new"})


@pytest.mark.parametrize("answer", [None, {}, {"_id": "ci-1"}], ids=["none", "empty", "other fields"])
def test_an_answer_that_leaves_out_what_was_sent_proves_nothing(answer: Mapping[str, Any] | None) -> None:
    """The row is updated, and the fields that are not shown are named."""
    found = accepted(a_row(SENT), shown(answer), 1)
    assert found == Result(UPDATED, 1, 200, "not_shown", "not shown: desc, subject", "not_shown")


def test_an_answer_that_shows_something_else_is_a_mismatch() -> None:
    """Field, what was sent and what is seen are in the message, and what the case shows of that field is kept."""
    message = 'desc: sent "new", shows "old"'
    expected = Result(MISMATCH, 2, 200, "mismatch", message, "different", {"desc": "old"})
    assert accepted(a_row(SENT), shown(OTHERWISE), 2) == expected


@pytest.mark.parametrize(
    ("answer", "verified", "left"),
    [
        (SENT, "equal", {}),
        (SENT | {"desc": "new\n"}, "different", {"desc": "new\n"}),
        ({"desc": "new"}, "not_shown", None),
    ],
)
def test_a_row_of_which_something_is_kept_ends_as_a_conflict_unless_it_is_a_mismatch(
    answer: Mapping[str, Any], verified: str, left: Mapping[str, Any] | None
) -> None:
    """What was left alone, and why, is its message; another value than was sent outranks that."""
    found = accepted(a_row(SENT, KEPT), shown(answer), 1)
    assert (found.verified, found.left) == (verified, left)
    if verified == "different":
        assert (found.outcome, found.code) == (MISMATCH, "mismatch")
        assert found.message.startswith("desc: sent")
    else:
        assert (found.outcome, found.code, found.message) == (CONFLICT, "left_alone", KEPT)


@pytest.mark.parametrize("answer", [SENT, OTHERWISE, {}, None], ids=["equal", "different", "empty", "none"])
def test_where_nobody_verifies_nothing_is_proven(answer: Mapping[str, Any] | None) -> None:
    """What the answer shows is not looked at, and what was left alone is told all the same."""
    assert accepted(a_row(SENT), shown(answer), 1, verifies=False) == Result(UPDATED, 1, 200)
    left_alone = Result(CONFLICT, 1, 200, "left_alone", KEPT)
    assert accepted(a_row(SENT, KEPT), shown(answer), 1, verifies=False) == left_alone


def test_a_value_to_which_the_server_only_added_is_equal_and_kept_as_it_is_shown() -> None:
    """An object with more keys than were sent is not literally that object."""
    there = {"emailId": "a@example.com", "name": "Ann"}
    found = accepted(a_row({"userInfo": {"emailId": "a@example.com"}}), shown({"userInfo": there}), 1)
    assert found == Result(UPDATED, 1, 200, verified="equal", left={"userInfo": there})


@given(sent=FIELDS, answer=FIELDS)
def test_what_is_kept_of_an_answer_is_what_was_sent_otherwise(sent: dict[str, str], answer: dict[str, str]) -> None:
    """Exactly the fields that are shown with another text; nobody knows where one is not shown."""
    otherwise = {field: answer[field] for field in sent if field in answer and answer[field] != sent[field]}
    found = accepted(a_row(sent), shown(answer), 1)
    assert found.left == (otherwise if sent.keys() <= answer.keys() else None)
    assert accepted(a_row(sent), shown(answer), 1, verifies=False).left is None


@given(sent=FIELDS, answer=FIELDS, kept=st.sampled_from(["", KEPT]))
def test_what_was_accepted_is_updated_a_mismatch_or_a_conflict(
    sent: dict[str, str], answer: dict[str, str], kept: str
) -> None:
    """It is a mismatch where and only where an answer is different, and else a conflict where something is kept."""
    found = accepted(a_row(sent, kept), shown(answer), 1)
    assert (found.outcome is MISMATCH) == (found.verified == "different")
    assert found.outcome in {MISMATCH, CONFLICT if kept else UPDATED}
    assert bool(found.message) == (bool(kept) or found.verified != "equal")
