"""What undo sends, once the live case is known."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.custom_fields import DUE, DUE_MS, item

from bulkcase.fields import FIELDS, Kind
from bulkcase.fields.equal import unchanged
from bulkcase.fields.proof import STANDS, prove
from bulkcase.mapping.faults import Fault
from bulkcase.model import Edit
from bulkcase.planning.compare import Comparison, compare

Values = dict[str, Any]
OPEN, CLOSED, HELD = ({"_id": f"sts-{name}", "name": name} for name in ("Open", "Closed", "Held"))
ANN = {"_id": "u-1", "name": "Ann", "emailId": "a@x"}
Q1, Q2, Q3 = ({"_id": f"q-{number}", "name": name} for number, name in enumerate(["One", "Two", "Three"]))
NEVER = object()


def purely(body: Mapping[str, Any], edits: Mapping[str, Edit], live: Mapping[str, Any]) -> Comparison:
    """Return a comparison, having made sure that nothing handed over was changed."""
    before = copy.deepcopy((body, edits, live))
    found = compare(body, edits, live, {})
    assert (body, edits, live) == before
    assert isinstance(found, Comparison), found
    return found


def undone(live: Mapping[str, Any], images: Mapping[str, Mapping[str, Any]]) -> Comparison:
    found = purely({}, {field: Edit("restore", image) for field, image in images.items()}, live)
    assert found.before == {field: live[field] for field in found.body if field in live}
    assert not {id(item) for item in items_of(found.body)} & {id(item) for item in items_of(live)}, "nothing is shared"
    return found


def items_of(case: Mapping[str, Any]) -> list[Any]:
    return [item for value in case.values() if isinstance(value, list) for item in value if isinstance(item, dict)]


def image(was: Any, after: Any, how: str = "left") -> Values:
    return {how: after} if was is NEVER else {"was": was, how: after}


def one(field: str, was: Any, after: Any, now: Any, how: str = "left") -> Comparison:
    return undone({} if now is NEVER else {field: now}, {field: image(was, after, how)})


@pytest.mark.parametrize("how", ["left", "sent"])
@pytest.mark.parametrize(
    ("field", "was", "after", "now", "value"),
    [
        ("desc", "old", "new", "new", "old"),
        ("desc", NEVER, "new", "new", None),
        ("desc", "old", None, NEVER, "old"),
        ("dueDate", DUE_MS, 5, "1970-01-01T00:00:00.005Z", DUE_MS),
        ("isActive", True, False, False, True),
        ("status", OPEN, CLOSED, CLOSED | {"score": 1}, OPEN),
        ("status", OPEN, OPEN | {"lname": "odd"}, OPEN | {"lname": "odd"}, OPEN),
        ("currAssignee", NEVER, {"_id": "a"}, {"_id": "a"}, None),
        ("userInfo", ANN, ANN | {"emailId": "b@x"}, ANN | {"emailId": "b@x"}, ANN),
        ("tags", ["b", "a"], ["c", "d"], ["d", "c"], ["b", "a"]),
        ("tags", NEVER, ["c"], ["c"], []),
        ("channel", "email", ["web"], ["web"], "email"),
        ("sessIds", ["b", "a"], ["c"], ["c"], ["b", "a"]),
        ("fields", [item("R", "N")], [item("R", "S")], [item("R", "S")], [item("R", "N")]),
        ("Region", NEVER, "S", "S", None),
        ("Region", NEVER, ["S"], ["S"], []),
        # Of lists without order the run's own changes are undone, whatever somebody did to them since.
        ("tags", ["a"], ["a", "new"], ["since", "new", "a"], ["since", "a"]),
        ("tags", ["a", "b"], ["a"], ["since", "a"], ["since", "a", "b"]),
        ("tags", ["a", "b", "c"], ["x"], ["b", "y"], ["b", "y", "a", "c"]),
        ("tags", ["a", "b"], ["a", "b", "new"], ["new"], []),
        ("tags", ["a", "b"], ["a"], None, ["b"]),
        ("tags", NEVER, ["new"], ["since", "new", "new"], ["since"]),
        ("tags", ["a", "a"], ["b"], ["b", "c"], ["c", "a", "a"]),
        ("queues", [Q1], [Q1, Q2], [Q3, Q2 | {"size": 1}, Q1 | {"size": 2}], [Q3, Q1 | {"size": 2}]),
        ("queues", [Q1 | {"size": 7}], [Q1], [Q1, Q3], [Q1 | {"size": 7}, Q3]),
        ("queues", [Q1 | {"size": 7}], [Q1], [Q1 | {"size": 9}, Q3], NEVER),
        ("queues", [Q1], [Q1 | {"size": 7}, Q2], [Q1, Q2, Q3], [Q1, Q3]),
        # What is as it was needs nothing.
        ("desc", "old", "new", "old", NEVER),
        ("desc", NEVER, "new", "", NEVER),
        ("dueDate", DUE_MS, 5, DUE, NEVER),
        ("isActive", NEVER, True, None, NEVER),
        ("status", OPEN, CLOSED, OPEN | {"score": 2}, NEVER),
        ("status", OPEN, OPEN | {"lname": "odd"}, OPEN, NEVER),
        ("tags", ["a", "b"], ["c"], ["b", "a"], NEVER),
        ("tags", ["a", "b"], ["b", "a"], ["b", "a"], NEVER),
        ("fields", [item("R", "N")], [item("R", "S")], [item("R", "N")], NEVER),
    ],
)
def test_what_the_run_did_is_undone(field: str, was: Any, after: Any, now: Any, value: Any, how: str) -> None:
    """The value before is sent exactly as it was, or what is empty; where it is back already, nothing is."""
    found = one(field, was, after, now, how)
    assert (found.body, found.kept) == ({} if value is NEVER else {field: value}, ())


@pytest.mark.parametrize("was", [NEVER, None])
def test_true_or_false_cannot_be_emptied(was: Any) -> None:
    """A switch that had no value keeps the one that the run gave it, and that is told."""
    reason = "isActive: had no value before, and true or false cannot be emptied"
    assert one("isActive", was, True, True) == Comparison({}, {}, (Fault("cannot_clear", reason),))


R1, R2, R3 = ([item("R", value), item("O", other)] for value, other in ((1, "x"), (2, "x"), ("2", "y")))


@pytest.mark.parametrize(
    ("field", "was", "after", "now", "by_sent", "by_left"),
    [
        ("desc", "old", "new ", "new", "old", NEVER),
        ("userInfo", ANN, {"name": "Bea "}, ANN | {"name": "Bea"}, ANN, NEVER),
        ("tags", ["a"], ["a", "VIP"], ["vip", "a", "since"], ["a", "since"], NEVER),
        ("tags", ["a"], ["A"], ["A", "since"], ["a", "since"], ["since", "a"]),
        ("fields", R1, R2, R3, [R1[0], R3[1]], NEVER),
    ],
)
def test_what_was_sent_may_be_written_otherwise(
    field: str, was: Any, after: Any, now: Any, by_sent: Any, by_left: Any
) -> None:
    """A server may have given it another form; what the server is known to have left is exact."""
    assert one(field, was, after, now, "sent").body.get(field, NEVER) == by_sent
    assert one(field, was, after, now, "left").body.get(field, NEVER) == by_left


def test_one_changed_field_does_not_keep_the_others() -> None:
    """What can be put back is, beside each field that cannot; one that the case has lost is told about too."""
    was = [item("A", "1"), item("B", "1"), item("C", "1"), item("D", "1", kind="system"), item("E", "1")]
    left = [each | {"selectedValue": "2"} for each in was[:4]] + was[4:]
    now = [item("A", "3"), item("E", "9"), left[3], left[1]]
    was, left, now = [*was, item("F", "1")], [*left, item("F", "2")], [*now, item("F", "1")]
    found = one("fields", was, left, now)
    assert found.body == {"fields": [item("A", "3"), item("E", "9"), was[3], was[1], was[5]]}
    assert found.kept == (
        Fault("changed_since", 'custom.A: the run left "2", the case shows "3"'),
        Fault("changed_since", "custom.C: the case has no such field any more"),
    )


def test_fields_without_an_id_are_known_by_their_name() -> None:
    """An id decides where both have one, and the display name where not."""
    was, left = [{"_id": "1", "displayName": "R", "selectedValue": "N"}], [{"displayName": "R", "selectedValue": "S"}]
    now = {"_id": "1", "displayName": "Renamed", "selectedValue": "S"}
    other = {"_id": "2", "displayName": "R", "selectedValue": "x"}
    assert one("fields", was, left, [other, now, "odd"]).body == {
        "fields": [other, now | {"selectedValue": "N"}, "odd"]
    }


def test_fields_that_the_run_added_or_took_out_are_not_guessed_at() -> None:
    """One that it added loses its value, one that it dropped and nobody has is told about, and others stay."""
    found = one("fields", [item("Old", "1")], [item("New", "2")], [item("New", "2"), item("Since", "3")])
    assert found.body == {"fields": [item("New", None), item("Since", "3")]}
    assert [fault.reason for fault in found.kept] == ["custom.Old: the case has no such field any more"]


def test_fields_that_were_not_sent_are_nobodys_conflict() -> None:
    """Where a part of the fields was sent and the server kept the rest, the rest is not the run's."""
    was, now = [item("A", "1"), item("B", "1")], [item("A", "2"), item("B", "since")]
    found = one("fields", was, [item("A", "2")], now, "sent")
    assert (found.body, found.kept) == ({"fields": [was[0], now[1]]}, ())


