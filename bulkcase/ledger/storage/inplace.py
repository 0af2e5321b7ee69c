"""Whether the files of a ledger are still the ones that were opened: on Unix, what was taken away can be written to."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bulkcase.errors import LedgerError

_LOG = "-wal"
"""What SQLite calls the file of its log after that of the database."""


class InPlace:
    """The ledger's file and its log, as one connection has seen them."""

    def __init__(self, path: Path) -> None:
        self._files = (path, path.with_name(path.name + _LOG))
        self._path = path
        self._seen: dict[Path, tuple[int, int, int]] = {}
        """Device, number and size of each."""

    def prove(self) -> None:
        """Raise LedgerError where a file is gone or another one, or is shorter and not sound any more.

        To be called before each commit: an intent in a file that nobody finds is none. A ledger that is purged gets
        shorter too, so what is in it is looked at then. Raises sqlite3.Error where that cannot be read.
        """
        for file in self._files:
            before = self._seen.get(file)
            try:
                state = file.stat()
            except FileNotFoundError:
                if before is None:
                    continue  # a log that nobody has needed yet
                raise self._gone() from None
            now = (state.st_dev, state.st_ino, state.st_size)
            self._seen[file] = now
            if before is None:
                continue
            if before[:2] != now[:2]:
                raise self._gone()
            if now[2] < before[2]:
                self._prove_sound()

    def _prove_sound(self) -> None:
        # Another connection, which has nothing of it in memory, and makes no file where there is none.
        with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        if found != "ok":
            raise LedgerError(
                f"{self._path}: was changed by another program while it was in use: restore it from a backup, or name "
                "another folder with --state; nothing more is sent"
            )

    def _gone(self) -> LedgerError:
        return LedgerError(
            f"{self._path}: was taken away or replaced while it was in use: put it back, or what has landed since is "
            "sent again; nothing more is sent"
        )
