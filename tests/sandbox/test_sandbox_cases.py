"""The cases that a sandbox is filled with."""

from typing import Literal

import orjson
import pytest

from bulkcase.sandbox import PRIORITIES, STATUSES, SandboxSettings, cases_for_keys, generate_cases
from bulkcase.sandbox.moments import parse_iso
from bulkcase.sandbox.validation import UPDATE_CASE, validate


def test_the_same_seed_makes_the_same_cases(now: float) -> None:
    """Cases depend on the seed and on nothing else; another seed makes others."""
    cases = generate_cases(20, 1, now)
    assert cases == generate_cases(20, 1, now)
    assert {case["_id"] for case in cases}.isdisjoint(case["_id"] for case in generate_cases(20, 2, now))


def test_a_generated_case_has_the_types_of_the_api(now: float) -> None:
    """Every documented field of a generated case is of its documented type, and nothing points to real people."""
    for case in generate_cases(50, 1, now):
        validate(case, UPDATE_CASE)
        assert case["userInfo"]["emailId"].endswith("@example.com")
        assert case["userInfo"]["emailId"].isascii()
        assert parse_iso(case["createdAt"]) <= parse_iso(case["updatedAt"]) < now
        assert parse_iso(case["ETA"]) * 1000 == case["dueDate"]


def test_a_generated_case_keeps_its_values_as_often_as_the_api_does(now: float) -> None:
    """Title, description and due date stand in the fields too, and a custom field has its mirror."""
    for case in generate_cases(10, 1, now):
        values = {item["displayName"]: item["selectedValue"] for item in case["fields"]}
        assert values == {
            "Title": case["name"],
            "Description": case["desc"],
            "Due Date": case["ETA"],
            "Region": case["Region"],
        }
        assert [item["displayName"] for item in case["fields"] if item["type"] == "custom"] == ["Region"]


def test_ids_are_distinct_and_references_count_up(now: float) -> None:
    """A thousand cases have a thousand ids, and references from CS000100 on."""
    cases = generate_cases(1000, 1, now)
    assert len({case["_id"] for case in cases}) == 1000
    assert [case["refId"] for case in cases[:2]] == ["CS000100", "CS000101"]


def test_every_status_and_priority_occurs(now: float) -> None:
    """The catalogues hold whole objects by name, and the cases use all of them."""
    cases = generate_cases(200, 1, now)
    for key, catalogue in (("status", STATUSES), ("priority", PRIORITIES)):
        assert {case[key]["name"] for case in cases} == set(catalogue)
        assert all(case[key] == catalogue[case[key]["name"]] for case in cases)
    assert all(status["_id"].startswith("sts-") for status in STATUSES.values())
    assert all(priority["_id"].startswith("pr-") for priority in PRIORITIES.values())


@pytest.mark.parametrize("match", ["_id", "refId"])
def test_the_keys_of_an_input_get_their_cases(now: float, match: str) -> None:
    """Each key has one case, whether it is an id or a reference, and the order of the keys does not matter to it."""
    cases = cases_for_keys(["k-2", "k-1", "k-2"], 1, now, "refId" if match == "refId" else "_id")
    assert [case[match] for case in cases] == ["k-2", "k-1"]
    alone = cases_for_keys(["k-1"], 1, now, "refId" if match == "refId" else "_id")[0]
    assert cases[1] | {"refId": alone["refId"]} == alone


def test_a_generated_case_fits_the_default_settings(now: float) -> None:
    """Account and stream of a case are those of a sandbox as it comes, and it is plain JSON."""
    case = generate_cases(1, 1, now)[0]
    settings = SandboxSettings()
    assert (case["accountId"], case["iId"]) == (settings.account_id, settings.stream_id)
    assert orjson.loads(orjson.dumps(case)) == case


@pytest.mark.parametrize("match", ["_id", "refId"])
def test_cases_for_keys_depend_on_the_day_alone(match: Literal["_id", "refId"]) -> None:
    """The first and the last moment of a day (UTC) make the same cases, the next one others, all of them past."""
    midnight = parse_iso("2026-11-23T00:00:00Z")
    cases = cases_for_keys(["k-1", "k-2"], 1, midnight, match)
    assert cases == cases_for_keys(["k-1", "k-2"], 1, midnight + 86_399.999, match)
    assert cases != cases_for_keys(["k-1", "k-2"], 1, midnight + 86_400, match)
    assert all(parse_iso(case["updatedAt"]) < midnight for case in cases)


def test_ids_among_references_are_ids(now: float) -> None:
    """A list of references may hold ids; their cases get references that are not in the list."""
    cases = cases_for_keys(["ci-1", "CS000100", "k-1", "ci-2", "CS000102"], 1, now, "refId")
    assert [case["refId"] for case in cases] == ["CS000101", "CS000100", "k-1", "CS000103", "CS000102"]
    assert [cases[0]["_id"], cases[3]["_id"]] == ["ci-1", "ci-2"]
    assert len({case["_id"] for case in cases}) == 5


@pytest.mark.parametrize("id_first", [True, False])
def test_the_id_and_the_reference_of_one_case_are_one_case(now: float, id_first: bool) -> None:
    """Both keys of a case in one list make no second case of it."""
    (alone,) = cases_for_keys(["CS000777"], 1, now, "refId")
    keys = [alone["_id"], "CS000777"] if id_first else ["CS000777", alone["_id"]]
    assert cases_for_keys(keys, 1, now, "refId") == [alone]


def test_cases_for_keys_have_the_custom_fields_that_are_asked_for(now: float) -> None:
    """A name that is new becomes an empty custom field with its mirror, and all else stays."""
    (plain,) = cases_for_keys(["ci-1"], 1, now)
    (case,) = cases_for_keys(["ci-1"], 1, now, custom=["Cost Centre (EU)"])
    assert case == plain | {"fields": case["fields"], "Cost Centre (EU)": ""}
    assert case["fields"][:-1] == plain["fields"]
    item = case["fields"][-1]
    assert (item["displayName"], item["type"], item["selectedValue"]) == ("Cost Centre (EU)", "custom", "")
    assert (item["metaData"]["type"], item["metaData"]["name"]) == ("input", "cost_centre__eu_")
    assert item.keys() == plain["fields"][-1].keys()


@pytest.mark.parametrize(
    ("custom", "added"),
    [
        (["Region"], []),
        (["region", "CF_REGION", "duedate", "Due Date"], []),
        (["Team", "TEAM", "Sub Team", "sub_team"], ["Team", "Sub Team"]),
    ],
)
def test_no_field_is_added_twice(now: float, custom: list[str], added: list[str]) -> None:
    """A name that a field has already, as display name or internal name and in whatever case, adds nothing."""
    plain = cases_for_keys(["ci-1", "ci-2"], 1, now)[1]
    case = cases_for_keys(["ci-1", "ci-2"], 1, now, custom=iter(custom))[1]
    assert [item["displayName"] for item in case["fields"][len(plain["fields"]) :]] == added
    assert case.keys() - plain.keys() == set(added)


def test_a_custom_field_hides_no_documented_one(now: float) -> None:
    """A custom field that is named like a documented field has no mirror: that key is taken."""
    (plain,) = cases_for_keys(["ci-1"], 1, now)
    (case,) = cases_for_keys(["ci-1"], 1, now, custom=["desc"])
    assert case["desc"] == plain["desc"]
    assert case["fields"][-1]["displayName"] == "desc"
