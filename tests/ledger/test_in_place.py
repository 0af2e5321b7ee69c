"""A ledger that somebody takes away, replaces, cuts short or tidies up while it is in use."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.ledgers import NOW, good_row, new_run

from bulkcase.errors import LedgerError
from bulkcase.ledger import Ledger, RunRows


def add(rows: RunRows, *numbers: int) -> None:
    """Write some rows."""
    rows.add([good_row(number, desc="x" * 300) for number in numbers], NOW)


@pytest.mark.parametrize("name", ["ledger.sqlite3", "ledger.sqlite3-wal"])
def test_a_file_that_is_taken_away_takes_no_commit(ledger: Ledger, rows: RunRows, name: str) -> None:
    """What is written to it is refused, and written when the file is back in its place."""
    add(rows, 2)
    file = ledger.path.with_name(name)
    aside = file.rename(file.with_suffix(".aside"))
    with pytest.raises(LedgerError, match="was taken away or replaced while it was in use: put it back"):
        add(rows, 3)
    aside.rename(file)
    add(rows, 3)
    assert [row.number for row in rows.all()] == [2, 3]


def test_a_file_that_is_replaced_takes_no_commit(ledger: Ledger, rows: RunRows) -> None:
    """Another file of the same name is not the ledger."""
    add(rows, 2)
    (ledger.path.parent / "other").write_bytes(ledger.path.read_bytes())
    (ledger.path.parent / "other").replace(ledger.path)
    with pytest.raises(LedgerError, match="was taken away or replaced"):
        add(rows, 3)


def test_a_file_that_is_cut_short_takes_no_commit(ledger: Ledger, rows: RunRows) -> None:
    """A ledger that has lost its end is found out by the next commit, not by whoever reads it later."""
    add(rows, *range(2, 400))
    with closing(sqlite3.connect(ledger.path)) as other:
        other.execute("PRAGMA wal_checkpoint")
    add(rows, 400)
    os.truncate(ledger.path, 5 * 4096)
    with pytest.raises(LedgerError, match=r"malformed|changed by another program"):
        add(rows, 401)


def test_a_ledger_that_is_tidied_up_goes_on(ledger: Ledger, rows: RunRows) -> None:
    """That it and its log get shorter, as by a purge of what is old, is no harm."""
    gone = new_run(ledger)
    ledger.rows(gone).add([good_row(number, desc="x" * 300) for number in range(2, 1000)], NOW)
    with closing(sqlite3.connect(ledger.path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    add(rows, 2)
    ledger.discard(gone)
    before = ledger.path.stat().st_size
    with closing(sqlite3.connect(ledger.path)) as other:
        other.execute("VACUUM")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert ledger.path.stat().st_size < before
    add(rows, 3)
    assert [row.number for row in rows.all()] == [2, 3]


def test_a_look_makes_no_file(tmp_path: Path) -> None:
    """Where the ledger is gone, nothing is made in its place by whoever finds that out."""
    path = tmp_path / "ledger.sqlite3"
    with Ledger(path) as ledger:
        run = new_run(ledger)
        for file in tmp_path.iterdir():
            file.unlink()
        with pytest.raises(LedgerError, match="was taken away"):
            ledger.rows(run).add([good_row(2)], NOW)
        assert list(tmp_path.iterdir()) == []
