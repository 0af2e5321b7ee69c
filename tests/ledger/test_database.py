import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from support.ledgers import NOW, everything, good_row, new_run, stored

from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger, RunRows
from bulkcase.ledger.storage.tables import SCHEMA_VERSION


def make_newer(path: Path) -> Path:
    Ledger(path).__exit__()
    stored(path, "UPDATE schema_version SET version = 99")
    return path


def damage(path: Path) -> Path:
    Ledger(path).__exit__()
    content = bytearray(path.read_bytes())
    content[100:] = b"\xee" * (len(content) - 100)
    path.write_bytes(content)
    return path


def no_database(path: Path) -> Path:
    path.write_text("Case ID,New Status\n" * 100, encoding="utf-8")
    return path


def of_another_program(path: Path) -> Path:
    stored(path, "CREATE TABLE notes (text)")
    return path


def in_a_file(path: Path) -> Path:
    path.write_text("", encoding="utf-8")
    return path / "ledger.sqlite3"


def below_a_file(path: Path) -> Path:
    path.write_text("", encoding="utf-8")
    return path / "state" / "ledger.sqlite3"


def is_a_folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (make_newer, "is of version 99, this program knows 6: update bulkcase"),
        (damage, "malformed"),
        (no_database, "file is not a database"),
        (of_another_program, "is the database of another program"),
        (in_a_file, "its folder is a file"),
        (below_a_file, "Not a directory"),
        (is_a_folder, "Is a directory"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_an_unusable_ledger_is_one_clear_line(tmp_path: Path, make: Callable[[Path], Path], says: str) -> None:
    """The message names the file, what is wrong with it and what to do, and the exit code is the environment's."""
    path = make(tmp_path / "ledger.sqlite3")
    with pytest.raises(LedgerError) as raised:
        Ledger(path)
    (line,) = raised.value.problems
    assert "\n" not in line
    assert line.startswith(f"{path}")
    assert says in line
    assert "--state" in line
    assert raised.value.exit_code == 6


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    """A file that is not ours is not changed by looking at it."""
    path = of_another_program(tmp_path / "ledger.sqlite3")
    before = path.read_bytes()
    with pytest.raises(LedgerError):
        Ledger(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.sqlite3"]


def test_a_full_disk_is_said_and_costs_nothing(ledger: Ledger, rows: RunRows) -> None:
    """When a batch does not fit, the message says so, and what was written before stays."""
    rows.add([good_row(2)], NOW)
    before = everything(ledger.path)
    ledger._writer.exec_driver_sql("PRAGMA max_page_count = 1")
    ledger._writer.rollback()
    with pytest.raises(LedgerError, match="full: free the disk; nothing done is lost"):
        rows.add([good_row(number, desc="x" * 1000) for number in range(3, 1000)], NOW)
    assert everything(ledger.path) == before


def test_a_ledger_that_another_program_holds_is_said(ledger: Ledger, rows: RunRows) -> None:
    """When somebody else writes for too long, the message says whom to wait for."""
    ledger._writer.exec_driver_sql("PRAGMA busy_timeout = 0")
    ledger._writer.rollback()
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked: another program held it"):
            rows.add([good_row(2)], NOW)
        assert rows.cases() == 0, "reading goes on"
    rows.add([good_row(2)], NOW)
    assert rows.cases() == 1


def test_a_ledger_that_is_open_twice_keeps_its_log(ledger: Ledger, rows: RunRows) -> None:
    """Closing it once more lets go of none of the locks by which others see that somebody is at work on it."""
    log = ledger.path.with_name(f"{ledger.path.name}-wal")
    assert log.exists()
    with Ledger(ledger.path):
        pass
    look = "import sys, pathlib, bulkcase.ledger\nwith bulkcase.ledger.Ledger(pathlib.Path(sys.argv[1])): pass"
    subprocess.run([sys.executable, "-c", look, str(ledger.path)], check=True, timeout=60)
    assert log.exists()
    rows.add([good_row(2)], NOW)


def test_who_opens_a_ledger_does_not_wait_for_who_writes(ledger: Ledger, rows: RunRows) -> None:
    """Where another program writes, or stood still while it did, the ledger can be looked at."""
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Ledger(ledger.path) as looking:
            assert looking.path == ledger.path


@pytest.mark.parametrize("name", ["100% & more?#x=1", "mit Leerzeichen", "Zürich"])
def test_every_folder_name_is_fine(tmp_path: Path, name: str) -> None:
    """A path is a path, and nothing in it is read as part of an address."""
    path = tmp_path / name / "ledger.sqlite3"
    with Ledger(path) as ledger:
        run = new_run(ledger)
    assert path.stat().st_size > 0
    with Ledger(path) as ledger:
        assert ledger.run(run.id) == run


def test_folder_and_files_are_their_owners_only(tmp_path: Path) -> None:
    """Nobody else can look into the folder, the database, or what SQLite keeps beside it."""
    folder = tmp_path / "state"
    with Ledger(folder / "ledger.sqlite3") as ledger:
        new_run(ledger)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes == dict.fromkeys(("ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm"), 0o600)


def test_a_commit_is_durable(ledger: Ledger) -> None:
    """A commit reaches the disk before it returns, and readers do not wait for writers."""
    pragmas = ("synchronous", "journal_mode", "foreign_keys")
    found = [ledger._writer.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    ledger._writer.rollback()
    assert found == [2, "wal", 1]


def test_a_new_ledger_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    """Programs that start at the same moment make one ledger, not two halves."""
    path, together = tmp_path / "ledger.sqlite3", Barrier(6)

    def open_one(number: int) -> str:
        together.wait()
        with Ledger(path) as ledger:
            return new_run(ledger, suffix=f"{number:04x}").id

    with ThreadPoolExecutor(6) as threads:
        ids = list(threads.map(open_one, range(6)))
    assert stored(path, "SELECT version FROM schema_version") == [(SCHEMA_VERSION,)]
    assert len({run_id[:15] for run_id in ids}) == 6, "each run has a second of its own, so that ids sort"
