"""Any cells under any mapping: a case update or a rejection, never an error, never a field that is not mapped."""

import math
from functools import cache
from pathlib import Path

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.cells import cells, texts

from bulkcase.cells import Cell
from bulkcase.fields import FIELDS, READ_ONLY, Kind
from bulkcase.job import parse
from bulkcase.mapping import Mapper, compile_mapping
from bulkcase.model import CaseUpdate, Rejection, Row

LOOKED_UP = ("status", "priority", "userInfo")
OPTIONS: dict[Kind, tuple[str, ...]] = {
    Kind.TEXT: ('"A"', '{ template = "{A}-{B}" }'),
    Kind.NUMBER: ('"A"',),
    Kind.BOOLEAN: ('"A"', "{ value = true }"),
    Kind.OBJECT: ('"A"',),
    Kind.LIST: ('"A"', '{ column = "A", split = ";" }', '{ column = "A", mode = "add" }'),
    Kind.TEXTS: (
        *('"A"', '{ column = "A", split = ";", mode = "add" }', '{ column = "A", split = ";", mode = "remove" }'),
    ),
    Kind.ISO_DATE: ('"A"', '{ column = "A", format = "%d/%m/%Y" }', '{ column = "A", timezone = "Europe/Berlin" }'),
    Kind.MILLISECONDS: ('"A"', '{ column = "A", format = "%d.%m.%Y %H:%M", timezone = "America/New_York" }'),
}
CHOICES = [(field, source) for field, kind in FIELDS.items() for source in OPTIONS[kind]]
MORE = [
    ('"userInfo.emailId"', '"B"'),
    ('"custom.Region"', '"B"'),
    ('"custom.Day"', '{ column = "B", format = "%Y-%m-%d" }'),
]
written = st.sampled_from(
    [
        *(
            "",
            " ",
            "CLEAR",
            "#N/A",
            "#n/a",
            "[]",
            "{}",
            '["a"]',
            '{"_id": 1}',
            "[1, [2]]",
            '{"a": NaN}',
            "[" * 3000,
            '{"a":1e999}',
        ),
        *(
            "1e400",
            "nan",
            "-0",
            "0x10",
            "١٢٣",
            "1748491380000",
            "-1",
            "9" * 400,
            "2026-02-30",
            "0000-00-00",
            "9999-12-31T23:59:59-23:59",
        ),
        *(
            "31/12/9999",
            "01.01.0001 00:00",
            "29.03.2026 02:30",
            "Open",
            "open ",
            "true",
            "Σ",
            "a;;b",
            ";",
            '{"\\ud800": 1}',
        ),
    ]
)
any_cell = cells | texts | written | st.just(math.nan)


@cache
def mapper_of(choices: tuple[tuple[str, str], ...], marker: bool) -> Mapper:
    """Return what maps a row of Id, A and B so."""
    lines = "\n".join(f"{field} = {source}" for field, source in choices)
    tables = "\n".join(f'{name}.Open = {{ _id = "x", name = "Open" }}' for name in LOOKED_UP)
    text = f"""
        [connection]
        host = "sandbox"
        [input]
        path = "cases.csv"
        key = "Id"
        {'clear_marker = "CLEAR"' if marker else ""}
        [mapping]
        {lines}
        [lookups]
        {tables}
        [safety]
        allow_read_only = {sorted(READ_ONLY & set(FIELDS))}
    """
    return compile_mapping(parse(text, Path("night.toml")), ("Id", "A", "B"), {})


mappings = st.lists(st.sampled_from(CHOICES), min_size=1, max_size=6, unique_by=lambda choice: choice[0])


@settings(deadline=None, max_examples=300)
@given(mappings, st.lists(st.sampled_from(MORE), max_size=3, unique=True), any_cell, any_cell, any_cell, st.booleans())
@example([("tags", '"A"')], [], "ci-1", "[" * 3000, "", False)
@example([("dueDate", '"A"')], [], "ci-1", "9999-12-31T23:59:59-23:59", "", False)
def test_any_cells_become_an_update_of_mapped_fields_or_a_rejection(
    choices: list[tuple[str, str]], more: list[tuple[str, str]], key: Cell, one: Cell, two: Cell, marker: bool
) -> None:
    """Every documented field, read from whatever a cell can hold, is sent as JSON, or its row says why not."""
    if any(field == "userInfo" for field, _ in choices) or any(field == "fields" for field, _ in choices):
        more = []  # a whole field and a part of it are not mapped together
    found = mapper_of((*choices, *more), marker).map(Row(2, (key, one, two)))
    if isinstance(found, Rejection):
        assert found.code
        assert found.message.isprintable()
        assert len(found.message) < 5000
        return
    assert isinstance(found, CaseUpdate)
    mapped = {field.strip('"') for field, _ in (*choices, *more)}
    assert {*found.body, *found.edits} <= mapped
    assert set(found.clears) <= {*found.body, *found.edits}
    assert orjson.loads(orjson.dumps(dict(found.body))).keys() == found.body.keys()
    assert len(found.fingerprint) == 16
