"""The rows of a run that were sent, beside their cases, and what looks at these write down."""

from collections.abc import Iterable
from typing import Any

import pytest
from support.ledgers import NOW, bad_row, begin, good_row, new_run, stored

from bulkcase.errors import IllegalTransition
from bulkcase.ledger import ComparedRows, Ledger, RunRecord, Snapshot
from bulkcase.ledger.changes import Change, decision, intent, outcome
from bulkcase.ledger.sent import CHECKED, Proving, SentRow, SentRows
from bulkcase.ledger.snapshots import LiveCase
from bulkcase.ledger.storage.stored import Difference
from bulkcase.ledger.transitions import Event
from bulkcase.model import Outcome, Result

TARGET = "kore.example.com/account/st-1"
UPDATED = Result(Outcome.UPDATED, 2, 200, verified="equal")
MISMATCH = Result(Outcome.MISMATCH, 1, 200, "mismatch", "desc: is another", "different", {"desc": "other"})
UNKNOWN = Result(Outcome.UNKNOWN, 1, None, "timeout", "no answer came")
FAILED = Result(Outcome.FAILED, 1, 500, "http_500")
COLUMNS = (
    "state, code, message, verified, left, proved_at, looked_at, calls, attempts, http_status, finished_at, session"
)


@pytest.fixture
def snapshot(ledger: Ledger) -> Snapshot:
    """An empty snapshot."""
    return ledger.new_snapshot(TARGET, {}, ["desc"], NOW)


@pytest.fixture
def run(ledger: Ledger, snapshot: Snapshot) -> RunRecord:
    """A run that goes by the snapshot."""
    return ledger.update_run(new_run(ledger), snapshot=snapshot.id)


@pytest.fixture
def rows(ledger: Ledger, run: RunRecord) -> ComparedRows:
    """The rows of the run."""
    found = begin(ledger, run)
    assert isinstance(found, ComparedRows)
    return found


@pytest.fixture
def sent(ledger: Ledger, run: RunRecord, snapshot: Snapshot) -> SentRows:
    """The same rows, as they are looked at once they were sent."""
    return ledger.sent(run, snapshot.id)


def send(rows: ComparedRows, results: dict[int, Result], now: float = NOW) -> None:
    """Let rows be sent, each with its result."""
    rows.apply([intent(number) for number in results])
    rows.apply([outcome(number, result, now) for number, result in results.items()])


def read(snapshot: Snapshot, *cases: tuple[int, str, dict[str, Any]], now: float = NOW) -> None:
    snapshot.add([(place, LiveCase(case, None, None, None, kept, b"")) for place, case, kept in cases], [], now, None)


def every(pages: Iterable[list[SentRow]]) -> list[SentRow]:
    return [row for page in pages for row in page]


def numbers(sent: SentRows, *, is_new: bool = False) -> list[int]:
    return [row.number for row in every(sent.beside(is_new=is_new))]


def proving(number: int, event: Event, before: Outcome, code: str = "", message: str = "", **more: Any) -> Proving:
    """Return what a look makes of a row."""
    known = {"verified": "equal", "left": None, "at": NOW + 60} | more
    return Proving(Change(number, event, before, Result(before, 0, None, code, message)), **known)


def test_a_row_stands_beside_its_case(snapshot: Snapshot, rows: ComparedRows, sent: SentRows) -> None:
    """With what was sent, what stood there before, what became of it, and what the case shows now."""
    rows.add([good_row(2, "ci-1", desc="new", name="a"), good_row(3, "ci-2", desc="new")], NOW)
    rows.differ([Difference(2, Outcome.PENDING, {"desc": "new"}, {"desc": "old"}, 7, NOW)])
    send(rows, {2: MISMATCH, 3: UPDATED}, NOW + 5)
    read(snapshot, (9, "ci-1", {"desc": "other", "name": "b"}), now=NOW + 60)
    first, second = every(sent.beside(is_new=False))
    assert first == SentRow(
        number=2,
        case_id="ci-1",
        state=Outcome.MISMATCH,
        sent={"desc": "new"},
        before={"desc": "old"},
        left={"desc": "other"},
        verified="different",
        code="mismatch",
        message="desc: is another",
        kept="",
        attempts=1,
        finished_at=NOW + 5,
        proved_at=None,
        place=7,
        live={"desc": "other", "name": "b"},
        read_at=NOW + 60,
    )
    assert (second.sent, second.before, second.left, second.verified) == ({"desc": "new"}, None, None, "equal")
    assert (second.place, second.live, second.read_at) == (None, None, None)


