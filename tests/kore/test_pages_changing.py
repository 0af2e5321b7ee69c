"""Lists that change while they are read: one that says it has no gaps has shown every case that was there."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.depth import examples
from support.paged import ALL, EVERY, Case, Server, a_case, ids, read, some

CAME_AND_WENT = "cases came and went while the list was read"
UNDATED = "not every case says when it was made, so one that came may hide one that went"

servers = st.builds(
    Server,
    skips=st.booleans(),
    pages=st.booleans(),
    cap=st.integers(1, 4),
    shows=st.sampled_from([ALL, ALL - {"hasMore"}, ALL - {"limit"}]),
)
since = st.none() | st.floats(-2, 99)
"""Seconds after the first answer, and the two before it that its clock does not tell apart; None is no date."""
ever = st.none() | st.floats(-9999, 99)


@st.composite
def changing(draw: st.DrawFn, made: st.SearchStrategy[float | None]) -> list[list[Case]]:
    """Cases that leave and others that come while a list is read, in an order that may be another one each time.

    Those that come have changed since the reading began, and say that they were made when `made` draws.
    """
    lists = [[a_case(number, number - 3600.0) for number in range(draw(st.integers(0, 8)))]]
    order = draw(st.sampled_from(["oldest", "newest", "any"]))
    number = 100
    for _ in range(draw(st.integers(0, 6))):
        stay = [case for case in lists[-1] if draw(st.integers(0, 4))]
        for at, changed in draw(st.lists(st.tuples(made, since), max_size=2)):
            stay.append(a_case(number, at, changed))
            number += 1
        lists.append(draw(st.permutations(stay)) if order == "any" else stay)
    return lists if order == "any" else [sorted(each, key=_age, reverse=order == "newest") for each in lists]


def _age(case: Case) -> tuple[str, str]:
    return case.get("createdAt", ""), case["_id"]


@settings(max_examples=examples(40))
@given(server=servers, lists=changing(since))
def test_a_list_without_gaps_misses_no_case_that_was_there_all_the_time(
    server: Server, lists: Sequence[Sequence[Case]]
) -> None:
    """Whatever came and went in whatever order, where what comes is new or does not say how old it is."""
    reading = read(server, *lists)
    if not reading.paging.gaps():
        assert reading.missed() == set()


@settings(max_examples=examples(40))
@given(server=servers, lists=changing(ever))
def test_a_filtered_list_without_gaps_misses_none_either(server: Server, lists: Sequence[Sequence[Case]]) -> None:
    """Old cases come into it too, by a change of theirs."""
    reading = read(server, *lists, is_filtered=True)
    if not reading.paging.gaps():
        assert reading.missed() == set()


@settings(max_examples=examples(20))
@given(st.integers(1, 4), st.integers(0, 9), st.lists(st.integers(0, 3), max_size=6), st.booleans())
def test_cases_that_are_made_meanwhile_leave_no_gaps(cap: int, count: int, new: list[int], is_filtered: bool) -> None:
    """Oldest first, new cases appear behind what was read, and the list stays known as a whole."""
    lists = [some(count)]
    for step, more in enumerate(new):
        at = 0.0 + EVERY * step
        lists.append([*lists[-1], *(a_case(f"new-{step}-{one}", at, at) for one in range(more))])
    reading = read(Server(cap=cap), *lists, is_filtered=is_filtered)
    assert reading.paging.gaps() == ""
    assert set(ids(some(count))) <= set(reading.seen)


@pytest.mark.parametrize(
    ("comes", "is_filtered"),
    [
        pytest.param(a_case("comes", 3.0, 3.0), False, id="a new case"),
        pytest.param(a_case("comes", 1.0, 1.0), False, id="a case made within two seconds of the first answer"),
        pytest.param(a_case("comes", None), False, id="a case that does not say when it was made"),
        pytest.param(a_case("comes", -100.0, 5.0), True, id="an old case that the filter lets through again"),
        pytest.param(a_case("comes", -100.0, None), True, id="a case that does not say when it was changed"),
    ],
)
def test_a_case_that_comes_does_not_stand_for_one_that_was_missed(comes: Case, is_filtered: bool) -> None:
    """One leaves a page that was read, so that the next page starts behind an unread one, and the total stays."""
    before = some(4)
    reading = read(Server(), before, [*before[1:], comes], is_filtered=is_filtered)
    assert (len(reading.seen), reading.missed()) == (4, {"ci-2"})
    assert reading.paging.gaps() in {CAME_AND_WENT, UNDATED}


def test_more_old_cases_than_there_were_are_a_gap() -> None:
    """Two that come for one that goes do not hide that one was missed, though all say that they are old."""
    before, more = some(4), [a_case("more-1"), a_case("more-2")]
    reading = read(Server(), before, [*before[1:], *more])
    assert (len(reading.seen), reading.missed()) == (5, {"ci-2"})
    assert reading.paging.gaps() == CAME_AND_WENT


def test_a_total_that_fell_is_not_forgotten() -> None:
    """That a case went is known though another one came in the next moment, and neither says when it was made."""
    before = [a_case(number, None) for number in range(6)]
    reading = read(Server(), before, before[1:], [*before[1:], a_case("new", None)])
    assert (len(reading.seen), reading.missed()) == (6, {"ci-2"})
    assert reading.paging.gaps() == UNDATED


@pytest.mark.parametrize(("made", "gaps"), [(-2.5, ""), (-2.0, CAME_AND_WENT), (0.0, CAME_AND_WENT)])
def test_a_case_that_may_be_younger_than_the_reading_is_not_counted(made: float, gaps: str) -> None:
    """The server's clock tells whole seconds, so that what was there when it began has to be older by two."""
    assert read(Server(), [*some(3), a_case("young", made)]).paging.gaps() == gaps


def test_a_list_of_one_page_has_no_gaps() -> None:
    """It cannot move while it is read, however young its cases are, and whatever they say of themselves."""
    cases = [a_case("young", 0.0, 0.0), a_case("undated", None, None)]
    for is_filtered in (True, False):
        assert read(Server(), cases, is_filtered=is_filtered).paging.gaps() == ""


def test_a_case_that_was_changed_lately_may_have_come_into_a_filtered_list() -> None:
    """Without a filter it says nothing, as only new cases come then."""
    cases = [*some(3), a_case("changed", -3600.0, -1.0)]
    assert read(Server(), cases).paging.gaps() == ""
    assert read(Server(), cases, is_filtered=True).paging.gaps() == CAME_AND_WENT
