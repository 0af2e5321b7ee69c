"""Snapshots: a local record of live cases, read page by page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from bulkcase.ledger.storage.database import in_words, replacing, writing
from bulkcase.ledger.storage.tables import cases, learnt, runs, snapshots
from bulkcase.model import RunState

_OVER: Final = (RunState.FINISHED, RunState.ABANDONED)
_PLANS_WAIT: Final = 7 * 86_400.0
"""Seconds for which a saved plan keeps its cases; one that is run later reads them anew."""
_AT_ONCE: Final = 400
"""Ids in one question: SQLite takes 999 values and more."""


class LiveCase(NamedTuple):
    """What is kept of a live case."""

    id: str
    ref: str | None
    name: str | None
    updated_at: str | None
    kept: Mapping[str, Any]
    """The mapped fields, as the case shows them."""
    rest: bytes
    """A hash of all other fields but `updatedAt`."""


class Learnt(NamedTuple):
    """An object that a live case shows in a field that is looked up."""

    field: str
    name: str
    id: str
    object: Any


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """How far a snapshot is."""

    id: int
    filter: Mapping[str, Any]
    kept: Sequence[str]
    """The fields that it keeps of each case."""
    paging: Mapping[str, Any]
    """Where its reading stands."""
    pages: int
    """Pages that were read; 0 where what it had was taken out again."""
    started_at: float
    read_at: float
    """When its last page came."""
    is_over: bool
    gaps: str
    """Why it may have missed cases; empty where it has all of them."""

    @property
    def is_complete(self) -> bool:
        """Whether a case that it does not have is not there."""
        return self.is_over and not self.gaps


class Snapshot:
    """One snapshot, as the one session that reads it writes it."""

    def __init__(self, writer: Connection, path: Path, number: int) -> None:
        self._writer = writer
        self._path = path
        self.id = number

    def record(self) -> SnapshotRecord:
        """Return how far it is."""
        with in_words(self._path), self._writer.begin():
            found = self._writer.execute(select(snapshots).where(snapshots.c.id == self.id)).mappings().one()
        return _record(found)

    def add(
        self,
        found: Sequence[tuple[int, LiveCase]],
        names: Iterable[Learnt],
        now: float,
        paging: Mapping[str, Any] | None,
    ) -> None:
        """Add the cases of a page, each with its position, and what they taught; the newest look at a case counts.

        `paging` is where the reading stands then; None where a page is read again and that does not change.
        """
        lines = [_line(self.id, position, case, now) for position, case in found]
        objects = [_learnt(self.id, one) for one in names]
        with writing(self._writer, self._path):
            for table, values in ((cases, lines), (learnt, objects)):
                if values:
                    self._writer.execute(replacing(self._writer, table), values)
            if paging is not None:
                told = {"paging": orjson.dumps(paging).decode(), "read_at": now, "pages": snapshots.c.pages + 1}
                self._writer.execute(update(snapshots).where(snapshots.c.id == self.id).values(told))

    def end(self, gaps: str) -> None:
        """Note that the reading is over; `gaps` says why it may have missed cases."""
        with writing(self._writer, self._path):
            self._writer.execute(update(snapshots).where(snapshots.c.id == self.id).values(is_over=1, gaps=gaps))

    def begin_again(self, paging: Mapping[str, Any], now: float) -> None:
        """Note that the list is read once more, from where `paging` stands; the cases that are known stay."""
        fresh = {"paging": orjson.dumps(paging).decode(), "is_over": 0, "gaps": "", "started_at": now}
        with writing(self._writer, self._path):
            self._writer.execute(update(snapshots).where(snapshots.c.id == self.id).values(fresh))

    def size(self) -> int:
        """Return how many cases it has."""
        return int(self._one(select(func.count()).where(cases.c.snapshot == self.id)))

    def seen(self, ids: Sequence[str], since: float) -> set[str]:
        """Return those of these cases that were read since a moment."""
        return {case for case, read_at in self._some(cases.c.id, ids, cases.c.read_at) if read_at >= since}

    def positions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return where these cases are, those of them that it has."""
        return dict(self._some(cases.c.id, ids, cases.c.position))

    def ids_by_ref(self, refs: Sequence[str]) -> dict[str, list[str]]:
        """Return the ids of the cases with these references, which are in small letters."""
        found: dict[str, list[str]] = {}
        for ref, case in self._some(cases.c.ref_key, refs, cases.c.id):
            found.setdefault(ref, []).append(case)
        return found

    def refs_like(self, start: str, most: int) -> list[str]:
        """Return some of the references that start with a text, which is in small letters."""
        query = select(cases.c.ref).where(
            cases.c.snapshot == self.id, cases.c.ref_key >= start, cases.c.ref_key < start + "\U0010ffff"
        )
        with in_words(self._path), self._writer.begin():
            return [ref for (ref,) in self._writer.execute(query.order_by(cases.c.ref_key).limit(most))]

    def learnt(self, field: str) -> Iterator[tuple[str, Any]]:
        """Yield each name that the live cases show in a field, with its object; one name may have several."""
        query = select(learnt.c.name, learnt.c.object).where(learnt.c.snapshot == self.id, learnt.c.field == field)
        with in_words(self._path), self._writer.begin():
            found = self._writer.execute(query.order_by(learnt.c.name, learnt.c.id)).all()
        for name, stored in found:
            yield name, orjson.loads(stored)

    def _one(self, query: Any) -> Any:
        with in_words(self._path), self._writer.begin():
            return self._writer.scalar(query)

    def _some(self, column: Any, values: Sequence[str], wanted: Any) -> Iterator[tuple[str, Any]]:
        different = list(dict.fromkeys(values))
        for start in range(0, len(different), _AT_ONCE):
            query = select(column, wanted).where(
                cases.c.snapshot == self.id, column.in_(different[start : start + _AT_ONCE])
            )
            with in_words(self._path), self._writer.begin():
                found = self._writer.execute(query).all()
            yield from ((value, other) for value, other in found)


