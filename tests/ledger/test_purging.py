"""Runs that are taken out of the ledger for good, and what stays of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection
from support.ledgers import WORKER, everything, new_run, stored
from support.nights import DAY, TARGET, add_night, add_nights, changed, failed, same

from bulkcase.clock import Instant
from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger, RunRecord, purging
from bulkcase.ledger.records import ReportRecord
from bulkcase.ledger.snapshots import Learnt, LiveCase
from bulkcase.ledger.storage.database import writing
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


def with_window(ledger: Ledger, run: RunRecord, days: float) -> RunRecord:
    """Let the quota of a run's job have a window of so many days."""
    report = ReportRecord(windows=[(50, 60.0), (1000, days * DAY)])
    stored(ledger.path, "UPDATE runs SET report = ? WHERE seq = ?", report.dumped(), run.seq)
    return ledger.run(run.id)


def test_calls_stay_as_long_as_a_purged_run_would_count_them(ledger: Ledger) -> None:
    """The longest window of a quota outlives its run, for the calls of others too, and a plan that made none."""
    assert ledger.purging().longest_window() == 0.0
    first, second, plan = add_nights(ledger, NIGHT, NIGHT, [same("ci-9")])
    purge(ledger, with_window(ledger, first, 30), now=at(2))
    assert ledger.purging().longest_window() == 30 * DAY
    purge(ledger, with_window(ledger, second, 10), now=at(2))
    assert stored(ledger.path, "SELECT DISTINCT counted_for FROM sessions") == [(30 * DAY,), (0.0,)]
    purge(ledger, with_window(ledger, plan, 60), now=at(2))
    assert stored(ledger.path, "SELECT DISTINCT counted_for FROM sessions") == [(60 * DAY,)]


def test_a_plan_that_is_half_read_leaves_its_window(ledger: Ledger) -> None:
    """Whoever takes out what an interrupted plan has left keeps what its calls are counted for."""
    ledger.end_look(ledger.look(TARGET, "st-1", WORKER, at(0)), at(0.1))
    left = new_run(ledger, report=ReportRecord(windows=[(1000, 30 * DAY)]))
    assert left.target == TARGET
    ledger.recover(TARGET, at(1))
    assert ledger.runs() == []
    assert ledger.purging().longest_window() == 30 * DAY


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
