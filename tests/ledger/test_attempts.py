"""What may have landed of rows that were sent: by their outcome, their calls, and what other runs ask about them."""

from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, select
from support.ledgers import NOW, begin, good_row, new_run, stored

from bulkcase.ledger import ComparedRows, Ledger, RunRows
from bulkcase.ledger.changes import decision, intent, outcome
from bulkcase.ledger.images import Attempt
from bulkcase.ledger.rows import PENDING
from bulkcase.ledger.storage.stored import Difference
from bulkcase.ledger.storage.tables import may_have_landed
from bulkcase.ledger.storage.tables import rows as table
from bulkcase.ledger.transitions import SENDING
from bulkcase.model import Outcome, Result

UPDATED = Result(Outcome.UPDATED, 1, 200)
LOST = Result(Outcome.UNKNOWN, 2, None, "timeout")
REFUSED = Result(Outcome.FAILED, 1, 412, "http_412")
BROKEN = Result(Outcome.FAILED, 4, 503, "http_503")
FIRST = Attempt({"name": "a"}, {}, None)
SETTLED = [state for state in Outcome if state is not Outcome.FAILED]


@pytest.fixture
def compared(ledger: Ledger) -> ComparedRows:
    """The rows of a run that goes by live cases."""
    snapshot = ledger.new_snapshot("kore.example.com/account/st-1", {}, ["desc"], NOW)
    found = begin(ledger, ledger.update_run(new_run(ledger), snapshot=snapshot.id))
    assert isinstance(found, ComparedRows)
    return found


def send(rows: RunRows, number: int, result: Result, before: Outcome = Outcome.PENDING, now: float = NOW) -> None:
    rows.apply([intent(number, before), outcome(number, result, now)])


def landed(connection: Connection) -> list[int]:
    return list(connection.scalars(select(table.c.number).where(may_have_landed(table))))


@pytest.mark.parametrize(
    ("state", "attempts", "status", "earlier", "may"),
    [
        *[(SENDING, 0, None, earlier, True) for earlier in (None, b"[]")],
        *[(str(state), 1, status, None, True) for state in SETTLED for status in (None, 200, 412, 503)],
        *[(str(state), 0, None, None, False) for state in Outcome],
        *[("failed", 1, status, None, False) for status in (302, 400, 412, 429, 499)],
        *[("failed", 1, status, None, True) for status in (500, 503)],
        ("failed", 1, None, None, True),
        *[("failed", 2, status, b"[]", True) for status in (None, 412, 503)],
    ],
)
def test_what_may_have_landed(
    ledger: Ledger, state: str, attempts: int, status: int | None, earlier: bytes | None, *, may: bool
) -> None:
    """All that left and was not refused; and what was refused, where something else was sent before."""
    ledger.rows(new_run(ledger)).add([good_row(2)], NOW)
    columns = "state = ?, attempts = ?, http_status = ?, earlier = ?"
    stored(ledger.path, f"UPDATE rows SET {columns}", state, attempts, status, earlier)
    with ledger._engine.connect() as connection:
        assert landed(connection) == ([2] if may else [])


@pytest.mark.parametrize("result", [LOST, BROKEN, REFUSED, UPDATED, Result(Outcome.PENDING, 3, 429)])
def test_calls_are_counted_until_the_next_comparison(ledger: Ledger, compared: ComparedRows, result: Result) -> None:
    """None before the first one, and none after another one; attempts are counted on."""
    compared.add([good_row(2)], NOW)
    query = "SELECT calls, attempts FROM rows"
    assert stored(ledger.path, query) == [(None, 0)]
    compared.differ([Difference(2, Outcome.PENDING, {"desc": "x"}, {}, 1, NOW)])
    assert stored(ledger.path, query) == [(None, 0)]
    send(compared, 2, result)
    assert stored(ledger.path, query) == [(result.attempts, result.attempts)]
    if result is not UPDATED:
        send(compared, 2, LOST, result.outcome)
        assert stored(ledger.path, query) == [(result.attempts + 2, result.attempts + 2)]
        compared.differ([Difference(2, Outcome.UNKNOWN, {"desc": "x"}, {}, 1, NOW)])
        assert stored(ledger.path, query) == [(None, result.attempts + 2)]
        send(compared, 2, UPDATED, Outcome.UNKNOWN)
        assert stored(ledger.path, query) == [(1, result.attempts + 3)]


@pytest.mark.parametrize(("sent_before", "calls"), [(False, 1), (True, 3)])
def test_a_call_that_was_cut_off_counts(
    ledger: Ledger, compared: ComparedRows, calls: int, *, sent_before: bool
) -> None:
    """A row whose call was in flight when its run ended has made it."""
    compared.add([good_row(2), good_row(3)], NOW)
    if sent_before:
        send(compared, 2, LOST)
    compared.apply([intent(2, Outcome.UNKNOWN if sent_before else Outcome.PENDING)])
    compared.settle_in_flight(NOW)
    assert stored(ledger.path, "SELECT calls, attempts FROM rows ORDER BY number") == [(calls, calls), (None, 0)]


def test_what_is_decided_without_a_call_counts_none(ledger: Ledger, compared: ComparedRows) -> None:
    """Nor does a look that settles a row in doubt."""
    compared.add([good_row(2), good_row(3)], NOW)
    send(compared, 3, LOST)
    compared.apply([decision(2, Result(Outcome.UNCHANGED), NOW)])
    compared.apply([decision(3, Result(Outcome.UPDATED, code="settled"), NOW, Outcome.UNKNOWN)])
    assert stored(ledger.path, "SELECT calls, attempts FROM rows ORDER BY number") == [(None, 0), (2, 2)]


