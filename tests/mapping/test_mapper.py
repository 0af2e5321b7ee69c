"""Whole rows: what is left alone, cleared, refused, and what must always hold."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bulkcase.causes import known
from bulkcase.cells import EXCEL_ERRORS, dump_cells, load_cells
from bulkcase.fields import FIELDS, Kind
from bulkcase.mapping import Mapper
from bulkcase.model import CaseUpdate, Rejection, Row

Mapped = Callable[..., CaseUpdate | Rejection]
Compile = Callable[..., Mapper]

FIELD_OF = {
    Kind.TEXT: "desc",
    Kind.ISO_DATE: "ETA",
    Kind.NUMBER: "timestampValue",
    Kind.MILLISECONDS: "dueDate",
    Kind.LIST: "queues",
    Kind.TEXTS: "tags",
    Kind.OBJECT: "status",
    Kind.BOOLEAN: "isActive",
}
ALL_KINDS = {
    "mapping": "\n".join(f'{field} = "{field}"' for field in FIELD_OF.values()),
    "header": ("Id", *FIELD_OF.values()),
    "safety": 'allow_read_only = ["timestampValue"]',
}
CLEARED: dict[Kind, Any] = {Kind.LIST: [], Kind.TEXTS: []}


def test_a_row_that_the_reader_refused_stays_refused(mapper: Compile) -> None:
    """The reader's rejection is returned, and the cells are not looked at."""
    rejection = Rejection("row_too_short", "has 1 cell")
    assert mapper('desc = "A"').map(Row(2, ("",), rejection)) is rejection


@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", "\n"])
@pytest.mark.parametrize("kind", Kind)
def test_a_blank_cell_leaves_the_field_alone(mapper: Compile, kind: Kind, blank: str) -> None:
    """White space says nothing, whatever the field's kind, and a row that says nothing has an empty body."""
    compiled = mapper(**ALL_KINDS)
    cells = [blank if field == FIELD_OF[kind] else "" for field in FIELD_OF.values()]
    assert compiled.map(Row(2, ("ci-1", *cells))) == CaseUpdate("ci-1", {})


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.BOOLEAN])
@pytest.mark.parametrize(
    ("marker", "cell"), [("-", "-"), ("-", " - "), ("#N/A", "#N/A"), ("0", 0.0), (" none", "none"), ("TRUE", True)]
)
def test_the_clear_marker_empties_the_field(mapped: Mapped, kind: Kind, marker: str, cell: Any) -> None:
    """Clearing sends [] for a list and null for anything else, and is counted."""
    field = FIELD_OF[kind]
    settings = {"options": f'clear_marker = "{marker}"', "safety": ALL_KINDS["safety"]}
    expected = CaseUpdate("ci-1", {field: CLEARED.get(kind)}, (field,))
    assert mapped(f'{field} = "A"', cell, **settings) == expected


def test_a_boolean_cannot_be_cleared(mapped: Mapped) -> None:
    """There is no empty boolean to send."""
    result = mapped('isActive = "A"', "-", options='clear_marker = "-"')
    assert isinstance(result, Rejection)
    assert result.code == "cannot_clear"
    assert result.message.startswith('column "A": ')


def test_the_clear_marker_is_taken_to_the_letter(mapped: Mapped) -> None:
    """Another case of the marker is a text like any other."""
    assert mapped('desc = "A"', "CLEAR", options='clear_marker = "clear"') == CaseUpdate("ci-1", {"desc": "CLEAR"})


@pytest.mark.parametrize("error", sorted(EXCEL_ERRORS))
@pytest.mark.parametrize("kind", Kind)
def test_an_excel_error_is_never_a_value(mapped: Mapped, kind: Kind, error: str) -> None:
    """An error value makes its cell bad in a field of any kind, where another marker is set as well."""
    settings = {"options": 'clear_marker = "-"', "safety": ALL_KINDS["safety"]}
    result = mapped(f'{FIELD_OF[kind]} = "A"', f" {error.lower()}", **settings)
    assert isinstance(result, Rejection)
    assert result.code == "excel_error"


def test_a_typed_cell_beside_the_clear_marker_is_a_value(mapped: Mapped) -> None:
    """A clear marker empties nothing but what shows it."""
    assert mapped('desc = "A"', 5.0, options='clear_marker = "0"') == CaseUpdate("ci-1", {"desc": "5"})


def test_an_excel_error_in_a_column_that_is_not_read_does_no_harm(mapped: Mapped) -> None:
    """Only the cells that the mapping uses can make a row invalid."""
    assert mapped('desc = "A"', "x", "#N/A") == CaseUpdate("ci-1", {"desc": "x"})