def start(connection: Connection, target: str, filters: str, kept: str, now: float) -> int:
    """Add a snapshot, and return its id; those of the target that no open run goes by are emptied."""
    old_plan = and_(runs.c.state == RunState.PLANNED, runs.c.planned_at < now - _PLANS_WAIT)
    in_use = select(runs.c.snapshot).where(runs.c.snapshot.is_not(None), runs.c.state.not_in(_OVER), ~old_plan)
    unused = and_(snapshots.c.target == target, snapshots.c.id.not_in(in_use))
    for table in (cases, learnt):
        connection.execute(delete(table).where(table.c.snapshot.in_(select(snapshots.c.id).where(unused))))
    connection.execute(update(snapshots).where(unused, snapshots.c.pages > 0).values(pages=0))
    claimed = select(runs.c.snapshot).where(runs.c.snapshot.is_not(None))
    connection.execute(delete(snapshots).where(unused, snapshots.c.id.not_in(claimed)))
    values = {"target": target, "filter": filters, "kept": kept, "started_at": now, "read_at": now}
    added = connection.execute(insert(snapshots).values(values)).inserted_primary_key
    assert added is not None
    return int(added[0])


def unclaimed(connection: Connection, target: str, filters: str, kept: str, since: float) -> int | None:
    """Return the newest snapshot of these cases and fields that no run goes by, read since a moment; None without one.

    That is what a plan leaves behind that was interrupted.
    """
    claimed = select(runs.c.snapshot).where(runs.c.snapshot.is_not(None))
    # What was read before something was sent shows what is not there any more.
    sent_since = or_(runs.c.started_at >= snapshots.c.started_at, runs.c.finished_at >= snapshots.c.started_at)
    query = select(func.max(snapshots.c.id)).where(
        ~select(runs.c.seq).where(runs.c.target == target, sent_since).exists(),
        snapshots.c.target == target,
        snapshots.c.filter == filters,
        snapshots.c.kept == kept,
        snapshots.c.read_at >= since,
        snapshots.c.pages > 0,
        snapshots.c.id.not_in(claimed),
    )
    found: int | None = connection.scalar(query)
    return found


def _line(snapshot: int, position: int, case: LiveCase, now: float) -> dict[str, Any]:
    return {
        "snapshot": snapshot,
        "position": position,
        "read_at": now,
        **case._asdict(),
        "ref_key": None if case.ref is None else case.ref.lower(),
        "kept": orjson.dumps(case.kept),
    }


def _learnt(snapshot: int, one: Learnt) -> dict[str, Any]:
    content = orjson.dumps(one.object, option=orjson.OPT_SORT_KEYS)
    # Objects without an id are told apart by all that they say.
    return {"snapshot": snapshot, **one._asdict(), "id": one.id or sha256(content).hexdigest(), "object": content}


def _record(found: Any) -> SnapshotRecord:
    return SnapshotRecord(
        id=found["id"],
        filter=orjson.loads(found["filter"]),
        kept=tuple(orjson.loads(found["kept"])),
        paging=orjson.loads(found["paging"]),
        pages=found["pages"],
        started_at=found["started_at"],
        read_at=found["read_at"],
        is_over=bool(found["is_over"]),
        gaps=found["gaps"],
    )
