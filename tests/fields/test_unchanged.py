"""When a live value is still the one seen before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields import FIELDS
from bulkcase.fields.equal import same, unchanged

DATA = ["userInfo", "fields", "attachments", "feedback", "resolutionCmts"]
NOON = 1_780_315_200_000

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", "2026-06-01T12:00:00Z"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["_id", "x", "y"]), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from([*FIELDS, "unheardOf"])


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ({"_id": "1", "x": 1}, {"_id": "1", "x": 1}, True),
        ({"_id": "1", "x": 1}, {"_id": "1", "x": 2}, False),
        ({"_id": "1"}, {"_id": "1", "x": 1}, False),
        ({"_id": "1"}, {"_id": "1", "x": None}, True),
        ({"at": {"x": 1}}, {"at": {"x": 1, "y": 2}}, False),
    ],
)
@pytest.mark.parametrize("field", DATA)
def test_data_is_unchanged_where_no_key_differs(field: str, one: Any, other: Any, answer: bool) -> None:
    """A key that somebody added to a customer or to a field of the case is a change of it, and so is one taken out."""
    for before, now in ((one, other), (other, one), ([one], [other]), ([other], [one])):
        assert unchanged(field, before, now) is answer


@pytest.mark.parametrize(
    ("field", "one", "other", "answer"),
    [
        ("status", {"_id": "1", "name": "Open"}, {"_id": "1", "name": "open", "score": 1}, True),
        ("status", {"_id": "1", "name": "Open"}, {"_id": "2", "name": "Open"}, False),
        ("status", {"name": "Open"}, {"name": "Open", "score": 1}, False),
        ("status", {"name": "Open"}, {"_id": "1", "name": "Open"}, False),
        ("status", {"_id": "1"}, None, False),
        ("dueDate", NOON, "2026-06-01T14:00:00+02:00", True),
        ("ETA", "2026-06-01T12:00:00Z", "2026-06-01T12:00:00.001Z", False),
        ("tags", ["a", "b", "b"], ["b", "a", "b"], True),
        ("tags", ["a", "b", "b"], ["a", "a", "b"], False),
        ("tags", ["a"], ["A"], False),
        ("tags", None, [], True),
        ("sessIds", ["a", "b"], ["b", "a"], False),
        ("fields", [{"_id": "1"}, {"_id": "2"}], [{"_id": "2"}, {"_id": "1"}], False),
        ("desc", "a", "a ", False),
        ("desc", "", None, True),
        ("isActive", False, None, False),
        ("isActive", True, 1, False),
        ("unheardOf", {"x": 1}, {"x": 1, "y": 2}, False),
    ],
)
def test_all_else_is_unchanged_where_it_is_the_same(field: str, one: Any, other: Any, answer: bool) -> None:
    """References are known by their ids, dates by their instant, some lists in any order, and texts are exact."""
    assert unchanged(field, one, other) is answer
    assert unchanged(field, other, one) is answer


@given(fields, values, values)
def test_what_is_unchanged_is_the_same_seen_from_either_side(field: str, one: Any, other: Any) -> None:
    """Which of two values was there first does not matter, and what is unchanged would not be sent."""
    assert unchanged(field, one, one)
    assert unchanged(field, one, other) is unchanged(field, other, one)
    if unchanged(field, one, other):
        assert same(field, one, other)
