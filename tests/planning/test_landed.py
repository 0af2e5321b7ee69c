"""Whether what was sent for a row stands in its case."""

import copy
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields.proof import Proven
from bulkcase.ledger.sent import CHECKED, SentRow
from bulkcase.ledger.transitions import TRANSITIONS, Event
from bulkcase.model import Outcome
from bulkcase.planning.landed import Landed, Landing, judge_landing

UPDATED, MISMATCH, UNKNOWN = Outcome.UPDATED, Outcome.MISMATCH, Outcome.UNKNOWN
SENT_AT: Final = 50.0
LEFT = {"desc": "as it was left"}
NEWER = "20261118-110640-close-resolved-7f3a"

ROW = SentRow(
    number=7,
    case_id="ci-1",
    state=UPDATED,
    sent={"desc": "new"},
    before={"desc": "old"},
    left=LEFT,
    verified="",
    message="",
    finished_at=SENT_AT,
    place=3,
    live={"desc": "new", "name": "Refund"},
    read_at=60.0,
)
SHOWN: dict[str, Any] = {
    "sent": {"desc": "new", "name": "Refund"},
    "tidied": {"desc": " new", "name": "Refund"},
    "old": {"desc": "old"},
    "third": {"desc": "theirs"},
    "not shown": {"name": "Refund"},
    "not seen": None,
}
TIDY = ROW._replace(sent={"desc": " new "})


def look(state: Outcome, shows: str, verified: str = "", later: str | None = None, **more: Any) -> Landing:
    """Return what a look at a case that shows something tells about a row."""
    row = (TIDY if shows == "tidied" else ROW)._replace(state=state, verified=verified, live=SHOWN[shows], **more)
    handed = copy.deepcopy(row)
    landing = judge_landing(row, 0.0, later)
    assert row == handed
    if landing.event is not None:
        before, after = TRANSITIONS[landing.event]
        assert state in before
        assert after == _after(state, landing)
        assert landing.verified
    return landing


def _after(state: Outcome, landing: Landing) -> Outcome:
    """Return what a row becomes by the table of the module."""
    if landing.landed is Landed.APPLIED:
        return UPDATED
    if landing.landed is Landed.NOT_APPLIED:
        return Outcome.FAILED if state is UNKNOWN else MISMATCH
    return state


ANY: Final = ("", "equal", "normalised", "not_shown", "different")
SEEN: Final = ("equal", "normalised")
NOT_SEEN: Final = ("", "not_shown", "different")
ALL = (UPDATED, MISMATCH, UNKNOWN)
NO_LATER: Final = (None,)
TABLE: list[tuple[str, tuple[Outcome, ...], tuple[str, ...], tuple[str | None, ...], Landed, Event | None, str]] = [
    ("sent", (UPDATED,), ANY, (None, NEWER), Landed.APPLIED, Event.CONFIRM, ""),
    ("sent", (MISMATCH, UNKNOWN), ANY, (None, NEWER), Landed.APPLIED, Event.CONFIRM, "settled"),
    ("tidied", (UPDATED,), ANY, (None, NEWER), Landed.APPLIED, Event.CONFIRM, "normalised"),
    ("tidied", (MISMATCH, UNKNOWN), ANY, (None, NEWER), Landed.APPLIED, Event.CONFIRM, "settled"),
    ("old", (UPDATED, MISMATCH), ANY, NO_LATER, Landed.NOT_APPLIED, Event.DISPROVE, "not_applied"),
    ("old", (UNKNOWN,), ANY, NO_LATER, Landed.NOT_APPLIED, Event.DENY, "not_applied"),
    ("third", (UPDATED, MISMATCH), NOT_SEEN, NO_LATER, Landed.NOT_APPLIED, Event.DISPROVE, "mismatch"),
    ("third", (UPDATED,), SEEN, NO_LATER, Landed.CHANGED_SINCE, Event.CONFIRM, "changed_since"),
    ("third", (MISMATCH,), SEEN, NO_LATER, Landed.CHANGED_SINCE, None, "changed_since"),
    ("third", (UNKNOWN,), ANY, NO_LATER, Landed.CHANGED_SINCE, None, "changed_since"),
    ("old", (UPDATED,), ANY, (NEWER,), Landed.CHANGED_SINCE, Event.CONFIRM, "changed_since"),
    ("old", (MISMATCH, UNKNOWN), ANY, (NEWER,), Landed.CHANGED_SINCE, None, "changed_since"),
    ("third", (UPDATED,), ANY, (NEWER,), Landed.CHANGED_SINCE, Event.CONFIRM, "changed_since"),
    ("third", (MISMATCH, UNKNOWN), ANY, (NEWER,), Landed.CHANGED_SINCE, None, "changed_since"),
    ("not shown", (UPDATED,), NOT_SEEN, (None, NEWER), Landed.NOT_SHOWN, Event.CONFIRM, "not_shown"),
    ("not shown", (UPDATED,), SEEN, (None, NEWER), Landed.NOT_SHOWN, None, "not_shown"),
    ("not shown", (MISMATCH, UNKNOWN), ANY, (None, NEWER), Landed.NOT_SHOWN, None, "not_shown"),
    ("not seen", ALL, ANY, (None, NEWER), Landed.NOT_SEEN, None, ""),
]
LINES = [
    (shows, state, verified, later, landed, event, code)
    for shows, states, verifieds, laters, landed, event, code in TABLE
    for state in states
    for verified in verifieds
    for later in laters
]


