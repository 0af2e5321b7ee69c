"""What undo leaves alone where less is known of a field, or where more runs than one have sent it."""

import copy
from collections.abc import Mapping
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.custom_fields import DUE, DUE_MS, item

from bulkcase.mapping.faults import Fault
from bulkcase.model import Edit
from bulkcase.planning.compare import Comparison, compare
from bulkcase.planning.restore import is_as_left

Values = dict[str, Any]
ANN = {"_id": "u-1", "name": "Ann", "emailId": "a@x"}
BEA = {"name": "Bea", "emailId": "b@x"}
OPEN, CLOSED, HELD = ({"_id": f"sts-{name}", "name": name} for name in ("Open", "Closed", "Held"))
LATER, LATER_MS = "2026-06-02T12:00:00.000Z", DUE_MS + 86_400_000


def undone(live: Mapping[str, Any], images: Mapping[str, Any], leave: Mapping[str, Any] | None = None) -> Comparison:
    """Return what an undo comes to, having made sure that nothing handed over was changed."""
    edits = {field: Edit("restore", image) for field, image in images.items()}
    edits |= {field: Edit("leave", why) for field, why in (leave or {}).items()}
    before = copy.deepcopy((live, edits))
    found = compare({}, edits, live, {})
    assert (live, edits) == before
    assert isinstance(found, Comparison), found
    return found


def system(title: str, shown: Any) -> Values:
    return item(title, shown, kind="system")


def changed(reason: str) -> tuple[Fault]:
    return (Fault("changed_since", reason),)


@pytest.mark.parametrize(
    ("field", "was", "sent", "now", "is_left"),
    [
        ("userInfo", ANN, BEA, BEA, True),
        ("userInfo", ANN, BEA, BEA | {"_id": "u-1", "phone": None, "tags": []}, True),
        ("userInfo", ANN, BEA, BEA | {"phone": "1"}, False),
        ("userInfo", None, BEA, BEA | {"phone": "1"}, False),
        ("userInfo", ANN | {"phone": "1"}, BEA, BEA | {"phone": "1"}, True),
        ("userInfo", ANN | {"phone": "1"}, BEA, BEA | {"phone": "2"}, False),
        ("userInfo", ANN, {"name": "Bea "}, {"name": "Bea"}, True),
        ("userInfo", ANN, {"at": {"x": 1}}, {"at": {"x": 1, "y": 2}}, False),
        ("userInfo", {"at": {"y": 2}}, {"at": {"x": 1}}, {"at": {"x": 1, "y": 2}}, True),
        ("unheardOf", None, [{"x": 1}], [{"x": 1, "y": 2}], False),
        ("unheardOf", [{"y": 2}], [{"x": 1}], [{"x": 1, "y": 2}], True),
        ("status", OPEN, CLOSED, CLOSED | {"score": 1}, True),
        ("currAssignee", None, {"name": "Ann"}, ANN, True),
        ("queues", [], [{"_id": "q"}], [{"_id": "q", "size": 1}], True),
        ("fields", [item("R", 1)], [item("R", 2)], [item("R", "2")], True),
        ("fields", [item("R", 1)], [item("R", 2)], [item("R", 2) | {"note": "x"}], False),
        ("fields", [item("R", 1) | {"note": "x"}], [item("R", 2)], [item("R", 2) | {"note": "x"}], True),
        ("fields", [], [item("R", 2, at=1), item("S", 3)], [item("S", 3), item("R", 2, at=1, since=2)], False),
        ("fields", [], [item("R", 2), item("S", 3)], [item("S", 3), item("R", 2)], True),
        ("fields", [], [item("R", 2)], [item("R", 2), item("S", 3)], False),
        ("fields", [], [{"x": 1}, "odd"], [{"x": 1}, "odd"], True),
        ("fields", "odd", [{"x": 1}], [{"x": 1, "y": 1}], False),
    ],
)
def test_what_was_neither_sent_nor_there_before_somebody_has_added(
    field: str, was: Any, sent: Any, now: Any, *, is_left: bool
) -> None:
    """Where only what was sent is known, more in an object is a change since; of a reference its id decides."""
    assert is_as_left(field, {field: now}, {"was": was, "sent": sent}) is is_left


