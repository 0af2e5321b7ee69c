"""What a key may be, and how damage to it is explained."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.mapping.faults import Fault
from bulkcase.mapping.keys import read_key


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("ci-1a_B", "ci-1a_B"),
        ("  ci-1\t", "ci-1"),
        ("007", "007"),
        ("1234567890123456789", "1234567890123456789"),
        (42.0, "42"),
        (999999999999999.0, "999999999999999"),
        (42, "42"),
    ],
)
def test_an_id_is_taken_as_it_stands(cell: Any, key: str) -> None:
    """The key is the text of the cell without the ASCII white space around it."""
    assert read_key(cell) == key


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("", "is blank"),
        (" \t ", "is blank"),
        ("\u00a0", "is blank"),
        ("1.23457E+15", "scientific notation"),
        ("1E+15", "scientific notation"),
        ("1,5e+20", "scientific notation"),
        ("42.0", ".0 added"),
        ("42,00", ".0 added"),
        ("12.5", "decimal number"),
        (12.5, "decimal number"),
        (float("nan"), "decimal number"),
        ("ci-1\u00a0", "a no-break space (\\xa0)"),
        ("ci\u200b-1", "a zero-width character (\\u200b)"),
        ("\ufeffci-1", "a zero-width character (\\ufeff)"),
        (10**15, "more than 15 digits"),
        (1234567890123456.0, "more than 15 digits"),
        (1234567890123456, "more than 15 digits"),
        (-1e300, "more than 15 digits"),
        (True, "true or false"),
        (dt.date(2026, 11, 30), "a date or a time"),
        (dt.datetime(2026, 11, 30), "a date or a time"),  # noqa: DTZ001 - a spreadsheet's times have no zone
        (dt.time(8), "a date or a time"),
        (dt.timedelta(days=1), "a date or a time"),
        ("ci 1", "other characters"),
        ("ci-1\nci-2", "other characters"),
        ("../tasks", "other characters"),
        ("ci-1?x", "other characters"),
        ("ci-é", "other characters"),
        ("ci-\u0661", "other characters"),
    ],
)
def test_a_damaged_key_is_refused_and_explained(cell: Any, told: str) -> None:
    """Whatever could be another case's id, or break out of the address, is bad_key with the reason."""
    fault = read_key(cell)
    assert isinstance(fault, Fault)
    assert fault.code == "bad_key"
    assert told in fault.reason
    assert fault.reason.isprintable()


def test_an_excel_error_is_no_key() -> None:
    """An error value where the key should be is named as what it is."""
    fault = read_key(" #n/a ")
    assert isinstance(fault, Fault)
    assert fault.code == "excel_error"


@given(st.text())
def test_nothing_but_plain_ids_gets_through(text: str) -> None:
    """A key that is accepted is made of ASCII letters, digits, - and _ only."""
    key = read_key(text)
    if isinstance(key, str):
        assert key.isascii()
        assert key.replace("-", "").replace("_", "").isalnum() or set(key) <= set("-_")