@pytest.mark.parametrize(("shows", "state", "verified", "later", "landed", "event", "code"), LINES)
def test_what_a_look_tells(
    shows: str, state: Outcome, verified: str, later: str | None, landed: Landed, event: Event | None, code: str
) -> None:
    """Each line of the table, by what the case shows, what became of the row, what was seen, and a newer run."""
    found = look(state, shows, verified, later)
    assert (found.landed, found.event, found.code) == (landed, event, code)


def test_the_table_has_every_line_once() -> None:
    """There is nothing that a case may show of a row without a line for it."""
    lines = [line[:4] for line in LINES]
    assert len(lines) == len(set(lines)) == len(SHOWN) * len(ALL) * len(ANY) * 2
    assert {*ALL} == {*CHECKED}
    assert {*ANY} == {"", *map(str, Proven)}


@pytest.mark.parametrize("state", CHECKED)
@pytest.mark.parametrize("shows", SHOWN)
@pytest.mark.parametrize("later", [None, NEWER])
@pytest.mark.parametrize(
    ("since", "more"),
    [
        (60.0, {}),
        (61.0, {}),
        (0.0, {"read_at": SENT_AT}),
        (0.0, {"read_at": 40.0}),
        (0.0, {"read_at": 0.0, "finished_at": None}),
        (0.0, {"read_at": None}),
    ],
)
def test_a_case_that_was_read_too_early_was_not_seen(
    state: Outcome, shows: str, later: str | None, since: float, more: dict[str, Any]
) -> None:
    """Before the row was sent, or before the moment that was asked for, or at it: the case may be another now."""
    row = ROW._replace(state=state, live=SHOWN[shows], **more)
    assert judge_landing(row, since, later) == Landing(Landed.NOT_SEEN)


def test_a_look_after_both_moments_counts() -> None:
    """Where nobody knows when the row was sent, the moment that was asked for is enough."""
    assert judge_landing(ROW, 59.9).landed is Landed.APPLIED
    assert judge_landing(ROW._replace(finished_at=None), 59.9).landed is Landed.APPLIED


@pytest.mark.parametrize(
    ("shows", "verified", "left"),
    [
        ("sent", "equal", None),
        ("tidied", "normalised", {"desc": " new"}),
        ("old", "different", {"desc": "old"}),
        ("third", "different", {"desc": "theirs"}),
        ("not shown", "not_shown", None),
    ],
)
def test_what_the_case_shows_is_what_the_row_left(shows: str, verified: str, left: dict[str, Any] | None) -> None:
    """To the letter what was sent where nothing else is told, and with the reason where it is not well."""
    found = look(UPDATED, shows)
    assert (found.verified, found.left) == (verified, left)
    assert bool(found.message) == (shows != "sent")