@pytest.mark.parametrize(
    ("was", "sent", "now", "told"),
    [
        (ANN, BEA, BEA | ANN | BEA | {"phone": "1"}, 'userInfo.phone: the run left nothing, the case shows "1"'),
        (ANN | {"phone": "1"}, BEA, BEA | {"phone": "2"}, 'userInfo.phone: the run left "1", the case shows "2"'),
        (ANN, {"name": "Bea "}, {"name": "Bea", "\n": "1"}, 'userInfo.\\n: the run left nothing, the case shows "1"'),
        (ANN, BEA, {"name": "Cy", "phone": "1"}, 'userInfo: the run left "Bea", the case shows "Cy"'),
    ],
)
def test_what_a_person_added_to_an_object_is_not_sent_over(was: Values, sent: Values, now: Values, told: str) -> None:
    """The old object would go out whole and delete it, so it stays, and what is new in it is told."""
    found = undone({"userInfo": now}, {"userInfo": {"was": was, "sent": sent}})
    assert found == Comparison({}, {}, changed(told))


def test_what_a_person_added_to_a_custom_field_survives_its_old_value() -> None:
    """The values go back item by item into what the case shows, but for one that is an object with more in it."""
    was = [item("R", "N"), item("O", {"id": 1})]
    sent = [item("R", "S"), item("O", {"id": 2})]
    now = [item("R", "S") | {"note": "x"}, item("O", {"id": 2, "since": "y"})]
    found = undone({"fields": now}, {"fields": {"was": was, "sent": sent}})
    assert found.body == {"fields": [item("R", "N") | {"note": "x"}, now[1]]}
    assert found.kept == changed('custom.O: the run left "{"id":2}", the case shows "{"id":2,"since":"y"}"')


def test_fields_whose_value_before_was_no_list_are_left_alone() -> None:
    """What the case shows beside the items that were sent is not sent over, and that is told."""
    now = [item("R", "S"), item("O", "x")]
    found = undone({"fields": now}, {"fields": {"was": "odd", "sent": now[:1]}})
    assert (found.body, [fault.code for fault in found.kept]) == ({}, ["changed_since"])


@pytest.mark.parametrize("others", [[{"left": "b"}, {"sent": "c "}], [{"sent": "c "}, {"left": "b"}]])
@pytest.mark.parametrize(
    ("now", "is_left"), [("a", True), ("b", True), ("c", True), ("c ", True), ("b ", False), ("d", False)]
)
def test_what_any_attempt_left_is_what_the_run_left(now: str, others: list[Values], *, is_left: bool) -> None:
    """Each by its own rule: what was shown is exact, and what was sent may be written otherwise."""
    image = {"was": "old", "left": "a", "others": others}
    assert is_as_left("desc", {"desc": now}, image) is is_left
    found = undone({"desc": now}, {"desc": image})
    told = changed(f'desc: the run left "a", the case shows "{now}"')
    assert (found.body, found.kept) == (({"desc": "old"}, ()) if is_left else ({}, told))


def test_an_earlier_attempt_may_have_changed_an_object_inside() -> None:
    """What has the id of the value before is put back too, where it is exactly what some attempt left."""
    image = {"was": OPEN, "left": CLOSED, "others": [{"left": OPEN | {"lname": "odd"}}]}
    assert undone({"status": OPEN | {"lname": "odd"}}, {"status": image}).body == {"status": OPEN}
    assert undone({"status": OPEN | {"lname": "since"}}, {"status": image}) == Comparison({}, {})


def test_what_was_added_to_an_earlier_attempt_is_kept_too() -> None:
    """The value before is that before the first attempt, for all of them."""
    image = {"was": ANN | {"phone": "1"}, "left": HELD, "others": [{"sent": BEA}]}
    assert is_as_left("userInfo", {"userInfo": BEA | {"phone": "1"}}, image)
    assert not is_as_left("userInfo", {"userInfo": BEA | {"fax": "1"}}, image)


def test_item_by_item_the_last_attempt_counts() -> None:
    """A list that no attempt left so loses what the last one added, and keeps what only an earlier one did."""
    image = {"was": ["a"], "left": ["a", "new"], "others": [{"left": ["a", "first"]}]}
    assert undone({"tags": ["since", "first", "new", "a"]}, {"tags": image}).body == {"tags": ["since", "first", "a"]}
    assert undone({"tags": ["first", "a"]}, {"tags": image}).body == {"tags": ["a"]}


