"""snapshot.filter: which live cases are read."""

import datetime as dt
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.job_texts import FILE, SMALLEST, problems

from bulkcase.job import parse
from bulkcase.job.filters import case_filter


def job_with(written: str) -> str:
    return f"{SMALLEST}[snapshot]\nfilter = {written}"


def parsed(written: str) -> dict[str, Any]:
    return parse(job_with(written), FILE).snapshot.filter


def problem(written: str) -> str:
    (found,) = problems(job_with(written))
    assert found.startswith("snapshot.filter: ")
    return found.removeprefix("snapshot.filter: ")


def test_a_job_without_a_filter_reads_every_case() -> None:
    """Nothing is left out unless a person says so."""
    assert parse(SMALLEST, FILE).snapshot.filter == parsed("{}") == {}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('searchText = "refund"', "refund"),
        ("unresolved = true", True),
        ("unassigned = false", False),
        ("mycase = true", True),
        ('priority = ["High", "Critical"]', ["High", "Critical"]),
        ('status = ["Open"]', ["Open"]),
        ('channel = ["email"]', ["email"]),
        ('queues = ["Billing"]', ["Billing"]),
        ("startDate = 2026-11-24", "2026-11-24"),
        ('startDate = "2026-11-24"', "2026-11-24"),
        ("endDate = 2026-11-24T08:00:00Z", "2026-11-24T08:00:00+00:00"),
        ("endDate = 2026-11-24T08:00:00.5+01:00", "2026-11-24T08:00:00.500000+01:00"),
        ('dueDate = "2026-11-24T08:00:00Z"', "2026-11-24T08:00:00Z"),
    ],
)
def test_each_documented_filter_is_sent_as_the_vendor_writes_it(written: str, value: Any) -> None:
    """Texts, flags and names as they stand, dates in ISO 8601, whether quoted or not."""
    name = written.partition(" ")[0]
    assert parsed(f"{{ {written} }}") == {name: value}


def test_several_filters_hold_at_once() -> None:
    """They are sent together, in the order of the job."""
    assert list(parsed('{ status = ["Open"], unassigned = true }').items()) == [
        ("status", ["Open"]),
        ("unassigned", True),
    ]


@pytest.mark.parametrize("name", ["sortBy", "skip", "limit", "page", "_id", "refId"])
def test_what_is_no_filter_is_refused_with_those_that_are(name: str) -> None:
    """The order and the place of a page are the program's own business."""
    told = problem(f'{{ {name} = "x" }}')
    assert told == (
        f"has {name}, which is no filter of getCases: there are searchText, unresolved, unassigned, mycase, "
        "priority, status, channel, queues, startDate, endDate, dueDate"
    )


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ('searchText = ""', "a text in quotes"),
        ("searchText = 5", "a text in quotes"),
        ('unresolved = "true"', "true or false, without quotes"),
        ("mycase = 1", "true or false, without quotes"),
        ('status = "Open"', "a list of names in brackets"),
        ("status = []", "a list of names in brackets"),
        ('queues = ["Billing", ""]', "a list of names in brackets"),
        ("priority = [1]", "a list of names in brackets"),
        ("startDate = 2026-11-24T08:00:00", "a date, or a date-time with its offset"),
        ('startDate = "2026-11-24T08:00"', "a date, or a date-time with its offset"),
        ('startDate = "24.11.2026"', "a date, or a date-time with its offset"),
        ('startDate = "2026-13-24"', "a date, or a date-time with its offset"),
        ('startDate = ""', "a date, or a date-time with its offset"),
        ("endDate = 08:00:00", "a date, or a date-time with its offset"),
        ("dueDate = 1780315200000", "a date, or a date-time with its offset"),
    ],
)
def test_a_filter_of_another_form_is_told_what_it_must_be(written: str, called: str) -> None:
    """The filter is named, and what to write instead."""
    assert problem(f"{{ {written} }}") == f"has {written.partition(' ')[0]}, which must be {called}"


@pytest.mark.parametrize("written", ['"Open"', "[]", "true", '["status"]'])
def test_a_filter_is_a_table(written: str) -> None:
    """Anything else is refused with an example."""
    assert problem(written) == 'must be a table of filters, such as { status = ["Open"] }'


json = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.text(max_size=3), max_size=2)
days = st.dates() | st.datetimes() | st.datetimes(timezones=st.just(dt.UTC)) | st.times()
names = st.sampled_from(["searchText", "unresolved", "status", "startDate", "zzz"])


@given(st.dictionaries(names, json | days))
def test_a_filter_is_sent_or_refused(written: dict[str, Any]) -> None:
    """What gets through has each filter that was written, in a form that JSON has."""
    found = None
    with suppress(ValueError):
        found = case_filter(written)
    if found is not None:
        assert found.keys() == written.keys() - {"zzz"} == written.keys()
        assert all(isinstance(value, str | bool | list) and value != "" for value in found.values())
        assert case_filter(found) == found
