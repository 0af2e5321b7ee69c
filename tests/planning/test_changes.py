"""What a plan would change, in groups."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.planning.changes import ChangeCounter, ChangeGroup, shown

CLOSED = {"_id": "sts-1", "name": "Closed"}


def groups(*bodies: dict[str, Any]) -> list[ChangeGroup]:
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
        ChangeGroup("status", "Closed", 2),
        ChangeGroup("desc", "", 1),
        ChangeGroup("desc", "x", 1),
        ChangeGroup("tags", "", 1),
    ]


def test_a_field_with_very_many_values_is_one_group() -> None:
    """Notes that differ from row to row are counted as a whole, those seen before too."""
    found = groups(*({"desc": f"note {number}", "isActive": True} for number in range(5000)))
    assert found == [ChangeGroup("desc", None, 5000), ChangeGroup("isActive", "true", 5000)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (CLOSED, "Closed"),
        ({"emailId": "ann@example.com", "_id": "u-1"}, "ann@example.com"),
        ({"_id": "u-1"}, "u-1"),
        ({"other": 1}, '{"other":1}'),
        (["a", "b"], '["a","b"]'),
        (7, "7"),
        (False, "false"),
        (None, ""),
        ([], ""),
        ({}, ""),
    ],
)
def test_a_value_is_shown_as_a_person_knows_it(value: Any, text: str) -> None:
    """Names before ids, JSON where there is no name."""
    assert shown(value) == text


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 80), max_size=3)))
def test_every_field_of_every_row_is_in_one_group(bodies: list[dict[str, Any]]) -> None:
    """The groups of a field add up to the rows that set it, however many values it has."""
    found = groups(*bodies)
    for field in "abc":
        assert sum(group.count for group in found if group.field == field) == sum(field in body for body in bodies)
    assert [group.count for group in found] == sorted((group.count for group in found), reverse=True)
