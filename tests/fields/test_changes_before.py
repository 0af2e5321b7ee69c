"""What a plan would change from what to what, where live cases were read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields.changes import ChangeCounter, ChangeGroup

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


def test_only_the_parts_of_a_customer_that_change_are_told() -> None:
    """The object is sent whole, and each key that differs is named by its path."""
    before = {"_id": "u-1", "name": "Ann", "emailId": "a@x"}
    after = {"_id": "u-1", "name": "Ann", "emailId": "b@x", "phone": "1"}
    assert groups(({"userInfo": after}, {"userInfo": before})) == [
        ChangeGroup("userInfo.emailId", "a@x", "b@x", 1),
        ChangeGroup("userInfo.phone", "", "1", 1),
    ]


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
