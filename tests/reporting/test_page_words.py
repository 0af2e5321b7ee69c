from dataclasses import replace

import pytest
from support.pages import BEGAN, summary

from bulkcase.model import Outcome, RunState, Stop, StopReason
from bulkcase.reporting.formats.html.words import (
    GRAVEST_FIRST,
    MEANINGS,
    ending,
    exit_text,
    percent,
    reason_parts,
    span_text,
    unchanged_text,
    verified_text,
)
from bulkcase.said import number


@pytest.mark.parametrize(
    ("state", "code", "counts", "tone", "sentence"),
    [
        ("finished", 0, {"updated": 9}, "good", "Finished well: 9 rows updated."),
        (
            "finished",
            0,
            {"updated": 1, "unchanged": 8},
            "good",
            "Finished well: 1 row updated, and 8 other rows needed nothing.",
        ),
        ("finished", 0, {"unchanged": 9}, "good", "Finished: there was nothing to change."),
        ("finished", 0, {}, "good", "Finished: the input had no rows."),
        ("finished", 1, {"updated": 8, "failed": 1}, "bad", "Finished, and 1 row of 9 needs a person."),
        ("stopped", 3, {"pending": 7}, "bad", "Stopped before its last row: 7 rows of 7 are still pending."),
        ("paused", 5, {"updated": 8, "pending": 1}, "open", "Paused before its last row: 1 row of 9 is still pending."),
        (
            "interrupted",
            130,
            {"unknown": 2, "pending": 7},
            "bad",
            "Interrupted before its last row: 7 rows of 9 are still pending and 2 rows need a person.",
        ),
        ("abandoned", 1, {"updated": 9}, "open", "Abandoned for a newer run."),
        ("planned", None, {"pending": 9}, "open", "Planned, and not started yet: 9 rows of 9 are still pending."),
        ("running", None, {"updated": 9}, "open", "Still running when this page was made."),
    ],
)
def test_an_ending_is_one_plain_sentence(
    state: str, code: int | None, counts: dict[str, int], tone: str, sentence: str
) -> None:
    """It says how the run ended, and how many rows are left to whom."""
    outcomes = {Outcome(name): count for name, count in counts.items()}
    ended = replace(summary([], sum(counts.values()), outcomes or {Outcome.UPDATED: 0}), state=state, exit_code=code)
    assert ending(ended) == (tone, sentence)


def test_every_outcome_has_its_place_and_its_meaning() -> None:
    """None is forgotten where another one is added."""
    assert sorted(GRAVEST_FIRST) == sorted(Outcome)
    assert set(MEANINGS) == set(Outcome)


@pytest.mark.parametrize("state", RunState)
def test_every_state_has_an_ending(state: RunState) -> None:
    """None is told by its bare name."""
    assert ending(replace(summary([], 0), state=state, exit_code=None)).sentence != f"{state}."


def test_every_exit_code_of_a_run_has_its_meaning() -> None:
    """Those of its stops too."""
    for code in (0, 1, *(Stop(reason, "").exit_code for reason in StopReason)):
        assert exit_text(code).startswith(f"{code}: ")
        assert "not one of this program" not in exit_text(code)
    assert exit_text(None) == "none yet"
    assert exit_text(77) == "77: not one of this program"


@pytest.mark.parametrize(
    ("count", "total", "text"),
    [
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 3, "33.3 %"),
        (1, 100_000, "< 0.1 %"),
        (99_999, 100_000, "> 99.9 %"),
        (0, 0, "0 %"),
    ],
)
def test_a_share_is_all_or_nothing_only_where_it_is(count: int, total: int, text: str) -> None:
    """One row in many is not told as none."""
    assert percent(count, total) == text


@pytest.mark.parametrize(
    ("began", "ended", "text"),
    [
        (None, None, "not started"),
        (BEGAN, None, "since 2026-11-24 23:00:00 UTC"),
        (BEGAN, BEGAN + 90, "2026-11-24 23:00:00 to 23:01:30 UTC"),
        (BEGAN, BEGAN + 7200, "2026-11-24 23:00:00 to 2026-11-25 01:00:00 UTC"),
    ],
)
def test_a_day_is_told_once(began: float | None, ended: float | None, text: str) -> None:
    """And twice where a run goes on past midnight."""
    assert span_text(began, ended) == text


def test_a_number_agrees_with_its_noun() -> None:
    """One is one, and thousands are set apart."""
    assert [number(count, "row") for count in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]


def test_what_cases_show_is_told_the_gravest_first() -> None:
    """What nobody knows yet is told by its name."""
    found = verified_text({"equal": 9, "different": 1, "normalised": 0, "new": 2})
    assert [(name, count) for name, count, _ in found] == [("different", 1), ("equal", 9), ("new", 2)]


def test_an_undo_puts_back() -> None:
    """Whoever reads it is not to think that something new was set."""
    made = replace(summary([], 38, {Outcome.UPDATED: 38}), undoes="20261123-200000-close-1a2b")
    assert ending(made).sentence == "Finished well: 38 rows put back."
    nothing = replace(made, outcomes={Outcome.UNCHANGED: 38})
    assert ending(nothing).sentence == "Finished: there was nothing to put back."


@pytest.mark.parametrize(
    ("reason", "lead", "parts", "more"),
    [
        ("", "", [], 0),
        ("safety.max_duration is 8 s", "safety.max_duration is 8 s", [], 0),
        ("stopped; it is kept", "stopped; it is kept", [], 0),
        (
            "the canary stopped: row 1: a; row 2: b; row 3: c",
            "the canary stopped:",
            ["row 1: a", "row 2: b", "row 3: c"],
            0,
        ),
        ("why: 1; 2; 3; 4; 5; 6; 7", "why:", ["1", "2", "3", "4", "5"], 2),
        ("why; 1; 2; 3; 4; 5; 6", "why", ["1", "2", "3", "4", "5"], 1),
    ],
)
def test_a_long_reason_is_a_short_list(reason: str, lead: str, parts: list[str], more: int) -> None:
    """Its beginning, five of its parts at the most, and how many more there are."""
    assert reason_parts(reason) == (lead, parts, more)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "No field of a case was changed."),
        ({Outcome.UPDATED: 1, Outcome.MISMATCH: 2}, "No field of a case was changed."),
        (
            {Outcome.MISMATCH: 2},
            "No row ended updated; 2 rows ended mismatch: their cases may have changed otherwise, see below.",
        ),
        (
            {Outcome.MISMATCH: 1},
            "No row ended updated; 1 row ended mismatch: its case may have changed otherwise, see below.",
        ),
    ],
)
def test_a_mismatch_is_not_told_as_no_change(counts: dict[Outcome, int], said: str) -> None:
    """A case that shows another value may have been changed."""
    assert unchanged_text(counts) == said
