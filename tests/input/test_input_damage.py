"""Damage that spreadsheets do to ids."""

import pytest

from bulkcase.cells import Cell
from bulkcase.input import DamageLint
from bulkcase.model import Rejection, Row


def notes(*keys: Cell) -> list[str]:
    lint = DamageLint(("Notes", "Case ID"), "Case ID")
    for number, key in enumerate(keys, 2):
        lint.see(Row(number, ("", key)))
    return lint.notes()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("1.23E+15", "1 key in scientific notation"),
        ("1,23E+15", "1 key in scientific notation"),
        ("1E+15", "1 key in scientific notation"),
        ("42.0", "1 key with a trailing .0"),
        (1234567890123456, "1 key as a number of more than 15 digits"),
        (1.2345678901234568e18, "1 key as a number of more than 15 digits"),
        ("ci-1\u00a0", '1 key with a no-break space: delete it (row 2: "ci-1\\xa0")'),
        ("\u200bci-1", "1 key with an invisible character"),
        (" ci-1", '1 key with spaces around it: delete them (row 2: " ci-1")'),
        ("ci\u20131", "1 key with a typographic dash"),
    ],
)
def test_each_kind_of_damage_is_reported_with_its_row(key: Cell, expected: str) -> None:
    """A note says how many, what to do, and shows the first one."""
    (note,) = notes(key)
    assert note.startswith('column "Case ID": ')
    assert expected in note
    assert "(row 2: " in note


@pytest.mark.parametrize("key", ["ci-1", "CS000100", "6639e12", "1234567890123456789", 42, 123456789012345, "", "  "])
def test_sound_keys_are_not_reported(key: Cell) -> None:
    """An ordinary id, and a blank cell, are no damage."""
    assert notes(key) == []


def test_counts_are_of_all_rows_and_the_example_is_the_first() -> None:
    """Damage is counted, and shown once."""
    (note,) = notes("ci-1", " ci-2", "ci-3 ", " ci-4 ")
    assert "3 keys with spaces" in note
    assert '(row 3: " ci-2")' in note


@pytest.mark.parametrize(("odd", "reported"), [(1, True), (10, True), (11, False), (0, False)])
def test_lengths_are_reported_only_where_one_is_usual(odd: int, *, reported: bool) -> None:
    """From nine in ten on, a key of another length has probably lost its zeros."""
    found = notes(*["00042"] * (100 - odd), *["42"] * odd)
    assert bool(found) is reported
    if reported:
        assert f"{odd} key" in found[0]
        assert f'(row {102 - odd}: "42")' in found[0]


def test_rejected_rows_are_not_looked_at() -> None:
    """The cells of a misshapen row may stand in other columns, or be missing."""
    lint = DamageLint(("a", "Case ID"), "Case ID")
    lint.see(Row(2, ("x",), Rejection("row_too_short", "too short")))
    assert lint.notes() == []
