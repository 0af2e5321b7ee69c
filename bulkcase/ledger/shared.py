"""Cases that runs have in common: what a kept run could still send there, and what a later one may have changed."""

from collections import defaultdict
from collections.abc import Iterator
from heapq import heappop, heappush
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    literal,
    or_,
    select,
)

from bulkcase.ledger.records import RunRecord
from bulkcase.ledger.storage.database import in_words
from bulkcase.ledger.storage.tables import may_have_landed, rows
from bulkcase.model import Outcome

_NEVER_SENT: Final = (Outcome.INVALID, Outcome.UNCHANGED, Outcome.SUPERSEDED)
"""What no command sends, unless it was sent before."""

_kept = Table(
    "kept_cases",
    MetaData(),
    # The place of its target among those that were met.
    Column("target", Integer, primary_key=True),
    Column("case_key", String, primary_key=True),
    Column("run", Integer, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
"""Cases and the first kept run that has a row of each that matters; seen by one connection, and gone with it."""


class SharedCases:
    """Finds kept runs that have to know what became of a case of another run, as `bulkcase.ledger.keeping` asks.

    The rows of each run are read once, and those of a kept run only where a later one may have changed something.
    """

    def __init__(self, writer: Connection, path: Path) -> None:
        """Know no kept run; `path` is the ledger's, for what is told of its faults."""
        self._writer = writer
        self._path = path
        self._waiting: dict[str, list[tuple[int, bool]]] = defaultdict(list)
        self._anything: dict[str, int] = {}
        self._targets: dict[str, int] = {}
        with in_words(path), writer.begin():
            _kept.create(writer, checkfirst=True)
            writer.execute(delete(_kept))

    def keep(self, run: RunRecord) -> None:
        """Know of a run that is kept."""
        # Its rows are read when somebody asks who comes after it: most are younger than all that may go.
        heappush(self._waiting[run.target], (run.seq, _is_about_any(run)))

    def reading(self, run: RunRecord, until: int) -> Iterator[None]:
        """Read the kept runs, `until` at most, that may need this one, one with each step; raises LedgerError."""
        waiting = self._waiting[run.target]
        if waiting and waiting[0][0] <= until and self._has_sent(run):
            self._targets.setdefault(run.target, len(self._targets))
            while waiting and waiting[0][0] <= until:
                self._read(*heappop(waiting), run.target)
                yield

    def holder(self, run: RunRecord, until: int) -> int | None:
        """Return the `seq` of a kept run, `until` at most, that could still send, or take back, a case of this one.

        None where no such case may have been changed by this one. Raises LedgerError.
        """
        for _ in self.reading(run, until):
            pass
        target = self._targets.get(run.target)
        if target is None:
            return None
        if self._anything.get(run.target, until + 1) <= until and self._has_sent(run):
            return self._anything[run.target]
        its = (_kept.c.target == target, _kept.c.case_key == rows.c.case_key, _kept.c.run <= until)
        # Not as a join: the rows of one run are looked for among the cases, never the other way round.
        found = select(_kept.c.run).where(*its).limit(1).scalar_subquery()
        return self._one(select(found).where(rows.c.run == run.seq, may_have_landed(rows), found.is_not(None)))

    def share(self, run: RunRecord, other: RunRecord) -> bool:
        """Say of one pair what `holder` finds among all that are kept: whether the other one may need this one."""
        if not self._has_sent(run):
            return False
        if _is_about_any(other):
            return True
        its = rows.alias()
        needed = select(its.c.number).where(its.c.run == other.seq, its.c.case_key == rows.c.case_key, _matters(its))
        query = select(rows.c.number).where(rows.c.run == run.seq, may_have_landed(rows), needed.exists())
        return self._one(query) is not None

    def _read(self, seq: int, is_about_any: bool, target: str) -> None:
        if is_about_any:  # the cases of some of its rows may not be known yet
            self._anything[target] = min(seq, self._anything.get(target, seq))
            return
        number = self._targets[target]
        known = _kept.alias()
        before = (known.c.target == number, known.c.case_key == rows.c.case_key, known.c.run < seq)
        cases = (
            select(literal(number), rows.c.case_key, literal(seq))
            .where(rows.c.run == seq, rows.c.case_key.is_not(None), _matters(rows))
            .where(~select(known.c.run).where(*before).exists())
            .distinct()
        )
        with in_words(self._path), self._writer.begin():
            self._writer.execute(insert(_kept).from_select(["target", "case_key", "run"], cases))

    def _has_sent(self, run: RunRecord) -> bool:
        sent = select(rows.c.number).where(rows.c.run == run.seq, may_have_landed(rows))
        return run.started_at is not None and self._one(sent) is not None

    def _one(self, query: Any) -> int | None:
        with in_words(self._path), self._writer.begin():
            found: int | None = self._writer.scalar(query.limit(1))
        return found


def _is_about_any(run: RunRecord) -> bool:
    return "refId" in run.definition.get("input.key", "")


def _matters(of: Any) -> ColumnElement[bool]:
    """Say whether a row could still be sent, taken back, or told from a corrected one."""
    return or_(of.c.state.not_in(list(_NEVER_SENT)), of.c.attempts > 0)
