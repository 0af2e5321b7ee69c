"""Which rows a canary sends."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.planning.sample import Sample

OPEN, CLOSED = {"_id": "sts-1", "name": "Open"}, {"_id": "sts-2", "name": "Closed"}
TEXT: Mapping[str, Any] = {"desc": "x"}
SWITCH: Mapping[str, Any] = {"isActive": True}
EMPTY: Mapping[str, Any] = {"desc": ""}

kinds = st.lists(st.sampled_from([TEXT, SWITCH, EMPTY, {"status": OPEN}, {"status": CLOSED}, {**TEXT, **SWITCH}]))
sizes = st.integers(0, 30)


def chosen(size: int, every: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return which of some rows are chosen, by their places."""
    sample = Sample(size)
    for number, sent in enumerate(every):
        sample.see(number, orjson.dumps(sent))
    return sample.chosen()


def test_each_kind_comes_before_a_second_of_any() -> None:
    """The most frequent kinds come first, and of each kind the first rows."""
    every = [TEXT, SWITCH, SWITCH, EMPTY, SWITCH, EMPTY]
    assert chosen(6, every) == [1, 3, 0, 2, 5, 4]
    assert chosen(4, every) == [1, 3, 0, 2]
    assert chosen(1, every) == [1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"desc": "x"}, {"name": "x"}),
        ({"desc": "x"}, {"desc": "x", "name": "x"}),
        ({"desc": "x"}, {"desc": ""}),
        ({"desc": "x"}, {"desc": None}),
        ({"tags": ["x"]}, {"tags": []}),
        ({"userInfo": {"name": "Ann"}}, {"userInfo": {}}),
        ({"isActive": True}, {"isActive": False}),
        ({"isActive": True}, {"isActive": None}),
        ({"status": OPEN}, {"status": CLOSED}),
        ({"priority": OPEN}, {"priority": CLOSED}),
        ({"status": OPEN}, {"status": None}),
    ],
)
def test_two_kinds_of_change(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Other fields, emptied values, each side of a switch, and each status are kinds of their own."""
    assert chosen(2, [one, one, other]) == [0, 2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"desc": "x"}, {"desc": "y"}),
        ({"desc": "x", "name": "a"}, {"name": "b", "desc": "y"}),
        ({"desc": ""}, {"desc": None}),
        ({"tags": ["x"]}, {"tags": ["x", "y"]}),
        ({"userInfo": {"_id": "1"}}, {"userInfo": {"_id": "2"}}),
        ({"timestampValue": 0}, {"timestampValue": 5}),
        ({"userInfo": {}}, {"userInfo": None}),
        ({"status": OPEN}, {"status": OPEN | {"name": "Reopened"}}),
    ],
)
def test_one_kind_of_change(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Other texts, lists and objects of the same fields are no other kind, and zero is a value."""
    assert chosen(2, [one, one, other]) == [0, 1]


@given(kinds, sizes)
def test_there_are_never_more_than_asked_for(every: list[Mapping[str, Any]], size: int) -> None:
    """As many as asked for, all where there are fewer, and no row twice."""
    found = chosen(size, every)
    assert len(found) == len(set(found)) == min(size, len(every))
    assert set(found) <= set(range(len(every)))


@given(kinds, sizes)
def test_kinds_take_turns(every: list[Mapping[str, Any]], size: int) -> None:
    """Another row of a kind comes only after as many of each other kind that has them, the most frequent first."""
    counts = Counter(map(str, every))
    turns: Counter[str] = Counter()
    order = []
    for number in chosen(size, every):
        kind = str(every[number])
        order.append((turns[kind], -counts[kind]))
        turns[kind] += 1
    assert order == sorted(order)
    wanted = sorted((turn, -count) for count in counts.values() for turn in range(count))
    assert order == wanted[:size]


def test_a_file_of_many_kinds_is_sampled_too() -> None:
    """Kinds are counted up to a thousand, and what was counted before goes on to be."""
    every: list[Mapping[str, Any]] = [{f"field-{number}": "x"} for number in range(1500)]
    found = chosen(1000, [*every, every[7], every[1200], every[1200]])
    assert found == [7, *range(7), *range(8, 1000)]
