"""What planning sends, merged as a server merges it, leaves nothing to send; and an undo leaves the case as it was."""

import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import assume, given, settings
from support.depth import examples
from support.live_cases import EDITS, LIVE, QUIRKS, Wanted, served

from bulkcase.fields.proof import STANDS, prove
from bulkcase.model import Edit
from bulkcase.planning.compare import Comparison, compare
from bulkcase.sandbox import SandboxSettings

PLAIN = SandboxSettings()


def compared(wanted: Wanted, live: Mapping[str, Any]) -> Comparison:
    """Return what is to be sent; a wish that cannot be fulfilled for a case is no example."""
    before = copy.deepcopy(live)
    found = compare(wanted.body, wanted.edits, live, {})
    assert live == before
    assume(isinstance(found, Comparison))
    assert isinstance(found, Comparison)
    return found


def taken_back(sent: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Edit]:
    """Return the edits of an undo, as it is made of what a row has sent and what was seen of its case."""
    proof = prove(sent, after, is_whole=True)
    images = {}
    for field, value in sent.items():
        image = {"left": proof.left.get(field, value)}
        images[field] = Edit("restore", {**image, **({"was": before[field]} if field in before else {})})
    return images


@settings(max_examples=examples(60), deadline=None)
@given(LIVE, EDITS)
def test_what_was_applied_is_not_sent_again(live: dict[str, Any], wanted: Wanted) -> None:
    """Whatever a case shows and a row wants of it: after one call nothing differs any more."""
    found = compared(wanted, live)
    after = served(live, found.body, PLAIN)
    again = compared(wanted, after)
    assert again.body == {}
    assert set(found.body) <= wanted.roots


@settings(max_examples=examples(60), deadline=None)
@given(LIVE, EDITS)
def test_what_is_not_sent_stays_as_it_was(live: dict[str, Any], wanted: Wanted) -> None:
    """No other field of the case moves, and within a list, an object or `fields` nothing but what was meant."""
    found = compared(wanted, live)
    after = served(live, found.body, PLAIN)
    own = {"updatedAt", "lname"}
    assert {key: value for key, value in after.items() if key not in own | set(found.body)} == {
        key: value for key, value in live.items() if key not in own | set(found.body)
    }
    assert wanted.strays(live, after) == []


@settings(max_examples=examples(60), deadline=None)
@given(LIVE, EDITS)
def test_an_undo_puts_everything_back_and_its_undo_does_it_again(live: dict[str, Any], wanted: Wanted) -> None:
    """All that was sent is as before, or empty where it was not there, and all else was never touched."""
    found = compared(wanted, live)
    assume(found.body)
    after = served(live, found.body, PLAIN)
    back = compare({}, taken_back(found.body, found.before, after), after, {})
    assert isinstance(back, Comparison)
    assume(not back.kept)  # true and false cannot be emptied
    undone = served(after, back.body, PLAIN)
    assert tidy(undone) == tidy(live)
    assert set(back.body) <= set(found.body)
    twice = compare({}, taken_back(back.body, back.before, undone), undone, {})
    assert isinstance(twice, Comparison)
    assert tidy(served(undone, twice.body, PLAIN)) == tidy(after)


def tidy(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return a case without what is empty, and without what a server writes with every update."""
    own = {"updatedAt", "lname"}
    return {key: value for key, value in case.items() if value not in (None, "", [], {}) and key not in own}


@settings(max_examples=examples(60), deadline=None)
@given(LIVE, EDITS, QUIRKS)
def test_what_is_said_of_an_answer_is_true(live: dict[str, Any], wanted: Wanted, quirks: SandboxSettings) -> None:
    """A server may tidy, trim, ignore and pretend: no field that differs from what was sent is called equal."""
    found = compared(wanted, live)
    after = served(live, found.body, quirks)
    proof = prove(found.body, after, is_whole=True)
    for field, proven in proof.fields.items():
        if proven == "equal":
            assert after.get(field) == found.body[field]
    if proof.verified == "equal":
        assert {field: after.get(field) for field in found.body} == dict(found.body)


@settings(max_examples=examples(60), deadline=None)
@given(LIVE, EDITS, QUIRKS)
def test_an_undo_behind_a_server_that_tidies_puts_everything_back(
    live: dict[str, Any], wanted: Wanted, quirks: SandboxSettings
) -> None:
    """What it had made of the values before it makes again, so that each field is as it was or as it was tidied."""
    live = served(live, {key: value for key, value in live.items() if key in SENT_ONCE}, quirks)
    found = compared(wanted, live)
    assume(found.body)
    after = served(live, found.body, quirks)
    back = compare({}, taken_back(found.body, found.before, after), after, {})
    assert isinstance(back, Comparison)
    assume(not back.kept)
    undone = served(after, back.body, quirks)
    for field in found.body:
        if field not in quirks.ignores | quirks.pretends:
            assert prove({field: live.get(field)}, undone, is_whole=True).verified in STANDS


SENT_ONCE = {"name", "desc", "tags", "userInfo", "ETA", "channel", "fields", "queues", "participants", "status"}
