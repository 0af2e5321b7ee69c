"""The catalogue of documented fields."""

import pytest

from bulkcase.fields import FIELDS, READ_ONLY, SHOWN_ONLY, Kind
from bulkcase.nearest import nearest

DOCUMENTED = {
    Kind.TEXT: "caseTmp name lname desc accountId lid iId orgId language source conversationType refId assigneeType",
    Kind.ISO_DATE: "createdAt updatedAt ETA",
    Kind.LIST: "sessIds convIds fields participants queues taskIds attachments feedback activityIds commentIds "
    "resolutionCmts channel",
    Kind.TEXTS: "tags",
    Kind.OBJECT: "userInfo status priority createdBy updatedBy currAssignee",
    Kind.BOOLEAN: "isActive isBreached supportCustomTasks",
    Kind.NUMBER: "timestampValue",
    Kind.MILLISECONDS: "dueDate",
}


@pytest.mark.parametrize("kind", Kind)
def test_every_documented_field_has_its_kind(kind: Kind) -> None:
    """The catalogue holds the fields of the documented table, each under its kind, and no others."""
    assert {name for name, each in FIELDS.items() if each is kind} == set(DOCUMENTED[kind].split())


def test_read_only_fields_are_documented_or_only_shown() -> None:
    """A read-only name is a field that could be sent, or one that the API only shows."""
    assert READ_ONLY - FIELDS.keys() == SHOWN_ONLY


@pytest.mark.parametrize("field", ["name", "desc", "status", "priority", "dueDate", "ETA", "tags", "currAssignee"])
def test_what_people_change_is_writable(field: str) -> None:
    """The fields that a case worker changes are not read-only."""
    assert field not in READ_ONLY


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("statsu", "status"),
        ("STATUS", "status"),
        ("duedate", "dueDate"),
        ("       prioritty       ", "priority"),
        ("eta", "ETA"),
        ("zzzzzz", None),
        ("", None),
    ],
)
def test_a_misspelt_name_finds_the_nearest_known_one(written: str, meant: str | None) -> None:
    """The nearest known name is found without regard to case and outer spaces; far ones are not offered."""
    assert nearest(written, FIELDS) == meant


def test_outer_spaces_of_a_known_name_do_not_hide_it() -> None:
    """A column whose header has spaces around it can still be the nearest one, and is shown as it is."""
    assert nearest("due", ["title", "      Due      "]) == "      Due      "
