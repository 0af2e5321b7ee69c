"""What has changed of a case beside what was sent."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.custom_fields import item

from bulkcase.fields import FIELDS
from bulkcase.planning.aside import changed_aside

Values = dict[str, Any]

OPEN, CLOSED = {"_id": "sts-1", "name": "Open"}, {"_id": "sts-2", "name": "Closed"}
ANN = {"_id": "u-1", "name": "Ann"}
REGION, TIER = item("Region", "North"), item("Tier", "Gold")
SYSTEM = item("Case Name", "Refund", kind="system")
CASE: Values = {
    "_id": "ci-1",
    "refId": "RF-1",
    "name": "Refund",
    "lname": "refund",
    "desc": "old",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "updatedBy": {"_id": "u-1"},
    "dueDate": 1_780_315_200_000,
    "ETA": "2026-06-01T12:00:00.000Z",
    "status": OPEN,
    "tags": ["a", "b"],
    "isActive": True,
    "isBreached": False,
    "currQueue": {"_id": "q-1"},
    "timestampValue": 5,
    "activityIds": ["act-1"],
    "commentIds": [],
    "assigneeType": "agent",
    "queues": [{"_id": "q-1"}],
    "currAssignee": ANN,
    "participants": [ANN],
    "Region": "North",
    "Tier": "Gold",
    "fields": [REGION, TIER, SYSTEM],
}
NEWS: Values = {
    "updatedAt": "2026-02-02T00:00:00.000Z",
    "updatedBy": {"_id": "u-2"},
    "activityIds": ["act-1", "act-2"],
    "commentIds": ["c-1"],
    "lname": "return",
    "isBreached": True,
    "currQueue": {"_id": "q-2"},
    "timestampValue": 6,
}
"""What a server may write with every update."""


def aside(sent: Mapping[str, Any], after: Mapping[str, Any], before: Mapping[str, Any] = CASE) -> list[str]:
    """Return the names of the fields that changed, having made sure that their values are told as they are."""
    handed = copy.deepcopy((sent, before, after))
    found = changed_aside(sent, before, after)
    assert (sent, before, after) == handed
    assert all(new == after.get(field) or field == "fields" for field, _, new in found)
    assert all(old == before.get(field) or field == "fields" for field, old, _ in found)
    return [field for field, _, _ in found]


def without(*fields: str) -> Values:
    return {field: value for field, value in CASE.items() if field not in fields}


@pytest.mark.parametrize("sent", [{"desc": "new"}, {"fields": [REGION]}, {"status": CLOSED, "dueDate": None}])
def test_a_merge_changes_nothing_aside(sent: Values) -> None:
    """What was sent is there, whatever became of it, and all else is as before."""
    assert aside(sent, CASE | sent) == []
    assert aside(sent, CASE) == []
    assert aside(sent, CASE | sent | NEWS) == []


@pytest.mark.parametrize("kept", [(), ("_id",), ("_id", "refId", "createdAt", "updatedAt")])
def test_what_a_replace_has_dropped_is_told(kept: tuple[str, ...]) -> None:
    """Every field that had a value, those that a server owns or that cannot be sent too."""
    after = {field: CASE[field] for field in kept} | {"desc": "new"}
    gone = [field for field in CASE if field not in {*after, "_id", "commentIds"}]
    assert aside({"desc": "new"}, after) == gone
    assert {"status", "lname", "isBreached", "refId"} - {*kept} <= {*gone}


@pytest.mark.parametrize("field", NEWS)
def test_what_a_server_owns_may_change_and_not_vanish(field: str) -> None:
    """It is written with every update, and is there afterwards."""
    before = CASE | {"commentIds": ["c-0"]}
    assert aside({"desc": "new"}, before | {field: NEWS[field]}, before) == []
    gone = {name: value for name, value in before.items() if name != field}
    assert aside({"desc": "new"}, gone, before) == [field]
    assert aside({"desc": "new"}, before, gone) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("name", "Return"), ("status", CLOSED), ("tags", ["a"]), ("tags", []), ("isActive", False), ("desc", None)],
        *[("refId", "RF-2"), ("createdAt", "2026-03-03T00:00:00.000Z"), ("new", "x"), ("Region", "South")],
        *[("dueDate", 5), ("ETA", "2026-07-01T12:00:00.000Z"), ("queues", []), ("participants", [])],
        *[("fields", [REGION, TIER]), ("fields", [TIER, SYSTEM]), ("fields", None)],
        ("fields", [REGION | {"selectedValue": "South"}, TIER, SYSTEM]),
    ],
)
def test_what_nobody_has_sent_is_told_where_it_changes(field: str, value: Any) -> None:
    """With the value before and the value after."""
    after = CASE | {field: value}
    assert changed_aside({"source": "web"}, CASE, after) == [(field, CASE.get(field), value)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("ETA", "2026-06-01T12:00:00Z"), ("dueDate", "2026-06-01T12:00:00.000Z"), ("tags", ["b", "a"])],
        *[("commentIds", None), ("new", ""), ("new", []), ("_id", "ci-2")],
    ],
)
def test_another_form_is_no_change(field: str, value: Any) -> None:
    """Dates in another form, lists whose order says nothing, and what is empty in either way."""
    assert aside({"source": "web"}, CASE | {field: value}) == []


ASSIGNED: Values = {"assigneeType": "queue", "queues": [], "currAssignee": None, "participants": []}


@pytest.mark.parametrize(
    ("sent", "twin", "value"),
    [
        ({"dueDate": 5}, "ETA", "1970-01-01T00:00:00.005Z"),
        ({"ETA": "1970-01-01T00:00:00.005Z"}, "dueDate", 5),
        ({"dueDate": None}, "ETA", None),
        ({"name": "Return"}, "fields", [REGION, TIER, SYSTEM | {"selectedValue": "Return"}]),
        ({"desc": "new"}, "fields", [item("Description", "new", kind="system"), REGION, TIER]),
        ({"fields": [REGION | {"selectedValue": "South"}]}, "Region", "South"),
        ({"fields": [SYSTEM | {"selectedValue": "Return"}]}, "name", "Return"),
        ({"fields": [item("Due", 5, kind="system")]}, "dueDate", 5),
        *[({one: []}, other, value) for one in ASSIGNED for other, value in ASSIGNED.items() if one != other],
    ],
)
def test_twins_may_follow_what_was_sent(sent: Values, twin: str, value: Any) -> None:
    """A server keeps some things twice; without what it follows, each change of a twin is told."""
    after = CASE | sent | {twin: value}
    assert aside(sent, after) == []
    assert aside({"source": "web"}, CASE | {twin: value}) == [twin]


@pytest.mark.parametrize(
    ("sent", "gone"),
    [
        *[({"fields": [REGION]}, field) for field in ("name", "desc", "dueDate", "ETA", "lname", "status")],
        *[({"queues": [{"_id": "q-2"}]}, field) for field in ("assigneeType", "currAssignee", "participants")],
        *[({"currAssignee": {"_id": "u-2"}}, "queues"), ({"dueDate": 5}, "ETA"), ({"ETA": "2026-07-01"}, "dueDate")],
        *[({"dueDate": None}, "currAssignee"), ({"name": ""}, "desc")],
    ],
)
@pytest.mark.parametrize("left", [{}, None, "", []])
def test_a_twin_of_a_value_does_not_vanish(sent: Values, gone: str, left: Any) -> None:
    """What follows another value has one too; a field left out or shown empty is lost, but what a server writes."""
    after = without(gone) | sent | ({} if left == {} else {gone: left})
    assert aside(sent, after) == ([] if gone == "lname" and gone in after else [gone])


@pytest.mark.parametrize("empty", [None, "", [], {}])
@pytest.mark.parametrize(("field", "twins"), [("dueDate", ["ETA"]), ("ETA", ["dueDate"]), ("queues", ["currAssignee"])])
def test_a_twin_of_nothing_may_vanish(field: str, twins: list[str], empty: Any) -> None:
    """A field that was emptied takes those with it that follow it, whatever else was sent."""
    for sent in ({field: empty}, {"fields": [REGION], field: empty}):
        assert aside(sent, without(*twins) | sent) == []


def test_another_type_of_assignee_may_leave_no_other_behind() -> None:
    """A case of a queue has no agent."""
    sent = {"assigneeType": "queue"}
    assert aside(sent, without("queues", "currAssignee", "participants") | sent) == []


def test_what_vanishes_beside_custom_fields_is_told() -> None:
    """All at once, but for mirrors, which a server need not keep."""
    sent = {"fields": [REGION]}
    after = without("name", "desc", "dueDate", "ETA", "Region", "Tier") | sent
    assert aside(sent, after) == ["name", "desc", "dueDate", "ETA"]


@pytest.mark.parametrize("field", ["status", "desc", "currQueue"])
def test_a_custom_field_named_like_a_field_of_the_case_is_no_mirror(field: str) -> None:
    """Of that name there is one value already, and it is not the custom one."""
    before = CASE | {"fields": [item(field, "x"), REGION]}
    sent = {"fields": [REGION]}
    gone = {name: value for name, value in before.items() if name != field}
    assert aside(sent, gone | sent, before) == [field]


def test_a_system_item_has_no_mirror() -> None:
    """What it shows has a name of its own in the case, whatever the item is called."""
    before = CASE | {"Case Name": "x"}
    assert aside({"fields": [REGION]}, CASE, before) == ["Case Name"]


def test_a_custom_field_that_comes_to_show_a_value_is_a_mirror_too() -> None:
    """What `fields` did not have before has its name afterwards."""
    sent = {"fields": [item("Unit", "2b")]}
    after = CASE | {"fields": [*CASE["fields"], *sent["fields"]], "Unit": "2b"}
    assert aside(sent, after) == []
    assert sorted(aside({"name": "Return"}, after)) == ["Unit", "fields"]


@pytest.mark.parametrize("sent", [{"name": "Return"}, {"desc": "new"}, {"dueDate": 5}, {"ETA": "2026-07-01"}])
@pytest.mark.parametrize(
    "items",
    [
        [REGION | {"selectedValue": "South"}, TIER, SYSTEM],
        [REGION, SYSTEM],
        [REGION, TIER, item("Unit", "2b"), SYSTEM],
        None,
        "odd",
    ],
)
def test_a_custom_item_does_not_follow_what_a_system_item_shows(sent: Values, items: Any) -> None:
    """With a name only the system items of `fields` may become others; items that are lost or new are told."""
    after = CASE | sent | {"fields": items}
    ((field, old, new),) = changed_aside(sent, CASE, after)
    assert (field, old) == ("fields", [REGION, TIER])
    assert new == ([each for each in items if each is not SYSTEM] if isinstance(items, list) else items)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["_id", "name", "displayName", "type", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.sampled_from([*FIELDS, "_id", "currQueue", "tasks", "Region", "zzz"])
cases = st.dictionaries(names, values, max_size=8)


@given(cases, cases, cases)
def test_a_merge_of_anything_changes_nothing_aside(case: Values, sent: Values, news: Values) -> None:
    """Whatever a case shows and whatever is sent, what the server owns included."""
    assert changed_aside(sent, case, copy.deepcopy(case | sent)) == []
    owned = {field: news[field] for field in NEWS.keys() & news.keys()}
    assert changed_aside(sent, case, copy.deepcopy(case | owned | sent)) == []


@given(cases, cases, cases)
def test_what_was_sent_is_never_told(sent: Values, before: Values, after: Values) -> None:
    """Only other fields are, each once, with another value than before."""
    found = changed_aside(sent, before, after)
    fields = [field for field, _, _ in found]
    assert len(fields) == len(set(fields))
    assert not {*fields} & {*sent, "_id"}
    assert all(old != new for _, old, new in found)


@given(cases, st.dictionaries(st.just("source"), values, min_size=1))
def test_a_replace_of_anything_is_told(case: Values, sent: Values) -> None:
    """Each field that had a value is, and no other."""
    empty: tuple[Any, ...] = (None, "", [], {})
    gone = {field for field, value in case.items() if value not in empty and field not in {*sent, "_id"}}
    assert {field for field, _, _ in changed_aside(sent, case, {"_id": case.get("_id"), **sent})} == gone
