"""What a look tells about a row that was sent with several fields, of which not all are the same."""

from typing import Any

import pytest

from bulkcase.ledger.sent import SentRow
from bulkcase.ledger.transitions import TRANSITIONS, Event
from bulkcase.model import Outcome
from bulkcase.planning.landed import Landed, Landing, judge_landing

BOTH = SentRow(
    number=7,
    case_id="ci-1",
    state=Outcome.UPDATED,
    sent={"desc": "new", "name": "new"},
    before={"desc": "old", "name": "was"},
    left=None,
    verified="",
    code="",
    message="",
    kept="",
    attempts=1,
    finished_at=50.0,
    proved_at=None,
    place=3,
    live={},
    read_at=60.0,
)


def judged(row: SentRow) -> Landing:
    """Return what becomes of a row, by a step that it may take."""
    landing = judge_landing(row, 0.0)
    assert landing.event is None or row.state in TRANSITIONS[landing.event][0]
    return landing


def test_what_is_shown_in_part_does_not_tell_what_a_row_left() -> None:
    """One field differs and the other is not shown: of that nobody knows what it is."""
    assert judged(BOTH._replace(live={"desc": "theirs"})).left is None


@pytest.mark.parametrize(
    ("live", "landed", "event", "code"),
    [
        ({"desc": "old", "name": "was"}, Landed.NOT_APPLIED, Event.DENY, "not_applied"),
        ({"desc": "old", "name": "new"}, Landed.NOT_APPLIED, Event.DISPROVE, "mismatch"),
        ({"desc": "new", "name": "theirs"}, Landed.NOT_APPLIED, Event.DISPROVE, "mismatch"),
        ({"desc": "theirs", "name": "theirs"}, Landed.CHANGED_SINCE, None, "changed_since"),
        ({"desc": "old", "name": "theirs"}, Landed.CHANGED_SINCE, None, "changed_since"),
    ],
)
def test_a_row_in_doubt_with_several_fields(live: Any, landed: Landed, event: Event | None, code: str) -> None:
    """It is denied where all show the value before, a mismatch where a part stands, and else stays in doubt."""
    assert judged(BOTH._replace(state=Outcome.UNKNOWN, live=live))[:3] == (landed, event, code)


@pytest.mark.parametrize("shows", ["old", "theirs"])
def test_a_row_in_doubt_of_which_nothing_is_seen_to_stand_stays_so(shows: str) -> None:
    """The other field is not shown: it may stand there or not."""
    assert judged(BOTH._replace(state=Outcome.UNKNOWN, live={"desc": shows})).event is None


@pytest.mark.parametrize(
    ("before", "live", "code"),
    [
        ({"desc": "old", "name": "a"}, {"desc": "old", "name": "z"}, "not_applied"),
        ({"desc": "old", "name": "a"}, {"desc": "new", "name": "a"}, "not_applied"),
        ({"desc": "old", "name": "a"}, {"desc": "new", "name": "z"}, "mismatch"),
        ({"desc": "old"}, {"desc": "new", "name": ""}, "not_applied"),
        ({}, {"desc": None, "name": "new"}, "not_applied"),
        (None, {"desc": None, "name": "new"}, "mismatch"),
    ],
)
def test_one_field_that_is_as_before_is_enough(before: dict[str, Any] | None, live: dict[str, Any], code: str) -> None:
    """Where an answer came: of the fields that differ, empty where the case showed none."""
    found = judged(BOTH._replace(before=before, live=live))
    assert (found.event, found.code) == (Event.DISPROVE, code)
