"""What a run has changed of a case: for each field the value before, and what it left there."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.ledger.images import Attempt, Images, attempts_of, dump_attempts, images_of
from bulkcase.ledger.transitions import SENDING
from bulkcase.model import Outcome

Values = dict[str, Any]

OLD, NEW, LAST = {"desc": "old"}, {"desc": "new"}, {"desc": "last"}
FIRST = Attempt({"name": "a"}, {}, None)
"""An attempt that another comparison made before."""


def brought(state: str, status: int | None, calls: int | None, *earlier: Attempt) -> tuple[Attempt, ...]:
    """Return the attempts of a row that sent a description."""
    return attempts_of(state, status, calls, orjson.dumps(NEW), orjson.dumps(OLD), None, dump_attempts(earlier))


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ({}, {"desc": {"was": "old", "left": "new "}, "name": {"was": None, "left": "a"}}),
        ({"desc": "new"}, {"desc": {"was": "old", "left": "new"}, "name": {"was": None, "left": "a"}}),
        ({"desc": None}, {"desc": {"was": "old", "left": None}, "name": {"was": None, "left": "a"}}),
        (None, {"desc": {"was": "old", "sent": "new "}, "name": {"was": None, "sent": "a"}}),
    ],
)
def test_what_is_left_is_what_was_shown_or_what_was_sent(left: Values | None, expected: Images) -> None:
    """A field that was shown to the letter has no value of its own; where nobody knows, none of them has."""
    assert images_of([Attempt({"desc": "new ", "name": "a"}, {"desc": "old", "name": None}, left)]) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({}, {}),
        ({"name": "a"}, {}),
        ({"desc": None}, {"was": None}),
        ({"desc": ""}, {"was": ""}),
        ({"desc": "old"}, {"was": "old"}),
    ],
)
def test_what_a_case_did_not_show_was_nothing(before: Values, expected: Values) -> None:
    """An image has a value before only where the case showed the field, null and empty included."""
    assert images_of([Attempt(NEW, before, {})]) == {"desc": {**expected, "left": "new"}}


@pytest.mark.parametrize(
    ("left", "between", "was"),
    [
        ({}, {"desc": "new"}, "old"),
        ({"desc": "NEW"}, {"desc": "NEW"}, "old"),
        (None, {"desc": "new"}, "old"),
        (None, {"desc": "NEW"}, "NEW"),
        ({}, {"desc": " new"}, " new"),
        ({"desc": "NEW"}, {"desc": "new"}, "new"),
        ({}, {"desc": "old"}, "old"),
        (None, {"desc": "old"}, "old"),
        ({}, {"desc": "theirs"}, "theirs"),
        (None, {"desc": "theirs"}, "theirs"),
    ],
)
def test_the_value_before_is_that_before_the_first_attempt(left: Values | None, between: Values, was: str) -> None:
    """Where the case showed at the second what the first had found or left; else somebody has written in between."""
    image = images_of([Attempt(NEW, OLD, left), Attempt(LAST, between, {})])["desc"]
    assert (image["was"], image["left"]) == (was, "last")
    assert ("others" in image) == (was == "old")


def test_what_a_server_tidied_is_what_was_sent() -> None:
    """Where nobody knows what it made of an update, a case that shows it tidied is as the attempt left it."""
    attempts = [Attempt({"desc": " new "}, OLD, None), Attempt(LAST, NEW, {})]
    assert images_of(attempts) == {"desc": {"was": "old", "left": "last", "others": [{"sent": " new "}]}}


@pytest.mark.parametrize("between", [{}, {"desc": None}, {"desc": ""}])
@pytest.mark.parametrize("before", [{}, {"desc": None}])
def test_nothing_before_is_nothing_however_it_is_written(before: Values, between: Values) -> None:
    """Absent, null and empty are the same: nobody has written in between."""
    (image,) = images_of([Attempt(NEW, before, None), Attempt(LAST, between, None)]).values()
    assert image == {**({"was": None} if before else {}), "sent": "last", "others": [{"sent": "new"}]}


def test_others_are_told_in_their_order() -> None:
    """What each attempt before the last one left, or sent, in the same words as the image itself."""
    attempts = [Attempt(NEW, OLD, {}), Attempt({"desc": "b"}, NEW, None), Attempt(LAST, {"desc": "b"}, {"desc": "L"})]
    others = [{"left": "new"}, {"sent": "b"}]
    assert images_of(attempts) == {"desc": {"was": "old", "left": "L", "others": others}}


def test_what_came_before_somebody_else_is_forgotten() -> None:
    """Of an image that begins anew no other attempt is told: what they left stands there no more."""
    theirs = {"desc": "theirs"}
    attempts = [Attempt(NEW, OLD, {}), Attempt(NEW, theirs, None), Attempt(LAST, theirs, {})]
    assert images_of(attempts[:2]) == {"desc": {"was": "theirs", "sent": "new"}}
    assert images_of(attempts) == {"desc": {"was": "theirs", "left": "last", "others": [{"sent": "new"}]}}


def test_fields_of_earlier_attempts_stay() -> None:
    """A later one sends only what differs still, and says nothing of the others."""
    first = Attempt({"name": "b", "tags": ["x"]}, {"name": "a"}, {})
    found = images_of([first, Attempt(NEW, OLD, None)])
    assert found == {**images_of([first]), "desc": {"was": "old", "sent": "new"}}


@pytest.mark.parametrize(
    ("state", "status", "calls", "is_there"),
    [
        ("failed", 400, 1, False),
        ("failed", 412, 3, False),
        ("failed", 499, 1, False),
        ("failed", 500, 1, True),
        ("failed", 503, 4, True),
        ("failed", None, 1, True),
        ("unknown", None, 1, True),
        ("unknown", 429, 2, True),
        ("mismatch", 200, 1, True),
        ("conflict", 200, 1, True),
        ("pending", 429, 1, True),
        *[(state, None, calls, False) for state in (SENDING, *Outcome) for calls in (None, 0)],
    ],
)
@pytest.mark.parametrize("earlier", [(), (FIRST,)])
def test_an_attempt_leaves_an_image_unless_it_was_refused(
    state: str, status: int | None, calls: int | None, earlier: tuple[Attempt, ...], *, is_there: bool
) -> None:
    """Or what the comparison says was never sent; those before stay, whatever becomes of the last one."""
    now = (Attempt(NEW, OLD, None),) if is_there else ()
    assert brought(state, status, calls, *earlier) == (*earlier, *now)


@pytest.mark.parametrize("before", [None, {}, {"desc": None}])
@pytest.mark.parametrize("left", [None, {}, {"desc": None}])
def test_columns_without_a_value(before: Values | None, left: Values | None) -> None:
    """Where nobody looked before, nothing was shown; that nobody knows what is left stays so."""
    columns = [None if each is None else orjson.dumps(each) for each in (before, left)]
    (found,) = attempts_of("updated", 200, 1, orjson.dumps(NEW), columns[0], columns[1], None)
    assert found == Attempt(NEW, before or {}, left)


def test_no_attempt_is_no_value() -> None:
    """A row that was never sent has null in its column."""
    assert (dump_attempts([]), images_of([])) == (None, {})


values = st.none() | st.sampled_from(["a", "b", ""])
shown = st.dictionaries(st.sampled_from(["desc", "name", "tags"]), values)
every = st.lists(st.builds(Attempt, shown, shown, st.none() | shown), max_size=4)


@given(every)
def test_attempts_come_back_as_they_were(attempts: list[Attempt]) -> None:
    """From the column, the oldest first."""
    assert brought("failed", 412, 1, *attempts) == tuple(attempts)


@given(every)
def test_attempts_one_after_the_other(attempts: list[Attempt]) -> None:
    """Each field that was ever sent has what its last attempt left or sent, and a value before that a case showed."""
    found = images_of(attempts)
    assert found.keys() == {field for attempt in attempts for field in attempt.sent}
    for field, image in found.items():
        senders = [attempt for attempt in attempts if field in attempt.sent]
        last = senders[-1]
        if last.left is None:
            assert (image["sent"], "left" in image) == (last.sent[field], False)
        else:
            assert (image["left"], "sent" in image) == (last.left.get(field, last.sent[field]), False)
        first = senders[-1 - len(image.get("others", ()))]
        assert ("was" in image, image.get("was")) == (field in first.before, first.before.get(field))


def test_what_any_attempt_left_is_nobody_elses() -> None:
    """The second may never have landed: the case then shows before the third what the first one left."""
    attempts = [Attempt(NEW, OLD, {}), Attempt({"desc": "b"}, NEW, None), Attempt(LAST, NEW, {})]
    assert images_of(attempts)["desc"]["was"] == "old"
