"""What lies on the disk of a ledger when its program is killed: at a commit, in the middle of one, or between two."""

import shutil
import sqlite3
import sqlite3.dbapi2
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PARTS = ("", "-wal", "-shm")
"""The files of a ledger: itself, and those beside it."""


def left_of(ledger: Path, into: Path, torn: tuple[int, float] | None = None) -> None:
    """Copy the files of a ledger as they lie there.

    `torn` is for a program that was killed in the middle of a commit: the size of the write-ahead log before it, and
    the share of what it added that was written by then.
    """
    into.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        path, copy = ledger.with_name(ledger.name + part), into / (ledger.name + part)
        copy.unlink(missing_ok=True)
        if path.exists():
            shutil.copyfile(path, copy)
    log = into / f"{ledger.name}-wal"
    if torn is not None and log.exists():
        before, share = torn
        size = log.stat().st_size
        # A log that has not grown was begun anew: what was in it before is in the ledger by then.
        if size > before:
            with log.open("r+b") as file:
                file.truncate(before + int(share * (size - before)))


def put_back(ledger: Path, copies: Path) -> None:
    """Let what was copied be what lies there."""
    for part in PARTS:
        path, copy = ledger.with_name(ledger.name + part), copies / (ledger.name + part)
        path.unlink(missing_ok=True)
        if copy.exists():
            shutil.copyfile(copy, path)


def log_size(ledger: Path) -> int:
    """Return the size of the write-ahead log in bytes."""
    log = ledger.with_name(f"{ledger.name}-wal")
    return log.stat().st_size if log.exists() else 0


@contextmanager
def watched_commits(ledger: Path, committed: Callable[[int], None]) -> Iterator[None]:
    """Tell of each commit to a ledger that has changed something: the size of its log before."""
    original = sqlite3.dbapi2.connect

    class Watched(sqlite3.Connection):
        def commit(self) -> None:
            before = log_size(ledger) if self.in_transaction else None
            super().commit()
            if before is not None:
                committed(before)

    def connect(database: Any, *arguments: Any, **named: Any) -> sqlite3.Connection:
        if Path(str(database)) == ledger:
            named["factory"] = Watched
        opened: sqlite3.Connection = original(database, *arguments, **named)
        return opened

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sqlite3.dbapi2, "connect", connect)
        yield
