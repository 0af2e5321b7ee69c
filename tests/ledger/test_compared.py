"""The rows of a run beside the live cases that they are about."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.ledgers import NOW, bad_row, begin, good_row, new_run

from bulkcase.ledger import ComparedRows, Ledger, Snapshot
from bulkcase.ledger.changes import decision, intent, outcome
from bulkcase.ledger.rows import PENDING, Sendable
from bulkcase.ledger.snapshots import LiveCase
from bulkcase.ledger.storage.stored import Difference
from bulkcase.model import CaseUpdate, Edit, Outcome, Result, Row

TARGET = "kore.example.com/account/st-1"
FAILED = Result(Outcome.FAILED, 1, 500, "http_500")
START = (-1, -1)
ALL = frozenset(Outcome)


@pytest.fixture
def snapshot(ledger: Ledger) -> Snapshot:
    """An empty snapshot."""
    return ledger.new_snapshot(TARGET, {}, ["desc"], NOW)


@pytest.fixture
def rows(ledger: Ledger, snapshot: Snapshot) -> ComparedRows:
    """The rows of a run that goes by the snapshot."""
    found = begin(ledger, ledger.update_run(new_run(ledger), snapshot=snapshot.id))
    assert isinstance(found, ComparedRows)
    return found


def read(snapshot: Snapshot, *cases: tuple[int, str, dict[str, Any]], now: float = NOW) -> None:
    """Add cases, each by position, id and the fields that are kept."""
    snapshot.add([(place, LiveCase(case, None, None, None, kept, b"")) for place, case, kept in cases], [], now, None)


def placed(number: int, place: int | None, state: Outcome = Outcome.PENDING, **sent: Any) -> Difference:
    return Difference(number, state, sent or {"desc": "x"}, {}, place, NOW)


def numbers(rows: ComparedRows, *outcomes: Outcome) -> list[int]:
    """Return all rows in the order of their cases, page by page."""
    found: list[int] = []
    after = START
    while page := rows.next_by_place(outcomes or PENDING, after):
        found += [row.number for row in page]
        assert page[-1].place is not None
        assert len(found) == len(set(found)), "a row comes twice"
        after = (page[-1].place, page[-1].number)
    return found


def test_a_row_stands_beside_its_case(snapshot: Snapshot, rows: ComparedRows) -> None:
    """With all that a comparison takes, and without a case where none was seen."""
    edits = {"userInfo.name": Edit("path", "Ann"), "status": Edit("set", "Closed", named=True)}
    rows.add([(Row(2, ("ci-1",)), CaseUpdate("ci-1", {"desc": "x"}, (), edits)), good_row(3, "ci-2")], NOW)
    read(snapshot, (7, "ci-1", {"desc": None}), (8, "ci-9", {}), now=NOW + 5)
    ((first, second),) = rows.beside()
    assert (first.number, first.case_id, first.state) == (2, "ci-1", Outcome.PENDING)
    assert (first.body, first.edits) == ({"desc": "x"}, edits)
    assert (first.live, first.position, first.read_at) == ({"desc": None}, 7, NOW + 5)
    assert (first.before, first.sent, first.place) == (None, None, None)
    assert (second.live, second.position, second.place, second.read_at) == (None, None, None, None)


def test_a_difference_is_kept_with_what_stood_there(snapshot: Snapshot, rows: ComparedRows) -> None:
    """It is what is sent from then on, what the fields of the row are, and what the next look is compared with."""
    rows.add([good_row(2, "ci-1", desc="x", name="y")], NOW)
    read(snapshot, (7, "ci-1", {}), now=NOW + 5)
    rows.differ([Difference(2, Outcome.PENDING, {"name": "y"}, {"name": None}, 7, NOW + 5)])
    ((row,),) = rows.beside()
    assert (row.body, row.sent, row.before, row.place) == ({"desc": "x", "name": "y"}, {"name": "y"}, {"name": None}, 7)
    assert list(rows.differences()) == [(b'{"name":"y"}', b'{"name":null}')]
    assert [record.fields for record in rows.all()] == ["name"]
    assert rows.next_by_place(PENDING, START) == [
        Sendable(2, "ci-1", b'{"name":"y"}', place=7, looked_at=NOW + 5, read_at=NOW + 5)
    ]
    assert [sendable.body for sendable in rows.sendable()] == [b'{"name":"y"}']


def test_a_difference_may_be_none_at_all(rows: ComparedRows) -> None:
    """Nothing before and no place are kept as that."""
    rows.add([good_row(2)], NOW)
    rows.differ([Difference(2, Outcome.PENDING, {}, None, None, None)])
    ((row,),) = rows.beside()
    assert (row.sent, row.before, row.place) == ({}, None, None)


def test_a_difference_is_for_a_row_in_the_state_it_was_found_in(rows: ComparedRows) -> None:
    """A row that has moved on meanwhile keeps what was sent for it."""
    rows.add([good_row(2), good_row(3)], NOW)
    rows.differ([placed(2, 1, desc="first"), placed(3, 2, desc="first")])
    rows.apply([intent(2), outcome(2, FAILED, NOW)])
    rows.differ([placed(2, 8, desc="second"), placed(3, 9, desc="second")])
    ((row,),) = rows.beside([Outcome.FAILED])
    assert (row.sent, row.place) == ({"desc": "first"}, 1)
    rows.differ([placed(2, 8, Outcome.FAILED, desc="third")])
    assert [orjson.loads(sent) for sent, _ in rows.differences([Outcome.FAILED])] == [{"desc": "third"}]
    assert [orjson.loads(sent) for sent, _ in rows.differences()] == [{"desc": "second"}]


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1201])
def test_pages_beside_miss_and_repeat_nothing(snapshot: Snapshot, rows: ComparedRows, count: int) -> None:
    """In input order, wherever a page ends, though rows are decided about as they come."""
    rows.add([good_row(number) for number in range(2, count + 2)], NOW)
    read(snapshot, *((number, f"ci-{number}", {}) for number in range(2, count + 2, 3)))
    seen = []
    for page in rows.beside():
        seen += [row.number for row in page]
        rows.apply([decision(row.number, Result(Outcome.UNCHANGED), NOW) for row in page if row.live is None])
        rows.differ([placed(row.number, row.position) for row in page if row.live is not None])
    assert seen == list(range(2, count + 2))
    assert rows.counts()[Outcome.PENDING] == len(range(2, count + 2, 3))


def test_only_the_rows_that_are_asked_for_stand_beside(snapshot: Snapshot, rows: ComparedRows) -> None:
    """By their outcome, and where a number is given that one alone."""
    rows.add([good_row(2), good_row(3), bad_row(4, key="ci-4"), good_row(5)], NOW)
    rows.apply([intent(3), outcome(3, FAILED, NOW), intent(5)])
    read(snapshot, (1, "ci-2", {}))
    assert [[row.number for row in page] for page in rows.beside()] == [[2]]
    assert [[row.number for row in page] for page in rows.beside([Outcome.FAILED, Outcome.PENDING])] == [[2, 3]]
    assert [[row.number for row in page] for page in rows.beside([Outcome.FAILED], 3)] == [[3]]
    assert list(rows.beside(PENDING, 3)) == [[]]
    assert list(rows.beside([Outcome.UNKNOWN])) == []


def test_runs_and_snapshots_are_kept_apart(ledger: Ledger, snapshot: Snapshot, rows: ComparedRows) -> None:
    """The rows of one run stand beside the cases of its own snapshot only."""
    other = ledger.new_snapshot(TARGET, {}, ["desc"], NOW)
    theirs = begin(ledger, ledger.update_run(new_run(ledger), snapshot=other.id))
    assert isinstance(theirs, ComparedRows)
    for each in (rows, theirs):
        each.add([good_row(2, "ci-1")], NOW)
    read(snapshot, (1, "ci-1", {"desc": "ours"}))
    read(other, (2, "ci-1", {"desc": "theirs"}))
    assert [row.live for (row,) in (*rows.beside(), *theirs.beside())] == [{"desc": "ours"}, {"desc": "theirs"}]
    theirs.differ([placed(2, 2)])
    assert (numbers(rows), numbers(theirs)) == ([], [2])
    assert (rows.unplaced(PENDING), theirs.unplaced(PENDING)) == (1, 0)


@pytest.mark.parametrize("count", [1, 500, 501, 1201])
def test_rows_come_in_the_order_of_their_cases(rows: ComparedRows, count: int) -> None:
    """Those of one place by number, wherever a page ends, and those without a place not at all."""
    rows.add([good_row(number) for number in range(2, count + 3)], NOW)
    order = [((number * 7919) % 300, number) for number in range(2, count + 2)]
    rows.differ([placed(number, place) for place, number in order])
    assert numbers(rows) == [number for _, number in sorted(order)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 4) | st.none(), max_size=12), st.integers(-1, 4), st.integers(-1, 14))
def test_what_is_behind_a_place_and_a_number_is_next(
    ledger: Ledger, snapshot: Snapshot, places: list[int | None], place: int, number: int
) -> None:
    """Neither an earlier place, nor the same one with an earlier number."""
    rows = ledger.compared(ledger.update_run(new_run(ledger), snapshot=snapshot.id))
    rows.add([good_row(each) for each in range(len(places))], NOW)
    rows.differ([placed(each, at) for each, at in enumerate(places)])
    known = sorted((at, each) for each, at in enumerate(places) if at is not None)
    found = [(row.place, row.number) for row in rows.next_by_place(PENDING, (place, number))]
    assert found == [each for each in known if each > (place, number)]
    assert rows.unplaced(PENDING) == places.count(None)


def test_rows_that_are_done_do_not_come_again(rows: ComparedRows) -> None:
    """By their outcome, so that a row that was sent again and failed is not sent in a circle."""
    rows.add([good_row(number) for number in (2, 3, 4)], NOW)
    rows.differ([placed(2, 5), placed(3, 5), placed(4, 1)])
    rows.apply([intent(3), outcome(3, FAILED, NOW), intent(4), outcome(4, Result(Outcome.UNKNOWN, 1), NOW)])
    assert numbers(rows) == [2]
    assert numbers(rows, Outcome.FAILED, Outcome.UNKNOWN) == [4, 3]
    (row,) = rows.next_by_place([Outcome.FAILED], START)
    assert (row.last, row.code, row.place) == (Outcome.FAILED, "http_500", 5)


def test_one_row_is_looked_up_if_it_still_waits(snapshot: Snapshot, rows: ComparedRows) -> None:
    """With the last look at its case; a row of another outcome, or of no case that was seen, says so."""
    rows.add([good_row(2, "ci-1"), good_row(3)], NOW)
    read(snapshot, (7, "ci-1", {}), now=NOW + 1)
    rows.differ([Difference(2, Outcome.PENDING, {"desc": "x"}, {}, 7, NOW + 1)])
    read(snapshot, (9, "ci-1", {}), now=NOW + 60)
    assert rows.one(2, PENDING) == Sendable(2, "ci-1", b'{"desc":"x"}', place=7, looked_at=NOW + 1, read_at=NOW + 60)
    waits = rows.one(3, PENDING)
    assert waits is not None
    assert (waits.place, waits.looked_at, waits.read_at) == (None, None, None)
    rows.apply([intent(2)])
    assert (rows.one(2, PENDING), rows.one(2, ALL), rows.one(4, PENDING)) == (None, None, None)


def test_rows_without_a_place_are_counted_by_outcome(rows: ComparedRows) -> None:
    """Only those whose outcomes are asked for."""
    rows.add([good_row(number) for number in (2, 3, 4)], NOW)
    rows.differ([placed(2, 0)])
    rows.apply([decision(3, Result(Outcome.FAILED, code="case_not_seen"), NOW)])
    assert (rows.unplaced(PENDING), rows.unplaced([Outcome.FAILED]), rows.unplaced(ALL)) == (1, 1, 2)


@pytest.mark.parametrize(("page", "pages"), [(1, 5), (2, 4), (10, 3), (100, 2), (1000, 1)])
def test_pages_are_counted_that_have_to_be_read(rows: ComparedRows, page: int, pages: int) -> None:
    """Several rows on one page, and rows without a place, cost none more."""
    rows.add([good_row(number) for number in range(2, 9)], NOW)
    rows.differ([placed(2 + index, place) for index, place in enumerate([0, 1, 9, 9, 99, 100, None])])
    assert rows.places(page=page) == len({place // page for place in (0, 1, 9, 99, 100)}) == pages
    assert rows.places([Outcome.FAILED], page=page) == 0
