"""Which rows are looked at once they were sent, and when a look at a case is one after its update."""

from typing import Any

import pytest
from support.ledgers import NOW, begin, good_row, new_run, stored

from bulkcase.ledger import ComparedRows, Ledger, RunRecord, Snapshot
from bulkcase.ledger.changes import Change, decision, intent, outcome
from bulkcase.ledger.images import Attempt
from bulkcase.ledger.sent import Proving, SentRow, SentRows
from bulkcase.ledger.snapshots import LiveCase
from bulkcase.ledger.storage.stored import Difference
from bulkcase.ledger.transitions import Event
from bulkcase.model import Outcome, Result

UPDATED = Result(Outcome.UPDATED, 1, 200, verified="equal", left={})
LOST = Result(Outcome.UNKNOWN, 1, None, "timeout")
ALONE = "tags: somebody changed them since"
SPARED = Result(Outcome.CONFLICT, 1, 200, "left_alone", ALONE, "equal", {})
FIRST = Attempt({"desc": "a"}, {"desc": "old"}, None)


@pytest.fixture
def snapshot(ledger: Ledger) -> Snapshot:
    """An empty snapshot."""
    return ledger.new_snapshot("kore.example.com/account/st-1", {}, ["desc"], NOW)


@pytest.fixture
def run(ledger: Ledger, snapshot: Snapshot) -> RunRecord:
    """A run that goes by the snapshot."""
    return ledger.update_run(new_run(ledger), snapshot=snapshot.id)


@pytest.fixture
def rows(ledger: Ledger, run: RunRecord) -> ComparedRows:
    """The rows of the run, three of them."""
    found = begin(ledger, run)
    assert isinstance(found, ComparedRows)
    found.add([good_row(number) for number in (2, 3, 4)], NOW)
    return found


@pytest.fixture
def sent(ledger: Ledger, run: RunRecord, snapshot: Snapshot) -> SentRows:
    """The same rows, as they are looked at once they were sent."""
    return ledger.sent(run, snapshot.id)


def differ(rows: ComparedRows, number: int, state: Outcome = Outcome.PENDING, **more: Any) -> None:
    rows.differ([Difference(number, state, {"desc": "x"}, {"desc": "old"}, 1, **{"looked_at": NOW} | more)])


def send(
    rows: ComparedRows, number: int, result: Result, before: Outcome = Outcome.PENDING, now: float = NOW + 5
) -> None:
    rows.apply([intent(number, before), outcome(number, result, now)])


def prove(sent: SentRows, number: int, event: Event, before: Outcome, at: float) -> None:
    change = Change(number, event, before, Result(before, 0, None, "", "told"))
    sent.prove([Proving(change, "equal", None, at)])


def every(sent: SentRows, *, is_new: bool = False) -> list[SentRow]:
    return [row for page in sent.beside(is_new=is_new) for row in page]


def numbers(sent: SentRows, *, is_new: bool = False) -> list[int]:
    found = [row.number for row in every(sent, is_new=is_new)]
    assert len(found) == sent.count(is_new=is_new)
    return found


def test_a_look_back_is_no_comparison(ledger: Ledger, snapshot: Snapshot, rows: ComparedRows, sent: SentRows) -> None:
    """A row whose case was read back is not fresh for sending by that, and what it was compared with stays known."""
    snapshot.add([(1, LiveCase("ci-2", None, None, None, {"desc": "x"}, b""))], [], NOW + 60, None)
    differ(rows, 2)
    send(rows, 2, UPDATED)
    prove(sent, 2, Event.DISPROVE, Outcome.UPDATED, NOW + 60)
    assert stored(ledger.path, "SELECT looked_at, proved_at FROM rows WHERE number = 2") == [(NOW, NOW + 60)]
    waits = rows.one(2, [Outcome.MISMATCH])
    assert waits is not None
    assert (waits.looked_at, waits.read_at) == (NOW, NOW + 60)
    (row,) = every(sent)
    assert (row.proved_at, row.finished_at) == (NOW + 60, NOW + 5)


def test_a_comparison_is_no_look_back(ledger: Ledger, rows: ComparedRows, sent: SentRows) -> None:
    """However late it is, it was about what is to be sent, and it leaves the moment of the look back as it is."""
    differ(rows, 2)
    send(rows, 2, LOST)
    differ(rows, 2, Outcome.UNKNOWN, looked_at=NOW + 60, earlier=[FIRST])
    assert numbers(sent, is_new=True) == [2]
    prove(sent, 2, Event.DISPROVE, Outcome.UNKNOWN, NOW + 70)
    differ(rows, 2, Outcome.MISMATCH, looked_at=NOW + 80, earlier=[FIRST])
    assert stored(ledger.path, "SELECT looked_at, proved_at FROM rows WHERE number = 2") == [(NOW + 80, NOW + 70)]
    assert numbers(sent, is_new=True) == []