@pytest.mark.parametrize("how", ["left", "sent"])
@pytest.mark.parametrize(
    ("field", "was", "after", "now", "told"),
    [
        ("channel", "email", ["web"], ["web", "chat"], 'channel: the run left "web", the case shows "web, chat"'),
        ("desc", "old", "new", "since", 'desc: the run left "new", the case shows "since"'),
        ("desc", "old", "new", NEVER, 'desc: the run left "new", the case shows nothing'),
        ("desc", "old", None, "a\nb", 'desc: the run left nothing, the case shows "a\\nb"'),
        ("desc", "old", "new", 99 * "x", f'desc: the run left "new", the case shows "{59 * "x"}…"'),
        ("status", OPEN, CLOSED, HELD, 'status: the run left "Closed", the case shows "Held"'),
        ("dueDate", 5, DUE_MS, None, 'dueDate: the run left "2026-06-01 12:00 UTC", the case shows nothing'),
        ("isActive", NEVER, True, False, 'isActive: the run left "true", the case shows "false"'),
        ("sessIds", ["a"], ["b"], ["b", "c"], 'sessIds: the run left "b", the case shows "b, c"'),
        ("fields", [item("R", "N")], [item("R", "S")], "odd", 'fields: the run left "fd-R", the case shows "odd"'),
        ("userInfo", 1, ANN | {"x": 1}, ANN | {"x": [2]}, 'userInfo.x: the run left "1", the case shows "2"'),
    ],
)
def test_what_somebody_changed_is_left_alone(field: str, was: Any, after: Any, now: Any, told: str, how: str) -> None:
    """The field is not sent, and a person reads what the run left and what is there now."""
    assert one(field, was, after, now, how) == Comparison({}, {}, (Fault("changed_since", told),))


