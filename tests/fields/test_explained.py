"""In which ways a case may show what was sent in another form."""

from typing import Any

import pytest

from bulkcase.fields import explained
from bulkcase.fields.proof import Proven, prove

EQUAL, NORMALISED, DIFFERENT = Proven.EQUAL, Proven.NORMALISED, Proven.DIFFERENT
NOON = 1_780_315_200_000


def one(field: str, sent: Any, shown: Any) -> tuple[Proven, str]:
    """Return what is proven of one field, and what is said of it."""
    proof = prove({field: sent}, {field: shown}, is_whole=False)
    assert proof.fields == {field: proof.verified}
    return proof.verified, proof.message.removeprefix(f"{field}: ")


def item(value: Any, name: str = "Region", **more: Any) -> dict[str, Any]:
    return {"_id": f"fd-{name}", "displayName": name, "selectedValue": value} | more


def moment(value: Any) -> dict[str, Any]:
    return item(value, metaData={"type": "datetime"})


@pytest.mark.parametrize("field", ["desc", "status", "fields", "tags", "dueDate", "unheardOf"])
@pytest.mark.parametrize("sent", [None, "", [], {}])
@pytest.mark.parametrize("shown", [None, "", [], {}])
def test_what_is_empty_may_be_empty_in_another_form(field: str, sent: Any, shown: Any) -> None:
    """However a case shows that a field has no value, it was cleared."""
    expected = (EQUAL, "") if sent == shown else (NORMALISED, "empty in another form")
    assert one(field, sent, shown) == expected


@pytest.mark.parametrize(
    ("field", "sent", "shown", "ways"),
    [
        ("desc", " a\t", "a", "outer spaces"),
        ("desc", "  ", "", "outer spaces"),
        ("desc", " a ", "a ", "outer spaces"),
        ("desc", "a\r\n", "a", "outer spaces"),
        ("desc", "a\r\nb\rc", "a\nb\nc", "line breaks"),
        ("desc", "a\nb", "a\r\nb", "line breaks"),
        ("desc", "a\n", "a\r\n", "line breaks"),
        ("desc", "e\u0301", "é", "Unicode form"),
        ("desc", " e\u0301\r\n.", "é\n.", "Unicode form, line breaks, outer spaces"),
        ("unheardOf", {"x": [" a"]}, {"x": ["a"]}, "outer spaces"),
        ("lname", "ACME", "acme", "letter case"),
        ("tags", ["VIP", "a"], ["vip", "a"], "letter case"),
        ("tags", ["VIP", "a"], ["a", "vip"], "letter case, order"),
        ("userInfo", {"_id": "1", "emailId": "A@x"}, {"_id": "1", "emailId": "a@x"}, "letter case"),
        ("status", {"_id": "1", "emailId": "A@x"}, {"_id": "1", "emailId": "a@x"}, "letter case"),
        ("userInfo", {"name": "Ann", "phone": ""}, {"name": "Ann"}, "empty is left out"),
        ("userInfo", {"name": "Ann", "phone": ""}, {"name": "Ann", "phone": None}, "empty in another form"),
        ("timestampValue", 1, "1", "number as text"),
        ("desc", "-12.50", -12.5, None),
        ("desc", "-12.5", -12.5, "number as text"),
        ("desc", "0.0000001", 1e-7, "number as text"),
        ("desc", "1", 1.0, "number as text"),
        ("desc", " 1", 1, "number as text, outer spaces"),
        ("desc", 1, " 1", None),
        ("desc", "1e3", 1000, None),
        ("desc", "01", 1, None),
        ("desc", "1", True, None),
        ("desc", "Infinity", float("inf"), None),
    ],
)
def test_other_forms_of_a_value_are_named(field: str, sent: Any, shown: Any, ways: str | None) -> None:
    """What a server does to a text, as often as it does several things, with no more named than were done."""
    proven, message = one(field, sent, shown)
    assert (proven, message) == (NORMALISED, ways) if ways else proven is DIFFERENT


