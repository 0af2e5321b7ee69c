"""Constants: the same value in every row."""

from collections.abc import Callable
from typing import Any

import pytest

from bulkcase.errors import JobError
from bulkcase.mapping import Mapper
from bulkcase.model import CaseUpdate, Rejection

Mapped = Callable[..., CaseUpdate | Rejection]

SETTINGS: dict[str, Any] = {
    "lookups": 'status = { Open = { _id = "sts-1" } }\nqueues = { Billing = { _id = "q-1" } }',
    "safety": 'allow_read_only = ["timestampValue"]',
}


@pytest.mark.parametrize(
    ("written", "field", "value"),
    [
        ('name = { value = " a " }', "name", " a "),
        ("isActive = { value = false }", "isActive", False),
        ("timestampValue = { value = 12 }", "timestampValue", 12),
        ("timestampValue = { value = 1.5 }", "timestampValue", 1.5),
        ("dueDate = { value = 2026-11-30T08:00:00Z }", "dueDate", 1796025600000),
        ("dueDate = { value = 1796025600000 }", "dueDate", 1796025600000),
        ('dueDate = { value = "2026-11-30" }', "dueDate", 1795993200000),
        ("ETA = { value = 2026-11-30 }", "ETA", "2026-11-29T23:00:00.000Z"),
        ("ETA = { value = 2026-11-30T09:00:00 }", "ETA", "2026-11-30T08:00:00.000Z"),
        ('tags = { value = ["a", "b;c"] }', "tags", ["a", "b;c"]),
        ('sessIds = { value = [1, { a = "b" }] }', "sessIds", [1, {"a": "b"}]),
        ('queues = { value = ["billing"] }', "queues", [{"_id": "q-1"}]),
        ('queues = { value = [{ _id = "q-2" }] }', "queues", [{"_id": "q-2"}]),
        ('status = { value = "open" }', "status", {"_id": "sts-1"}),
        ('status = { value = { _id = "x" } }', "status", {"_id": "x"}),
    ],
)
def test_a_constant_is_in_every_row(mapped: Mapped, written: str, field: str, value: Any) -> None:
    """A constant of the field's type is sent as cells of that type would be, blank cells or not."""
    result = mapped(written, options='timezone = "Europe/Berlin"', **SETTINGS)
    assert result == CaseUpdate("ci-1", {field: value})


@pytest.mark.parametrize(("written", "value"), [('name = { value = "" }', ""), ("tags = { value = [] }", [])])
def test_an_empty_constant_is_a_clear(mapped: Mapped, written: str, value: Any) -> None:
    """A constant that empties its field is counted as a clear."""
    field = written.split(maxsplit=1)[0]
    assert mapped(written) == CaseUpdate("ci-1", {field: value}, (field,))


def test_the_clear_marker_is_a_plain_text_in_a_constant(mapped: Mapped) -> None:
    """What empties a field in a cell is only a text in a constant."""
    assert mapped('name = { value = "-" }', options='clear_marker = "-"') == CaseUpdate("ci-1", {"name": "-"})


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("name = { value = 5 }", "a text in quotes"),
        ("name = { value = true }", "a text in quotes"),
        ('isActive = { value = "yes" }', "true or false, without quotes"),
        ("isActive = { value = 1 }", "true or false, without quotes"),
        ('timestampValue = { value = "12" }', "a number, without quotes"),
        ("timestampValue = { value = true }", "a number, without quotes"),
        ("timestampValue = { value = nan }", "not a plain number"),
        ("timestampValue = { value = inf }", "not a plain number"),
        ("dueDate = { value = 5 }", "too small"),
        ("dueDate = { value = true }", "a date, or milliseconds"),
        ("dueDate = { value = 08:00:00 }", "a date, or milliseconds"),
        ("dueDate = { value = 2026-11-30T08:00:00 }", "no time zone"),
        ('dueDate = { value = "30/11/2026" }', "ISO 8601"),
        ("ETA = { value = 1796025600000 }", "must be a date"),
        ('tags = { value = "a;b" }', "a list of texts in brackets"),
        ("tags = { value = [1] }", "a list of texts only"),
        ("sessIds = { value = [2026-11-30] }", "cannot carry"),
        ("sessIds = { value = [nan] }", "cannot carry"),
        ('queues = { value = ["Biling"] }', "did you mean Billing?"),
        ('status = { value = "opne" }', "did you mean Open?"),
        ('priority = { value = "High" }', "no lookups"),
        ("status = { value = {} }", "empty object"),
        ("status = { value = { at = 2026-11-30 } }", "cannot carry"),
        ("status = { value = [] }", "an inline table, or a name"),
    ],
)
def test_a_constant_of_a_wrong_type_is_a_fault_of_the_job(
    mapper: Callable[..., Mapper], written: str, told: str
) -> None:
    """A constant that its field cannot have is found before the first row, with file and key."""
    with pytest.raises(JobError) as caught:
        mapper(written, **SETTINGS)
    (problem,) = caught.value.problems
    assert problem.startswith(f"night.toml: mapping.{written.split(maxsplit=1)[0]}.value: ")
    assert told in problem
