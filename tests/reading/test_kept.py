"""What is kept of a live case, and what it teaches."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.ledger.snapshots import Learnt
from bulkcase.reading.kept import kept_of, learnt_from

OPEN = {"_id": "sts-1", "name": "Open", "lname": "open"}
BILLING, TECHNICAL = {"_id": "qu-1", "name": "Billing"}, {"_id": "qu-2", "name": "Technical"}
ANN = {"_id": "u-1", "name": "Ann", "emailId": "ann@example.com"}
CASE: dict[str, Any] = {
    "_id": "ci-1",
    "refId": "CS000100",
    "name": "Refund",
    "desc": None,
    "status": OPEN,
    "queues": [BILLING, TECHNICAL],
    "updatedAt": "2026-06-01T12:00:00.000Z",
}


def learnt(case: dict[str, Any], *fields: str) -> list[Learnt]:
    return sorted(learnt_from(case, fields), key=lambda one: one[:3])


def test_the_given_fields_are_kept_as_they_are() -> None:
    """An empty value is kept, one that the case does not show is not made up, and no other field is kept."""
    case = kept_of(CASE, ["desc", "status", "priority"])
    assert case.kept == {"desc": None, "status": OPEN}
    assert (case.id, case.ref, case.name) == ("ci-1", "CS000100", "Refund")
    assert case.updated_at == "2026-06-01T12:00:00.000Z"


def test_what_a_case_goes_by_may_be_missing_or_odd() -> None:
    """A reference, a name and a moment that are no texts are not there."""
    assert kept_of({"_id": "ci-1", "refId": 100, "name": None}, ["desc"])[:5] == ("ci-1", None, None, None, {})


def test_the_hash_is_about_the_fields_that_are_not_kept() -> None:
    """A change of another field changes it; one of a kept field, or of the moment of change, does not."""
    before = kept_of(CASE, ["desc", "status"]).rest
    assert kept_of(CASE | {"desc": "new", "status": None, "updatedAt": "later"}, ["desc", "status"]).rest == before
    assert kept_of(CASE | {"name": "Claim"}, ["desc", "status"]).rest != before
    assert kept_of(CASE | {"queues": [TECHNICAL, BILLING]}, ["desc", "status"]).rest != before
    assert kept_of(CASE | {"tags": []}, ["desc", "status"]).rest != before


def test_each_object_is_learnt_once_for_each_name_that_it_goes_by() -> None:
    """People call an agent by name or by address, and a list teaches each of its items."""
    case = CASE | {"currAssignee": ANN}
    assert learnt(case, "currAssignee", "queues") == [
        Learnt("currAssignee", "Ann", "u-1", ANN),
        Learnt("currAssignee", "ann@example.com", "u-1", ANN),
        Learnt("queues", "Billing", "qu-1", BILLING),
        Learnt("queues", "Technical", "qu-2", TECHNICAL),
    ]


def test_one_name_twice_is_learnt_once() -> None:
    """An agent whose name is the address has one name."""
    same = {"_id": "u-1", "name": "ann@x", "emailId": "ann@x"}
    assert learnt({"_id": "ci-1", "currAssignee": same}, "currAssignee") == [
        Learnt("currAssignee", "ann@x", "u-1", same)
    ]


@pytest.mark.parametrize(
    "shown",
    [None, "Open", 7, [], {}, ["Open"], [[OPEN]], {"_id": "sts-1"}, {"name": " "}, {"name": None}, {"name": 7}],
)
def test_what_has_no_name_teaches_nothing(shown: Any) -> None:
    """Texts, numbers and nameless objects are passed over, and so is a field that the case does not show."""
    assert learnt({"_id": "ci-1", "status": shown}, "status", "priority") == []


def test_an_object_without_an_id_is_learnt_without_one() -> None:
    """Whether it can be told from another one is not decided here."""
    assert learnt({"_id": "ci-1", "status": {"name": "Open"}}, "status") == [
        Learnt("status", "Open", "", {"name": "Open"})
    ]


texts = st.text(max_size=5)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
cases = st.dictionaries(st.sampled_from(["refId", "name", "status", "tags", "x", "updatedAt"]), json).map(
    lambda fields: {"_id": "ci-1", **fields}
)
fields = st.sets(st.sampled_from(["status", "tags", "x", "name", "updatedAt", "none"]))


@given(cases, fields, st.randoms())
def test_nothing_of_a_case_goes_unwatched(case: dict[str, Any], keep: set[str], chance: Any) -> None:
    """Every field is either kept or in the hash, whatever order a server shows them in, and the case stays as it is."""
    untouched = copy.deepcopy(case)
    kept = kept_of(case, keep)
    keys = list(case)
    chance.shuffle(keys)
    assert kept_of({key: case[key] for key in keys}, keep).rest == kept.rest
    assert kept.kept == {key: value for key, value in case.items() if key in keep}
    assert list(learnt_from(case, keep)) is not None
    assert case == untouched
    for key in case.keys() - keep - {"updatedAt"}:
        assert kept_of(case | {key: ["another value"]}, keep).rest != kept.rest


@given(json)
def test_whatever_a_field_shows_can_be_looked_through(shown: Any) -> None:
    """Each thing that is learnt is an object of the field, under a name that it has."""
    for one in learnt_from({"_id": "ci-1", "status": shown}, ["status"]):
        assert one.object in (shown if isinstance(shown, list) else [shown])
        assert one.name in one.object.values()