@pytest.mark.parametrize(
    ("field", "sent", "shown", "ways"),
    [
        ("dueDate", NOON, "2026-06-01T12:00:00.000Z", "date written otherwise"),
        ("ETA", "2026-06-01T12:00:00Z", "2026-06-01T14:00:00.000+02:00", "date written otherwise"),
        ("updatedAt", "2026-06-01", NOON - 12 * 3_600_000, "date written otherwise"),
        ("dueDate", str(NOON), NOON, "number as text"),
        ("dueDate", NOON + 400, NOON, "to the second"),
        ("dueDate", NOON + 999, NOON, "to the second"),
        ("dueDate", NOON + 500, NOON + 1000, "to the second"),
        ("dueDate", NOON + 400, NOON + 1000, None),
        ("dueDate", NOON, NOON + 1, None),
        ("dueDate", NOON + 1000, NOON, None),
        ("dueDate", NOON + 400, "2026-06-01T12:00:00Z", "date written otherwise, to the second"),
        ("desc", "2026-06-01T12:00:00Z", "2026-06-01T12:00:00.000Z", None),
        ("fields", [moment("2026-06-01T12:00:00.4Z")], [moment("2026-06-01T12:00:00Z")], "to the second"),
        ("fields", [item("2026-06-01T12:00Z")], [moment("2026-06-01T14:00+02:00")], "date written otherwise"),
        ("fields", [moment(NOON)], [moment("2026-06-01T12:00:00Z")], None),
        ("fields", [item("2026-06-01T12:00Z")], [item("2026-06-01T14:00+02:00")], None),
        ("fields", [moment(1) | {"at": "2026-06-01"}], [moment(1) | {"at": "2026-06-01T00:00Z"}], None),
    ],
)
def test_an_instant_may_be_written_otherwise_where_dates_are(
    field: str, sent: Any, shown: Any, ways: str | None
) -> None:
    """In another form or zone, without its fraction or rounded to the second, but in no other field than dates."""
    proven, message = one(field, sent, shown)
    assert (proven, message) == (NORMALISED, ways) if ways else proven is DIFFERENT


@pytest.mark.parametrize(
    ("field", "sent", "shown", "ways"),
    [
        ("tags", ["b", "a"], ["a", "b"], "order"),
        ("tags", ["a", "b", "a"], ["a", "b"], "repeats dropped"),
        ("tags", ["b", "a", "b"], ["a", "b"], "order, repeats dropped"),
        ("tags", ["a", "A", "a"], ["a", "A"], "repeats dropped"),
        ("tags", ["A", "a"], ["a"], "letter case, repeats dropped"),
        ("tags", ["a", "a", "b"], ["a", "b", "b"], None),
        ("tags", ["a", "b"], ["a", "b", "c"], None),
        ("tags", ["a", "b"], ["a"], None),
        ("tags", ["a"], [], None),
        ("tags", [], ["a"], None),
        ("queues", [{"_id": "1"}, {"_id": "2"}], [{"_id": "2", "x": 1}, {"_id": "1"}], "order"),
        ("queues", [{"_id": "1", "x": 1}, {"_id": "1", "x": 2}], [{"_id": "1", "x": 1}], "repeats dropped"),
        ("channel", [{"a": 1}, {"a": 1, "b": 2}], [{"a": 1, "b": 2}], None),
        ("participants", [{"a": 1}, {"a": 1, "b": 2}], [{"a": 1, "b": 2}, {"a": 1, "c": 3}], "order"),
        ("sessIds", ["a", "b"], ["b", "a"], None),
        ("sessIds", ["a", "a"], ["a"], None),
    ],
)
def test_the_order_and_repeats_of_some_lists_say_nothing(field: str, sent: Any, shown: Any, ways: str | None) -> None:
    """Each item that was sent is there, and none that was not, in whatever order."""
    proven, message = one(field, sent, shown)
    assert (proven, message) == (NORMALISED, ways) if ways else proven is DIFFERENT


@pytest.mark.parametrize(
    ("sent", "shown", "proven"),
    [
        ([item("a"), item("b", "Other")], [item("b", "Other"), item("a")], (NORMALISED, "order")),
        ([item(" a")], [item("b", "Other"), item("a")], (NORMALISED, "outer spaces")),
        ([item("")], [item(None)], (NORMALISED, "empty in another form")),
        ([item("a"), item("b", "Other")], [item("a")], (DIFFERENT, 'custom.Other: sent "b", shows nothing')),
        ([item("a")], [item("b", "Other")], (DIFFERENT, 'custom.Region: sent "a", shows nothing')),
        ([item("EMEA")], [item("b", "O"), item("APAC", x=1)], (DIFFERENT, 'custom.Region: sent "EMEA", shows "APAC"')),
        ([item("a", type="system")], [item("b", type="system")], (DIFFERENT, 'fields.Region: sent "a", shows "b"')),
        ([item("a", lname="x")], [item("a", lname="X")], None),
        (
            [{"displayName": "Region", "selectedValue": "a"}],
            [item("b")],
            (DIFFERENT, 'custom.Region: sent "a", shows "b"'),
        ),
        ([{"selectedValue": "a"}], [item("b"), item("a")], None),
        (["a"], ["b", "a"], None),
        ([item("a"), item("a")], [item("a")], (DIFFERENT, 'sent "fd-Region, fd-Region", shows "fd-Region"')),
        ([], [item("a")], (DIFFERENT, 'fields.Region: sent nothing, shows "fd-Region"')),
        ([item("a")], "odd", None),
        ([item("a")], [["odd"], None], (DIFFERENT, 'custom.Region: sent "a", shows nothing')),
    ],
)
def test_custom_fields_are_found_by_id_or_name(sent: Any, shown: Any, proven: tuple[Proven, str] | None) -> None:
    """In any order and among others, but each is there; a list that was to be emptied is not."""
    found = one("fields", sent, shown)
    assert found[0] is DIFFERENT if proven is None else found == proven


