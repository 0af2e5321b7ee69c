"""Custom fields, which live among the fields of a case."""

from typing import Any

import pytest
from support.custom_fields import DUE, DUE_MS, case, item, outcome, refusal, sent, shown

from bulkcase.model import Rejection
from bulkcase.planning.compare import Comparison


def test_one_value_changes_and_the_fields_go_out_whole() -> None:
    """All items are sent as the case shows them but for the selected value of the mapped ones."""
    live = case(item("Title", "T", kind="system"), item("Region", "North"), "odd", item("Shop", "1"), None)
    body = sent(live, {"Region": "South", "Shop": "1"})
    assert body == {"fields": [live["fields"][0], item("Region", "South"), "odd", item("Shop", "1"), None]}
    assert body["fields"][0]["metaData"] is not live["fields"][0]["metaData"]


def test_several_custom_fields_are_one_change() -> None:
    """Each mapped field gets its own value in the one list that is sent, and the old list is what was before."""
    live = case(item("A", "1"), item("B", "2"), item("C", None))
    found = outcome(live, {"A": "x", "C": "z"})
    after = [item("A", "x"), item("B", "2"), item("C", "z")]
    assert found == Comparison({"fields": after}, {"fields": live["fields"]})


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Region", 0),
        ("cf_Region", 0),
        (" REGION ", 0),
        ("region", 2),
        ("CF_SHOP", 3),
        ("Title", 4),
        ("Bare", 5),
    ],
)
def test_a_custom_field_is_found_by_either_name(name: str, place: int) -> None:
    """The display name and the internal name count, exactly written ones first; items of the system do not count."""
    live = case(
        item("Region", "0"),
        item("Title", "0", kind="system", internal="title"),
        item("Other", "0", internal="region"),
        item("Shop", "0"),
        item("Title", "0"),
        {"displayName": "Bare"},
    )
    if name == " REGION ":
        live["fields"][2]["metaData"]["name"] = "other"
    body = sent(live, {name: "1"})
    assert [number for number, each in enumerate(body["fields"]) if each.get("selectedValue") == "1"] == [place]


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ([item("Region", "0")], "no_custom_field", 'the case has no custom field "Regoin": did you mean Region?'),
        ([item("Shop", "0")], "no_custom_field", 'the case has no custom field "Regoin": there are "Shop", "cf_Shop"'),
        ([item("Regoin", "0", kind="system")], "no_custom_field", "the case shows no custom fields"),
        (None, "no_custom_field", 'the case shows no custom fields, so none named "Regoin"'),
        (
            [item("Regoin", "0"), item("B", "0", internal="Regoin")],
            "ambiguous_custom_field",
            'has 2 custom fields named "Reg',
        ),
        ([item("regoin", "0"), item("REGOIN", "0")], "ambiguous_custom_field", "has 2 custom fields named"),
        ({"Regoin": "x"}, "odd_live_value", "fields of the case is no list"),
    ],
)
def test_a_custom_field_must_be_one(fields: Any, code: str, message: str) -> None:
    """A name that no field has, or several have, is refused and helped with."""
    found = refusal({"fields": fields}, {"Regoin": "x"})
    assert found.code == code
    assert message in found.message


@pytest.mark.parametrize("live", [None, "", "x", 5])
@pytest.mark.parametrize("meta", [{}, {"isMulti": True}, {"type": "datetime"}, {"type": "dropdown", "values": ["x"]}])
def test_a_custom_field_is_cleared_whatever_it_is(live: Any, meta: dict[str, Any]) -> None:
    """To clear a field needs no knowledge of how its values look, and nothing where it has none."""
    assert shown(case(item("A", live, **meta)), {"A": None}) == (None if live else "left")


def test_a_field_of_several_values_is_not_guessed() -> None:
    """How a multi-select looks is documented nowhere, so that a value for it is refused."""
    found = refusal(case(item("A", None, isMulti=True, type="dropdown", values=["x"])), {"A": "x"})
    assert found.code == "custom_field_kind"
    assert 'custom field "A" takes several values' in found.message


@pytest.mark.parametrize(
    ("live", "value", "after"),
    [
        (None, "2026-06-01T12:00:00Z", DUE),
        (None, " 2026-06-01T14:00:00.0004+02:00 ", DUE),
        (None, " 2026-06-01", "2026-06-01T00:00:00.000Z"),
        (DUE, "2026-06-01T14:00:00+02:00", "left"),
        ("2026-06-01T12:00:00", "2026-06-01T12:00Z", "left"),
        (DUE_MS, "2026-06-01T12:00Z", "left"),
        ("soon", "2026-06-01T12:00Z", DUE),
    ],
)
def test_a_date_is_an_instant(live: Any, value: str, after: str) -> None:
    """A date-time is compared as an instant and written as the API writes one; a date is its first moment in UTC."""
    assert shown(case(item("A", live, type="datetime")), {"A": value}) == after