def test_what_is_left_alone_keeps_nothing_else_back() -> None:
    """A row is not refused for a fault: what can be restored is sent, and each fault is told."""
    live = {"desc": "since", "name": "new", "isActive": True, "tags": ["x", "y"]}
    changed = image("old", "new")
    found = undone(live, {"desc": changed, "name": changed, "isActive": image(NEVER, True), "tags": image([], ["x"])})
    assert (found.body, found.before) == ({"name": "old", "tags": ["y"]}, {"name": "new", "tags": ["x", "y"]})
    assert [fault.code for fault in found.kept] == ["changed_since", "cannot_clear"]


LATER, LATER_MS = "2026-06-02T12:00:00.000Z", DUE_MS + 86_400_000


def test_a_system_item_does_not_put_the_runs_value_back() -> None:
    """Where the live fields go out beside an older title or due date, the items that show the run's value follow."""
    shown = [item("Title", "new", kind="system"), item("Due Date", LATER, kind="system")]
    live = {"name": "new", "dueDate": LATER_MS, "fields": [*shown, item("R", "S"), item("Since", "x")]}
    images = {
        "fields": image([item("Title", "odd", kind="system"), item("R", "N")], [item("R", "S")], "sent"),
        "name": image("old", "new"),
        "dueDate": image(DUE_MS, LATER_MS),
    }
    for order in (images, dict(reversed(images.items()))):
        found = undone(live, order)
        assert [each["selectedValue"] for each in found.body["fields"]] == ["old", DUE, "N", "x"]
        assert (found.body["name"], found.body["dueDate"]) == ("old", DUE_MS)


def test_fields_that_nobody_touched_are_exactly_what_they_were() -> None:
    """A system item that was out of step before the run is so again, even where it shows the run's title."""
    was = [item("Title", "new", kind="system"), item("R", "N")]
    left = [item("Title", "new", kind="system"), item("R", "S")]
    found = undone({"name": "new", "fields": left}, {"fields": image(was, left), "name": image("old", "new")})
    assert found.body == {"name": "old", "fields": was}


