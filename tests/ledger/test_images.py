"""What a run has changed of a case: for each field the value before, and what it left there."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields.proof import Proven
from bulkcase.ledger.images import Images, images_of

Values = dict[str, Any]

EXACT = ("equal", "normalised")
UNSURE = (None, "not_shown", "different")


def images(
    sent: Values,
    before: Values | None = None,
    left: Values | None = None,
    verified: str | None = None,
    earlier: Images | None = None,
) -> Images:
    """Return the images of a row, from what stands in its columns."""
    columns = [None if each is None else orjson.dumps(each) for each in (before, left, earlier)]
    return images_of(orjson.dumps(sent), columns[0], columns[1], verified, columns[2])


def test_every_proof_is_exact_or_not() -> None:
    """The table of this test has each word that a row may have in its column."""
    assert {*EXACT, *UNSURE} == {*map(str, Proven), None}


@pytest.mark.parametrize("verified", EXACT)
def test_what_was_shown_to_the_letter_is_exact(verified: str) -> None:
    """It is what was sent, unless the case is known to show it in another form."""
    found = images({"desc": "new ", "name": "a"}, {"desc": "old", "name": None}, {"desc": "new"}, verified)
    assert found == {"desc": {"was": "old", "left": "new"}, "name": {"was": None, "left": "a"}}


@pytest.mark.parametrize("verified", UNSURE)
def test_what_nobody_has_seen_is_what_was_sent(verified: str | None) -> None:
    """Only a value that is stored says what the server has made of it."""
    found = images({"desc": "new", "name": "a"}, {"desc": "old"}, {"desc": "other"}, verified)
    assert found == {"desc": {"was": "old", "left": "other"}, "name": {"sent": "a"}}
    assert images({"desc": "new"}, None, None, verified) == {"desc": {"sent": "new"}}


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (None, {}),
        ({}, {}),
        ({"name": "a"}, {}),
        ({"desc": None}, {"was": None}),
        ({"desc": ""}, {"was": ""}),
        ({"desc": "old"}, {"was": "old"}),
    ],
)
def test_what_a_case_did_not_show_was_nothing(before: Values | None, expected: Values) -> None:
    """An image has a value before only where the case showed the field, null and empty included."""
    assert images({"desc": "new"}, before, None, "equal") == {"desc": {**expected, "left": "new"}}


def test_a_value_that_is_stored_as_null_is_known() -> None:
    """The case showed null, which is not the same as that nobody looked."""
    assert images({"desc": ""}, {"desc": "old"}, {"desc": None}, "different") == {"desc": {"was": "old", "left": None}}


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ({"was": "first", "left": "second"}, {"was": "first"}),
        ({"was": None, "sent": "second"}, {"was": None}),
        ({"left": "second"}, {}),
        ({"sent": "second"}, {}),
    ],
)
@pytest.mark.parametrize(("verified", "how"), [("equal", "left"), (None, "sent")])
def test_the_first_value_before_wins(earlier: Values, expected: Values, verified: str | None, how: str) -> None:
    """What the case showed before a later attempt is what an earlier one had brought, and so is that it showed some."""
    found = images({"desc": "third"}, {"desc": "second"}, None, verified, {"desc": earlier})
    assert found == {"desc": {**expected, how: "third"}}


def test_fields_of_earlier_attempts_stay() -> None:
    """A later one sends only what differs still, and says nothing of the others."""
    earlier: Images = {"name": {"was": "a", "left": "b"}, "tags": {"sent": ["x"]}}
    found = images({"desc": "new"}, {"desc": "old"}, None, "equal", earlier)
    assert found == {**earlier, "desc": {"was": "old", "left": "new"}}


values = st.none() | st.sampled_from(["a", "b", ""])
shown = st.dictionaries(st.sampled_from(["desc", "name", "tags"]), values)
verdicts = st.sampled_from([*EXACT, *UNSURE])
attempts = st.lists(st.tuples(shown, shown, st.none() | shown, verdicts), min_size=1, max_size=4)


@given(attempts)
def test_attempts_one_after_the_other(every: list[tuple[Values, Values, Values | None, str | None]]) -> None:
    """Each field that was ever sent has the value before its first attempt, and what its last one left or sent."""
    found: Images | None = None
    firsts: dict[str, Values] = {}
    lasts: dict[str, Values] = {}
    for sent, before, left, verified in every:
        found = images(sent, before, left, verified, found)
        for field, value in sent.items():
            firsts.setdefault(field, {"was": before[field]} if field in before else {})
            if left is not None and field in left:
                lasts[field] = {"left": left[field]}
            else:
                lasts[field] = {"left" if verified in EXACT else "sent": value}
    assert found == {field: firsts[field] | lasts[field] for field in firsts}