@pytest.mark.parametrize("how", ["left", "sent"])
@pytest.mark.parametrize(
    ("field", "was", "after", "now"),
    [
        ("desc", "old", "new", "new"),
        ("desc", None, "new", "new"),
        ("isActive", None, True, True),
        ("tags", ["a"], ["b"], ["b"]),
        ("tags", ["a"], ["a", "b"], ["b", "a", "since"]),
        ("fields", [item("R", "N")], [item("R", "S")], [item("R", "S"), item("O", "since")]),
    ],
)
def test_what_a_newer_run_has_sent_is_its_own(field: str, was: Any, after: Any, now: Any, how: str) -> None:
    """Though the case shows what this run left, nothing is put back under a newer one, and that is told."""
    found = undone({field: now}, {field: {"was": was, how: after, "later": "run-9"}})
    assert found == Comparison({}, {}, changed(f"{field}: run run-9, which is newer, has sent it"))


@pytest.mark.parametrize(
    ("field", "was", "after", "now"),
    [
        ("desc", "old", "new", "old"),
        ("desc", "same", "same", "same"),
        ("tags", ["a"], ["a", "b"], ["a"]),
        ("tags", ["a"], ["a", "b"], ["a", "since"]),
        ("fields", [item("R", "N")], [item("R", "S")], [item("R", "N"), item("O", "since")]),
    ],
)
def test_what_is_back_already_is_no_matter_of_a_newer_run(field: str, was: Any, after: Any, now: Any) -> None:
    """Where there is nothing to put back, there is nothing to tell."""
    assert undone({field: now}, {field: {"was": was, "left": after, "later": "run-9"}}) == Comparison({}, {})


def test_what_somebody_changed_under_a_newer_run_is_told_as_ever() -> None:
    """Each value that somebody changed has its own message, beside that of the newer run where one is due."""
    was, left = [[item("A", shown), item("B", shown)] for shown in "12"]
    images = {
        "desc": {"was": "old", "left": "new", "later": "run-9"},
        "fields": {"was": was, "left": left, "later": "run-9"},
    }
    found = undone({"desc": "since", "fields": [left[0], item("B", "3")]}, images)
    assert found.body == {}
    assert [fault.reason for fault in found.kept] == [
        'desc: the run left "new", the case shows "since"',
        'custom.B: the run left "2", the case shows "3"',
        "fields: run run-9, which is newer, has sent it",
    ]


def test_what_is_not_to_be_put_back_says_why() -> None:
    """The cause comes with the edit, and keeps nothing else back."""
    found = undone({"desc": "new", "refId": 2}, {"desc": {"left": "new"}}, {"refId": ["read_only", "the server's"]})
    assert (found.body, found.kept) == ({"desc": None}, (Fault("read_only", "the server's"),))


TWICE = [("Title", "name"), (" DESCRIPTION", "desc"), ("Due Date", "dueDate"), ("Due Date", "ETA")]


@pytest.mark.parametrize("since", [[], [item("Since", "x")]], ids=["whole", "item by item"])
@pytest.mark.parametrize("is_left_out", [False, True])
@pytest.mark.parametrize(("title", "field"), TWICE)
def test_an_old_system_item_does_not_go_over_a_value_that_stays(
    title: str, field: str, since: list[Values], *, is_left_out: bool
) -> None:
    """A server that takes the fields for the truth would put the old text over what somebody wrote since."""
    was, left = ([system(title, shown), item("R", shown)] for shown in ("old", "new"))
    live = {field: "since", "fields": [*left, *since]}
    fields = {"was": was, "left": left}
    images = {"fields": fields} if is_left_out else {"fields": fields, field: {"was": "old", "left": "new"}}
    leave = {field: ["changed_since", "somebody's"]} if is_left_out else {}
    for order in permutations(images.items()):
        found = undone(live, dict(order), leave)
        assert found.body == {"fields": [left[0], was[1], *since]}
        assert found.before == {"fields": live["fields"]}
        assert len(found.kept) == 1


def test_a_field_of_a_newer_run_keeps_its_system_item() -> None:
    """What is left to a newer run is left alone in the fields too, and what is put back beside it is not."""
    was = [system("Title", "old"), system("Description", "old"), item("R", "N")]
    left = [system("Title", "new"), system("Description", "new"), item("R", "S")]
    images = {
        "name": {"was": "old", "left": "new", "later": "run-9"},
        "desc": {"was": "old", "left": "new"},
        "fields": {"was": was, "left": left},
    }
    for order in permutations(images.items()):
        found = undone({"name": "new", "desc": "new", "fields": left}, dict(order))
        assert found.body == {"desc": "old", "fields": [left[0], *was[1:]]}


LOST = [("name", "Title", "since", "since"), ("dueDate", "Due Date", LATER_MS, LATER), ("ETA", "Due Date", "x", "x")]


