"""What of a case a change touches, and how a person is shown it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields.parts import parts, shown

OPEN, CLOSED = {"_id": "sts-1", "name": "Open"}, {"_id": "sts-2", "name": "Closed"}
Values = dict[str, Any]


def item(name: str, value: Any, number: int | None = None, **more: Any) -> Values:
    return {"_id": f"fd-{name}" if number is None else f"fd-{number}", "displayName": name, "selectedValue": value} | (
        more
    )


def test_only_the_custom_fields_that_change_are_told() -> None:
    """The list of them is sent whole, and each one that differs is named by what people call it."""
    before = [item("Region", "North"), item("Unit", "7"), item("Since", None), {"_id": "fd-x", "selectedValue": 1}]
    after = [item("Region", "South"), item("Unit", "7"), item("Since", ""), {"_id": "fd-x", "selectedValue": 2}]
    assert list(parts({"fields": after}, {"fields": before})) == [
        ("custom.Region", "North", "South"),
        ("custom.Since", None, ""),
        ("custom.fd-x", 1, 2),
    ]


def test_a_custom_field_that_was_not_there_had_no_value() -> None:
    """Order says nothing, and what is no item is passed over."""
    before = [item("B", "1"), "odd", item("A", "1")]
    after = ["odd", item("A", "1"), item("C", "2"), item("B", "3")]
    assert list(parts({"fields": after}, {"fields": before})) == [("custom.C", None, "2"), ("custom.B", "1", "3")]


def test_a_custom_field_that_is_dropped_is_told() -> None:
    """Whoever replaces the whole list loses what is not in the new one, and should see that in the plan."""
    before = [item("A", "1"), item("B", "2")]
    assert list(parts({"fields": before[:1]}, {"fields": before})) == [("fields.B", item("B", "2"), None)]


def test_a_custom_field_that_differs_in_something_else_is_told_whole() -> None:
    """The same value under another name or description is a change all the same."""
    before, after = item("A", "1", dataType="string"), item("A", "1", dataType="number")
    assert list(parts({"fields": [after]}, {"fields": [before]})) == [("fields.A", before, after)]


def test_what_is_no_item_is_told_where_it_is_new() -> None:
    """What was there before is passed over."""
    assert list(parts({"fields": ["odd", "new"]}, {"fields": ["odd"]})) == [("fields", None, "new")]


def test_custom_fields_without_an_id_are_told_apart() -> None:
    """An item that stays as it is must not be told as a change, nor with the value of another one."""
    before = [{"displayName": "A", "selectedValue": 1}, {"displayName": "B", "selectedValue": 2}]
    after = [{"displayName": "A", "selectedValue": 1}, {"displayName": "B", "selectedValue": 3}]
    assert list(parts({"fields": after}, {"fields": before})) == [("custom.B", 2, 3)]


@pytest.mark.parametrize(
    ("body", "before", "expected"),
    [
        ({"userInfo": {"name": "Ann"}}, {"userInfo": None}, ("userInfo", None, {"name": "Ann"})),
        ({"userInfo": None}, {"userInfo": {"name": "Ann"}}, ("userInfo", {"name": "Ann"}, None)),
        ({"userInfo": {"name": "Ann"}}, None, ("userInfo", None, {"name": "Ann"})),
        ({"fields": [{"_id": "fd-1"}]}, {}, ("fields", None, [{"_id": "fd-1"}])),
        ({"fields": []}, {"fields": "odd"}, ("fields", "odd", [])),
        ({"status": CLOSED}, {"status": OPEN}, ("status", OPEN, CLOSED)),
    ],
)
def test_what_has_no_parts_on_both_sides_is_told_whole(
    body: Values, before: Values | None, expected: tuple[str, Any, Any]
) -> None:
    """A reference too: what is inside of a status never changes."""
    assert list(parts(body, before)) == [expected]


def test_what_a_whole_object_leaves_out_is_told() -> None:
    """Whoever replaces a customer by a name alone takes the address away, and should see that in the plan."""
    told = list(parts({"userInfo": {"name": "Bea"}}, {"userInfo": {"name": "Ann", "emailId": "a@x"}}))
    assert ("userInfo.emailId", "a@x", None) in told


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (CLOSED, "Closed"),
        ({"emailId": "ann@example.com", "_id": "u-1"}, "ann@example.com"),
        ({"_id": "u-1"}, "u-1"),
        ({"other": 1}, '{"other":1}'),
        (["a", "b"], "a, b"),
        ([CLOSED, {"_id": "u-1"}, 7], "Closed, u-1, 7"),
        (7, "7"),
        (False, "false"),
        (None, ""),
        ([], ""),
        ({}, ""),
    ],
)
def test_a_value_is_shown_as_a_person_knows_it(value: Any, text: str) -> None:
    """Names before ids, the items of a list one by one, JSON where there is no name."""
    assert shown(value) == text


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("dueDate", 1_795_000_000_250, "2026-11-18 11:06:40.250 UTC"),
        ("dueDate", 1_780_315_200_000, "2026-06-01 12:00 UTC"),
        ("dueDate", 0, "1970-01-01 00:00 UTC"),
        ("dueDate", 1e300, "1e+300"),
        ("dueDate", "tomorrow", "tomorrow"),
        ("dueDate", None, ""),
        ("timestampValue", 1_795_000_000_250, "1795000000250"),
    ],
)
def test_a_date_in_milliseconds_is_shown_as_a_date_in_utc(field: str, value: Any, text: str) -> None:
    """By its field; a number that is no date by itself, and other fields as they are."""
    assert shown(value, field) == text


@pytest.mark.parametrize(
    ("value", "field", "text"),
    [
        (0, "dueDate", "1970-01-01 00:00 UTC"),
        (None, "dueDate", ""),
        ("2026-06-01", "dueDate", "2026-06-01"),
        (0, "desc", "0"),
        ([["a"], {"name": "b"}], "", "a, b"),
        ([None, ""], "", ", "),
        ({"name": None, "emailId": "a@x"}, "", "a@x"),
    ],
)
def test_a_value_is_shown_by_what_its_field_means(value: Any, field: str, text: str) -> None:
    """Milliseconds are a date only where the field is one."""
    assert shown(value, field) == text


fields = st.lists(
    st.fixed_dictionaries({"_id": st.sampled_from("abcd"), "selectedValue": st.integers(0, 2) | st.none()}),
    unique_by=lambda each: each["_id"],
)


@given(fields, fields)
def test_exactly_the_items_that_differ_are_told(old: list[Values], new: list[Values]) -> None:
    """Each with its value before and its new one; whole where it comes without a value, or goes."""
    before, after = ({each["_id"]: each["selectedValue"] for each in side} for side in (old, new))
    items = {each["_id"]: each for each in old}
    expected: list[tuple[str, Any, Any]] = [
        (f"fields.{key}", each, None) for key, each in items.items() if key not in after
    ]
    for each in new:
        key, value = each["_id"], each["selectedValue"]
        if before.get(key) != value:
            expected.append((f"custom.{key}", before.get(key), value))
        elif key not in before:
            expected.append((f"fields.{key}", {}, each))
    assert list(parts({"fields": new}, {"fields": old})) == expected
