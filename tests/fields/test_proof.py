"""What the answer to an update proves of it."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields import FIELDS
from bulkcase.fields.equal import same
from bulkcase.fields.explained import is_literally
from bulkcase.fields.proof import Proof, Proven, prove

EQUAL, NORMALISED, NOT_SHOWN, DIFFERENT = Proven.EQUAL, Proven.NORMALISED, Proven.NOT_SHOWN, Proven.DIFFERENT
WEAKEST_FIRST = [DIFFERENT, NOT_SHOWN, NORMALISED, EQUAL]
NOON = 1_780_315_200_000
DEEP = 2000

TEXTS = ["", "a", "A", " a", "a\r\n", "a\n", "é", "e\u0301", "1", "1.5", "2026-06-01T12:00:00.400Z", "2026-06-01"]
scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([1.5, float(NOON), 2**70]) | st.text()
values = st.recursive(
    scalars | st.sampled_from(TEXTS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["_id", "displayName", "selectedValue", "metaData", "emailId", "x"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)
names = st.sampled_from([*FIELDS, "unheardOf", "emailId"])
bodies = st.dictionaries(names, values, max_size=4)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A body, and a case that shows some of it as it was sent, some otherwise, and some not at all."""
    sent = draw(bodies)
    shown = {
        field: draw(st.just(value) | st.sampled_from(TEXTS) | values)
        for field, value in sent.items()
        if draw(st.booleans())
    }
    return sent, shown | draw(bodies)


def one(field: str, sent: Any, shown: Any) -> tuple[Proven, str]:
    """Return what is proven of one field, and what is said of it."""
    proof = prove({field: sent}, {field: shown}, is_whole=False)
    assert proof.fields == {field: proof.verified}
    return proof.verified, proof.message.removeprefix(f"{field}: ")


def item(value: Any, name: str = "Region", **more: Any) -> dict[str, Any]:
    return {"_id": f"fd-{name}", "displayName": name, "selectedValue": value} | more


@pytest.mark.parametrize(
    ("field", "sent", "shown"),
    [
        ("desc", "a", "a"),
        ("desc", None, None),
        ("isActive", True, True),
        ("timestampValue", 1, 1.0),
        ("status", {"_id": "1", "name": "Open"}, {"name": "Open", "_id": "1"}),
        ("unheardOf", [{"x": [1, {"y": 2.0}]}], [{"x": [1.0, {"y": 2}]}]),
    ],
)
def test_what_is_shown_as_it_was_sent_is_equal(field: str, sent: Any, shown: Any) -> None:
    """The order of keys and the form of a number say nothing in JSON, so nothing is left to tell."""
    expected = Proof(EQUAL, "", {}, {field: EQUAL})
    assert prove({field: sent}, {field: shown, "other": 1}, is_whole=False) == expected


@pytest.mark.parametrize(
    ("field", "sent", "shown"),
    [
        ("status", {"_id": "1"}, {"_id": "1", "name": "Open"}),
        ("userInfo", {"at": {"city": "Rome"}}, {"at": {"city": "Rome", "zip": "1"}, "name": "Ann"}),
        ("queues", [{"_id": "1"}, "x"], [{"_id": "1", "name": "A"}, "x"]),
        ("attachments", [{"_id": "1"}], [{"_id": "1", "url": "u"}]),
        ("unheardOf", {"x": 1}, {"x": 1, "y": 2}),
        ("fields", [item("EMEA")], [item("EMEA", show=True)]),
        ("fields", [item("EMEA")], [item("EMEA"), item("b", "Other")]),
        ("fields", [item("EMEA")], [item("b", "Other"), item("EMEA")]),
        ("fields", [{"displayName": "Region", "selectedValue": "a"}], [item("b", "Other"), item("a")]),
    ],
)
def test_what_the_server_adds_is_equal(field: str, sent: Any, shown: Any) -> None:
    """Each key that was sent is there; what is shown is kept, as it is not literally what was sent."""
    assert prove({field: sent}, {field: shown}, is_whole=False) == Proof(EQUAL, "", {field: shown}, {field: EQUAL})


