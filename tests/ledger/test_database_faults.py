import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from support.ledgers import NOW, everything, good_row, new_run, stored

from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger, RunRows
from bulkcase.ledger.snapshots import Learnt, LiveCase
from bulkcase.ledger.storage import database

PAGE = 4096


@contextmanager
def refused(path: Path, *says: str) -> Iterator[None]:
    """Expect one line that names the ledger and says this."""
    with pytest.raises(LedgerError) as raised:
        yield
    (line,) = raised.value.problems
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    assert [text for text in says if text not in line] == [], line
    assert raised.value.exit_code == 6


def filled(path: Path, count: int = 400) -> Path:
    """Make a ledger whose rows take some fifty pages."""
    with Ledger(path) as ledger:
        ledger.rows(new_run(ledger)).add([good_row(number, desc="x" * 300) for number in range(2, count)], NOW)
        snapshot = ledger.new_snapshot("kore.example.com/account/st-1", {}, ["desc"], NOW)
        cases = [LiveCase(f"ci-{number}", f"CA-{number}", None, None, {"desc": "y"}, b"") for number in range(20)]
        snapshot.add(list(enumerate(cases)), [Learnt("status", "Open", "sts-1", {"_id": "sts-1"})], NOW, {"size": 20})
    return path


def use(path: Path) -> None:
    """Read all that there is in a ledger, and write to it."""
    with Ledger(path) as ledger:
        for run in ledger._runs():
            rows = ledger.rows(run)
            assert sum(1 for _ in rows.all()) == sum(rows.counts().values())
            assert list(rows.sendable()) is not None
            assert list(rows.repeated()) == []
            rows.calls_by_endpoint()
        snapshot = ledger.snapshot(1)
        snapshot.positions(["ci-1"])
        snapshot.ids_by_ref(["ca-1"])
        list(snapshot.learnt("status"))
        new_run(ledger)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_ledger_that_is_damaged_inside_is_said(tmp_path: Path, share: float) -> None:
    """Bytes that were overwritten somewhere in the middle are found at the latest by whoever reads them, and said."""
    path = filled(tmp_path / "ledger.sqlite3")
    use(path)
    content = bytearray(path.read_bytes())
    assert len(content) > 40 * PAGE
    start = int(len(content) * share) // PAGE * PAGE
    content[start : start + PAGE] = b"\xee" * PAGE
    path.write_bytes(content)
    with refused(path, "malformed: restore it from a backup, or name another folder with --state"):
        use(path)


def test_a_ledger_that_lost_its_end_is_said(tmp_path: Path) -> None:
    """A file that was cut short, as by a copy that did not finish, is not taken for a smaller ledger."""
    path = filled(tmp_path / "ledger.sqlite3")
    path.write_bytes(path.read_bytes()[: 20 * PAGE])
    with refused(path, "malformed: restore it from a backup"):
        use(path)


def test_a_disk_that_fills_up_is_said(tmpfs: Path, fill: Callable[[], None]) -> None:
    """On a disk that is full for real, what was written stays, and goes on to be of use once there is room again."""
    path = tmpfs / "ledger.sqlite3"
    with Ledger(path) as ledger:
        rows = ledger.rows(new_run(ledger))
        rows.add([good_row(2)], NOW)
        before = everything(path)
        fill()
        with refused(path, "full: free the disk; nothing done is lost"):
            rows.add([good_row(number, desc="x" * 1000) for number in range(3, 1000)], NOW)
        assert everything(path) == before
        (tmpfs / "filler").unlink()
        rows.add([good_row(3)], NOW)
    use(path)


@pytest.mark.parametrize("exists", [True, False])
def test_a_full_disk_is_said_by_a_ledger_that_is_opened(tmpfs: Path, fill: Callable[[], None], exists: bool) -> None:
    """Whether it has to be made or is there, a ledger on a full disk tells to free the disk."""
    path = tmpfs / "ledger.sqlite3"
    if exists:
        filled(path)
    fill()
    with refused(path, "free the disk", "nothing done is lost"):
        use(path)
    (tmpfs / "filler").unlink()
    use(path)


@pytest.mark.parametrize("name", ["ledger.sqlite3", "new/ledger.sqlite3"])
def test_a_read_only_disk_is_said(tmpfs: Path, read_only: Callable[[], None], name: str) -> None:
    """On a disk that nobody can write, a ledger that is there and one that is not are refused alike."""
    filled(tmpfs / "ledger.sqlite3")
    read_only()
    with refused(tmpfs / name, "Read-only file system: name another folder with --state, one that can be written"):
        Ledger(tmpfs / name)


def test_a_ledger_that_becomes_read_only_is_said(ledger: Ledger, rows: RunRows) -> None:
    """When the file can be written no longer while a run goes on, the message says so."""
    ledger._writer.exec_driver_sql("PRAGMA query_only = ON")
    ledger._writer.rollback()
    with refused(ledger.path, "readonly database: see that its folder can be written", "--state"):
        rows.add([good_row(2)], NOW)


def test_a_ledger_that_is_held_for_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program writes, writing waits for its time, and says for how long it did."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    path = filled(tmp_path / "ledger.sqlite3")
    with closing(sqlite3.connect(path, isolation_level=None)) as other, Ledger(path) as ledger:
        other.execute("BEGIN IMMEDIATE")
        with refused(path, "locked: another program held it for 0.05 seconds", "try again when it is done"):
            new_run(ledger)
        other.execute("ROLLBACK")
        new_run(ledger)


@pytest.mark.parametrize(("seconds", "milliseconds"), [(None, 10_000), (0.05, 50)])
def test_a_writer_waits_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float | None, milliseconds: int
) -> None:
    """Each connection waits ten seconds for another one, or as long as a test wants it to."""
    if seconds is not None:
        monkeypatch.setattr(database, "BUSY_SECONDS", seconds)
    with Ledger(tmp_path / "ledger.sqlite3") as ledger:
        assert ledger._writer.exec_driver_sql("PRAGMA busy_timeout").scalar() == milliseconds


def test_a_place_without_wal_is_said(tmp_path: Path) -> None:
    """Where SQLite cannot keep its log, which it says by another mode and no error, the ledger is refused."""
    path = tmp_path / "ledger.sqlite3"
    engine = create_engine("sqlite://")
    with (
        engine.connect() as connection,
        refused(path, "journal mode: memory", "name a local folder"),
    ):
        database._use_wal(connection, path)
    engine.dispose()


def test_a_newer_ledger_is_left_alone(tmp_path: Path) -> None:
    """A ledger of another version is refused, and none of its tables is changed."""
    path = filled(tmp_path / "ledger.sqlite3")
    stored(path, "UPDATE schema_version SET version = 99")
    before = everything(path)
    with refused(path, "is of version 99, this program knows"):
        Ledger(path)
    assert everything(path) == before
