"""A glimpse of a ledger for who only wants names of its runs, at once: nothing is opened for writing, nothing waits."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

_MOST: Final = 100
"""So many of the newest runs."""


class Glimpse(NamedTuple):
    """A run, by what a person calls it."""

    id: str
    job: str
    state: str


def newest(ledger: Path) -> list[Glimpse]:
    """Return the newest runs of a ledger, the newest first; raises sqlite3.Error where it cannot be read."""
    # With no log beside it nobody writes it; to open such a one in any other way would make the log.
    mode = "mode=ro" if Path(f"{ledger}-wal").exists() else "mode=ro&immutable=1"
    query = "SELECT id, job, state FROM runs WHERE rows IS NOT NULL ORDER BY seq DESC LIMIT ?"
    with closing(sqlite3.connect(f"{ledger.absolute().as_uri()}?{mode}", uri=True, timeout=0.1)) as database:
        return [Glimpse(*found) for found in database.execute(query, (_MOST,))]
