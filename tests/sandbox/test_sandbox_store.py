"""How the sandbox changes and makes cases."""

from typing import Any

import pytest

from bulkcase.sandbox.store import Store

BEFORE: dict[str, Any] = {
    "_id": "ci-1",
    "refId": "CS000107",
    "name": "Old",
    "lname": "old",
    "desc": "text",
    "userInfo": {"name": "Ada", "emailId": "ada@example.com"},
    "updatedAt": "2026-01-01T00:00:00.000Z",
}
NOW = 1_795_000_000.0

MERGES = [
    ("a key that is not sent stays", {"desc": "new"}, {"name": "Old", "desc": "new"}),
    ("an object is replaced whole", {"userInfo": {"name": "Bo"}}, {"userInfo": {"name": "Bo"}}),
    ("the lower-cased name follows the name", {"name": "NEW One"}, {"name": "NEW One", "lname": "new one"}),
    ("null clears", {"name": None, "desc": None}, {"name": None, "lname": None, "desc": None}),
    ("an unknown key is kept", {"Region": "East"}, {"Region": "East"}),
    (
        "what the server owns cannot be sent",
        {"_id": "ci-2", "lname": "x", "updatedAt": "x"},
        {"_id": "ci-1", "lname": "old", "updatedAt": "2026-11-18T11:06:40.000Z"},
    ),
]


@pytest.mark.parametrize(("body", "expected"), [row[1:] for row in MERGES], ids=[row[0] for row in MERGES])
def test_an_update_merges_by_top_level_key(body: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each line of the table says what a case shows after an update, all else being as before."""
    case = Store([BEFORE], seed=0).update("ci-1", body, NOW)
    assert case == BEFORE | {"updatedAt": "2026-11-18T11:06:40.000Z"} | expected


def test_each_change_shows_in_updated_at() -> None:
    """Two changes within one tick of the clock have different moments."""
    store = Store([BEFORE], seed=0)
    first = store.update("ci-1", {}, NOW)
    second = store.update("ci-1", {}, NOW)
    assert first["updatedAt"] != second["updatedAt"]


def test_a_case_read_before_stays_as_it_was() -> None:
    """A change makes a new case: neither the caller's nor one read earlier changes."""
    given = dict(BEFORE)
    store = Store([given], seed=0)
    read = store.cases["ci-1"]
    store.update("ci-1", {"desc": "new"}, NOW)
    assert read == given == BEFORE


def test_a_case_that_is_not_there_cannot_be_changed() -> None:
    """An unknown id makes no case."""
    store = Store([BEFORE], seed=0)
    with pytest.raises(KeyError):
        store.update("ci-2", {"desc": "new"}, NOW)
    assert list(store.cases) == ["ci-1"]


def test_a_new_case_takes_the_next_reference() -> None:
    """References go on from the highest, ids are new, and the due date is kept in both of its forms."""
    store = Store([BEFORE], seed=0)
    first = store.create({"name": "One", "dueDate": "2026-12-01T10:00:00Z"}, NOW)
    second = store.create({"name": "Two"}, NOW)
    assert (first["refId"], second["refId"]) == ("CS000108", "CS000109")
    assert first["_id"].startswith("ci-")
    assert first["_id"] != second["_id"]
    assert (first["dueDate"], first["ETA"]) == (1_796_119_200_000, "2026-12-01T10:00:00Z")
    assert (second["lname"], second["dueDate"]) == ("two", None)
    assert store.cases[first["_id"]] is first


def test_an_added_case_is_the_newest_and_has_its_reference_to_itself() -> None:
    """A whole case is added as it is, once, and the next new one counts on from it."""
    store = Store([BEFORE], seed=0)
    given = BEFORE | {"_id": "ci-2", "refId": "CS000200"}
    added = store.add(given)
    assert added == given
    assert added is not given
    assert list(store.cases) == ["ci-1", "ci-2"]
    assert store.create({"name": "Next"}, NOW)["refId"] == "CS000201"
    with pytest.raises(ValueError, match="there is a case ci-1 already"):
        store.add(BEFORE)
    assert store.cases["ci-1"] == BEFORE
