"""Items of the system among the fields of a case, which show what fields of the case show too."""

from typing import Any

import pytest
from support.custom_fields import DUE, DUE_MS, case, item, sent

SYSTEM = [
    item("Title", "old", kind="system"),
    item(" DESCRIPTION", "", kind="system"),
    item("Due Date", DUE, kind="system"),
    item("Region", "North"),
]
LATER, LATER_MS = "2026-06-02T12:00:00.000Z", DUE_MS + 86_400_000


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ({}, ["old", "", DUE]),
        ({"name": "new"}, ["new", "", DUE]),
        ({"desc": "new"}, ["old", "new", DUE]),
        ({"dueDate": LATER_MS}, ["old", "", LATER]),
        ({"ETA": "2026-06-02T14:00:00+02:00"}, ["old", "", LATER]),
        ({"dueDate": None}, ["old", "", None]),
        ({"dueDate": 10**18}, ["old", "", 10**18]),
        ({"name": "new", "desc": "new", "dueDate": LATER_MS, "ETA": LATER}, ["new", "new", LATER]),
    ],
)
def test_what_is_kept_twice_stays_in_step(body: dict[str, Any], after: list[Any]) -> None:
    """Where the fields go out beside a new title, description or due date, their system items follow."""
    live = case(*SYSTEM, name="old", dueDate=DUE_MS, ETA=DUE)
    found = sent(live, {"Region": "South"}, body)
    assert [each["selectedValue"] for each in found["fields"]] == [*after, "South"]
    assert {field: found[field] for field in body} == body


def test_what_was_out_of_step_is_left_so() -> None:
    """A system item that showed another value than its field before is nothing that the job has mapped."""
    live = case(*SYSTEM, name="other", desc="other", dueDate=DUE_MS + 1, ETA="soon")
    body = {"name": "new", "desc": "new", "dueDate": LATER_MS, "ETA": LATER}
    found = sent(live, {"Region": "South"}, body)
    assert found["fields"] == [*SYSTEM[:3], item("Region", "South")]


def test_the_due_date_goes_before_the_eta() -> None:
    """Where both change, the item that showed the due date follows that one, though it then looks like the old ETA."""
    live = case(*SYSTEM, name="old", dueDate=DUE_MS, ETA=LATER)
    found = sent(live, {"Region": "South"}, {"dueDate": LATER_MS, "ETA": "2026-06-09"})
    assert found["fields"][2]["selectedValue"] == LATER


def test_items_that_are_not_of_the_system_do_not_follow() -> None:
    """A custom field that is called Title is another thing than the title."""
    live = case(item("Title", "old"), item("Region", "North"), name="old")
    assert sent(live, {"Region": "South"}, {"name": "new"})["fields"][0] == item("Title", "old")


def test_the_fields_are_not_sent_for_the_sake_of_their_system_items() -> None:
    """A new title alone is a new title alone."""
    live = case(*SYSTEM, name="old")
    assert sent(live, {"Region": "North"}, {"name": "new"}) == {"name": "new"}


def test_fields_that_the_job_wrote_itself_are_sent_as_they_are() -> None:
    """Only what comes from the live case can be stale, so nothing is put into a list that was mapped as a whole."""
    live = case(*SYSTEM, name="old")
    body = {"name": "new", "fields": SYSTEM[:1]}
    assert sent(live, {}, body) == body