@pytest.mark.parametrize(("at", "is_new"), [(NOW + 4, True), (NOW + 5, True), (NOW + 5.1, False)])
def test_new_is_what_was_not_read_back_since_it_was_sent(
    rows: ComparedRows, sent: SentRows, at: float, *, is_new: bool
) -> None:
    """A look of the same moment, or before it, is none of the update."""
    send(rows, 2, UPDATED)
    prove(sent, 2, Event.CONFIRM, Outcome.UPDATED, at)
    assert (numbers(sent, is_new=True), numbers(sent)) == ([2] if is_new else [], [2])


def test_a_row_that_was_sent_again_is_new_again(rows: ComparedRows, sent: SentRows) -> None:
    """Its look back was of the update before."""
    send(rows, 2, UPDATED)
    prove(sent, 2, Event.DISPROVE, Outcome.UPDATED, NOW + 60)
    send(rows, 2, UPDATED, Outcome.MISMATCH, NOW + 90)
    assert numbers(sent, is_new=True) == [2]


def test_a_conflict_of_which_a_part_was_sent_is_looked_at(rows: ComparedRows, sent: SentRows) -> None:
    """One of which nothing was sent is not, nor one that keeps nothing back."""
    differ(rows, 2, kept=ALONE)
    send(rows, 2, SPARED)
    differ(rows, 3, kept=ALONE)
    rows.apply([decision(3, Result(Outcome.CONFLICT, code="changed_since"), NOW)])
    send(rows, 4, Result(Outcome.CONFLICT, 1, 200, "left_alone"))
    (row,) = every(sent)
    assert (row.number, row.state, row.kept, row.code, row.message) == (2, Outcome.CONFLICT, ALONE, "left_alone", ALONE)
    assert (numbers(sent, is_new=True), list(sent.keys())) == ([2], ["ci-2"])
    assert list(sent.landed()) == [("ci-2", {"desc": "x"})]


@pytest.mark.parametrize(
    ("event", "after"), [(Event.CONFIRM, "updated"), (Event.DISPROVE, "mismatch"), (Event.LEAVE, "conflict")]
)
def test_what_a_look_makes_of_such_a_conflict(
    ledger: Ledger, rows: ComparedRows, sent: SentRows, event: Event, after: str
) -> None:
    """It is written down as of any other row, and what is left alone stays known."""
    differ(rows, 2, kept=ALONE)
    send(rows, 2, SPARED)
    prove(sent, 2, event, Outcome.CONFLICT, NOW + 60)
    query = "SELECT state, message, proved_at, kept FROM rows WHERE number = 2"
    assert stored(ledger.path, query) == [(after, "told", NOW + 60, ALONE)]


def test_a_row_that_was_sent_by_an_earlier_comparison_is_looked_at(rows: ComparedRows, sent: SentRows) -> None:
    """Though nothing was sent since; it has not landed by what it says now."""
    differ(rows, 2, earlier=[FIRST])
    rows.apply([decision(2, Result(Outcome.FAILED), NOW)])
    assert numbers(sent) == []
    send(rows, 3, LOST)
    differ(rows, 3, Outcome.UNKNOWN, earlier=[FIRST])
    assert numbers(sent) == [3]
    assert list(sent.landed()) == []


def test_images_are_of_all_attempts(rows: ComparedRows, sent: SentRows) -> None:
    """The last rows first; one that was refused has those of the attempts before it."""
    differ(rows, 2)
    send(rows, 2, UPDATED)
    differ(rows, 3)
    send(rows, 3, LOST)
    differ(rows, 3, Outcome.UNKNOWN, earlier=[FIRST])
    send(rows, 3, Result(Outcome.FAILED, 1, 412, "http_412"), Outcome.UNKNOWN)
    differ(rows, 4, earlier=[])
    send(rows, 4, Result(Outcome.FAILED, 1, 412, "http_412"))
    found = [(one.number, one.case_id, one.images) for page in sent.images() for one in page]
    assert found == [
        (3, "ci-3", {"desc": {"was": "old", "sent": "a"}}),
        (2, "ci-2", {"desc": {"was": "old", "left": "x"}}),
    ]


def test_a_row_that_broke_down_or_was_lost_has_an_image(rows: ComparedRows, sent: SentRows) -> None:
    """Of both nobody knows whether they have landed; a later answer of the same comparison changes nothing of that."""
    for number, result in ((2, LOST), (3, Result(Outcome.FAILED, 1, 503, "http_503"))):
        differ(rows, number)
        send(rows, number, result)
    differ(rows, 4)
    rows.apply([intent(4)])
    rows.settle_in_flight(NOW)
    image = {"desc": {"was": "old", "sent": "x"}}
    assert [(one.number, one.images) for page in sent.images() for one in page] == [(n, image) for n in (4, 3, 2)]
