"""Texts, numbers and booleans."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from bulkcase.model import CaseUpdate, Rejection

Mapped = Callable[..., CaseUpdate | Rejection]

NUMBER = {"safety": 'allow_read_only = ["timestampValue"]'}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  two  spaces ", "  two  spaces "),
        ("line\nbreak", "line\nbreak"),
        ("Grüße 👍", "Grüße 👍"),
        ("null", "null"),
        ("NA", "NA"),
        ("#hash", "#hash"),
        ("see #N/A there", "see #N/A there"),
        ("{not json", "{not json"),
        (42.0, "42"),
        (0.5, "0.5"),
        (True, "TRUE"),
        (dt.datetime(2026, 11, 30, 8), "2026-11-30T08:00:00"),  # noqa: DTZ001 - a spreadsheet's times have no zone
        (dt.date(2026, 11, 30), "2026-11-30"),
        (dt.time(8), "08:00:00"),
    ],
)
def test_a_text_is_taken_as_it_stands(mapped: Mapped, cell: Any, text: str) -> None:
    """Text fields get the cell's text untrimmed; typed cells are what a CSV of the sheet would hold."""
    assert mapped('desc = "A"', cell) == CaseUpdate("ci-1", {"desc": text})


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("-12.5", -12.5),
        ("1e3", 1000),
        (" 42 ", 42),
        ("+7", 7),
        (".5", 0.5),
        ("1748491380000", 1748491380000),
        (str(2**53 - 1), 2**53 - 1),
        (42.0, 42),
        (42.5, 42.5),
        (7, 7),
    ],
)
def test_a_plain_number_is_sent_as_a_number(mapped: Mapped, cell: Any, number: float) -> None:
    """Numbers are typed or plain text; whole ones have no fraction."""
    result = mapped('timestampValue = "A"', cell, **NUMBER)
    assert result == CaseUpdate("ci-1", {"timestampValue": number})
    assert isinstance(result, CaseUpdate)
    assert type(result.body["timestampValue"]) is type(number)


@pytest.mark.parametrize(
    "cell",
    [
        *("1,000", "1.000,5", "12 kg", "€5", "NaN", "inf", "1e999", "0x10", "1_000", "٤٢", "--1", "five"),
        *(str(2**53), str(2**53 + 1), float("nan"), float("inf"), True, dt.date(2026, 11, 30), dt.timedelta(1)),
    ],
)
def test_anything_else_is_no_number(mapped: Mapped, cell: Any) -> None:
    """Separators, units, NaN, infinity and numbers that JSON would round are bad_number."""
    result = mapped('timestampValue = "A"', cell, **NUMBER)
    assert isinstance(result, Rejection)
    assert result.code == "bad_number"


@pytest.mark.parametrize(
    ("cell", "truth"),
    [
        *[(cell, True) for cell in (True, "true", " TRUE ", "Yes", "1", 1.0, 1)],
        *[(cell, False) for cell in (False, "false", "FALSE", "no", "0", 0.0)],
    ],
)
def test_a_boolean_is_typed_or_a_known_word(mapped: Mapped, cell: Any, truth: bool) -> None:
    """True, false, yes, no, 1 and 0 are booleans without regard to case."""
    result = mapped('isActive = "A"', cell)
    assert isinstance(result, CaseUpdate)
    assert result.body["isActive"] is truth


@pytest.mark.parametrize("cell", ["ja", "2", "on", "t", 2.0, dt.date(2026, 11, 30)])
def test_anything_else_is_no_boolean(mapped: Mapped, cell: Any) -> None:
    """A word that is not in the list is not guessed at."""
    result = mapped('isActive = "A"', cell)
    assert isinstance(result, Rejection)
    assert result.code == "bad_boolean"


@pytest.mark.parametrize(
    "mapping", ['desc = "A"', 'desc = { template = "x {A}" }', 'tags = { column = "A", split = ";" }']
)
@pytest.mark.parametrize(("cell", "shown"), [("a\ud800b", r"a\ud800b"), ("a\0b", r"a\x00b")])
def test_what_is_no_character_is_refused_rather_than_replaced(
    mapped: Mapped, mapping: str, cell: str, shown: str
) -> None:
    """A text that no JSON can carry, or that comes back as another one, is a bad cell."""
    result = mapped(mapping, cell)
    assert isinstance(result, Rejection)
    assert result.code == "bad_text"
    assert shown in result.message