@pytest.mark.parametrize(
    ("sent", "shown", "message"),
    [
        ({"desc": "abc"}, {"desc": "ab"}, 'desc: sent "abc", shows "ab"'),
        ({"desc": "a"}, {"desc": "a "}, 'desc: sent "a", shows "a "'),
        ({"desc": "a"}, {"desc": "A"}, 'desc: sent "a", shows "A"'),
        ({"desc": "abc"}, {"desc": None}, 'desc: sent "abc", shows nothing'),
        ({"desc": None}, {"desc": "a\r\nb"}, 'desc: sent nothing, shows "a b"'),
        ({"desc": "a\nb"}, {"desc": "a b"}, r'desc: sent "a\nb", shows "a b"'),
        ({"desc": "a\u200b\x1b"}, {"desc": "a"}, r'desc: sent "a\u200b\x1b", shows "a"'),
        ({"desc": "a" * 61}, {"desc": "b"}, f'desc: sent "{"a" * 59}…", shows "b"'),
        (
            *({"desc": "a" * 300}, {"desc": "a" * 255}),
            f'desc: sent "…{"a" * 58}…", shows "…{"a" * 20}"',
        ),
        ({"isActive": True}, {"isActive": 1}, 'isActive: sent "true", shows "1"'),
        ({"dueDate": NOON}, {"dueDate": 0}, 'dueDate: sent "2026-06-01 12:00 UTC", shows "1970-01-01 00:00 UTC"'),
        ({"tags": ["a"]}, {"tags": ["a", "b"]}, 'tags: sent "a", shows "a, b"'),
        ({"tags": 2**70}, {"tags": [2**70]}, f'tags: sent "{2**70}", shows "[{2**70}]"'),
        (
            {"userInfo": {"_id": "1", "emailId": "b@x", "name": "A "}},
            {"userInfo": {"_id": "1", "emailId": "a@x", "name": "A", "phone": "1"}},
            'userInfo.emailId: sent "b@x", shows "a@x"',
        ),
        ({"userInfo": {}}, {"userInfo": {"name": "Ann"}}, 'userInfo.name: sent nothing, shows "Ann"'),
        ({"userInfo": {"x": True}}, {"userInfo": {"x": 1}}, 'userInfo: sent "{"x":true}", shows "{"x":1}"'),
        ({"desc": "a", "status": "b"}, {}, "not shown: desc, status"),
        (
            {"desc": " a", "tags": ["A", "b"]},
            {"desc": "a", "tags": ["b", "a"]},
            "desc: outer spaces; tags: letter case, order",
        ),
        ({"desc": "a", "tags": ["A"]}, {"tags": ["a"]}, "not shown: desc; tags: letter case"),
        (
            {"desc": " a", "name": "x", "source": "s", "language": "l"},
            {"desc": "a", "source": "t", "language": "m"},
            'source: sent "s", shows "t"; language: sent "l", shows "m"; not shown: name; desc: outer spaces',
        ),
    ],
)
def test_what_is_not_equal_is_told_in_one_line(sent: Any, shown: Any, message: str) -> None:
    """The differences first, then what is not shown, then what was written otherwise."""
    assert prove(sent, shown, is_whole=False).message == message


@pytest.mark.parametrize("sent", [None, "", [], {}, "a", 0, False, [None]])
def test_a_whole_case_may_leave_out_what_is_empty(sent: Any) -> None:
    """An answer that leaves out a field says nothing of it, whatever was sent."""
    assert prove({"desc": sent}, {}, is_whole=False) == Proof(NOT_SHOWN, "not shown: desc", {}, {"desc": NOT_SHOWN})
    whole = prove({"desc": sent}, {}, is_whole=True)
    if sent in (None, "", [], {}):
        assert whole == Proof(NORMALISED, "desc: empty is left out", {}, {"desc": NORMALISED})
    else:
        assert whole.verified is NOT_SHOWN


