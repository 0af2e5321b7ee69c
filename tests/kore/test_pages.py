"""Pages of live cases: what is asked for next, and what an answer says."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paged import ALL, BEGAN, EVERY, Server, ids, read, some

from bulkcase.kore.pages import CasePage, Paging, parse_page

SAME_PAGE = "the server shows the same page again and again"
NO_TOTAL = "the server does not say how many cases there are"


def test_a_list_is_asked_for_oldest_first_and_by_skip() -> None:
    """The filters, an order, a place and a page size are sent, and the filters are those that were given."""
    assert Paging().asked({"status": ["Open"]}) == {
        "status": ["Open"],
        "sortBy": {"createdAt": "asc"},
        "skip": 0,
        "limit": 100,
    }


def test_a_refused_order_is_asked_for_once_more_as_the_samples_do() -> None:
    """After one refusal neither an order nor more than fifty cases are asked for, on no page."""
    reading = read(Server(sorts=False, cap=50), some(60))
    assert reading.asked == [
        {"sortBy": {"createdAt": "asc"}, "skip": 0, "limit": 100},
        {"skip": 0, "limit": 50},
        {"skip": 50, "limit": 50},
    ]
    assert (reading.seen, reading.paging.gaps()) == (ids(some(60)), "")


def test_a_server_that_refuses_the_plain_question_too_is_left_alone() -> None:
    """There is no third way, and none in the middle of a list."""
    plain = Paging().refused()
    assert plain is not None
    assert plain.refused() is None
    assert replace(Paging(), size=2).refused() is None


@pytest.mark.parametrize("shows", [ALL, frozenset({"hasMore", "totalResults"})])
def test_a_smaller_page_is_the_size_from_then_on(shows: frozenset[str]) -> None:
    """The answer's limit, or else the number of cases that came, is what the next page is asked for."""
    reading = read(Server(cap=3, shows=shows), some(7))
    assert [(body["skip"], body["limit"]) for body in reading.asked] == [(0, 100), (3, 3), (6, 3)]
    assert (reading.seen, reading.paging.gaps(), reading.paging.pages) == (ids(some(7)), "", 3)


def test_a_larger_page_than_was_asked_for_is_not_asked_for_again() -> None:
    """A server that says that its page is larger is asked for a hundred all the same."""
    page = CasePage(some(2), limit=1000, has_more=True, total=5)
    assert Paging().after(page, ids(some(2)), BEGAN).asked({})["limit"] == 100


def test_where_skip_is_unknown_the_number_of_the_page_is_tried() -> None:
    """The first page that comes back again is not taken for the second one."""
    reading = read(Server(skips=False, pages=True), some(5))
    places = [{key: body[key] for key in ("skip", "page") if key in body} for body in reading.asked]
    assert places == [{"skip": 0}, {"skip": 2}, {"page": 2}, {"page": 3}]
    assert (reading.seen, reading.paging.gaps()) == (ids(some(5)), "")


def test_a_server_that_shows_its_first_page_only_leaves_gaps() -> None:
    """Neither skip nor page brings another page, so the reading is over after three questions."""
    reading = read(Server(skips=False), some(5))
    assert (len(reading.asked), reading.seen, reading.paging.gaps()) == (3, ids(some(2)), SAME_PAGE)


def test_pages_without_a_new_case_end_the_reading_after_three() -> None:
    """A server that shows what is known in ever another order is not asked forever."""
    one, two, *others = some(4)
    reading = read(Server(skips=False), [one, two, *others], [two, one, *others])
    assert (len(reading.asked), reading.paging.nothing_new, reading.paging.gaps()) == (4, 3, SAME_PAGE)


def test_a_new_case_starts_the_count_of_pages_without_one_anew() -> None:
    """Only pages in a row count."""
    known, page = ids(some(2)), CasePage(some(2), 2, has_more=True, total=9)
    paging = Paging().after(page, known, BEGAN).after(page, [], BEGAN).after(page, [], BEGAN)
    assert (paging.nothing_new, paging.is_over) == (2, False)
    assert paging.after(page, ["ci-0"], BEGAN).nothing_new == 0


@pytest.mark.parametrize("skips", [True, False])
def test_a_list_without_a_total_may_have_gaps(skips: bool) -> None:
    """Where the server does not say how many cases there are, all of them may be seen, and nobody knows."""
    server = Server(skips=skips, pages=not skips, shows=frozenset())
    for count in range(8):
        reading = read(server, some(count))
        assert (reading.seen, reading.paging.gaps(), reading.paging.pages) == (ids(some(count)), NO_TOTAL, None)


@pytest.mark.parametrize("total", [1, 1002])
def test_a_total_that_is_not_what_was_seen_is_told_in_numbers(total: int) -> None:
    """A list that ends before its total, or behind it, has gaps."""
    page = CasePage(some(2), 2, has_more=False, total=total)
    paging = Paging().after(page, ids(some(2)), BEGAN)
    assert paging.is_over
    assert paging.gaps() == f"2 different cases were seen, and the server says that there are {total:,}"


