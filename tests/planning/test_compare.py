"""What has to be sent, once the live case is known."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.mapping.types.lookups import LookupTable
from bulkcase.model import Edit, Rejection
from bulkcase.planning.compare import Comparison, compare

OPEN, CLOSED = {"_id": "sts-1", "name": "Open", "lname": "open"}, {"_id": "sts-2", "name": "Closed"}
BILLING, TECHNICAL = {"_id": "qu-1", "name": "Billing"}, {"_id": "qu-2", "name": "Technical"}
TABLES = {
    "status": LookupTable("status", {"Open": OPEN, "Closed": CLOSED}),
    "queues": LookupTable("queues", {"Billing": BILLING, "Technical": TECHNICAL}),
    "currAssignee": LookupTable("currAssignee", {"Ann": {"_id": "a"}}),
}
LIVE: dict[str, Any] = {
    "_id": "ci-1",
    "name": "Refund",
    "desc": None,
    "tags": ["vip", "late"],
    "queues": [BILLING | {"size": 7}],
    "status": OPEN,
    "isActive": True,
    "dueDate": 1_780_315_200_000,
    "userInfo": {"_id": "u-1", "name": "Ann", "emailId": "a@x", "home": {"city": "Rome", "zip": "1"}},
    "channel": "email",
}


def purely(body: Mapping[str, Any], edits: Mapping[str, Edit], live: Mapping[str, Any]) -> Comparison | Rejection:
    """Return a comparison, having made sure that nothing handed over was changed."""
    before = copy.deepcopy((body, edits, live))
    found = compare(body, edits, live, TABLES)
    assert (body, edits, live) == before
    return found


def compared(body: Mapping[str, Any] | None = None, edits: Mapping[str, Edit] | None = None) -> Comparison:
    found = purely(body or {}, edits or {}, LIVE)
    assert isinstance(found, Comparison), found
    return found


def refused(*edits: tuple[str, Edit]) -> Rejection:
    found = purely({}, dict(edits), LIVE)
    assert isinstance(found, Rejection), found
    return found


def test_only_what_differs_is_sent() -> None:
    """A field whose value the case has already is left out, and the value before stands beside what is sent."""
    found = compared(
        {"name": "Refund", "desc": "new", "dueDate": "2026-06-01T12:00:00Z", "tags": ["late", "vip"], "source": "web"}
    )
    assert found == Comparison({"desc": "new", "source": "web"}, {"desc": None})


@pytest.mark.parametrize(
    ("field", "value", "body"),
    [
        ("status", "closed ", {"status": CLOSED}),
        ("status", "Open", {}),
        ("status", None, {"status": None}),
        ("queues", ["Billing"], {}),
        ("queues", ["technical", "billing"], {"queues": [TECHNICAL, BILLING]}),
        ("queues", ["Technical", {"_id": "qu-9"}], {"queues": [TECHNICAL, {"_id": "qu-9"}]}),
    ],
)
def test_names_are_looked_up(field: str, value: Any, body: dict[str, Any]) -> None:
    """A name, or each name of a list, becomes the object that its lookup has; what is no name stays as it is."""
    assert compared(edits={field: Edit("set", value, named=True)}).body == body
    assert compared(edits={"desc": Edit("set", "Open")}).body == {"desc": "Open"}, "a text is no name"


@pytest.mark.parametrize(
    ("do", "field", "value", "after"),
    [
        ("add", "tags", ["refund", "vip"], ["vip", "late", "refund"]),
        ("add", "tags", ["x", "x"], ["vip", "late", "x"]),
        ("add", "tags", ["vip"], None),
        ("add", "tags", "x", ["vip", "late", "x"]),
        ("add", "tags", None, None),
        ("add", "participants", ["u-1"], ["u-1"]),
        ("add", "participants", [], None),
        ("add", "desc", ["x"], ["x"]),
        ("add", "queues", [{"_id": "qu-1", "size": 9}], None),
        ("add", "queues", [TECHNICAL], [BILLING | {"size": 7}, TECHNICAL]),
        ("remove", "tags", ["vip", "none"], ["late"]),
        ("remove", "tags", ["late", "vip"], []),
        ("remove", "tags", ["VIP"], None),
        ("remove", "participants", ["u-1"], None),
        ("remove", "queues", [BILLING], []),
    ],
)
def test_a_list_is_changed_as_a_whole(do: str, field: str, value: Any, after: list[Any] | None) -> None:
    """Items are added behind the live ones or taken from among them, and a list that stays as it is is not sent."""
    found = compared(edits={field: Edit(do, value)})
    assert found.body == ({} if after is None else {field: after})


def test_named_items_are_added_and_removed() -> None:
    """The names of items are looked up before the live list is looked through."""
    assert compared(edits={"queues": Edit("add", ["Billing", "Technical"], named=True)}).body == {
        "queues": [BILLING | {"size": 7}, TECHNICAL]
    }
    assert compared(edits={"queues": Edit("remove", ["billing"], named=True)}).body == {"queues": []}


@pytest.mark.parametrize("do", ["add", "remove"])
def test_a_value_that_is_no_list_is_not_taken_for_one(do: str) -> None:
    """Where the case shows something else than a list, the row is refused, and the field is named."""
    found = refused(("channel", Edit(do, ["web"])))
    assert found == Rejection("odd_live_value", "channel of the case is no list, so nothing in it can be changed")


def test_paths_into_one_object_are_sent_as_one() -> None:
    """The live object goes out whole, with nothing but the mapped places changed."""
    edits = {
        "userInfo.emailId": Edit("path", "b@x"),
        "userInfo.home.city": Edit("path", "Oslo"),
        "userInfo.phone": Edit("path", "123"),
        "userInfo.name": Edit("path", "Ann"),
    }
    found = compared(edits=edits)
    after = {"_id": "u-1", "name": "Ann", "emailId": "b@x", "home": {"city": "Oslo", "zip": "1"}, "phone": "123"}
    assert found == Comparison({"userInfo": after}, {"userInfo": LIVE["userInfo"]})


@pytest.mark.parametrize(
    ("key", "value", "body"),
    [
        ("userInfo.emailId", "a@x", {}),
        ("userInfo.phone", None, {}),
        ("userInfo.phone", "", {}),
        ("userInfo.home.zip", None, {"userInfo": LIVE["userInfo"] | {"home": {"city": "Rome", "zip": None}}}),
        ("status.lname", "odd", {"status": OPEN | {"lname": "odd"}}),
    ],
)
def test_a_path_is_compared_by_its_own_value(key: str, value: Any, body: dict[str, Any]) -> None:
    """A change inside an object counts though its id stays, and clearing what is not there changes nothing."""
    assert compared(edits={key: Edit("path", value)}).body == body


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("currAssignee.name", "the case has no currAssignee to set name in"),
        ("desc.x", "the case has no desc to set x in"),
        ("channel.x", "the case has no channel to set x in"),
        ("userInfo.work.city", "the case has no userInfo.work to set city in"),
        ("userInfo.work.at.city", "the case has no userInfo.work to set at.city in"),
        ("userInfo.name.first", "the case has no userInfo.name to set first in"),
    ],
)
def test_a_path_needs_the_live_object(key: str, message: str) -> None:
    """No object is made up around a value."""
    assert refused((key, Edit("path", "x"))) == Rejection("no_object", message)


def test_a_text_does_not_take_the_place_of_an_object() -> None:
    """What hangs in a live object at the end of a path would be lost without a word."""
    assert refused(("userInfo.home", Edit("path", "x"))).code == "odd_live_value"


def test_every_fault_of_a_row_is_told_at_once() -> None:
    """The code is that of the first fault, the message has each of them once."""
    found = refused(
        ("queues", Edit("set", ["Biling", "Biling", "zzz"], named=True)),
        ("status", Edit("set", "Closd", named=True)),
        ("channel", Edit("add", ["web"])),
        ("currAssignee.name", Edit("path", "x")),
        ("custom.Region", Edit("custom", "North")),
    )
    assert found.code == "unknown_name"
    assert found.message.split("; ") == [
        '"Biling" is not in lookups.queues: did you mean Billing?',
        '"zzz" is not in lookups.queues: there are "Billing", "Technical"',
        '"Closd" is not in lookups.status: did you mean Closed?',
        "channel of the case is no list, so nothing in it can be changed",
        "the case has no currAssignee to set name in",
        'the case shows no custom fields, so none named "Region"',
    ]


def test_what_is_sent_is_no_part_of_the_live_case() -> None:
    """Whoever changes a body that was built from the live case does not change that case."""
    edits = {"queues": Edit("add", [TECHNICAL]), "userInfo.name": Edit("path", "Bea")}
    found = compared(edits=edits)
    assert found.body["userInfo"]["home"] is not LIVE["userInfo"]["home"]
    assert found.body["queues"][0] is not LIVE["queues"][0]
    assert found.body["queues"][1] is not TECHNICAL


texts = st.sampled_from(["", "a", "b", "B ", "5", "2026-06-01", "2026-06-01T12:00:00Z", "2026-06-01T14:00:00+02:00"])
scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.just(1_780_315_200_000) | texts
objects = st.dictionaries(st.sampled_from(["_id", "name", "x"]), scalars, max_size=3)
lists = st.lists(scalars | objects, max_size=4)
values = scalars | objects | lists

METAS = [{}, {"type": "datetime"}, {"type": "dropdown", "values": ["A", "b", "5", ""]}, {"isMulti": True}]
PLAIN = ["name", "desc", "dueDate", "ETA", "status", "isActive", "sessIds"]
LISTS = ["tags", "queues"]
PATHS = ["userInfo.name", "userInfo.home.x", "priority.name"]
CUSTOMS = ["custom.A", "custom.b", "custom.C"]


def an_edit(*do: str, of: st.SearchStrategy[Any], named: bool = False) -> st.SearchStrategy[Edit]:
    return st.builds(Edit, st.sampled_from(do), of, st.just(named))


def an_item(name: str, kind: str, *metas: Any) -> st.SearchStrategy[dict[str, Any]]:
    names = {"type": st.just(kind), "displayName": st.just(name), "metaData": st.sampled_from(metas)}
    return st.fixed_dictionaries({**names, "selectedValue": scalars}, optional={"dataType": st.just("number")})


SYSTEM = [an_item(name, "system", {}) for name in ("Title", "Description", "Due Date")]
people = st.fixed_dictionaries({"_id": st.just("u-1"), "home": objects}, optional={"name": texts})
cases = st.fixed_dictionaries(
    {"userInfo": people, "fields": st.tuples(*SYSTEM, *(an_item(name, "custom", *METAS) for name in "ABC")).map(list)},
    optional={
        **dict.fromkeys(PLAIN, values),
        **dict.fromkeys(LISTS, lists | st.none()),
        **dict.fromkeys(["priority", "currAssignee", "unmapped"], objects),
        "name": texts,
    },
)
bodies = st.dictionaries(st.sampled_from(PLAIN), values, max_size=4)
edits = st.fixed_dictionaries(
    {},
    optional={
        "source": an_edit("set", of=values),
        "currAssignee": an_edit("set", of=st.just("Ann"), named=True),
        **dict.fromkeys(LISTS, an_edit("add", "remove", of=lists)),
        **dict.fromkeys(PATHS, an_edit("path", of=values)),
        **dict.fromkeys(CUSTOMS, an_edit("custom", of=texts | st.none())),
    },
)
Values = dict[str, Any]


@given(bodies, edits, cases)
def test_what_was_sent_need_not_be_sent_again(body: Values, changes: dict[str, Edit], live: Values) -> None:
    """A case that took what was sent has all that the row wants."""
    found = purely(body, changes, live)
    if isinstance(found, Comparison):
        assert purely(body, changes, live | dict(found.body)) == Comparison({}, {})


@given(bodies, edits, cases)
def test_nothing_is_sent_that_was_not_mapped(body: Values, changes: dict[str, Edit], live: Values) -> None:
    """Only mapped fields are sent, and inside what is sent whole only mapped places differ from the live case."""
    found = purely(body, changes, live)
    if not isinstance(found, Comparison):
        return
    roots = {"fields" if key.startswith("custom.") else key.partition(".")[0] for key in changes}
    assert found.body.keys() <= body.keys() | roots
    assert found.before == {field: live[field] for field in found.body if field in live}
    for root in {"userInfo", "priority"} & found.body.keys():
        mapped = [key.split(".")[1:] for key in changes if key.startswith(f"{root}.")]
        assert without(found.body[root], mapped) == without(live[root], mapped)
    for field in set(LISTS) & found.body.keys():
        check_list(changes[field], found.body[field], live.get(field) or [])
    if "fields" in found.body:
        check_fields(found, changes, live)


def without(value: Mapping[str, Any], ways: list[list[str]]) -> Any:
    rest = copy.deepcopy(dict(value))
    for *steps, last in ways:
        place = rest
        for step in steps:
            place = place[step]
        place.pop(last, None)
    return rest


def check_list(edit: Edit, after: list[Any], before: list[Any]) -> None:
    if edit.do == "add":
        assert after[: len(before)] == before
        assert all(item in edit.value for item in after[len(before) :])
    else:
        rest = iter(before)
        assert all(item in rest for item in after)


def check_fields(found: Comparison, changes: Mapping[str, Edit], live: Mapping[str, Any]) -> None:
    follows = {"Title": {"name"}, "Description": {"desc"}, "Due Date": {"dueDate", "ETA"}}
    mapped = {key.removeprefix("custom.").upper() for key in changes}
    for old, new in zip(live["fields"], found.body["fields"], strict=True):
        assert old | {"selectedValue": None} == new | {"selectedValue": None}
        name = old["displayName"]
        if not (name in mapped or follows.get(name, set()) & found.body.keys()):
            assert old == new