@pytest.mark.parametrize(
    ("field", "sent", "shown", "proven"),
    [
        ("status", {"_id": "1", "name": "Open"}, {"_id": "1", "name": "open"}, (NORMALISED, "same _id")),
        ("status", {"_id": "1", "name": "Open"}, {"_id": "1"}, (NORMALISED, "same _id")),
        ("queues", [{"_id": "1", "name": "A"}], [{"_id": "1", "name": "B"}], (NORMALISED, "same _id")),
        ("status", {"_id": "1", "name": "A"}, {"_id": "2", "name": "B"}, (DIFFERENT, 'sent "A", shows "B"')),
        (
            *("status", {"_id": "1", "name": "A"}, {"_id": "2", "name": "A"}),
            (DIFFERENT, 'sent {"_id":"1"}, shows {"_id":"2"}'),
        ),
        ("status", {"name": "Open"}, "Open", (DIFFERENT, 'sent {"name":"Open"}, shows "Open"')),
        ("status", {}, {"_id": "1", "name": "Open"}, (DIFFERENT, 'sent nothing, shows "Open"')),
    ],
)
def test_a_reference_is_its_id(field: str, sent: Any, shown: Any, proven: tuple[Proven, str]) -> None:
    """The name of a status may be another one, but then it is said that the id alone is the same."""
    assert one(field, sent, shown) == proven


MANY = 5000
TAGS = [f"Tag {number}" for number in range(MANY)]
QUEUES = [{"_id": str(number), "name": "Q"} for number in range(MANY)]
NAMELESS = [{"name": str(number)} for number in range(MANY)]


@pytest.mark.parametrize(
    ("field", "sent", "shown", "ways"),
    [
        ("tags", TAGS, TAGS[::-1], "order"),
        ("tags", TAGS, [tag.lower() for tag in TAGS], "letter case"),
        ("tags", [f" {tag}" for tag in TAGS], [tag.lower() for tag in TAGS[::-1]], "letter case, order, outer spaces"),
        ("tags", ["a"] * MANY + ["b"] * MANY, ["b"] * MANY + ["a"] * MANY, "order"),
        ("tags", TAGS + TAGS, TAGS[::-1], "order, repeats dropped"),
        ("tags", TAGS + [tag.lower() for tag in TAGS], TAGS[::-1], "order, repeats dropped"),
        ("tags", TAGS, [*TAGS[1:], "b"], None),
        ("tags", TAGS, TAGS[1:], None),
        ("queues", QUEUES, QUEUES[::-1], "order"),
        ("queues", QUEUES, [{"_id": queue["_id"]} for queue in QUEUES[::-1]], "order, same _id"),
        ("queues", QUEUES + QUEUES, QUEUES[::-1], "order, repeats dropped"),
        ("queues", [*QUEUES, *NAMELESS[:9]], [*NAMELESS[:9], *QUEUES], "order"),
        ("queues", QUEUES, [*QUEUES[1:], {"_id": "b"}], None),
        ("fields", QUEUES, QUEUES[::-1], "order"),
        ("fields", QUEUES, [{**QUEUES[0], "name": "b"}, *QUEUES[1:]], None),
    ],
)
def test_long_lists_are_compared_once_an_item(
    monkeypatch: pytest.MonkeyPatch, field: str, sent: list[Any], shown: list[Any], ways: str | None
) -> None:
    """What is found of them is what is found of short ones, and takes a few looks at each item, not at each pair."""
    calls = 0

    def counted(function: Any) -> Any:
        def call(*args: Any) -> Any:
            nonlocal calls
            calls += 1
            return function(*args)

        return call

    for name in ("_ways", "is_literally", "_through"):
        monkeypatch.setattr(explained, name, counted(getattr(explained, name)))
    proven, message = one(field, sent, shown)
    assert (proven, message) == (NORMALISED, ways) if ways else proven is DIFFERENT
    assert calls < 50 * len(sent)


@pytest.mark.parametrize(("count", "proven"), [(200, NORMALISED), (201, DIFFERENT)])
def test_long_lists_of_what_has_no_id_are_not_compared_each_with_each(count: int, proven: Proven) -> None:
    """Two hundred in another order are; more of them count as different, with their repeats."""
    assert one("queues", NAMELESS[:count], NAMELESS[:count][::-1])[0] is proven
    assert one("queues", NAMELESS[:count], NAMELESS[:count])[0] is EQUAL
