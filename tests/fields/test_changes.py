"""What a plan would change, in groups."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields.changes import ChangeCounter, ChangeGroup
from bulkcase.fields.private import Private

CLOSED = {"_id": "sts-1", "name": "Closed"}
OPEN = {"_id": "sts-2", "name": "Open"}


def groups(*bodies: dict[str, Any]) -> list[ChangeGroup]:
    """Return the groups of updates whose cases were not read."""
    counter = ChangeCounter()
    for body in bodies:
        counter.see(body)
    return counter.groups()


def test_rows_that_set_the_same_value_are_one_group_and_the_largest_comes_first() -> None:
    """Objects are known by their name, cleared fields by nothing, and each field of a row counts."""
    found = groups(
        {"status": CLOSED, "desc": "x"}, {"status": CLOSED | {"lname": "closed"}}, {"desc": None, "tags": []}
    )
    assert found == [
        ChangeGroup("status", None, "Closed", 2),
        ChangeGroup("desc", None, "", 1),
        ChangeGroup("desc", None, "x", 1),
        ChangeGroup("tags", None, "", 1),
    ]


def test_rows_that_change_the_same_value_to_another_are_one_group() -> None:
    """Where cases were read, what stands there before counts too; nothing there is empty, and no reading is None."""
    counter = ChangeCounter()
    for before in ({"status": OPEN}, {"status": OPEN | {"lname": "open"}}, {"status": None}, {}, None):
        counter.see({"status": CLOSED}, before)
    assert counter.groups() == [
        ChangeGroup("status", "", "Closed", 2),
        ChangeGroup("status", "Open", "Closed", 2),
        ChangeGroup("status", None, "Closed", 1),
    ]


def test_a_field_with_very_many_values_is_one_group() -> None:
    """Notes that differ from row to row are counted as a whole, those seen before too."""
    found = groups(*({"desc": f"note {number}", "isActive": True} for number in range(5000)))
    assert found == [ChangeGroup("desc", None, None, 5000), ChangeGroup("isActive", None, "true", 5000)]


def test_a_field_with_very_many_values_before_is_grouped_by_its_new_ones() -> None:
    """Notes that differ from case to case and become one of two texts: what each becomes is told."""
    counter = ChangeCounter()
    for number in range(5000):
        counter.see({"desc": "done" if number % 3 else ""}, {"desc": f"note {number}"})
    found = counter.groups()
    assert len(found) <= 50
    assert [(group.before, group.to) for group in found[:2]] == [(None, "done"), (None, "")]
    for to, count in (("done", 3333), ("", 1667)):
        assert sum(group.count for group in found if group.to == to) == count


def test_a_field_with_very_many_values_before_and_after_is_one_group() -> None:
    """Where the new values are many too, the field is counted as a whole."""
    counter = ChangeCounter()
    for number in range(5000):
        counter.see({"desc": f"new {number}"}, {"desc": f"old {number}"})
    assert counter.groups() == [ChangeGroup("desc", None, None, 5000)]


def test_inside_of_objects_and_custom_fields_only_what_is_new_counts() -> None:
    """They are sent whole, and told by the path or the display name of what changes in them, by its id without one."""
    counter = ChangeCounter()
    before = {
        "userInfo": {"emailId": "ann@example.com", "name": "Ann"},
        "fields": [
            {"_id": "f-1", "displayName": "Region", "selectedValue": "EU"},
            {"_id": "f-2", "selectedValue": "a"},
            {"_id": "f-3", "displayName": "Tier", "selectedValue": "1"},
        ],
    }
    body = {
        "userInfo": {"emailId": "bob@example.com", "name": "Ann"},
        "fields": [
            {"_id": "f-1", "displayName": "Region", "selectedValue": "US"},
            {"_id": "f-2", "selectedValue": "b"},
            {"_id": "f-3", "displayName": "Tier", "selectedValue": "1"},
        ],
    }
    counter.see(body, before)
    assert counter.groups() == [
        ChangeGroup("custom.Region", "EU", "US", 1),
        ChangeGroup("custom.f-2", "a", "b", 1),
        ChangeGroup("userInfo.emailId", "ann@example.com", "bob@example.com", 1),
    ]


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 80), max_size=3)))
def test_every_field_of_every_row_is_in_one_group(bodies: list[dict[str, Any]]) -> None:
    """The groups of a field add up to the rows that set it, however many values it has."""
    found = groups(*bodies)
    for field in "abc":
        assert sum(group.count for group in found if group.field == field) == sum(field in body for body in bodies)
    assert [group.count for group in found] == sorted((group.count for group in found), reverse=True)


VALUES = st.sampled_from([None, "", "a", "b", 1, [], ["a"], OPEN, CLOSED]) | st.integers(0, 200)
BODIES = st.dictionaries(st.sampled_from(["desc", "status", "tags", "dueDate"]), VALUES, max_size=3)


@given(
    st.lists(st.tuples(BODIES, st.none() | BODIES, st.integers(1, 200)), max_size=120),
    st.sampled_from([Private(), Private(["desc"])]),
)
def test_updates_that_are_counted_together_are_counted_as_one_by_one(
    updates: list[tuple[dict[str, Any], dict[str, Any] | None, int]], private: Private
) -> None:
    """Equal ones are looked at once for many rows, and the groups are the same, few values or many, private or not."""
    one_by_one, together = ChangeCounter(private), ChangeCounter(private)
    stored = []
    for body, before, times in updates:
        for _ in range(times):
            one_by_one.see(body, before)
            stored.append((orjson.dumps(body), None if before is None else orjson.dumps(before)))
    together.see_all(stored)
    assert together.groups() == one_by_one.groups()
