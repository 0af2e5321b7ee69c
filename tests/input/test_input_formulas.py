"""Cells that a spreadsheet would run."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulkcase.formulas import defuse, defuse_all, may_run, restore

risky_texts = st.text(alphabet="=+-@'\t\r1.eE٣ a\n", max_size=8)


@given(st.one_of(st.text(), risky_texts))
@example("''=1")
@example("'-5")
def test_restore_undoes_defuse_for_every_text(text: str) -> None:
    """What the writer makes harmless, the reader turns back into exactly the same text."""
    assert restore(defuse(text)) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-x", "@SUM(A1)", "'quoted", "\tx", "\rx", "-", "1".join("--"), "-5\n"]
)
def test_defuse_marks_what_a_spreadsheet_would_run(text: str) -> None:
    """A text that starts with a dangerous character, and is no plain number, gets an apostrophe."""
    assert defuse(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "abc", "-5", "+3.14", "-1e5", "+.5", "-5.", "1=2", "it's"])
def test_defuse_leaves_harmless_texts_alone(text: str) -> None:
    """Plain numbers with a sign, and texts that start with a harmless character, stay as they are."""
    assert defuse(text) == text


@pytest.mark.parametrize("text", ["'-5", "'abc", "'", "=1"])
def test_restore_takes_off_only_what_defuse_puts_on(text: str) -> None:
    """An apostrophe in front of what is harmless was there before."""
    assert restore(text) == text


@given(st.lists(st.one_of(st.text(), risky_texts, st.just("a\0=1"))))
def test_many_texts_are_as_harmless_as_each_of_them(texts: list[str]) -> None:
    """Looked at together or one by one, it is the same ones that get an apostrophe."""
    expected = [defuse(text) for text in texts]
    assert list(defuse_all(texts)) == expected
    assert may_run(texts) or expected == texts
