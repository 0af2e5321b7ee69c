"""Runs that are taken out of the ledger for good, and what stays of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from support.ledgers import everything, stored
from support.nights import DAY, TARGET, Told, add_night, add_nights, changed, failed, same

from bulkcase.clock import Instant
from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger, RunRecord, purging
from bulkcase.ledger.database import writing
from bulkcase.ledger.snapshots import Learnt, LiveCase
from bulkcase.model import Outcome

SECRET = "jane.doe@example.com"
NEW = "a very new note"
NIGHT = [changed("ci-1", SECRET, NEW), failed("ci-2"), same("ci-3")]
OTHER = "kore.example.com/account/st-2"


def at(nth: float) -> Instant:
    """Return a moment so many days after the first night."""
    return Instant("boot-1", 1000.0 + DAY * nth, 1_795_000_000.25 + DAY * nth)


def contents(path: Path) -> bytes:
    """Return all bytes of the ledger and of what lies beside it."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.iterdir()))


def with_cases(ledger: Ledger, run: RunRecord, note: str = SECRET) -> RunRecord:
    """Give a run a snapshot with a case in it that shows a note."""
    snapshot = ledger.new_snapshot(run.target, {}, ["desc"], at(50).wall)
    case = LiveCase("ci-1", None, None, None, {"desc": f"live {note}"}, b"")
    snapshot.add([(0, case)], [Learnt("status", "Open", "sts-1", {"name": note})], at(50).wall, {"size": 1})
    return ledger.update_run(run, snapshot=snapshot.id)


def purge(ledger: Ledger, *of: RunRecord, now: Instant | None = None) -> None:
    """Purge runs, with all that is theirs alone."""
    work = ledger.purging()
    work.purge([run.seq for run in of])
    work.purge_cases(TARGET)
    work.purge_calls(now or at(100), 8 * DAY)
    assert work.settle(smaller=False)
    assert stored(ledger.path, "PRAGMA foreign_key_check") == []


def test_nothing_of_a_run_is_left_in_any_file(ledger: Ledger) -> None:
    """Cells, values before, what was sent, live cases: none of their bytes are in the folder of the ledger."""
    run = with_cases(ledger, add_night(ledger, NIGHT))
    assert contents(ledger.path).count(SECRET.encode()) >= 3
    assert NEW.encode() in contents(ledger.path)
    purge(ledger, run)
    assert [text for text in (SECRET, NEW, "ci-1", run.id) if text.encode() in contents(ledger.path)] == []
    assert ledger.runs() == []


def test_what_was_changed_before_is_not_left_either(ledger: Ledger) -> None:
    """A value that a row had earlier is gone when the row has another one: no page shows what it was."""
    run = add_night(ledger, [changed(f"ci-{number}", f"{SECRET} {number}", NEW) for number in range(300)])
    other = add_night(ledger, [same("ci-x")], nth=1)
    stored(ledger.path, "UPDATE rows SET before = 'shorter' WHERE run = ?", run.seq)
    purge(ledger, run)
    assert SECRET.encode() not in contents(ledger.path)
    assert [one.id for one in ledger.runs()] == [other.id]


