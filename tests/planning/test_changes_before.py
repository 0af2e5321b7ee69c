"""What a plan would change from what to what, where live cases were read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.planning.changes import ChangeCounter, ChangeGroup, parts, shown

OPEN, CLOSED = {"_id": "sts-1", "name": "Open"}, {"_id": "sts-2", "name": "Closed"}
Values = dict[str, Any]


def groups(*changes: tuple[Values, Values | None]) -> list[ChangeGroup]:
    counter = ChangeCounter()
    for body, before in changes:
        counter.see(body, before)
    return counter.groups()


def item(name: str, value: Any, number: int | None = None, **more: Any) -> Values:
    return {"_id": f"fd-{name}" if number is None else f"fd-{number}", "displayName": name, "selectedValue": value} | (
        more
    )


def test_rows_that_change_the_same_in_the_same_way_are_one_group() -> None:
    """From another value is another group, and the largest comes first."""
    found = groups(
        ({"status": CLOSED}, {"status": OPEN}),
        ({"status": CLOSED}, {"status": OPEN | {"lname": "open"}}),
        ({"status": CLOSED}, {"status": {"_id": "sts-3", "name": "On Hold"}}),
        ({"desc": "x"}, {"desc": "y"}),
    )
    assert found == [
        ChangeGroup("status", "Open", "Closed", 2),
        ChangeGroup("desc", "y", "x", 1),
        ChangeGroup("status", "On Hold", "Closed", 1),
    ]


@pytest.mark.parametrize(
    ("body", "before", "expected"),
    [
        ({"desc": "x"}, None, ("desc", None, "x")),
        ({"desc": "x"}, {}, ("desc", "", "x")),
        ({"desc": "x"}, {"desc": None}, ("desc", "", "x")),
        ({"desc": None}, {"desc": "x"}, ("desc", "x", "")),
        ({"tags": []}, {"tags": ["a", "b"]}, ("tags", "a, b", "")),
        ({"isActive": False}, {"isActive": True}, ("isActive", "true", "false")),
        (
            *({"dueDate": 1_780_315_200_000}, {"dueDate": 1_748_491_380_000}),
            ("dueDate", "2025-05-29 04:03 UTC", "2026-06-01 12:00 UTC"),
        ),
        ({"timestampValue": 5}, {"timestampValue": 4}, ("timestampValue", "4", "5")),
        ({"dueDate": 1e300}, {"dueDate": -1e300}, ("dueDate", "-1e+300", "1e+300")),
        ({"queues": [{"name": "A"}, {"_id": "q-2"}]}, {"queues": []}, ("queues", "", "A, q-2")),
    ],
)
def test_values_before_and_after_are_shown_alike(
    body: Values, before: Values | None, expected: tuple[str, str | None, str]
) -> None:
    """What the case shows, nothing where it shows none, and None where nobody looked."""
    (group,) = groups((body, before))
    assert (group.field, group.before, group.to, group.count) == (*expected, 1)


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


def test_only_the_parts_of_a_customer_that_change_are_told() -> None:
    """The object is sent whole, and each key that differs is named by its path."""
    before = {"_id": "u-1", "name": "Ann", "emailId": "a@x"}
    after = {"_id": "u-1", "name": "Ann", "emailId": "b@x", "phone": "1"}
    assert groups(({"userInfo": after}, {"userInfo": before})) == [
        ChangeGroup("userInfo.emailId", "a@x", "b@x", 1),
        ChangeGroup("userInfo.phone", "", "1", 1),
    ]


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


def test_many_values_before_are_told_by_the_new_ones() -> None:
    """Where cases come from everywhere to a few values, the few are counted."""
    found = groups(*(({"desc": "x" if n % 3 else "y"}, {"desc": f"note {n}"}) for n in range(300)))
    assert {group.to for group in found if group.before is None} == {"x", "y"}
    totals = {to: sum(group.count for group in found if group.to == to) for to in ("x", "y")}
    assert totals == {"x": 200, "y": 100}
    assert len(found) <= 50


def test_many_values_on_both_sides_are_one_group() -> None:
    """Notes that differ from row to row are counted as a whole."""
    found = groups(*(({"desc": f"new {n}"}, {"desc": f"old {n}"}) for n in range(300)))
    assert found == [ChangeGroup("desc", None, None, 300)]


def test_each_custom_field_is_counted_for_itself() -> None:
    """One with many values does not hide one with few."""
    found = groups(
        *(
            ({"fields": [item("Note", f"new {n}"), item("Region", "South")]}, {"fields": [item("Region", "North")]})
            for n in range(100)
        )
    )
    assert found == [
        ChangeGroup("custom.Note", None, None, 100),
        ChangeGroup("custom.Region", "North", "South", 100),
    ]


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


small = st.integers(0, 60).map(str)
sides = st.dictionaries(st.sampled_from("abc"), small, max_size=3)


@given(st.lists(st.tuples(sides, st.none() | sides), max_size=200))
def test_every_change_of_every_row_is_counted_once(changes: list[tuple[Values, Values | None]]) -> None:
    """However many values a field has and comes from, its groups add up, and there are never very many of them."""
    found = groups(*changes)
    for field in "abc":
        counts = [group.count for group in found if group.field == field]
        assert sum(counts) == sum(field in body for body, _ in changes)
        assert len(counts) <= 50
    assert [group.count for group in found] == sorted((group.count for group in found), reverse=True)


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
