"""What the name of a column means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.fields import FIELDS, READ_ONLY
from bulkcase.proposing.names import Named, Rank, named, words_of

SURE = {
    "Title": "name",
    "SUBJECT": "name",
    "case-title": "name",
    "Betreff": "name",
    "Description": "desc",
    "Beschreibung": "desc",
    "Status": "status",
    "case status": "status",
    "Priority": "priority",
    "Priorität": "priority",
    "Due": "dueDate",
    "due_date": "dueDate",
    "dueDate": "dueDate",
    "ETA": "dueDate",
    "Fällig am": "dueDate",
    "échéance": "dueDate",
    "Labels": "tags",
    "Tags": "tags",
    "isActive": "isActive",
    "Is active?": "isActive",
}
ASKED = {
    "Name": "name",
    "Notes": "desc",
    "State": "status",
    "New State": "status",
    "Active": "isActive",
    "Assignee": "currAssignee",
    "Owner": "currAssignee",
    "Queue": "queues",
    "Channels": "channel",
    "Customer": "userInfo.name",
    "E-Mail": "userInfo.emailId",
    "conversationType": "conversationType",
    "Language": "language",
}
OF_THE_SERVER = {
    "Last Updated": "updatedAt",
    "Created": "createdAt",
    "created_by": "createdBy",
    "refId": "refId",
    "isBreached": "isBreached",
    "Geändert am": "updatedAt",
}
NOTHING = ["", "  ", "Region", "Case", "New", "Old", "City", "x" * 5000, "状态", "fields", "userInfo", "\n"]


@pytest.mark.parametrize(("name", "field"), SURE.items())
def test_a_name_that_means_one_field_is_sure(name: str, field: str) -> None:
    """Case, spaces, punctuation, accents, and the word "case" make no difference."""
    found = named(name)
    assert found is not None
    assert (found.field, found.doubt, found.is_old) == (field, "", False)


@pytest.mark.parametrize(("name", "field"), ASKED.items())
def test_a_name_that_may_mean_something_else_has_a_doubt(name: str, field: str) -> None:
    """Such a column is asked about, and so is one that would move cases or change their customers."""
    found = named(name)
    assert found is not None
    assert found.field == field
    assert found.doubt


@pytest.mark.parametrize(("name", "field"), OF_THE_SERVER.items())
def test_what_the_server_sets_is_known_by_its_name(name: str, field: str) -> None:
    """A read-only field is found, so that the job file can say why it is not mapped."""
    found = named(name)
    assert found is not None
    assert found.field == field
    assert found.field in READ_ONLY


@pytest.mark.parametrize("name", NOTHING)
def test_a_name_that_means_no_field_is_none(name: str) -> None:
    """A custom field's name, a word alone, and what is no word are nothing."""
    assert named(name) is None


def test_a_new_value_is_preferred_and_an_old_one_is_told() -> None:
    """A column says by its name whether it has the value to send or the one before."""
    assert named("New Status") == Named("status", Rank.NEW)
    assert named("New Comment") == Named("desc", Rank.NEW, "its name may mean something else")
    assert named("neuer Status") == Named("status", Rank.NEW)
    assert [named(name).is_old for name in ("Old Status", "Previous priority", "Status (old)")] == [True] * 3  # type: ignore[union-attr]  # each is known


def test_every_field_that_is_named_is_a_documented_one() -> None:
    """No synonym leads to a field that updateCase does not have."""
    from bulkcase.proposing.names import _BY_NAME  # noqa: PLC0415 - what is tested is the table itself

    assert {found.field.partition(".")[0] for found in _BY_NAME.values()} <= set(FIELDS)


@given(st.text())
def test_whatever_a_column_is_called_it_has_an_answer(name: str) -> None:
    """No name is too odd to be looked at."""
    named(name)
    assert all(word.isalnum() for word in words_of(name))