@pytest.mark.parametrize(
    "value", ["01/06/2026", "2026-06-01T12:00:00", "2026-02-30", "1780315200000", "", "0001-01-01T00:00+23:00"]
)
def test_a_date_that_is_none_is_refused(value: str) -> None:
    """Neither a format nor a time zone is guessed: the job has to name them."""
    found = refusal(case(item("A", DUE, type="datetime")), {"A": value})
    assert found.code == "bad_date"
    assert found.message.endswith("set format and timezone in the job")


@pytest.mark.parametrize(
    ("values", "live", "value", "after"),
    [
        (["North", "South"], "North", "South", "South"),
        (["North", "South"], "North", " south", "South"),
        (["North", "South"], "South", "SOUTH ", "left"),
        (["a", "A"], None, "A", "A"),
        (["North", "North"], None, "north", "North"),
        ([{"name": "North", "value": "n"}, {"label": "South"}, 7], None, "south", "South"),
        ([{"name": "North", "value": "n"}], None, "N", "n"),
        ([], None, "any", "any"),
        (None, None, "any", "any"),
        ([7, {}], None, "any", "any"),
        ("North", None, "any", "any"),
    ],
)
def test_a_dropdown_takes_its_own_values(values: Any, live: Any, value: str, after: str) -> None:
    """A value is found without regard to case and outer spaces and sent as the list has it, where there is a list."""
    assert shown(case(item("A", live, type="dropdown", values=values)), {"A": value}) == after


@pytest.mark.parametrize(
    ("value", "hint"), [("Nort", "did you mean North?"), ("zzz", 'there are "North", "South"'), ("", "there are")]
)
def test_a_dropdown_takes_no_other_value(value: str, hint: str) -> None:
    """A value that is not in the list is refused, with what it may have been."""
    found = refusal(case(item("A", "North", type="dropdown", values=["North", "South"])), {"A": value})
    assert found.code == "unknown_name"
    assert found.message.startswith('custom field "A" has no ')
    assert hint in found.message


def test_a_text_that_may_mean_two_options_is_refused() -> None:
    """Options that differ in nothing but case are told apart by how they are written, and by nothing else."""
    found = refusal(case(item("A", None, type="dropdown", values=["ab", "AB"])), {"A": "Ab"})
    assert found.code == "ambiguous_name"
    assert found.message == 'custom field "A": "Ab" may mean "ab", "AB": write it as one of them'


@pytest.mark.parametrize("live", [True, False, [], ["x"], {}, {"name": "x"}])
def test_a_live_value_that_is_no_text_is_not_written_over(live: Any) -> None:
    """How a switch, a list or an object has to be sent is documented nowhere."""
    found = refusal(case(item("A", live)), {"A": "6"})
    assert found.code == "custom_field_kind"
    assert 'custom field "A" shows something else than a text' in found.message


@pytest.mark.parametrize(
    ("live", "data_type", "value", "after"),
    [
        (5, "string", "6", 6),
        (5, "string", " 5.0 ", "left"),
        (5, "string", "5.5", 5.5),
        (None, "number", "6", 6),
        ("5", "number", "5.0", "left"),
        ("five", "number", "5", 5),
        (None, "string", "6", "6"),
        ("5", "string", "5.0", "5.0"),
        ("x", "string", "", ""),
        (None, "string", "", "left"),
    ],
)
def test_a_number_goes_where_numbers_are(live: Any, data_type: str, value: str, after: Any) -> None:
    """A text becomes a number where the case shows one or says so, and stays a text everywhere else."""
    found = shown(case(item("A", live, dataType=data_type)), {"A": value})
    assert (found, type(found)) == (after, type(after))


def test_a_number_that_is_none_is_refused() -> None:
    """A text does not go where a number is."""
    found = refusal(case(item("A", 5)), {"A": "1,000"})
    assert found == Rejection("bad_number", 'custom field "A": "1,000" is not a plain number such as -12.5')


@pytest.mark.parametrize("meta", ["absent", None, "odd", {"isMulti": None}])
def test_a_field_that_says_little_takes_texts(meta: Any) -> None:
    """Without a description a field takes the text as it is."""
    live = {"displayName": "A", "selectedValue": "0"} | ({} if meta == "absent" else {"metaData": meta})
    assert shown(case(live), {"A": " 1 "}) == " 1 "