@pytest.mark.parametrize(("field", "title", "since", "shown"), LOST)
def test_an_item_that_the_case_lost_shows_what_its_field_does(field: str, title: str, since: Any, shown: Any) -> None:
    """Where it comes back with the fields before, its old value is as little wanted."""
    was, left = [system(title, DUE), item("R", "N")], [item("R", "S")]
    images = {field: {"was": DUE, "left": "new"}, "fields": {"was": was, "left": left}}
    found = undone({field: since, "fields": left}, images)
    assert found.body == {"fields": [system(title, shown), was[1]]}


def test_of_two_system_items_each_keeps_its_own_value() -> None:
    """They are told apart by their ids."""
    first, second = system("Title", "a") | {"_id": "1"}, system("Title", "b") | {"_id": "2"}
    was = [{**second, "selectedValue": "old"}, {**first, "selectedValue": "old"}, item("R", "N")]
    left = [first, second, item("R", "S")]
    images = {"name": {"was": "old", "left": "new"}, "fields": {"was": was, "left": left}}
    assert undone({"name": "since", "fields": left}, images).body == {"fields": [second, first, item("R", "N")]}


def test_fields_of_which_nothing_else_was_changed_are_not_sent() -> None:
    """With its system item kept they are what the case shows already."""
    was, left = [[system("Title", shown), item("R", "N")] for shown in ("old", "new")]
    images = {"name": {"was": "old", "left": "new"}, "fields": {"was": was, "left": left}}
    found = undone({"name": "since", "fields": left}, images)
    assert (found.body, found.before, len(found.kept)) == ({}, {}, 1)


def test_custom_items_and_fields_that_are_no_list_keep_nothing() -> None:
    """A custom field that is called Title is another thing than the title, and of an odd value nothing is known."""
    images: Values = {"name": {"was": "old", "left": "new"}}
    was, left = [[item("Title", shown)] for shown in ("old", "new")]
    live = {"name": "since", "fields": left}
    assert undone(live, images | {"fields": {"was": was, "left": left}}).body == {"fields": was}
    assert undone(live, images | {"fields": {"was": "odd", "left": left}}).body == {"fields": "odd"}


texts = st.sampled_from(["old", "new", "since", "", None])
objects = st.dictionaries(st.sampled_from(["_id", "name", "x"]), texts, max_size=3)
titles = st.sampled_from(["Title", "Description", "Due Date", "R"])
an_item = st.builds(item, titles, texts | objects, kind=st.sampled_from(["system", "custom"]))
fields = st.lists(an_item, max_size=4, unique_by=lambda each: each["_id"])
KINDS = {"name": texts, "desc": texts, "ETA": texts, "userInfo": objects, "status": objects, "fields": fields}


def attempts(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Values]:
    return st.fixed_dictionaries({"left": value}) | st.fixed_dictionaries({"sent": value})


def pictures(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Values]:
    more = {"was": value, "others": st.lists(attempts(value), max_size=2), "later": st.just("run-9")}
    return st.builds(lambda one, other: one | other, attempts(value), st.fixed_dictionaries({}, optional=more))


cases = st.fixed_dictionaries({}, optional=KINDS)
image_sets = st.fixed_dictionaries({}, optional={field: pictures(value) for field, value in KINDS.items()})


@given(cases, image_sets)
def test_undoing_twice_is_undoing_once(live: Values, images: dict[str, Values]) -> None:
    """A case that took what an undo sent has nothing left to be undone, whatever was left alone."""
    found = undone(live, images)
    assert undone({**live, **found.body}, images).body == {}


@given(cases, image_sets)
def test_the_order_of_the_edits_says_nothing(live: Values, images: dict[str, Values]) -> None:
    """What is sent is the same, whichever field comes first."""
    found, other = undone(live, images), undone(live, dict(reversed(images.items())))
    assert (found.body, set(found.kept)) == (other.body, set(other.kept))


@given(cases, image_sets)
def test_what_is_left_alone_is_not_sent_within_the_fields(live: Values, images: dict[str, Values]) -> None:
    """No system item goes out with another value than the case shows, where its field is left alone."""
    found = undone(live, images)
    alone = {fault.reason.partition(":")[0] for fault in found.kept} - found.body.keys()
    shown = [each for each in live.get("fields", []) if each["type"] == "system"]
    for each in found.body.get("fields") or []:
        twins = {field for title, field in TWICE if title.strip().casefold() == each["displayName"].casefold()} & alone
        if each["type"] == "system" and twins:
            values = [other["selectedValue"] for other in shown if other["displayName"] == each["displayName"]]
            assert each["selectedValue"] in (values or [live.get(field) for field in twins])
