"""Lists and objects, from JSON, separators and lookups."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.mapping import Mapper
from bulkcase.model import CaseUpdate, Rejection, Row

Mapped = Callable[..., CaseUpdate | Rejection]

OPEN = {"_id": "sts-1", "name": "Open"}
CLOSED = {"_id": "sts-2", "name": "Closed"}
FILES = {"status": {"Open": OPEN, "Closed": CLOSED}, "queues": {"Billing": {"_id": "q-1"}, "Sales": {"_id": "q-2"}}}
STATUS = {"lookups": 'status = "file:s.json"', "files": FILES}
QUEUES = {"lookups": 'queues = "file:q.json"', "files": FILES}


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("red;green", ["red", "green"]),
        (" red ; ;green; ", ["red", "green"]),
        ("red", ["red"]),
        ("a, b", ["a, b"]),
        (5.0, ["5"]),
        ('["red;green", ""]', ["red;green", ""]),
        (' ["red"] ', ["red"]),
    ],
)
def test_a_list_is_split_or_json(mapped: Mapped, cell: Any, tags: list[str]) -> None:
    """Items are trimmed and empty ones dropped; a cell that starts with [ is JSON and taken as it is."""
    assert mapped('tags = { column = "A", split = ";" }', cell) == CaseUpdate("ci-1", {"tags": tags})


@pytest.mark.parametrize(
    ("mapping", "cell", "told"),
    [
        ('tags = "A"', "red;green", "sets no split"),
        ('tags = { column = "A", split = ";" }', " ; ;", "only separators"),
        ('tags = "A"', '["red", 5]', "texts only"),
        ('tags = "A"', '["red"', "no JSON"),
        ('tags = "A"', "[NaN]", "NaN"),
        ('sessIds = "A"', "[1e999]", "cannot carry"),
        ('sessIds = "A"', "[18446744073709551616]", "cannot carry"),
        ('sessIds = "A"', r'["\ud800"]', "cannot carry"),
        ('sessIds = "A"', '[{"a": 1, "a": 2}]', '"a" twice'),
        ('sessIds = "A"', "[" * 100_000, "too deeply"),
        ('sessIds = "A"', "[" * 500 + "]" * 500, "cannot carry"),
    ],
)
def test_what_is_no_list_is_refused(mapped: Mapped, mapping: str, cell: str, told: str) -> None:
    """A list that cannot be read one way only, or not be sent, is bad_list with the reason, on one short line."""
    result = mapped(mapping, cell)
    assert isinstance(result, Rejection)
    assert result.code == "bad_list"
    assert told in result.message
    assert len(result.message) < 200


def test_an_empty_json_list_is_a_clear(mapped: Mapped) -> None:
    """The cell [] empties a list, and is counted as a clear."""
    assert mapped('tags = "A"', "[]") == CaseUpdate("ci-1", {"tags": []}, ("tags",))


def test_items_of_a_list_are_looked_up(mapped: Mapped) -> None:
    """With lookups for the field each item becomes its object."""
    result = mapped('queues = { column = "A", split = "," }', "sales, BILLING", **QUEUES)
    assert result == CaseUpdate("ci-1", {"queues": [{"_id": "q-2"}, {"_id": "q-1"}]})


def test_every_unknown_item_of_a_list_is_named(mapped: Mapped) -> None:
    """All names that no lookup has are in the message, with the nearest ones."""
    result = mapped('queues = { column = "A", split = "," }', "Salse,Biling", **QUEUES)
    assert result == Rejection(
        "unknown_name",
        'column "A": "Salse" is not in lookups.queues: did you mean Sales?; '
        '"Biling" is not in lookups.queues: did you mean Billing?',
        "ci-1",
    )


@pytest.mark.parametrize("cell", ["Closed", "closed", " CLOSED ", "\u00a0Closed"])
def test_an_object_is_found_by_name(mapped: Mapped, cell: str) -> None:
    """Names are compared without regard to case and outer spaces."""
    assert mapped('status = "A"', cell, **STATUS) == CaseUpdate("ci-1", {"status": CLOSED})


def test_an_object_may_be_json(mapped: Mapped) -> None:
    """A cell that starts with { is JSON, with and without lookups."""
    expected = CaseUpdate("ci-1", {"status": {"_id": "x"}})
    assert mapped('status = "A"', ' {"_id": "x"} ', **STATUS) == expected
    assert mapped('status = "A"', '{"_id": "x"}') == expected


@pytest.mark.parametrize(
    ("cell", "settings", "code", "told"),
    [
        ("Clsed", STATUS, "unknown_name", '"Clsed" is not in lookups.status: did you mean Closed?'),
        ("Zzzz", STATUS, "unknown_name", 'there are "Open", "Closed"'),
        ("Closed", {}, "bad_object", "no lookups"),
        (5.0, {}, "bad_object", "no lookups"),
        ("{}", STATUS, "bad_object", "empty object"),
        ('{"a": 1', STATUS, "bad_object", "no JSON"),
        ('{"a": 1} x', STATUS, "bad_object", "no JSON"),
        ('{"a": 1, "a": 2}', STATUS, "bad_object", '"a" twice'),
        ('{"a": Infinity}', STATUS, "bad_object", "Infinity"),
        ('["Open"]', {}, "bad_object", "no JSON object"),
    ],
)
def test_what_is_no_object_is_refused(
    mapped: Mapped, cell: Any, settings: dict[str, Any], code: str, told: str
) -> None:
    """An unknown name has its nearest one in the message; broken JSON says what is broken."""
    result = mapped('status = "A"', cell, **settings)
    assert isinstance(result, Rejection)
    assert result.code == code
    assert told in result.message


names = st.text(min_size=1).filter(lambda name: name.strip() and name.strip()[0] not in "{#")


@given(names, st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
def test_case_and_outer_spaces_never_hide_a_name(
    mapper: Callable[..., Mapper], name: str, cased: Callable[[str], str]
) -> None:
    """An object is found by its name in any case, as far as case folding takes the two for the same."""
    written = cased(name)
    compiled = mapper('status = "A"', lookups='status = "file:s.json"', files={"status": {name: OPEN}})
    result = compiled.map(Row(2, ("ci-1", f"  {written} ", "")))
    same = written.strip().casefold() == name.strip().casefold()
    assert (result == CaseUpdate("ci-1", {"status": OPEN})) is same