def test_an_update_of_nothing_is_equal() -> None:
    """Where nothing was sent nothing can be shown otherwise."""
    assert prove({}, {"desc": "a"}, is_whole=True) == Proof(EQUAL, "", {}, {})


def test_nesting_without_end_is_no_proof() -> None:
    """What is nested too deeply to be compared is not taken for what was sent."""
    sent: Any = "a"
    shown: Any = "a"
    for _ in range(DEEP):
        sent, shown = [sent], [shown]
    proof = prove({"desc": sent, "name": "b"}, {"desc": shown}, is_whole=False)
    assert (proof.verified, dict(proof.fields)) == (DIFFERENT, {"desc": DIFFERENT, "name": NOT_SHOWN})
    assert proof.message == "nested too deeply to be compared"


@given(bodies, st.booleans())
def test_every_body_is_equal_to_itself(sent: dict[str, Any], is_whole: bool) -> None:
    """What is shown as it was sent needs no word."""
    proof = prove(sent, copy.deepcopy(sent), is_whole=is_whole)
    assert proof == Proof(EQUAL, "", {}, dict.fromkeys(sent, EQUAL))


@given(pairs(), st.booleans())
def test_a_proof_is_as_good_as_its_weakest_field(both: tuple[dict[str, Any], dict[str, Any]], is_whole: bool) -> None:
    """Whatever is shown, every field has its verdict, in one line unless all are equal, and what is shown is kept."""
    sent, shown = both
    proof = prove(sent, shown, is_whole=is_whole)
    assert list(proof.fields) == list(sent)
    assert proof.verified is min(proof.fields.values(), key=WEAKEST_FIRST.index, default=EQUAL)
    assert bool(proof.message) is (proof.verified is not EQUAL)
    assert len(proof.message.splitlines()) <= 1
    expected = {f: shown[f] for f, value in sent.items() if f in shown and not is_literally(value, shown[f])}
    assert proof.left == expected


@given(pairs(), st.booleans())
def test_each_field_is_judged_by_itself(both: tuple[dict[str, Any], dict[str, Any]], is_whole: bool) -> None:
    """What else was sent and is shown changes nothing for a field."""
    sent, shown = both
    proof = prove(sent, shown, is_whole=is_whole)
    for field, value in sent.items():
        alone = prove({field: value}, {key: shown[key] for key in shown if key == field}, is_whole=is_whole)
        assert alone.verified is proof.fields[field]


def grown(value: Any) -> Any:
    """Return a value with a key more in each object that has any; an `_id` is no object of the server's."""
    if isinstance(value, dict) and value:
        return {key: inner if key == "_id" else grown(inner) for key, inner in value.items()} | {
            "added": {"by": "the server"}
        }
    return [grown(inner) for inner in value] if isinstance(value, list) else value


@given(pairs(), st.booleans())
def test_what_a_server_adds_never_makes_it_worse(both: tuple[dict[str, Any], dict[str, Any]], is_whole: bool) -> None:
    """Keys that were not sent, in the case and in each object of it, are no contradiction."""
    sent, shown = both
    more = prove(sent, grown(shown | {"added": 1}), is_whole=is_whole)
    before = prove(sent, shown, is_whole=is_whole)
    assert [*more.fields.values()] == [*before.fields.values()]


@given(names, values, values)
def test_what_is_the_same_is_never_different(field: str, sent: Any, shown: Any) -> None:
    """Where a plan would leave a case alone, no proof says that it has another value."""
    for other in (shown, grown(sent)):
        if same(field, sent, other):
            assert one(field, sent, other)[0] is not DIFFERENT


@given(values, st.randoms(use_true_random=False))
def test_a_shuffled_list_is_never_different_where_order_is_free(value: Any, chance: Any) -> None:
    """No order of tags, queues, participants and channels is another value."""
    items = [value, "a", "A ", {"_id": "1"}, value]
    shuffled = chance.sample(items, len(items))
    for name in ("tags", "queues", "participants", "channel"):
        assert one(name, items, shuffled)[0] in {EQUAL, NORMALISED}
