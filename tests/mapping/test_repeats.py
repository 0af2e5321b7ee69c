"""Columns that repeat their texts: what is remembered of them is what they would become anew."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulkcase.cells import Cell
from bulkcase.mapping import Mapper, readers
from bulkcase.mapping.readers import Convert
from bulkcase.model import CaseUpdate, Rejection, Row

Compile = Callable[..., Mapper]

MAPPING = """
    desc = "A"
    dueDate = { column = "A", timezone = "Europe/Berlin" }
    isActive = "A"
    timestampValue = "B"
    queues = { column = "B", split = ";", mode = "add" }
    status = "B"
    name = { template = "{A} of {B}" }
    [mapping.custom]
    Region = "A"
"""
OPTIONS = {
    "options": 'clear_marker = "-"',
    "lookups": '[lookups.status.Closed]\n_id = "st-9"',
    "safety": 'allow_read_only = ["timestampValue"]',
}
values = st.one_of(
    st.sampled_from(["", " ", "-", "1", "1.0", "TRUE", "yes", "Closed", "closed ", "a;b", "[]", "#N/A", "\ud800"]),
    st.sampled_from(["2026-11-30", "2026-03-29T02:30", "2026-10-25T02:30", "x" * 100]),
    st.sampled_from([1, 1.0, True, 0, 0.0, -0.0, False]),
)
tables = st.lists(st.tuples(values, values), max_size=30)


def compiled(mapper: Compile, most: int) -> Mapper:
    """Return a mapper that remembers so many texts of a column."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(readers, "_REMEMBERED", most)
        return mapper(MAPPING, **OPTIONS)


def said(found: CaseUpdate | Rejection) -> Any:
    """Return all of what a mapping says, in which 1, 1.0 and True are not the same."""
    if isinstance(found, Rejection):
        return found
    return found.key, orjson.dumps(found.body), found.clears, repr(found.edits)


@pytest.mark.parametrize("most", [1, 2, 4096])
@settings(deadline=None)
@given(tables)
@example([("1", "1"), (1, 1), (1.0, 1.0), (True, True), ("1", "1")])
@example([("x", "-"), ("-", "x"), ("x", "-")])
def test_a_row_becomes_what_it_would_alone(mapper: Compile, most: int, table: list[tuple[Any, Any]]) -> None:
    """Whatever came before it, and however little is remembered, also where cells are equal and not the same."""
    forgetful, remembering = compiled(mapper, 0), compiled(mapper, most)
    for number, cells in enumerate([*table, *table], 2):
        row = Row(number, ("ci-1", *cells))
        assert said(remembering.map(row)) == said(forgetful.map(row))


def noting(made: list[Cell], remember: Callable[[Convert], Convert]) -> Callable[[int], Callable[[Convert], Convert]]:
    """Return what stands in for `lru_cache`, and notes the cells that are converted."""

    def noted(convert: Convert) -> Convert:
        def converted(cell: Cell) -> Any:
            made.append(cell)
            return convert(cell)

        return remember(converted)

    return lambda _: noted


def test_a_repeated_text_is_converted_once(mapper: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column of dates is mostly the same few days."""
    made: list[Cell] = []
    monkeypatch.setattr(readers, "lru_cache", noting(made, lru_cache(4096)))
    dates = mapper('dueDate = { column = "A", timezone = "UTC" }')
    for number in range(2, 100):
        dates.map(Row(number, ("ci-1", f"2026-11-0{number % 3 + 1}", "")))
    assert made == ["2026-11-03", "2026-11-01", "2026-11-02"]


def test_a_long_text_is_not_kept(mapper: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell may have a million characters, and a column of them must not fill the memory."""
    made: list[Cell] = []
    monkeypatch.setattr(readers, "lru_cache", noting(made, lru_cache(4096)))
    tags = mapper('tags = { column = "A", split = ";" }')
    for number, text in enumerate(["late;" * 1000, "late", "late;" * 1000, "late"], 2):
        assert isinstance(tags.map(Row(number, ("ci-1", text, ""))), CaseUpdate)
    # The long ones are converted past what remembers.
    assert made == ["late"]