@pytest.mark.parametrize("state", CHECKED)
@pytest.mark.parametrize("left", [None, LEFT])
@pytest.mark.parametrize(("verified", "later"), [("equal", None), ("normalised", None), ("", NEWER), ("equal", NEWER)])
def test_what_somebody_has_changed_keeps_what_the_row_left(
    state: Outcome, left: dict[str, Any] | None, verified: str, later: str | None
) -> None:
    """What stands there now is not the row's work, and the message says whose it is."""
    found = look(state, "third", verified, later, left=left)
    assert (found.landed, found.left, found.verified) == (Landed.CHANGED_SINCE, left, "different")
    who = "somebody has changed it since" if later is None else f"run {NEWER}, which is newer, has changed it"
    assert found.message == f'{who}: desc: sent "new", shows "theirs"'


@pytest.mark.parametrize("verified", SEEN)
def test_what_somebody_has_changed_stays_so_at_the_next_look(verified: str) -> None:
    """A second look must not make a mismatch of it, which a retry would send over that change."""
    first = look(UPDATED, "third", verified)
    second = look(UPDATED, "third", first.verified, left=first.left, code=first.code)
    assert second == first
    assert look(UPDATED, "old", first.verified, code=first.code).landed is Landed.NOT_APPLIED
    assert look(UPDATED, "sent", first.verified, code=first.code).code == ""


@pytest.mark.parametrize(
    ("before", "live", "landed"),
    [
        ({"desc": "old", "name": "a"}, {"desc": "old", "name": "z"}, Landed.NOT_APPLIED),
        ({"desc": "old", "name": "a"}, {"desc": "new", "name": "a"}, Landed.NOT_APPLIED),
        ({"desc": "old", "name": "a"}, {"desc": "new", "name": "z"}, Landed.CHANGED_SINCE),
        ({"desc": "z", "name": "new"}, {"desc": "new", "name": "z"}, Landed.CHANGED_SINCE),
        ({"desc": "old"}, {"desc": "new", "name": ""}, Landed.NOT_APPLIED),
        ({}, {"desc": None, "name": "new"}, Landed.NOT_APPLIED),
        (None, {"desc": None, "name": "new"}, Landed.CHANGED_SINCE),
        (None, {"desc": "old", "name": "a"}, Landed.CHANGED_SINCE),
    ],
)
@pytest.mark.parametrize("state", [UPDATED, UNKNOWN])
def test_one_field_that_is_as_before_is_enough(
    state: Outcome, before: dict[str, Any] | None, live: dict[str, Any], landed: Landed
) -> None:
    """Of the fields that differ, compared with what the case showed, empty where it showed none."""
    row = ROW._replace(sent={"desc": "new", "name": "new"}, before=before, live=live, state=state, verified="equal")
    assert judge_landing(row, 0.0).landed is landed


texts = st.none() | st.sampled_from(["old", "new", " new", "theirs", ""])
shown = st.dictionaries(st.sampled_from(["desc", "name"]), texts)
rows = st.builds(
    SentRow,
    number=st.just(7),
    case_id=st.just("ci-1"),
    state=st.sampled_from(CHECKED),
    sent=st.dictionaries(st.sampled_from(["desc", "name"]), texts, min_size=1),
    before=st.none() | shown,
    left=st.none() | shown,
    verified=st.sampled_from(ANY),
    message=st.just(""),
    finished_at=st.none() | st.floats(0, 9),
    place=st.none(),
    live=st.none() | shown,
    read_at=st.none() | st.floats(0, 9),
    code=st.sampled_from(["", "changed_since", "mismatch", "settled"]),
)


@given(rows, st.floats(0, 9), st.none() | st.just(NEWER))
def test_what_a_look_tells_is_a_step_that_a_row_may_take(row: SentRow, since: float, later: str | None) -> None:
    """The table of transitions knows each of them, and a row in doubt stays so or is settled either way."""
    found = judge_landing(row, since, later)
    if found.event is not None:
        before, after = TRANSITIONS[found.event]
        assert row.state in before
        assert after == _after(row.state, found)
        assert row.live is not None
        assert found.verified in {*map(str, Proven)}
    if found.landed is Landed.NOT_APPLIED:
        assert later is None
    if found.landed is Landed.CHANGED_SINCE:
        assert found.left == row.left
    if found.landed is Landed.NOT_SEEN:
        assert found == Landing(Landed.NOT_SEEN)
