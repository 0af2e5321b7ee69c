"""When a value to be sent and the value that a live case shows are the same."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields import FIELDS
from bulkcase.fields.equal import milliseconds, same, same_item

NOON = 1_780_315_200_000
REFERENCES = ["status", "priority", "currAssignee", "createdBy", "updatedBy"]
ORDER_FREE = ["tags", "queues", "participants", "channel"]

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", "2026-06-01T12:00:00Z"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["_id", "x", "y"]), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from([*FIELDS, "unheardOf"])


@pytest.mark.parametrize("field", ["desc", "status", "fields", "tags", "dueDate", "ETA", "isActive", "unheardOf"])
@pytest.mark.parametrize("one", [None, "", [], {}])
@pytest.mark.parametrize("other", [None, "", [], {}])
def test_absent_null_and_empty_are_the_same(field: str, one: Any, other: Any) -> None:
    """However a case shows that a field has no value, clearing it changes nothing."""
    assert same(field, one, other)


@pytest.mark.parametrize("something", [False, 0, 0.0, " ", [None], {"x": None}])
@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_false_zero_and_blanks_are_values(something: Any, empty: Any) -> None:
    """What is false in Python is not therefore empty in a case."""
    for field in ("desc", "isActive", "timestampValue", "fields", "unheardOf"):
        assert not same(field, something, empty)
        assert not same(field, empty, something)


@pytest.mark.parametrize("field", ["dueDate", "ETA", "updatedAt"])
@pytest.mark.parametrize(
    ("wanted", "live", "answer"),
    [
        (NOON, NOON, True),
        (NOON, float(NOON), True),
        (NOON, NOON + 1, False),
        (NOON, "2026-06-01T12:00:00.000Z", True),
        (NOON, "2026-06-01T12:00:00Z", True),
        (NOON, "2026-06-01T12:00Z", True),
        (NOON, "2026-06-01T14:00:00+02:00", True),
        (NOON, "2026-06-01T07:00:00-0500", True),
        (NOON, "2026-06-01 14:00:00+02", True),
        (NOON, "2026-06-01T12:00:00", True),
        (NOON, "2026-06-01T12:00:00.001Z", False),
        (NOON, "2026-06-01T12:00:00.000999Z", True),
        (NOON - 1, "2026-06-01T11:59:59.999Z", True),
        (NOON, "2026-06-01T12:00:00+00:01", False),
        (NOON, True, False),
        (1, True, False),
        (0, None, False),
        (0, "1970-01-01", True),
        (-1, "1969-12-31T23:59:59.999Z", True),
        (float("inf"), NOON, False),
        ("2026-06-01", "2026-06-01T00:00:00.000Z", True),
        ("0001-01-01T00:00:00+23:00", "0001-01-01T00:00:00Z", False),
        ("soon", "soon", True),
        ("soon", "Soon", False),
        ("2026-02-30T12:00:00Z", "2026-02-30T12:00:00.000Z", False),
        (NOON, str(NOON), False),
        ("20260601", "2026-06-01", False),
    ],
)
def test_dates_are_the_same_instant(field: str, wanted: Any, live: Any, answer: bool) -> None:
    """Milliseconds and ISO texts are compared to the millisecond, whatever their form; other texts as texts."""
    assert same(field, wanted, live) is answer
    assert same(field, live, wanted) is answer


@given(st.integers(-60_000_000_000_000, 250_000_000_000_000), st.integers(-23 * 60, 23 * 60))
def test_every_millisecond_is_told_from_the_next(moment: int, offset: int) -> None:
    """An instant written in any zone is the same as its number, and as no other number."""
    zone = dt.timezone(dt.timedelta(minutes=offset))
    text = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=moment)).astimezone(zone).isoformat()
    assert milliseconds(text) == moment
    assert same("dueDate", moment, text)
    assert not same("dueDate", moment + 1, text)


@pytest.mark.parametrize(
    ("wanted", "live", "answer"),
    [
        (["a", "b"], ["b", "a"], True),
        (["a", "a", "b"], ["b", "a", "a"], True),
        (["a", "a", "b"], ["a", "b", "b"], False),
        (["a", "a"], ["a"], False),
        (["a"], ["A"], False),
        ([{"_id": "1"}, {"_id": "2"}], [{"_id": "2", "x": 1}, {"_id": "1"}], True),
        ([{"_id": "1"}, {"_id": "1"}], [{"_id": "1"}, {"_id": "2"}], False),
        ([{"a": 1}, {"a": 1, "b": 2}], [{"a": 1, "b": 2}, {"a": 1, "c": 3}], True),
        ([{"a": 1}, {"a": 1, "b": 2}, {"c": 3}], [{"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2}, {"a": 1}], True),
        ([{"a": 1, "b": 2}, {"a": 1, "b": 2}], [{"a": 1, "b": 2}, {"a": 1, "c": 3}], False),
        ([{"_id": "1"}], [{"_id": "1"}, {"_id": "2"}], False),
        ([{"a": 1}, "x", 1], [1, "x", {"a": 1}], True),
        ([True], [1], False),
    ],
)
def test_the_order_of_some_lists_says_nothing(wanted: Any, live: Any, answer: bool) -> None:
    """Tags, queues, participants and channels are the same in any order, each item as often as it is there."""
    assert {same(field, wanted, live) for field in ORDER_FREE} == {answer}


@pytest.mark.parametrize("field", ["sessIds", "fields", "unheardOf"])
def test_the_order_of_other_lists_counts(field: str) -> None:
    """Where nothing says that the order is free, another order is another value."""
    assert same(field, ["a", "b"], ["a", "b"])
    assert not same(field, ["a", "b"], ["b", "a"])
    assert not same(field, ["a"], ["a", "b"])


@pytest.mark.parametrize(
    ("wanted", "live", "answer"),
    [
        ({"_id": "1", "name": "Closed"}, {"_id": "1", "name": "closed", "score": 1}, True),
        ({"_id": "1", "name": "Closed"}, {"_id": "2", "name": "Closed"}, False),
        ({"name": "Closed"}, {"_id": "1", "name": "Closed"}, True),
        ({"name": "Closed"}, {"_id": "1", "name": "Open"}, False),
        ({"_id": "1"}, {"name": "Closed"}, False),
        ({"name": "Closed", "desc": None}, {"name": "Closed"}, True),
        ({"score": 1}, {"score": 1.0}, True),
        ({"score": 1}, {"score": True}, False),
        ({"_id": "1"}, "1", False),
        ({"_id": "1"}, None, False),
    ],
)
def test_an_object_that_has_an_id_is_known_by_it(wanted: Any, live: Any, answer: bool) -> None:
    """A status is its id; without one on both sides each key that is wanted counts, and the server may add others."""
    assert {same(field, wanted, live) for field in REFERENCES} == {answer}
    assert same("channel", [wanted], [live]) is answer
    assert same("convIds", [wanted], [live]) is answer
    assert same_item(wanted, live) is answer


@pytest.mark.parametrize(
    ("wanted", "live", "answer"),
    [
        ({"_id": "1", "emailId": "a@x"}, {"_id": "1", "emailId": "a@x", "name": "Ann"}, True),
        ({"_id": "1", "emailId": "b@x"}, {"_id": "1", "emailId": "a@x"}, False),
        ({"_id": "2", "emailId": "a@x"}, {"_id": "1", "emailId": "a@x"}, False),
        ({"emailId": "a@x"}, {"_id": "1", "emailId": "a@x"}, True),
        ({"at": {"_id": "1", "city": "Rome"}}, {"at": {"_id": "1", "city": "Oslo"}}, False),
    ],
)
def test_data_is_not_known_by_its_id(wanted: Any, live: Any, answer: bool) -> None:
    """A customer whose address changes keeps the id, and so does a field of the case or a comment."""
    assert same("userInfo", wanted, live) is answer
    assert {same(field, [wanted], [live]) for field in ("fields", "attachments", "feedback", "resolutionCmts")} == {
        answer
    }


@pytest.mark.parametrize(
    ("field", "wanted", "live", "answer"),
    [
        ("timestampValue", 1, 1.0, True),
        ("timestampValue", 1, True, False),
        ("isActive", True, True, True),
        ("isActive", True, 1, False),
        ("isActive", False, 0, False),
        ("desc", "a", "a ", False),
        ("desc", "é", "e\u0301", False),
        ("desc", "1", 1, False),
        ("unheardOf", {"_id": "1", "x": 1}, {"_id": "1", "x": 2}, False),
        ("unheardOf", {"x": 1}, {"x": 1, "y": 2}, False),
        ("unheardOf", {"x": 1, "z": []}, {"x": 1.0, "y": None}, True),
        ("unheardOf", [1], [True], False),
    ],
)
def test_other_values_are_the_same_where_they_are_equal(field: str, wanted: Any, live: Any, answer: bool) -> None:
    """Texts are compared exactly, numbers by their value, and true is no number."""
    assert same(field, wanted, live) is answer


@given(fields, values)
def test_every_value_is_the_same_as_itself(field: str, value: Any) -> None:
    """What was sent and is shown again as it was sent needs no second call."""
    assert same(field, value, value)
    assert same_item(value, value)


@given(fields, values, values)
def test_nothing_is_too_odd_to_compare(field: str, wanted: Any, live: Any) -> None:
    """Whatever a live case shows, the answer is yes or no."""
    assert same(field, wanted, live) in {True, False}


@given(st.sampled_from(ORDER_FREE), st.lists(values, max_size=6), st.randoms(use_true_random=False))
def test_a_shuffled_list_is_the_same(field: str, items: list[Any], chance: Any) -> None:
    """No order of the same items is another value."""
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert same(field, items, shuffled)
