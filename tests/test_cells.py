import datetime as dt
import math

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.cells import cells, texts

from bulkcase.cells import EXCEL_ERRORS, Cell, dump_cells, is_blank, is_excel_error, load_cells, load_many, text_of

ZONE = dt.timezone(dt.timedelta(hours=5, minutes=30))


@given(st.lists(cells))
@example(["\ud800", "a\udfffb", "\U0001f600", "\ud83d\ude00"])
@example([2**63 - 1, -(2**63), 2**64 - 1, 2**64, -(2**63) - 1, 10**40])
@example([dt.timedelta(days=999_999_999, microseconds=1), dt.timedelta(microseconds=-1)])
@example([math.inf, -math.inf, -0.0, True, False, 0, 1, 1.0])
@example(["{}", '{"$": "int", "v": "ff"}'])
def test_cells_survive_the_ledger(line: list[Cell]) -> None:
    """Whatever a file can hold comes back with the same kind and value."""
    loaded = load_cells(dump_cells(line))
    assert loaded == tuple(line)
    assert [(type(cell), str(cell)) for cell in loaded] == [(type(cell), str(cell)) for cell in line]


@given(st.lists(st.lists(cells) | st.lists(texts)))
@example([["x" * 40_000, "y"], ["z" * 40_000]])
def test_many_rows_are_loaded_as_each_of_them(lines: list[list[Cell]]) -> None:
    """Read together or one by one, their cells are the same."""
    stored = [dump_cells(line) for line in lines]
    assert [tuple(line) for line in load_many(stored)] == [load_cells(line) for line in stored]


def test_nan_survives_the_ledger() -> None:
    """A float that is no number comes back as one."""
    (loaded,) = load_cells(dump_cells([math.nan]))
    assert isinstance(loaded, float)
    assert math.isnan(loaded)


@given(st.lists(cells | st.sampled_from([math.nan, "null", "of null", "nul"])))
@example([math.nan, "null", dt.date(2026, 11, 23)])
@example(["null", "\ud800", 2**64])
def test_a_cell_is_stored_alike_whatever_stands_beside_it(line: list[Cell]) -> None:
    """An odd neighbour, or a text with JSON's word for nothing, changes nothing about the others."""
    alone = [orjson.loads(dump_cells([cell]))[0] for cell in line]
    assert orjson.loads(dump_cells(line)) == orjson.loads(dump_cells(tuple(line))) == alone


@given(st.lists(cells))
def test_the_ledger_gets_proper_utf8(line: list[Cell]) -> None:
    """What is stored can be read by every JSON reader."""
    dump_cells(line).decode("utf-8")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("", ""),
        (" 007 ", " 007 "),
        (True, "TRUE"),
        (False, "FALSE"),
        (42, "42"),
        (42.0, "42"),
        (-0.0, "0"),
        (1e15, "1000000000000000"),
        (0.1, "0.1"),
        (10**20, "100000000000000000000"),
        (math.inf, "inf"),
        (dt.datetime(2026, 11, 23, 20, 15), "2026-11-23T20:15:00"),  # noqa: DTZ001 - cells have no zone
        (dt.datetime(2026, 11, 23, 20, 15, tzinfo=ZONE), "2026-11-23T20:15:00+05:30"),
        (dt.date(2026, 11, 23), "2026-11-23"),
        (dt.time(8, 5), "08:05:00"),
        (dt.timedelta(hours=30, minutes=5, seconds=7), "30:05:07"),
        (dt.timedelta(minutes=-90), "-1:30:00"),
        (dt.timedelta(0), "0:00:00"),
        (dt.timedelta(days=400, milliseconds=250), "9600:00:00.250000"),
    ],
)
def test_text_is_what_a_csv_of_the_sheet_would_hold(cell: Cell, text: str) -> None:
    """Each kind of cell has one text."""
    assert text_of(cell) == text


@given(texts)
def test_a_text_is_its_own_text(cell: str) -> None:
    """Nothing is trimmed or changed in a text."""
    assert text_of(cell) is cell


@pytest.mark.parametrize(
    ("cell", "blank"),
    [("", True), (" \t\n", True), ("\u00a0", True), ("x", False), (0, False), (False, False), (0.0, False)],
)
def test_only_white_space_is_blank(cell: Cell, blank: bool) -> None:
    """A zero and a FALSE are values; a text of white space is none."""
    assert is_blank(cell) is blank


@pytest.mark.parametrize("error", sorted(EXCEL_ERRORS))
def test_an_error_value_of_excel_is_known(error: str) -> None:
    """An error value is one alone in its cell, in any case, with white space around it."""
    assert is_excel_error(error)
    assert is_excel_error(f" {error.lower()} ")
    assert not is_excel_error(f"{error} again")


@pytest.mark.parametrize("cell", ["", "N/A", "#", 0, math.nan, True])
def test_other_cells_are_no_error_of_excel(cell: Cell) -> None:
    """What Excel does not write for an error is left alone."""
    assert not is_excel_error(cell)
