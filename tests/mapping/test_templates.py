"""Templates: columns in braces, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from bulkcase.mapping.templates import parse_template
from bulkcase.model import CaseUpdate, Rejection

Mapped = Callable[..., CaseUpdate | Rejection]


@pytest.mark.parametrize(
    ("template", "cells", "text"),
    [
        ("[migrated] {A}", ("Title", ""), "[migrated] Title"),
        ("{A}", ("Title", ""), "Title"),
        ("{A} / {B}", ("x", "y"), "x / y"),
        ("{A}{A}", ("x", ""), "xx"),
        ("{{{A}}}", ("x", ""), "{x}"),
        ("{{A}} {A}", ("x", ""), "{A} x"),
        ("{A}", ("{B}", "no"), "{B}"),
        ("{A}!", (42.0, ""), "42!"),
        (" {A} ", (" x ", ""), "  x  "),
    ],
)
def test_a_template_fills_in_its_columns(mapped: Mapped, template: str, cells: tuple[Any, Any], text: str) -> None:
    """Columns are replaced by their text once, doubled braces are braces."""
    assert mapped(f'name = {{ template = "{template}" }}', *cells) == CaseUpdate("ci-1", {"name": text})


def test_a_blank_column_leaves_the_field_alone(mapped: Mapped) -> None:
    """Where one of its columns is blank a template says nothing."""
    assert mapped('name = { template = "{A} / {B}" }', "x", " ") == CaseUpdate("ci-1", {})


def test_an_excel_error_spoils_the_template(mapped: Mapped) -> None:
    """An error value never becomes a part of a text, beside a blank column neither."""
    result = mapped('name = { template = "{A} / {B}" }', "", "#REF!")
    assert result == Rejection("excel_error", 'column "B": "#REF!" is an error of the spreadsheet', "ci-1")


def test_the_clear_marker_is_no_part_of_a_text(mapped: Mapped) -> None:
    """Whether the whole field or its part is to be emptied is not guessed."""
    result = mapped('name = { template = "{A} / {B}" }', "x", " - ", options='clear_marker = "-"')
    assert isinstance(result, Rejection)
    assert result.code == "cannot_clear"
    assert result.message.startswith('column "B": ')


@pytest.mark.parametrize("template", ["{A}T{B}", "{A} {B}"])
def test_a_filled_template_is_read_as_its_field_wants(mapped: Mapped, template: str) -> None:
    """A date may be put together from its columns."""
    result = mapped(f'ETA = {{ template = "{template}:00Z" }}', "2026-11-30", "08:00")
    assert result == CaseUpdate("ci-1", {"ETA": "2026-11-30T08:00:00.000Z"})


def test_a_filled_template_that_has_no_reading_names_its_columns(mapped: Mapped) -> None:
    """What is wrong with the whole is said of all of its columns."""
    result = mapped('ETA = { template = "{A}T{B}Z" }', "2026-11-30", "8 o'clock")
    assert isinstance(result, Rejection)
    assert result.code == "bad_date"
    assert result.message.startswith('columns "A" and "B": "2026-11-30T8 o\'clockZ" is not a date')


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{A", "has { at position 1"),
        ("x A}", "has } at position 4"),
        ("{}", "has {} at position 1"),
        ("{A{B}}", "has { at position 1"),
        ("{A}}", "has } at position 4"),
        ("plain", "names no column"),
        ("{{A}}", "names no column"),
        ("", "names no column"),
    ],
)
def test_a_template_with_loose_braces_or_no_column_is_refused(template: str, told: str) -> None:
    """Braces have a partner and a column between them, and there is at least one column."""
    with pytest.raises(ValueError, match=r".") as caught:
        parse_template(template)
    assert told in str(caught.value)


def test_formatting_is_not_evaluated() -> None:
    """What str.format would make of attributes, indexes and conversions is a column's name here."""
    assert list(parse_template("{A.__class__}{0[x]!r:>9}")) == [(True, "A.__class__"), (True, "0[x]!r:>9")]
