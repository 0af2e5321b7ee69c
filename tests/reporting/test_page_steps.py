from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from support.pages import large_page, small_page, summary

from bulkcase.model import Outcome
from bulkcase.reporting.formats.html.steps import next_steps
from bulkcase.reporting.page import Page

RUN = "20261124-230000-close-resolved-7f3a"
RESUME = f"bulkcase resume {RUN} --state /srv/example --sandbox"
UNDO = f"bulkcase undo {RUN} --state /srv/example --sandbox --abandon"


def said_by(page: Page) -> list[str]:
    return [f"{step.text}{step.file}{step.after} {step.command}".strip() for step in next_steps(page)["steps"]]


def page_of(counts: Mapping[Outcome, int], next_command: str = "", correct_command: str = "", **values: Any) -> Page:
    made = replace(summary([], sum(counts.values()), dict(counts)), **values)
    return small_page(summary=made, next_command=next_command, correct_command=correct_command)


def test_rows_that_can_be_sent_again_are_told_from_those_that_have_to_be_corrected() -> None:
    """Each with how many they are, and a command of their own."""
    counts = {Outcome.FAILED: 4, Outcome.MISMATCH: 3, Outcome.CONFLICT: 2, Outcome.UNKNOWN: 1, Outcome.INVALID: 5}
    assert said_by(page_of(counts, "bulkcase retry 1", "bulkcase resume 1 --input failed.csv")) == [
        "10 rows can be sent again: bulkcase retry 1",
        "5 rows need a cell corrected: correct them in failed.csv, then: bulkcase resume 1 --input failed.csv",
    ]
    assert said_by(page_of({Outcome.INVALID: 1}, "", "bulkcase resume 1 --input failed.csv")) == [
        "1 row needs a cell corrected: correct it in failed.csv, then: bulkcase resume 1 --input failed.csv",
    ]


def test_a_run_that_was_stopped_for_safety_is_looked_at_first() -> None:
    """Then it goes on, or is given up and taken back; the commands have the same options."""
    counts = {Outcome.MISMATCH: 5, Outcome.PENDING: 9}
    page = page_of(counts, RESUME, exit_code=3, state="stopped", files=["canary.json"])
    assert said_by(page) == [
        "Look at the rows below that ended mismatch, and at canary.json, and mend the cause.",
        f"Then go on from here with: {RESUME}",
        f"Or give it up, and take back what it has changed: {UNDO}",
    ]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({Outcome.MISMATCH: 1}, "Look at the rows below that ended mismatch, and mend the cause."),
        (
            {Outcome.MISMATCH: 1, Outcome.FAILED: 2, Outcome.UNKNOWN: 3, Outcome.CONFLICT: 4},
            "Look at the rows below that ended mismatch, failed or unknown, and mend the cause.",
        ),
        (
            {Outcome.FAILED: 1, Outcome.UNKNOWN: 1},
            "Look at the rows below that ended failed or unknown, and mend the cause.",
        ),
        ({Outcome.PENDING: 1}, "Look at why it stopped, above, and mend the cause."),
    ],
)
def test_what_to_look_at_is_what_is_there(counts: dict[Outcome, int], said: str) -> None:
    """No row is named that the run does not have, and no file that was not written."""
    assert said_by(page_of(counts, RESUME, exit_code=3, state="stopped"))[0] == said


@pytest.mark.parametrize(
    ("counts", "values"),
    [
        ({Outcome.FAILED: 9, Outcome.PENDING: 1}, {}),
        ({Outcome.UPDATED: 9, Outcome.PENDING: 1}, {"undoes": "20261123-200000-close-1a2b"}),
        ({Outcome.UPDATED: 9, Outcome.PENDING: 1}, {"exit_code": 5}),
    ],
)
def test_nothing_is_taken_back_without_need(counts: dict[Outcome, int], values: dict[str, Any]) -> None:
    """Not where nothing landed, where the run takes another one back itself, or where it is only paused."""
    page = page_of(counts, RESUME, **{"exit_code": 3, "state": "stopped", **values})
    assert "undo" not in " ".join(said_by(page))


def test_a_stopped_run_without_pending_rows_sends_its_bad_rows_again() -> None:
    """After somebody has looked at it."""
    page = page_of({Outcome.MISMATCH: 2}, "bulkcase retry 1", exit_code=3, state="stopped")
    assert said_by(page)[1:] == ["Then 2 rows can be sent again: bulkcase retry 1"]


def test_a_run_that_was_taken_back_needs_nothing() -> None:
    """No command and no tip stands there any more."""
    page = replace(small_page(), undone_by=["20261125-080000-undo-close-1a2b"])
    assert next_steps(page) == {
        "steps": [],
        "tips": [],
        "more_tips": 0,
        "advice": "Nothing: it was taken back by run 20261125-080000-undo-close-1a2b.",
    }
    twice = next_steps(replace(page, undone_by=["one", "two"]))
    assert twice["advice"] == "Nothing: it was taken back by runs one and two."


def test_three_causes_are_told_and_how_many_more_there_are() -> None:
    """The others stand further below."""
    found = next_steps(large_page())
    assert (len(found["tips"]), found["more_tips"]) == (3, len(large_page().summary.errors) - 3)
    assert next_steps(small_page())["more_tips"] == 0


def test_there_is_advice_only_where_nothing_else_gives_it() -> None:
    """A run that is done needs nothing; one that goes on has to be waited for."""
    done = {Outcome.UPDATED: 1}
    assert next_steps(page_of(done, "bulkcase retry 1"))["advice"] == ""
    assert next_steps(page_of(done))["advice"] == "Nothing: this run is done."
    assert next_steps(page_of(done, state="running"))["advice"].startswith("Nothing yet")
    left = page_of({Outcome.PENDING: 1}, state="abandoned")
    assert next_steps(left)["advice"] == "Look at the rows below that did not end well."
    assert said_by(page_of({Outcome.PENDING: 1}, RESUME, exit_code=5)) == [f"Go on from here with: {RESUME}"]
