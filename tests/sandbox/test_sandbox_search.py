"""Which cases getCases finds, in which order, page by page."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.sandbox.search import find_page

OPEN = {"name": "Open", "statusCategory": "open"}
CLOSED = {"name": "Closed", "statusCategory": "closed"}
CASES: list[dict[str, Any]] = [
    {
        "_id": "a",
        "lname": "parcel is late",
        "status": OPEN,
        "priority": {"name": "Low"},
        "channel": ["email"],
        "assigneeType": "agent",
        "queues": [],
        "createdAt": "2026-01-01T00:00:00.000Z",
        "dueDate": 1_768_000_000_000,
    },
    {
        "_id": "b",
        "lname": "charged twice",
        "status": CLOSED,
        "priority": {"name": "High"},
        "channel": ["chat", "email"],
        "assigneeType": "queues",
        "queues": [{"_id": "qu-1", "name": "Billing"}],
        "createdAt": "2026-02-01T00:00:00.000Z",
        "dueDate": 1_771_000_000_000,
    },
    {
        "_id": "c",
        "lname": None,
        "status": None,
        "priority": None,
        "channel": [],
        "assigneeType": "unassigned",
        "queues": ["Technical"],
        "createdAt": "2026-03-01T00:00:00.000Z",
        "dueDate": None,
    },
]

FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "abc"),
    ({"searchText": "TWICE"}, "b"),
    ({"unresolved": True}, "a"),
    ({"unresolved": False}, "abc"),
    ({"unassigned": True}, "c"),
    ({"mycase": True}, "abc"),
    ({"priority": ["low", "High"]}, "ab"),
    ({"priority": []}, "abc"),
    ({"status": ["Closed"]}, "b"),
    ({"status": None}, "abc"),
    ({"channel": ["email"]}, "ab"),
    ({"queues": ["Billing", "Technical"]}, "bc"),
    ({"startDate": "2026-02-01"}, "bc"),
    ({"endDate": "2026-02-01T00:00:00Z"}, "ab"),
    ({"dueDate": "2026-01-31"}, "a"),
    ({"channel": ["email"], "unresolved": True}, "a"),
    ({"sortBy": "priority"}, "cba"),
    ({"sortBy": {"dueDate": "desc"}}, "bac"),
    ({"sortBy": {"assigneeType": "asc", "createdAt": "desc"}}, "abc"),
]


@pytest.mark.parametrize(("request_body", "found"), FILTERS, ids=[str(row[0]) for row in FILTERS])
def test_filters_find_and_orders_sort(request_body: dict[str, Any], found: str) -> None:
    """Each line of the table says which of the three cases are found, in their order."""
    page = find_page(CASES, request_body, page_size=50)
    assert "".join(case["_id"] for case in page["results"]) == found
    assert page["totalResults"] == len(found)


@given(count=st.integers(0, 40), limit=st.integers(1, 12), page_size=st.integers(1, 9), by_page=st.booleans())
def test_pages_hold_every_case_once(count: int, limit: int, page_size: int, by_page: bool) -> None:
    """Reading on while there is more, by skip or by page, yields all cases in order, and no page is too large."""
    cases = [{"_id": str(number)} for number in range(count)]
    read: list[str] = []
    for number in range(1, count + 2):
        position = {"page": number} if by_page else {"skip": len(read)}
        page = find_page(cases, {"limit": limit, **position}, page_size=page_size)
        assert (page["page"], page["limit"]) == (number, min(limit, page_size))
        assert len(page["results"]) <= page["limit"]
        read += [case["_id"] for case in page["results"]]
        if not page["hasMore"]:
            assert page["totalPages"] == (number if count else 0)
            break
    assert read == [case["_id"] for case in cases]


def test_skip_can_be_ignored() -> None:
    """A server that does not know skip shows the first page again, and still knows page."""
    skipped = find_page(CASES, {"skip": 2, "limit": 2}, page_size=50, ignore_skip=True)
    paged = find_page(CASES, {"page": 2, "limit": 2}, page_size=50, ignore_skip=True)
    assert [case["_id"] for case in skipped["results"]] == ["a", "b"]
    assert [case["_id"] for case in paged["results"]] == ["c"]


@pytest.mark.parametrize(("ignore_skip", "found"), [(True, "ab"), (False, "bc")])
def test_page_can_be_ignored(ignore_skip: bool, found: str) -> None:
    """A server that does not know page goes by skip; one that knows neither shows the first page for ever."""
    request = {"skip": 1, "page": 2, "limit": 2}
    page = find_page(CASES, request, page_size=50, ignore_skip=ignore_skip, ignore_page=True)
    paged = find_page(CASES, {"page": 2, "limit": 2}, page_size=50, ignore_skip=ignore_skip, ignore_page=True)
    assert "".join(case["_id"] for case in page["results"]) == found
    assert [case["_id"] for case in paged["results"]] == ["a", "b"]
    assert (paged["page"], paged["hasMore"], paged["totalPages"], paged["totalResults"]) == (1, True, 2, 3)


@pytest.mark.parametrize("order", [{}, {"sortBy": "dueDate"}, {"sortBy": {"createdAt": "asc"}}])
def test_order_can_be_ignored(order: dict[str, Any]) -> None:
    """A server that does not know sortBy shows the newest first, across all pages."""
    first = find_page(CASES, {"limit": 2} | order, page_size=50, ignore_sort=True)
    second = find_page(CASES, {"skip": 2} | order, page_size=50, ignore_sort=True)
    assert [case["_id"] for case in first["results"] + second["results"]] == ["c", "b", "a"]