def test_only_rows_that_were_sent_are_looked_at(rows: ComparedRows, sent: SentRows) -> None:
    """Those that are updated, mismatch or unknown; what was refused, or never sent, is in no case."""
    rows.add([*(good_row(number) for number in range(2, 12)), bad_row(12, key="ci-12")], NOW)
    send(rows, {2: UPDATED, 3: MISMATCH, 4: UNKNOWN, 5: FAILED, 6: Result(Outcome.CONFLICT, 1, code="changed_since")})
    send(rows, {7: Result(Outcome.PENDING, 1, 429, "stopped")})
    rows.apply([decision(8, Result(Outcome.UNCHANGED), NOW), decision(9, Result(Outcome.SUPERSEDED), NOW)])
    rows.apply([intent(10)])
    assert numbers(sent) == numbers(sent, is_new=True) == [2, 3, 4]
    assert [row.state for row in every(sent.beside(is_new=False))] == list(CHECKED)
    assert (sent.count(), list(sent.keys())) == (3, ["ci-2", "ci-3", "ci-4"])


def test_a_row_that_was_cut_off_may_have_been_sent(rows: ComparedRows, sent: SentRows) -> None:
    """A call that left and brought no answer is an attempt; without one a row has brought nothing."""
    rows.add([good_row(2), good_row(3)], NOW)
    rows.apply([intent(2)])
    rows.settle_in_flight(NOW)
    send(rows, {3: Result(Outcome.UNKNOWN, 0)})
    assert (numbers(sent), sent.count(), list(sent.keys())) == ([2], 1, ["ci-2"])


def test_one_row_is_looked_up_by_its_number(rows: ComparedRows, sent: SentRows) -> None:
    """If it was sent, and is new where that is asked for."""
    rows.add([good_row(number) for number in (2, 3, 4)], NOW)
    send(rows, {2: UPDATED, 3: UPDATED})
    sent.prove([proving(3, Event.CONFIRM, Outcome.UPDATED)])
    found = [[row.number for row in every(sent.beside(is_new=False, number=number))] for number in (2, 3, 4, 5)]
    assert found == [[2], [3], [], []]
    assert [every(sent.beside(is_new=True, number=number)) for number in (3, 4)] == [[], []]


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1201])
def test_pages_miss_and_repeat_nothing(rows: ComparedRows, sent: SentRows, count: int) -> None:
    """In input order, wherever a page ends, though what is looked at is written down meanwhile."""
    rows.add([good_row(number) for number in range(2, count + 2)], NOW)
    if count:
        send(rows, dict.fromkeys(range(2, count + 2), UPDATED))
    seen = []
    for page in sent.beside(is_new=True):
        seen += [row.number for row in page]
        sent.prove(proving(row.number, Event.CONFIRM, Outcome.UPDATED) for row in page)
    assert seen == list(range(2, count + 2))
    assert numbers(sent, is_new=True) == []
    assert len(numbers(sent)) == sent.count() == count


def test_what_was_looked_at_since_it_was_sent_is_not_new(rows: ComparedRows, sent: SentRows) -> None:
    """A comparison before it was sent is no such look, nor is one of the same moment."""
    rows.add([good_row(number) for number in range(2, 6)], NOW)
    looks = {2: NOW - 60, 3: NOW + 5, 4: None}
    rows.differ([Difference(number, Outcome.PENDING, {"desc": "x"}, {}, number, at) for number, at in looks.items()])
    send(rows, dict.fromkeys(range(2, 6), UPDATED), NOW + 5)
    assert numbers(sent, is_new=True) == [2, 3, 4, 5]
    sent.prove([proving(2, Event.CONFIRM, Outcome.UPDATED, at=NOW + 6)])
    sent.prove([proving(3, Event.CONFIRM, Outcome.UPDATED, at=NOW + 5)])
    assert numbers(sent, is_new=True) == [3, 4, 5]
    assert list(sent.places(is_new=True)) == [("ci-3", 3), ("ci-4", 4)]
    assert list(sent.places(is_new=False)) == [("ci-2", 2), ("ci-3", 3), ("ci-4", 4)]


def test_a_row_that_is_sent_again_is_new_again(rows: ComparedRows, sent: SentRows) -> None:
    """What was seen of it before says nothing of the update after it."""
    rows.add([good_row(2)], NOW)
    send(rows, {2: MISMATCH}, NOW)
    sent.prove([proving(2, Event.DISPROVE, Outcome.MISMATCH)])
    assert numbers(sent, is_new=True) == []
    rows.apply([intent(2, Outcome.MISMATCH), outcome(2, UPDATED, NOW + 120)])
    assert numbers(sent, is_new=True) == [2]