@pytest.mark.parametrize("batch", [1, 2, 3, 4])
def test_other_runs_are_as_they_were(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Whatever the size of the transactions, all of one run goes, and nothing of the others."""
    monkeypatch.setattr(purging, "_BATCH", batch)
    first, second, third = add_nights(ledger, NIGHT, NIGHT, NIGHT)
    kept = [with_cases(ledger, run) for run in (second, third)]
    before = [stored(ledger.path, "SELECT * FROM rows WHERE run <> ?", first.seq), ledger.nights(kept).calls()]
    purge(ledger, first)
    assert before == [stored(ledger.path, "SELECT * FROM rows"), ledger.nights(kept).calls()]
    assert [one.id for one in ledger.runs()] == [one.id for one in kept]
    assert [event.run for event in ledger.history("ci-1")] == [one.id for one in kept]
    assert ledger.snapshot(kept[1].snapshot or 0).size() == 1


def test_cases_that_no_run_goes_by_are_gone(ledger: Ledger) -> None:
    """What an interrupted plan has read is no run's, and is taken out with those of the runs; other targets' stay."""
    ledger.new_snapshot(OTHER, {}, ["desc"], 0.0)
    run = with_cases(ledger, add_night(ledger, NIGHT))
    left = ledger.new_snapshot(TARGET, {}, ["desc"], 0.0)
    left.add([(0, LiveCase("ci-9", None, None, None, {"desc": SECRET}, b""))], [], 0.0, {"size": 1})
    purge(ledger, run)
    assert stored(ledger.path, "SELECT target FROM snapshots") == [(OTHER,)]
    assert stored(ledger.path, "SELECT count(*) FROM cases, learnt") == [(0,)]


def test_calls_that_may_count_stay(ledger: Ledger) -> None:
    """The quota knows each call of the last days, whosever it was; older ones are gone with who made them."""
    first, second, _ = add_nights(ledger, NIGHT, NIGHT, NIGHT)
    ages = [at(9.5).since(call.ended) // DAY for call in ledger.past_calls(target=TARGET)]
    assert ages == [7, 8, 9]
    purge(ledger, first, second, now=at(9.5))
    assert [at(9.5).since(call.ended) // DAY for call in ledger.past_calls(target=TARGET)] == [7]
    assert len(stored(ledger.path, "SELECT * FROM sessions")) == 1


def test_young_calls_of_a_purged_run_still_count(ledger: Ledger) -> None:
    """A run that ended an hour ago can be purged: the next one keeps to the quota all the same, until they are old."""
    (run,) = add_nights(ledger, NIGHT)
    calls = list(ledger.past_calls(target=TARGET))
    purge(ledger, run, now=at(0.1))
    assert list(ledger.past_calls(target=TARGET)) == calls
    later = add_night(ledger, NIGHT, nth=20)
    purge(ledger, later, now=at(20.1))
    assert len(list(ledger.past_calls(target=TARGET))) == 1


def test_the_newest_call_keeps_its_number(ledger: Ledger) -> None:
    """A session that goes on counts its calls from the last one before it, which is therefore never taken out."""
    first = add_night(ledger, NIGHT)
    second = add_night(ledger, NIGHT, nth=1, target=OTHER)
    purge(ledger, first, second, now=at(400))
    (newest,) = stored(ledger.path, "SELECT id FROM calls")
    assert newest == (2,)


def test_calls_are_taken_out_in_slices(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many transactions that takes, the calls of kept runs, which lie between them, are not touched."""
    monkeypatch.setattr(purging, "_CALLS", 2)
    night = [changed(f"ci-{number}", None, "x") for number in range(5)]
    first, second, third, fourth = add_nights(ledger, night, night, night, night)
    purge(ledger, first, third)
    assert list(ledger.nights([second, fourth]).calls().values()) == [5, 5]
    assert stored(ledger.path, "SELECT count(*) FROM calls") == [(10,)]


@contextmanager
def cut_off(monkeypatch: pytest.MonkeyPatch, after: int) -> Iterator[None]:
    """Let no transaction of a purge begin after so many."""
    left = [after]

    @contextmanager
    def counted(connection: Connection, path: Path) -> Iterator[None]:
        left[0] -= 1
        if left[0] < 0:
            raise LedgerError("cut off")
        with writing(connection, path):
            yield

    with monkeypatch.context() as patch:
        patch.setattr(purging, "writing", counted)
        yield


@pytest.mark.parametrize("after", range(9))
def test_a_purge_that_is_cut_off_can_be_done_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Each run is all there or not to be found, kept ones are whole, and whoever comes next ends what was begun."""
    monkeypatch.setattr(purging, "_BATCH", 2)
    first, second, third = add_nights(ledger, NIGHT, NIGHT, NIGHT)
    third, first = (with_cases(ledger, run) for run in (third, first))
    with cut_off(monkeypatch, after), pytest.raises(LedgerError):
        purge(ledger, first, second)
    found = [run.id for run in ledger.runs()]
    assert found == ([first.id, second.id, third.id] if after == 0 else [third.id])
    assert [event.run for event in ledger.history("ci-1")] == found
    assert [one.id for one in ledger.undone_by(third)] == []
    assert ledger.rows(third).counts()[Outcome.UPDATED] == 1
    assert stored(ledger.path, "PRAGMA foreign_key_check") == []
    assert ledger.left_snapshot(TARGET, {}, ["desc"], 0.0) is None
    for seq, _, _ in ledger.purging().left():
        ledger.purging().purge([seq])
    purge(ledger, *(run for run in (first, second) if run.id in found))
    assert [run.id for run in ledger.runs()] == [third.id]
    assert stored(ledger.path, "SELECT DISTINCT run FROM rows") == [(third.seq,)]
    assert stored(ledger.path, "SELECT count(*) FROM snapshots") == [(1,)]


def test_the_next_command_ends_what_was_cut_off(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody purges again, whoever works on the target next takes the half purged run out."""
    first, second = add_nights(ledger, NIGHT, NIGHT)
    with cut_off(monkeypatch, 1), pytest.raises(LedgerError):
        purge(ledger, first)
    assert [run_id for _, run_id, _ in ledger.purging().left()] == [first.id]
    ledger.recover(TARGET, at(5))
    assert ledger.purging().left() == []
    assert stored(ledger.path, "SELECT DISTINCT run FROM rows") == [(second.seq,)]


NEEDS: dict[str, tuple[Told, Told, dict[str, Any], bool]] = {
    "it could be taken back": (changed("ci-1", "a", "b"), changed("ci-1", "b", "c"), {}, True),
    "it could be sent again": (failed("ci-1"), changed("ci-1", "b", "c"), {}, True),
    "the later one is in doubt": (failed("ci-1"), Told("ci-1", Outcome.UNKNOWN), {}, True),
    "another case": (changed("ci-1", "a", "b"), changed("ci-2", "b", "c"), {}, False),
    "it was never sent, and never will be": (same("ci-1"), changed("ci-1", "b", "c"), {}, False),
    "the later one changed nothing": (failed("ci-1"), same("ci-1"), {}, False),
    "it may be about any case": (failed("ref"), changed("ci-1", "b", "c"), {"input.key": "Ref = refId"}, True),
    "any case, and nothing was changed": (failed("ref"), same("ci-1"), {"input.key": "Ref = refId"}, False),
}


@pytest.mark.parametrize(("old", "new", "definition", "needs"), NEEDS.values(), ids=list(NEEDS))
@pytest.mark.parametrize("more", [0, 3], ids=["smaller", "larger"])
def test_an_earlier_run_needs_a_later_one_where_they_share_a_case(
    ledger: Ledger, old: Told, new: Told, definition: dict[str, str], *, needs: bool, more: int
) -> None:
    """Only a row that may have landed matters to one that could be sent or taken back, whichever run is larger."""
    spare = [same(f"ci-spare-{number}") for number in range(more)]
    first = add_night(ledger, [old, *spare], definition=definition or {"input.key": "Case ID"})
    second = add_night(ledger, [new, same("ci-y")], nth=1)
    assert ledger.purging().needs(first, second) is needs


def test_looking_for_shared_cases_has_an_end(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are too many rows to look at, runs count as having cases in common."""
    first, second = add_nights(ledger, [changed("ci-1", "a", "b")], [changed("ci-2", "a", "b")])
    assert not ledger.purging().needs(first, second)
    monkeypatch.setattr(purging, "_MOST_LOOKS", 0)
    assert ledger.purging().needs(first, second)


def test_no_room_to_shrink_is_said(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is too full for a second copy keeps the file as large as it is, and what was purged is gone."""

    def full(*_: object) -> None:
        raise LedgerError("the disk is full")

    purge(ledger, add_night(ledger, [changed(f"ci-{number}", SECRET * 20, NEW) for number in range(400)]))
    monkeypatch.setattr(purging, "shrink", full)
    with pytest.raises(LedgerError, match="purged all the same"):
        ledger.purging().settle(smaller=True)
    assert SECRET.encode() not in contents(ledger.path)


def test_the_room_can_be_given_back(ledger: Ledger) -> None:
    """Made smaller, the file shrinks, and what is left in it is the same; otherwise new rows use the room."""
    run = add_night(ledger, [changed(f"ci-{number}", SECRET * 20, NEW) for number in range(400)])
    add_night(ledger, NIGHT, nth=1)
    purge(ledger, run)
    size, kept = ledger.path.stat().st_size, everything(ledger.path)
    assert ledger.purging().settle(smaller=True)
    assert ledger.path.stat().st_size < size / 3
    assert everything(ledger.path) == kept