def test_what_an_answer_told_is_not_told_of_a_call_that_was_cut_off(ledger: Ledger, compared: ComparedRows) -> None:
    """A row that is lost with its run is as one that is lost while it runs: nobody knows what it left."""
    compared.add([good_row(2), good_row(3)], NOW)
    for number in (2, 3):
        send(compared, number, Result(Outcome.MISMATCH, 1, 200, "mismatch", "", "different", {"desc": "other"}))
    send(compared, 2, LOST, Outcome.MISMATCH)
    compared.apply([intent(3, Outcome.MISMATCH)])
    compared.settle_in_flight(NOW)
    assert stored(ledger.path, "SELECT verified, left FROM rows") == [(None, None)] * 2


@pytest.mark.parametrize("result", [LOST, BROKEN])
def test_what_was_brought_stands_beside_a_row(compared: ComparedRows, result: Result) -> None:
    """An attempt with what was sent and what stood there before, and behind it those that other comparisons made."""
    compared.add([good_row(2, desc="new", name="y")], NOW)
    compared.differ([Difference(2, Outcome.PENDING, {"desc": "new"}, {"desc": "old"}, 1, NOW)])
    send(compared, 2, result)
    ((row,),) = compared.beside([result.outcome])
    first = Attempt({"desc": "new"}, {"desc": "old"}, None)
    assert row.brought == (first,)
    compared.differ([Difference(2, result.outcome, {"name": "y"}, {}, 1, NOW, earlier=row.brought)])
    ((row,),) = compared.beside([result.outcome])
    assert row.brought == (first,)
    send(compared, 2, Result(Outcome.MISMATCH, 1, 200, left={"name": "Y"}), result.outcome)
    ((row,),) = compared.beside([Outcome.MISMATCH])
    assert row.brought == (first, Attempt({"name": "y"}, {}, {"name": "Y"}))


@pytest.mark.parametrize("result", [None, REFUSED])
def test_a_row_that_was_never_sent_or_refused_has_brought_nothing(
    compared: ComparedRows, result: Result | None
) -> None:
    """A first comparison leaves nothing in the case, nor does an update that the server did not take."""
    compared.add([good_row(2)], NOW)
    compared.differ([Difference(2, Outcome.PENDING, {"desc": "new"}, {"desc": "old"}, 1, NOW)])
    if result is not None:
        send(compared, 2, result)
    ((row,),) = compared.beside([*PENDING, Outcome.FAILED])
    assert row.brought == ()


def test_a_comparison_forgets_what_was_proven(ledger: Ledger, compared: ComparedRows) -> None:
    """What the case showed is of the attempt before, which is kept beside the new difference as a whole."""
    compared.add([good_row(2)], NOW)
    send(compared, 2, Result(Outcome.MISMATCH, 1, 200, "mismatch", "", "different", {"desc": "other"}))
    compared.differ([Difference(2, Outcome.MISMATCH, {"desc": "x"}, {}, 1, NOW, earlier=[FIRST])])
    ((verified, left, earlier),) = stored(ledger.path, "SELECT verified, left, earlier FROM rows")
    assert (verified, left, orjson.loads(earlier)) == (None, None, [[{"name": "a"}, {}, None]])


def about(ledger: Ledger, *results: Result | None, **more: Any) -> tuple[str, RunRows]:
    """Return id and rows of a run that has sent updates of ci-1, a field each; None where one waits."""
    run = new_run(ledger, **more)
    rows = begin(ledger, run)
    fields: list[dict[str, Any]] = [{"desc": "x"}, {"name": "y", "tags": []}]
    rows.add([good_row(number, "ci-1", **sent) for number, sent in enumerate(fields[: len(results)], 2)], NOW)
    for number, result in enumerate(results, 2):
        if result is not None:
            send(rows, number, result)
    return run.id, rows


def test_newer_runs_are_named_with_their_fields(ledger: Ledger) -> None:
    """The newest first; neither those before, nor those at another target, nor what cannot have landed."""
    about(ledger, UPDATED)
    _, rows = about(ledger, UPDATED)
    first, _ = about(ledger, LOST)
    about(ledger, REFUSED, None)
    about(ledger, UPDATED, target="kore.example.com/account/st-2")
    second, _ = about(ledger, None, BROKEN)
    third, newest = about(ledger, UPDATED)
    assert rows.newer(2) == [(third, "desc"), (second, "name tags"), (first, "desc")]
    assert (newest.newer(2), rows.newer(3)) == ([], [])


def test_each_row_of_a_newer_run_is_named(ledger: Ledger) -> None:
    """Two of them may have sent different fields of one case; a call in flight may have landed too."""
    _, rows = about(ledger, None)
    newer, theirs = about(ledger, UPDATED, None)
    theirs.apply([intent(3)])
    assert sorted(rows.newer(2)) == [(newer, "desc"), (newer, "name tags")]


def test_a_newer_run_about_another_case_is_none(ledger: Ledger) -> None:
    """The case counts, not the number of the row."""
    _, rows = about(ledger, UPDATED)
    other = begin(ledger, new_run(ledger))
    other.add([good_row(2, "ci-2")], NOW)
    send(other, 2, UPDATED)
    assert rows.newer(2) == []