def test_cases_come_in_the_order_of_their_places(rows: ComparedRows, sent: SentRows) -> None:
    """Those of one place by their rows, and those without a place not at all."""
    rows.add([good_row(number) for number in range(2, 7)], NOW)
    places = {2: 9, 3: 1, 4: 9, 6: 1}
    rows.differ([Difference(number, Outcome.PENDING, {"desc": "x"}, {}, at, NOW) for number, at in places.items()])
    send(rows, dict.fromkeys(range(2, 6), UPDATED))
    assert list(sent.places(is_new=False)) == [("ci-3", 1), ("ci-2", 9), ("ci-4", 9)]


def test_a_run_without_a_snapshot_has_no_case_beside_its_rows(ledger: Ledger, rows: ComparedRows) -> None:
    """Its rows are there all the same, and those of other runs are not."""
    other = new_run(ledger, suffix="0001")
    theirs = begin(ledger, other)
    for each in (rows, theirs):
        each.add([good_row(2, "ci-1")], NOW)
        each.apply([intent(2), outcome(2, UPDATED, NOW)])
    (found,) = every(ledger.sent(other, None).beside(is_new=False))
    assert (found.case_id, found.live, found.read_at) == ("ci-1", None, None)
    assert ledger.sent(other, None).count() == 1


@pytest.mark.parametrize(
    ("result", "event", "after"),
    [
        (UPDATED, Event.CONFIRM, "updated"),
        (MISMATCH, Event.CONFIRM, "updated"),
        (UNKNOWN, Event.CONFIRM, "updated"),
        (UPDATED, Event.DISPROVE, "mismatch"),
        (MISMATCH, Event.DISPROVE, "mismatch"),
        (UNKNOWN, Event.DISPROVE, "mismatch"),
        (UNKNOWN, Event.DENY, "failed"),
    ],
)
@pytest.mark.parametrize(
    ("verified", "left", "kept"), [("normalised", {"desc": "x"}, (b'{"desc":"x"}',)), ("", None, (None,))]
)
def test_what_a_look_tells_is_written_down(
    ledger: Ledger,
    rows: ComparedRows,
    sent: SentRows,
    result: Result,
    event: Event,
    after: str,
    verified: str,
    left: dict[str, Any] | None,
    kept: tuple[bytes | None],
) -> None:
    """State, cause and what the case shows, over what was known before; how it was sent stays."""
    rows.add([good_row(2), good_row(3)], NOW)
    send(rows, {2: result, 3: result}, NOW + 5)
    was, other = stored(ledger.path, f"SELECT {COLUMNS} FROM rows")
    said: dict[str, Any] = {"code": "settled", "message": "told \ud800", "verified": verified, "left": left}
    sent.prove([proving(2, event, result.outcome, **said)])
    found, untouched = stored(ledger.path, f"SELECT {COLUMNS} FROM rows")
    assert found[:6] == (after, "settled", "told ?", verified or None, *kept, NOW + 60)
    assert found[6:] == was[6:] == (None, *[result.attempts] * 2, result.http_status, NOW + 5, was[-1])
    assert untouched == other


def test_what_looks_tell_is_written_all_or_none(ledger: Ledger, rows: ComparedRows, sent: SentRows) -> None:
    """A step that no row may take, or a fault between two, leaves them as they were."""
    rows.add([good_row(2), good_row(3)], NOW)
    send(rows, {2: UPDATED, 3: UNKNOWN})
    was = stored(ledger.path, f"SELECT {COLUMNS} FROM rows")
    good = proving(2, Event.DISPROVE, Outcome.UPDATED)
    with pytest.raises(IllegalTransition):
        sent.prove([good, proving(3, Event.DENY, Outcome.MISMATCH)])
    with pytest.raises(TypeError):
        sent.prove([good, proving(3, Event.CONFIRM, Outcome.UNKNOWN, left={"desc": object()})])
    assert stored(ledger.path, f"SELECT {COLUMNS} FROM rows") == was
    sent.prove([good, proving(3, Event.DENY, Outcome.UNKNOWN)])
    assert [state for (state,) in stored(ledger.path, "SELECT state FROM rows")] == ["mismatch", "failed"]


def test_a_row_that_has_moved_on_keeps_what_became_of_it(ledger: Ledger, rows: ComparedRows, sent: SentRows) -> None:
    """A look is about the state in which it found the row, and about its run."""
    theirs = begin(ledger, new_run(ledger, suffix="0001"))
    for each in (rows, theirs):
        each.add([good_row(2)], NOW)
        each.apply([intent(2), outcome(2, MISMATCH, NOW)])
    rows.apply([intent(2, Outcome.MISMATCH), outcome(2, UPDATED, NOW + 9)])
    was = stored(ledger.path, f"SELECT {COLUMNS} FROM rows")
    sent.prove([proving(2, Event.DISPROVE, Outcome.MISMATCH)])
    assert stored(ledger.path, f"SELECT {COLUMNS} FROM rows") == was