def test_all_bad_cells_are_in_one_message_and_the_first_names_the_cause(mapper: Compile) -> None:
    """A person mends a row once: key, then fields in the job's order, each with column and value."""
    compiled = mapper(
        """
        dueDate = { column = "Due", format = "%d/%m/%Y" }
        status = "Status"
        desc = "Notes"
        """,
        header=("Id", "Due", "Status", "Notes"),
        lookups='status = { Closed = { _id = "x" } }',
    )
    assert compiled.map(Row(2, ("ci-1", "31/31/2026", "Clsed", "fine"))) == Rejection(
        "bad_date",
        'column "Due": "31/31/2026" is not a date in the format %d/%m/%Y; '
        'column "Status": "Clsed" is not in lookups.status: did you mean Closed?',
        "ci-1",
    )
    result = compiled.map(Row(2, ("", "", "Clsed", "#N/A")))
    assert isinstance(result, Rejection)
    assert result.code == "bad_key"
    assert [part.split(":")[0] for part in result.message.split("; ")] == [
        'column "Id"',
        'column "Status"',
        'column "Notes"',
    ]


def test_the_same_fault_of_a_column_is_told_once(mapped: Mapped) -> None:
    """A column that feeds two fields is not reported twice for the same reason."""
    result = mapped('desc = "A"\nname = "A"', "#N/A")
    assert result == Rejection("excel_error", 'column "A": "#N/A" is an error of the spreadsheet', "ci-1")


def test_values_in_messages_are_short_and_on_one_line(mapper: Compile) -> None:
    """Long values are cut, and what does not print is escaped, in column names too."""
    compiled = mapper('isActive = "A\\nB"', header=("Id", "A\nB"))
    result = compiled.map(Row(2, ("ci-1", "line\r\n\u202e" + "x" * 1000)))
    assert isinstance(result, Rejection)
    assert result.message.startswith(r'column "A\nB": "line\r\n\u202exxx')
    assert "x…" in result.message
    assert result.message.isprintable()
    assert len(result.message) < 160


cells = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "-", "#N/A", "[]", "{}", '["a"]', '{"a": 1}', "yes", "1796025600000", "2026-11-30T08:00Z"]),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
)
rows = st.tuples(st.one_of(st.just("ci-1"), cells), *[cells] * len(FIELD_OF))


@given(rows, st.sampled_from(["", 'timezone = "America/New_York"\nclear_marker = "-"']))
def test_whatever_a_row_holds_the_result_is_a_value(mapper: Compile, row: tuple[Any, ...], options: str) -> None:
    """No row raises; an update names mapped fields only and can be sent, a rejection has a known cause and one line."""
    result = mapper(**ALL_KINDS, options=options).map(Row(2, row))
    if isinstance(result, Rejection):
        assert known(result.code)
        assert result.message.isprintable()
    else:
        assert result.body.keys() <= set(FIELD_OF.values())
        assert set(result.clears) <= result.body.keys()
        assert orjson.loads(orjson.dumps(dict(result.body))) == result.body
        assert len(result.fingerprint) == 16


@given(st.sets(st.sampled_from(["desc", "name", "language", "source"]), min_size=1))
def test_no_field_is_sent_that_the_job_did_not_map(mapper: Compile, mapped_fields: set[str]) -> None:
    """However full the row, only the mapped columns go into the update."""
    header = ("Id", *FIELDS)
    compiled = mapper("\n".join(f'{field} = "{field}"' for field in mapped_fields), header=header)
    result = compiled.map(Row(2, ("ci-1", *["x"] * len(FIELDS))))
    assert result == CaseUpdate("ci-1", dict.fromkeys(mapped_fields, "x"))


@given(st.permutations(["desc", "name", "language", "source"]))
def test_the_fingerprint_does_not_know_the_order_of_the_mapping(mapper: Compile, order: list[str]) -> None:
    """The same update has the same fingerprint, whatever order the job writes its fields in."""
    header = ("Id", *sorted(order))
    row = Row(2, ("ci-1", "1", "2", "3", "4"))

    def fingerprint(fields: list[str]) -> bytes:
        result = mapper("\n".join(f'{field} = "{field}"' for field in fields), header=header).map(row)
        assert isinstance(result, CaseUpdate)
        return result.fingerprint

    assert fingerprint(order) == fingerprint(sorted(order))


@given(rows)
def test_cells_that_went_through_the_ledger_map_alike(mapper: Compile, row: tuple[Any, ...]) -> None:
    """Mapping stored cells again gives the same result as mapping the file's."""
    compiled = mapper(**ALL_KINDS, options='timezone = "UTC"')
    stored = load_cells(dump_cells(row))
    assume(stored == row)
    assert compiled.map(Row(2, stored)) == compiled.map(Row(2, row))
