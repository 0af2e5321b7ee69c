"""Keys that are references: what people call a case by, looked for among the live cases and never sent."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.job import parse
from bulkcase.mapping import Mapper, compile_mapping
from bulkcase.mapping.faults import Fault
from bulkcase.mapping.keys import read_reference
from bulkcase.model import CaseUpdate, Rejection, Row

JOB = """
[connection]
host = "sandbox"
[input]
path = "cases.csv"
key = {{ column = "Ref", match = "{match}" }}
[mapping]
desc = "A"
"""


def mapper(match: str) -> Mapper:
    return compile_mapping(parse(JOB.format(match=match), Path("night.toml")), ("A", "Ref"), {})


@pytest.mark.parametrize(
    ("cell", "reference"),
    [
        (" CS000100\t", "CS000100"),
        ("Case 12 / B", "Case 12 / B"),
        ("Größe-7", "Größe-7"),
        ("ci-1", "ci-1"),
        ("000100", "000100"),
        ("1E+15", "1E+15"),
        (100, "100"),
        (100.0, "100"),
    ],
)
def test_a_reference_is_taken_as_it_stands(cell: Any, reference: str) -> None:
    """Whatever a template makes of it, spaces, slashes and letters of any script too, is looked for."""
    assert read_reference(cell) == reference


@pytest.mark.parametrize(
    ("cell", "code", "told"),
    [
        ("", "bad_key", "is blank"),
        (" \n", "bad_key", "is blank"),
        ("CS\u00a01", "bad_key", "a no-break space"),
        ("CS\u200b1", "bad_key", "a zero-width character"),
        ("CS\n1", "bad_key", "has other characters"),
        ("#N/A", "excel_error", "is an error of the spreadsheet"),
        (10**15, "bad_key", "more than 15 digits"),
        (1.5, "bad_key", "is a decimal number"),
        (True, "bad_key", "is true or false"),
        (dt.date(2026, 11, 30), "bad_key", "is a date or a time"),
    ],
)
def test_a_damaged_reference_is_refused(cell: Any, code: str, told: str) -> None:
    """What does not show, or what a spreadsheet made of it, is found nowhere."""
    fault = read_reference(cell)
    assert isinstance(fault, Fault)
    assert fault.code == code
    assert told in fault.reason


def test_the_job_says_which_of_the_two_its_keys_are() -> None:
    """One and the same cell is a reference in one job and no id in another."""
    row = Row(2, ("x", "Case 12"))
    assert mapper("refId").map(row) == CaseUpdate("Case 12", {"desc": "x"})
    found = mapper("_id").map(row)
    assert isinstance(found, Rejection)
    assert (found.code, found.key) == ("bad_key", None)


@given(st.text())
def test_a_reference_is_a_text_that_shows(text: str) -> None:
    """What gets through prints on one line, and nothing but white space around it was taken off."""
    found = read_reference(text)
    if isinstance(found, str):
        assert found.isprintable()
        assert found == text.strip(" \t\n\r\x0b\x0c")
    else:
        assert found.reason.isprintable()
