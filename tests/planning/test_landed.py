"""Whether what was sent for a row stands in its case."""

import copy
from typing import Any, Final, NamedTuple

import pytest

from bulkcase.fields.proof import Proven
from bulkcase.ledger.sent import CHECKED, SentRow
from bulkcase.ledger.transitions import TRANSITIONS, Event
from bulkcase.model import Outcome
from bulkcase.planning.landed import ASIDE, PROMPT, Landed, Landing, judge_landing

UPDATED, MISMATCH, CONFLICT, UNKNOWN = Outcome.UPDATED, Outcome.MISMATCH, Outcome.CONFLICT, Outcome.UNKNOWN
SENT_AT: Final = 50.0
SOON, LATE = SENT_AT + PROMPT, SENT_AT + PROMPT + 1
NEWER, OLDER = "20261118-110640-close-resolved-7f3a", "20261117-110640-close-resolved-0001"
ALONE = "tags: somebody changed them since"
KEPT = {CONFLICT: ALONE}

ROW = SentRow(
    number=7,
    case_id="ci-1",
    state=UPDATED,
    sent={"desc": "new"},
    before={"desc": "old"},
    left=None,
    verified="",
    code="",
    message="",
    kept="",
    attempts=1,
    finished_at=SENT_AT,
    proved_at=None,
    place=3,
    live={"desc": "new", "name": "Refund"},
    read_at=SOON,
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


def look(
    state: Outcome, shows: str, verified: str = "", later: Any = (), *, is_ours: bool = False, **more: Any
) -> Landing:
    """Return what a look at a case that shows something tells about a row."""
    row = (TIDY if shows == "tidied" else ROW)._replace(state=state, verified=verified, live=SHOWN[shows])
    return judged(row._replace(kept=KEPT.get(state, ""))._replace(**more), later, is_ours=is_ours)


def judged(row: SentRow, later: Any = (), *, is_ours: bool = False) -> Landing:
    """Return what becomes of a row, by a step that it may take and that leaves the row itself alone."""
    handed = copy.deepcopy(row)
    landing = judge_landing(row, 0.0, later, is_ours=is_ours)
    assert row == handed
    if landing.event is not None:
        assert row.state in TRANSITIONS[landing.event][0]
    return landing


class When(NamedTuple):
    """When the look was, and whether another look was before."""

    read_at: float
    proved_at: float | None


FIRST, LATER, AGAIN, AGAIN_LATER = When(SOON, None), When(LATE, None), When(SOON, 55.0), When(LATE, 55.0)
WHENS = (FIRST, LATER, AGAIN, AGAIN_LATER)
ANY: Final = ("", "equal", "normalised", "not_shown", "different")
SEEN: Final = ("equal", "normalised")
UNPROVEN: Final = ("", "not_shown")
ALL = (UPDATED, MISMATCH, CONFLICT, UNKNOWN)
IN_PART = (MISMATCH, CONFLICT)
TABLE: list[
    tuple[str, tuple[Outcome, ...], tuple[str, ...], tuple[When, ...], tuple[bool, ...], Landed, Event | None, str]
] = [
    ("sent", (UPDATED,), ANY, WHENS, (False, True), Landed.APPLIED, Event.CONFIRM, ""),
    ("sent", (MISMATCH, UNKNOWN), ANY, WHENS, (False, True), Landed.APPLIED, Event.CONFIRM, "settled"),
    ("sent", (CONFLICT,), ANY, WHENS, (False, True), Landed.APPLIED, Event.LEAVE, "left_alone"),
    ("tidied", (UPDATED,), ANY, WHENS, (False, True), Landed.APPLIED, Event.CONFIRM, "normalised"),
    ("tidied", (MISMATCH, UNKNOWN), ANY, WHENS, (False, True), Landed.APPLIED, Event.CONFIRM, "settled"),
    ("tidied", (CONFLICT,), ANY, WHENS, (False, True), Landed.APPLIED, Event.LEAVE, "left_alone"),
    # The value before.
    ("old", (UNKNOWN,), ANY, WHENS, (False,), Landed.NOT_APPLIED, Event.DENY, "not_applied"),
    ("old", (UPDATED, *IN_PART), UNPROVEN, WHENS, (False,), Landed.NOT_APPLIED, Event.DISPROVE, "not_applied"),
    ("old", (UPDATED, *IN_PART), SEEN, (FIRST, LATER), (False,), Landed.NOT_APPLIED, Event.DISPROVE, "not_applied"),
    ("old", (UPDATED,), SEEN, (AGAIN, AGAIN_LATER), (False,), Landed.CHANGED_SINCE, Event.CONFIRM, "changed_since"),
    ("old", IN_PART, SEEN, (AGAIN, AGAIN_LATER), (False,), Landed.CHANGED_SINCE, None, "changed_since"),
    ("old", IN_PART, ("different",), WHENS, (False,), Landed.NOT_APPLIED, Event.DISPROVE, "not_applied"),
    ("old", (UPDATED,), ("different",), WHENS, (False,), Landed.CHANGED_SINCE, Event.CONFIRM, "changed_since"),
    # Something else.
    ("third", (UNKNOWN,), ANY, WHENS, (False,), Landed.CHANGED_SINCE, None, "changed_since"),
    ("third", (UPDATED,), (*SEEN, "different"), WHENS, (False,), Landed.CHANGED_SINCE, Event.CONFIRM, "changed_since"),
    ("third", IN_PART, SEEN, WHENS, (False,), Landed.CHANGED_SINCE, None, "changed_since"),
    ("third", (UPDATED,), UNPROVEN, (FIRST, AGAIN), (False,), Landed.NOT_APPLIED, Event.DISPROVE, "mismatch"),
    (
        *("third", IN_PART, (*UNPROVEN, "different"), (FIRST, AGAIN), (False,)),
        *(Landed.NOT_APPLIED, Event.DISPROVE, "mismatch"),
    ),
    (
        *("third", (UPDATED,), UNPROVEN, (LATER, AGAIN_LATER), (False,)),
        *(Landed.CHANGED_SINCE, Event.CONFIRM, "changed_since"),
    ),
    (
        *("third", IN_PART, (*UNPROVEN, "different"), (LATER, AGAIN_LATER), (False,)),
        *(Landed.CHANGED_SINCE, None, "changed_since"),
    ),
    # A newer run has written.
    ("old", (UPDATED,), ANY, WHENS, (True,), Landed.CHANGED_SINCE, Event.CONFIRM, "changed_since"),
    ("old", (*IN_PART, UNKNOWN), ANY, WHENS, (True,), Landed.CHANGED_SINCE, None, "changed_since"),
    ("third", (UPDATED,), ANY, WHENS, (True,), Landed.CHANGED_SINCE, Event.CONFIRM, "changed_since"),
    ("third", (*IN_PART, UNKNOWN), ANY, WHENS, (True,), Landed.CHANGED_SINCE, None, "changed_since"),
    # Nothing to see.
    (
        *("not shown", (UPDATED,), (*UNPROVEN, "different"), WHENS, (False, True)),
        *(Landed.NOT_SHOWN, Event.CONFIRM, "not_shown"),
    ),
    ("not shown", (UPDATED,), SEEN, WHENS, (False, True), Landed.NOT_SHOWN, None, "not_shown"),
    ("not shown", (*IN_PART, UNKNOWN), ANY, WHENS, (False, True), Landed.NOT_SHOWN, None, "not_shown"),
    ("not seen", ALL, ANY, WHENS, (False, True), Landed.NOT_SEEN, None, ""),
]
LINES = [
    (shows, state, verified, when, is_newer, landed, event, code)
    for shows, states, verifieds, whens, newers, landed, event, code in TABLE
    for state in states
    for verified in verifieds
    for when in whens
    for is_newer in newers
]


@pytest.mark.parametrize(("shows", "state", "verified", "when", "is_newer", "landed", "event", "code"), LINES)
def test_what_a_look_tells(
    shows: str,
    state: Outcome,
    verified: str,
    when: When,
    landed: Landed,
    event: Event | None,
    code: str,
    *,
    is_newer: bool,
) -> None:
    """Each line of the table, by what the case shows, what became of the row, what was seen, when, and a newer run."""
    found = look(state, shows, verified, [(NEWER, "name desc")] if is_newer else [], **when._asdict())
    assert (found.landed, found.event, found.code) == (landed, event, code)
    assert bool(found.verified) == (landed is not Landed.NOT_SEEN)


def test_the_table_has_every_line_once() -> None:
    """There is nothing that a case may show of a row without a line for it."""
    lines = [line[:5] for line in LINES]
    assert len(lines) == len(set(lines)) == len(SHOWN) * len(ALL) * len(ANY) * len(WHENS) * 2
    assert {*ALL} == {*CHECKED, CONFLICT}
    assert {*ANY} == {"", *map(str, Proven)}


@pytest.mark.parametrize("state", ALL)
@pytest.mark.parametrize("shows", SHOWN)
@pytest.mark.parametrize(
    ("since", "more"),
    [
        (SOON, {}),
        (SOON + 1, {}),
        (0.0, {"read_at": SENT_AT}),
        (0.0, {"read_at": 40.0}),
        (0.0, {"read_at": 0.0, "finished_at": None}),
        (0.0, {"read_at": None}),
    ],
)
def test_a_case_that_was_read_too_early_was_not_seen(
    state: Outcome, shows: str, since: float, more: dict[str, Any]
) -> None:
    """Before the row was sent, or before the moment that was asked for, or at it: the case may be another now."""
    row = ROW._replace(state=state, live=SHOWN[shows])._replace(**more)
    assert judge_landing(row, since, [(NEWER, "desc")]) == Landing(Landed.NOT_SEEN)


def test_a_look_after_both_moments_counts() -> None:
    """Where nobody knows when the row was sent, the moment that was asked for is enough."""
    assert judge_landing(ROW, SOON - 0.1).landed is Landed.APPLIED
    assert judge_landing(ROW._replace(finished_at=None), SOON - 0.1).landed is Landed.APPLIED


@pytest.mark.parametrize(
    ("shows", "verified", "seen"),
    [
        ("sent", "equal", {}),
        ("tidied", "normalised", {"desc": " new"}),
        ("old", "different", {"desc": "old"}),
        ("third", "different", {"desc": "theirs"}),
        ("not shown", "not_shown", None),
    ],
)
@pytest.mark.parametrize("state", [UPDATED, MISMATCH])
def test_only_a_look_right_afterwards_tells_what_a_row_left(
    state: Outcome, shows: str, verified: str, seen: dict[str, Any] | None
) -> None:
    """By the run itself: another may see somebody's changes, and what the answer told stays, whenever the look is."""
    found = look(state, shows, is_ours=True)
    assert (found.verified, found.left) == (verified, seen)
    assert bool(found.message) == (shows != "sent")
    assert look(state, shows).left is None
    assert look(state, shows, is_ours=True, read_at=LATE).left is None
    for told in ({}, {"desc": "answer"}):
        assert [look(state, shows, is_ours=True, left=told, read_at=at).left for at in (SOON, LATE)] == [told, told]


@pytest.mark.parametrize("state", ALL)
@pytest.mark.parametrize("left", [None, {}, {"desc": "as it was left"}])
@pytest.mark.parametrize("is_newer", [False, True])
def test_what_somebody_has_changed_keeps_what_the_row_left(
    state: Outcome, left: dict[str, Any] | None, *, is_newer: bool
) -> None:
    """What stands there now is not the row's work, and the message says whose it is."""
    found = look(state, "third", "equal", [(NEWER, "desc"), (OLDER, "desc")] if is_newer else [], left=left)
    assert (found.landed, found.left, found.verified) == (Landed.CHANGED_SINCE, left, "different")
    who = f"run {NEWER}, which is newer, has changed it" if is_newer else "somebody has changed it since"
    assert found.message == f'{who}: desc: sent "new", shows "theirs"'


@pytest.mark.parametrize(
    ("later", "named"),
    [
        ([(NEWER, "name")], None),
        ([(NEWER, "")], None),
        ([(NEWER, "description")], None),
        ([(NEWER, "name"), (OLDER, "name desc")], OLDER),
        ([(NEWER, "desc"), (OLDER, "desc")], NEWER),
    ],
)
def test_a_newer_run_counts_for_the_fields_that_it_sent(later: list[tuple[str, str]], named: str | None) -> None:
    """The first of them that has sent one of those that differ is named; of others it says nothing."""
    found = look(UPDATED, "old", later=later)
    assert found.landed is (Landed.NOT_APPLIED if named is None else Landed.CHANGED_SINCE)
    assert named is None or found.message.startswith(f"run {named}, which is newer")


@pytest.mark.parametrize("shows", ["old", "third"])
def test_what_somebody_has_changed_stays_so_at_the_next_look(shows: str) -> None:
    """A second look must not make a mismatch of it, which a retry would send over that change."""
    first = look(UPDATED, "third", "equal", left={})
    second = look(UPDATED, shows, first.verified, left=first.left, code=first.code, proved_at=SOON, read_at=LATE)
    assert (second.landed, second.event, second.code, second.left) == (*first[:3], {})
    assert look(UPDATED, "sent", first.verified, code=first.code, proved_at=SOON, read_at=LATE).code == ""


def test_what_the_server_made_of_it_is_still_a_mismatch_later() -> None:
    """As long as the case shows what the answer did; what differs from that too, somebody has changed."""
    known: Any = {"verified": "different", "left": {"desc": "theirs"}, "read_at": LATE}
    assert look(MISMATCH, "third", **known).code == "mismatch"
    assert look(MISMATCH, "third", **known | {"left": {"desc": "another"}}).code == "changed_since"
    assert look(CONFLICT, "third", **known).code == "changed_since"


@pytest.mark.parametrize("state", ALL)
def test_a_case_that_changed_aside_is_for_a_person(state: Outcome) -> None:
    """Though what was sent stands there: the row stays a mismatch, with its cause and what was told."""
    found = look(state, "sent", "equal", code=ASIDE, message="name: changed too", kept=ALONE)
    assert (found.landed, found.event) == (Landed.APPLIED, Event.DISPROVE)
    assert (found.code, found.message) == (ASIDE, "name: changed too")


@pytest.mark.parametrize("state", [MISMATCH, CONFLICT, UNKNOWN])
def test_a_row_of_which_a_part_is_left_alone_ends_so(state: Outcome) -> None:
    """Once what was sent stands there; before that, both are told."""
    found = look(state, "sent", kept=ALONE)
    assert (found.event, found.code, found.message) == (Event.LEAVE, "left_alone", ALONE)
    if state is not UNKNOWN:
        assert look(state, "old", kept=ALONE).message == f'desc: sent "new", shows "old"; {ALONE}'


def test_a_row_that_was_settled_stays_so() -> None:
    """That a look, and not an answer, has told of it is still known after the next one."""
    assert [look(UPDATED, shows, code="settled").code for shows in ("sent", "tidied")] == ["settled"] * 2


@pytest.mark.parametrize("proved_at", [40.0, SENT_AT])
def test_a_look_before_the_row_was_sent_again_has_not_seen_it(proved_at: float) -> None:
    """What an answer then showed, and the case does not, a server has said and not done, once more."""
    assert look(UPDATED, "old", "equal", proved_at=proved_at).landed is Landed.NOT_APPLIED