texts = st.sampled_from(["", "a", "b", "c", "2026-06-01T12:00:00Z", "2026-06-01T14:00:00+02:00"])
scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.just(DUE_MS) | texts
objects = st.dictionaries(st.sampled_from(["_id", "name", "x"]), scalars, max_size=3)
customs = st.lists(st.builds(item, st.sampled_from("ABC"), scalars), max_size=3)
values = scalars | objects | st.lists(scalars | objects, max_size=4) | customs
SINGLE = ["name", "desc", "dueDate", "ETA", "timestampValue", "isActive", "status", "priority", "userInfo"]
FREE = ["tags", "queues", "channel", "participants"]
names = st.sampled_from([*SINGLE, *FREE, "sessIds", "fields", "feedback", "unheardOf"])
cases = st.dictionaries(names, values, max_size=8)
hows = st.sampled_from(["left", "sent"])
paths = st.builds(Edit, st.just("path"), scalars, st.just(value=False))


def images_of(found: Comparison, after: Mapping[str, Any], how: str = "left") -> dict[str, Values]:
    return {field: image(found.before.get(field, NEVER), after[field], how) for field in found.body}


def is_as_left(field: str, after: Any, now: Any, how: str) -> bool:
    if how == "left":
        return unchanged(field, after, now)
    return prove({field: after}, {field: now}, is_whole=True).verified in STANDS


def check_back(found: Comparison, fields: Mapping[str, Any], was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Make sure that a case that took an undo shows what was there before, type for type."""
    after = {**now, **found.body}
    for field in fields:
        target, kind = was.get(field), FIELDS.get(field)
        if target is None and (kind is Kind.BOOLEAN or (kind is None and isinstance(now[field], bool))):
            assert after[field] is now[field], "it cannot be emptied"
        else:
            is_list = kind in {Kind.LIST, Kind.TEXTS} or (kind is None and isinstance(now[field], list))
            assert repr(after[field]) == repr([] if target is None and is_list else target)


@given(cases, paths, cases, hows)
def test_undoing_what_was_applied_gives_all_values_back(body: Values, path: Edit, live: Values, how: str) -> None:
    """Where nobody touched a case since, each field shows exactly what it showed before the run."""
    live |= {"currAssignee": {"_id": "1", "name": "a"}}
    run = purely(body, {"currAssignee.name": path}, live)
    after = {**live, **run.body}
    undo = undone(after, images_of(run, after, how))
    check_back(undo, run.body, live, after)
    assert {fault.code for fault in undo.kept} <= {"cannot_clear"}


@given(st.sampled_from(SINGLE), values, values, values, hows)
def test_what_somebody_made_of_a_field_stays(field: str, was: Any, after: Any, now: Any, how: str) -> None:
    """A value that is neither the run's nor the one before is not sent over, and that is told."""
    assume(not unchanged(field, was, now))
    assume(not is_as_left(field, after, now, how))
    found = one(field, was, after, now, how)
    assert found.body == {}
    assert [fault.code for fault in found.kept] == ["changed_since"]


tags = st.lists(st.sampled_from("abcdef"), max_size=5)


@given(tags, tags, tags, hows)
def test_only_the_runs_own_tags_go_and_come(was: list[str], after: list[str], now: list[str], how: str) -> None:
    """Tags added since stay, and tags taken out since stay out, unless it was the run that took them out."""
    found = one("tags", was, after, now, how)
    result = found.body.get("tags", now)
    added, taken = set(after) - set(was), set(was) - set(after)
    assert set(result) == (set(now) - added) | taken
    assert found.kept == ()
    if not is_as_left("tags", after, now, how):
        stay = [tag for tag in now if tag not in added]
        assert result[: len(stay)] == stay


pictures = st.builds(image, values | st.just(NEVER), values, hows)


@given(cases, st.dictionaries(names, pictures, max_size=4))
def test_undoing_twice_is_undoing_once(live: Values, images: dict[str, Values]) -> None:
    """A case that took what an undo sent has nothing left to be undone."""
    found = undone(live, images)
    assert undone({**live, **found.body}, images).body == {}


@given(cases, st.dictionaries(names, pictures, max_size=4))
def test_an_undo_can_be_undone(live: Values, images: dict[str, Values]) -> None:
    """What an undo sent and found there is an image itself, and restoring that gives the case as it was before it."""
    undo = undone(live, images)
    after = {**live, **undo.body}
    check_back(undone(after, images_of(undo, after)), undo.body, live, after)