@pytest.mark.parametrize(
    ("count", "more", "total", "is_over"),
    [
        (0, None, None, True),
        (0, True, 9, True),
        (2, False, 9, True),
        (2, True, 2, False),
        (1, True, None, False),
        (2, None, 2, True),
        (2, None, 3, False),
        (1, None, 3, False),
        (2, None, None, False),
        (1, None, None, True),
    ],
)
def test_a_list_is_over_where_the_server_says_so(
    count: int, more: bool | None, total: int | None, is_over: bool
) -> None:
    """An empty page ends it, then hasMore decides, then the total, and a page that is not full only without these."""
    page = CasePage(some(count), 2, more, total)
    assert Paging().after(page, ids(some(count)), BEGAN).is_over is is_over


def test_an_empty_list_has_no_gaps() -> None:
    """One question is enough where there is no case at all."""
    reading = read(Server(), [])
    assert (len(reading.asked), reading.seen, reading.paging.gaps(), reading.paging.pages) == (1, [], "", 0)


def test_what_is_stored_between_two_pages_goes_on_as_it_was() -> None:
    """A reading that was interrupted anywhere sees what one in one piece sees; nothing stored is the start."""
    assert Paging.of({}) == Paging()
    whole = read(Server(), some(7))
    paging = Paging()
    for start in (0, 2, 4, 6):
        page = parse_page(Server().answer(some(7), paging.asked({})))
        assert page is not None
        paging = Paging.of(paging.as_json()).after(page, ids(page.cases), BEGAN + EVERY * start / 2)
    assert paging == whole.paging


@pytest.mark.parametrize(("position", "start", "page"), [(0, 0, 1), (1, 0, 1), (2, 2, 2), (5, 4, 3), (6, 6, 4)])
@pytest.mark.parametrize("skips", [True, False])
def test_a_page_can_be_asked_for_again(position: int, start: int, page: int, skips: bool) -> None:
    """It is the one that holds a position, by skip or by number."""
    asked = read(Server(skips=skips, pages=not skips), some(7)).paging.at(position).asked({})
    assert (asked["limit"], asked.get("skip"), asked.get("page")) == (2, *((start, None) if skips else (None, page)))


@pytest.mark.parametrize(
    ("answer", "page"),
    [
        (None, None),
        ({}, None),
        ({"results": {"_id": "ci-1"}}, None),
        ({"results": []}, CasePage([], None, None, None)),
        ({"results": [{"_id": "ci-1"}, {"_id": 7}, {}, None, "x"]}, CasePage([{"_id": "ci-1"}], None, None, None)),
        ({"results": [], "limit": 50, "hasMore": False, "totalResults": 0}, CasePage([], 50, False, 0)),
        ({"results": [], "limit": 0, "hasMore": 0, "totalResults": "7"}, CasePage([], None, None, None)),
        ({"results": [], "limit": True, "hasMore": "no", "totalResults": -1}, CasePage([], None, None, None)),
    ],
)
def test_an_answer_is_taken_for_what_it_says_and_no_more(answer: Any, page: CasePage | None) -> None:
    """Numbers and flags of another form are not there, and neither is a case without an id."""
    assert parse_page(answer) == page


@pytest.mark.parametrize("made", [None, 7, "", "yesterday", "0001-01-01T00:00:00+14:00", "2026-11-18T11:06:40Z"])
def test_any_date_of_a_case_is_borne(made: Any) -> None:
    """What a server writes for the moment when a case was made may cost certainty and never the reading."""
    page = CasePage([{"_id": "ci-1", "createdAt": made}], 2, has_more=False, total=1)
    assert Paging().after(page, ["ci-1"], BEGAN).gaps() == ""


behaviours = st.builds(
    Server,
    skips=st.booleans(),
    pages=st.booleans(),
    cap=st.integers(1, 60),
    shows=st.frozensets(st.sampled_from(sorted(ALL))),
    sorts=st.booleans(),
)
counts = st.integers(0, 130)


@given(behaviours.filter(lambda server: server.skips or server.pages), counts, st.booleans())
def test_every_case_of_a_quiet_list_is_seen_once(server: Server, count: int, is_filtered: bool) -> None:
    """Whatever else a server hides, one that knows skip or page shows all, and has no gaps where it shows a total."""
    reading = read(server, some(count), is_filtered=is_filtered)
    assert reading.seen == ids(some(count))
    assert reading.paging.gaps() == ("" if "totalResults" in server.shows else NO_TOTAL)


@given(server=behaviours, count=counts)
def test_a_list_costs_hardly_more_questions_than_it_has_pages(server: Server, count: int) -> None:
    """Two more than there are pages at the most, and one where the order is refused."""
    pages = -(-count // server.cap)
    assert len(read(server, some(count)).asked) <= pages + 2 + (not server.sorts)
