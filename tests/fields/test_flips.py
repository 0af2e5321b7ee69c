"""Fields that are set to and fro."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields.flips import Changed, Flip, flips

_VALUES = st.sampled_from(["A", "B", "C", ""])
_CHANGES = st.lists(st.tuples(_VALUES, _VALUES), max_size=8)


def flipped(*changes: tuple[Any, Any], field: str = "desc") -> list[Flip]:
    """Return the flips of a field that was changed in so many nights, each time from one value to another."""
    return list(flips(Changed(night, {field: new}, {field: old}) for night, (old, new) in enumerate(changes)))


def status(name: str, **more: str) -> dict[str, str]:
    """Return a status as live cases show it."""
    return {"_id": f"st-{name}", "name": name, **more}


def test_to_and_fro_is_a_flip() -> None:
    """A file that says A, B, and A again is told, with what it was."""
    assert flipped(("A", "B"), ("B", "A")) == [Flip("desc", ("A", "B", "A"), 2)]


def test_a_value_that_is_reset_from_outside_is_a_flip() -> None:
    """The same change made twice says that somebody took it back in between."""
    assert flipped(("A", "B"), ("A", "B")) == [Flip("desc", ("A", "B", "A", "B"), 2)]


@pytest.mark.parametrize("changes", [[], [("A", "B")], [("A", "B"), ("B", "C")], [("A", "B"), ("C", "D")]])
def test_going_on_is_no_flip(changes: list[tuple[str, str]]) -> None:
    """Values that are new each time are what updates are for."""
    assert flipped(*changes) == []


def test_what_the_case_did_not_show_is_not_known() -> None:
    """A field that the server never shows is set each night, and nobody knows that it was lost."""
    assert list(flips([Changed(night, {"desc": "A"}, {}) for night in range(3)])) == []
    assert list(flips([Changed(0, {"desc": "A"}, {}), Changed(1, {"desc": "A"}, {"desc": "B"})])) == [
        Flip("desc", ("A", "B", "A"), 2)
    ]


def test_objects_are_told_by_what_people_call_them() -> None:
    """Two objects of one name are one value, however much of them is shown."""
    changes = [
        (status("Open", color="red"), {"name": "Closed"}),
        (status("Closed"), {"_id": "st-Open", "name": "Open"}),
    ]
    assert flipped(*changes, field="status") == [Flip("status", ("Open", "Closed", "Open"), 2)]


def test_a_custom_field_flips_by_itself() -> None:
    """Of the list of custom fields only the one that changes to and fro is told, also from nothing."""

    def fields(region: str | None, level: str) -> dict[str, Any]:
        values = {"Level": level} if region is None else {"Level": level, "Region": region}
        return {"fields": [{"_id": name, "displayName": name, "selectedValue": it} for name, it in values.items()]}

    nights = [(fields(None, "1"), fields("North", "2")), (fields(None, "2"), fields("North", "3"))]
    found = list(flips(Changed(night, new, old) for night, (old, new) in enumerate(nights)))
    assert found == [Flip("custom.Region", ("", "North", "", "North"), 2)]


def test_values_are_cut_in_length_and_number() -> None:
    """The last six are told, each with 40 characters at the most; whole ones are compared."""
    long, longer = "x" * 60, "x" * 61
    (flip,) = flipped(*[(long, longer)] * 5)
    assert flip.values == (f"{'x' * 39}…",) * 6
    assert flip.nights == 5


@given(_CHANGES)
def test_flips_are_what_a_plain_look_at_the_values_says(changes: list[tuple[str, str]]) -> None:
    """There is one exactly where a night sets what an earlier one had seen, with something else in between."""
    seen: list[tuple[str, int]] = []
    is_flip = False
    for night, (old, new) in enumerate(changes):
        seen += [(old, night)]
        is_flip |= old != new and any(
            value == new and then < night and any(other != new for other, _ in seen[place:])
            for place, (value, then) in enumerate(seen)
        )
        seen += [(new, night)]
    assert bool(flipped(*changes)) == is_flip
    for flip in flipped(*changes):
        assert all(left != right for left, right in zip(flip.values, flip.values[1:], strict=False))
        assert set(flip.values) <= {value for value, _ in seen}
