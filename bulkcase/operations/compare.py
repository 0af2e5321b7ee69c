"""Comparing the rows of a run with what its snapshot has of their cases."""

from collections.abc import Callable, Collection, Iterator, Mapping

from bulkcase.fields import nearest
from bulkcase.job import Job
from bulkcase.job.needs import live_lookups
from bulkcase.ledger import ComparedRows, RunRows, Snapshot
from bulkcase.ledger.changes import Change, decision
from bulkcase.ledger.rows import PENDING
from bulkcase.ledger.stored import Difference
from bulkcase.mapping.faults import Fault, joined, listed, shown
from bulkcase.mapping.lookups import LearntTable
from bulkcase.model import Outcome, Result
from bulkcase.operations.batches import batches
from bulkcase.planning.judge import Look, judge_row

OnDecided = Callable[[Result], None]
"""Told of each row that gets its outcome without being sent."""

_LIKE = 200
"""References that are looked through for the nearest one."""
_TOLD = 100
"""Rows for which the nearest reference is looked for: a wrong column is wrong in all of them."""


def look_of(job: Job, snapshot: Snapshot, lookups: Snapshot | None = None) -> Look:
    """Return what is known of the live cases; `lookups` is another snapshot that has the objects of names."""
    record = snapshot.record()
    return Look(
        is_complete=record.is_complete,
        gaps=record.gaps or "the reading was stopped",
        is_filtered=bool(record.filter),
        leaves_changed=job.safety.on_conflict == "leave",
        tables=tables_of(job, lookups or snapshot, is_whole=record.is_complete and not record.filter),
    )


def tables_of(job: Job, snapshot: Snapshot, *, is_whole: bool) -> Mapping[str, LearntTable]:
    """Return the objects of names that the live cases taught, by the field that is looked up."""
    return {field: LearntTable(field, snapshot.learnt(field), is_whole=is_whole) for field in live_lookups(job)}


def compare_rows(
    rows: ComparedRows,
    look: Look,
    now: float,
    outcomes: Collection[Outcome] = PENDING,
    *,
    number: int | None = None,
    told: OnDecided = lambda _: None,
) -> None:
    """Decide about rows by a look at their cases: what is sent for them, or their outcome."""
    for batch in rows.beside(outcomes, number):
        changes: list[Change] = []
        differences: list[Difference] = []
        for row in batch:
            judged = judge_row(row, look)
            difference = judged.difference
            if judged.result is not None:
                changes.append(decision(row.number, judged.result, now, row.state))
                told(judged.result)
                difference = None if difference is None else difference._replace(state=judged.result.outcome)
            if difference is not None:
                differences.append(difference)
        rows.apply(changes)
        rows.differ(differences)


def resolve_names(rows: RunRows, tables: Mapping[str, LearntTable], now: float) -> None:
    """Put the object of each name into what is sent, for rows that need nothing else of their case."""
    for page in rows.edited():
        changes: list[Change] = []
        found: list[Difference] = []
        for number, body, edits in page:
            objects = {key: tables[key].find(edit.value) if edit.named else edit.value for key, edit in edits.items()}
            faults = [value for value in objects.values() if isinstance(value, Fault)]
            if faults:
                fault = joined(faults)
                changes.append(decision(number, Result(Outcome.INVALID, code=fault.code, message=fault.reason), now))
            else:
                found.append(Difference(number, Outcome.PENDING, {**body, **objects}, None, None, None))
        rows.apply(changes)
        rows.differ(found)


def resolve_references(rows: RunRows, snapshot: Snapshot, now: float, outcomes: Collection[Outcome] = PENDING) -> None:
    """Put the id of its case in the place of each row's reference; one that is unknown or ambiguous is invalid.

    The id of a case is taken for its reference too. What is not found in a list with gaps stays as it is.
    """
    untold = _TOLD
    is_complete = snapshot.record().is_complete
    for batch in batches(rows.waiting_keys(outcomes)):
        keys = [key for _, key, _ in batch]
        by_ref = snapshot.ids_by_ref([key.lower() for key in keys])
        ids = snapshot.positions(keys)
        found: list[tuple[int, str, Outcome]] = []
        changes: list[Change] = []
        for number, key, state in batch:
            cases = by_ref.get(key.lower(), [])
            if len(cases) == 1 and key not in ids:
                found.append((number, cases[0], state))
            elif len(cases) > 1:
                changes.append(decision(number, _ambiguous(key, cases), now, state))
            elif not cases and key not in ids and is_complete:
                untold -= 1
                hint = _nearest(key, snapshot) if untold >= 0 else ""
                changes.append(decision(number, _unknown(key, hint), now, state))
        rows.rekey(found)
        rows.apply(changes)


def _ambiguous(key: str, cases: Collection[str]) -> Result:
    message = f"{shown(key)} is the reference of {len(cases)} cases: {listed(cases, 5)}"
    return Result(Outcome.INVALID, code="ambiguous_reference", message=message)


def _unknown(key: str, hint: str) -> Result:
    near = f": did you mean {hint}?" if hint else ""
    return Result(Outcome.INVALID, code="case_not_found", message=f"{shown(key)} is the reference of no case{near}")


def _nearest(key: str, snapshot: Snapshot) -> str:
    """Return the reference that is most like another text; empty where none is."""
    for start in _starts(key.lower()):
        near = nearest(key, snapshot.refs_like(start, _LIKE))
        if near:
            return near
    return ""


def _starts(key: str) -> Iterator[str]:
    """Yield beginnings of a reference, from nearly all of it to nothing."""
    yield from (key[:-1], key[:-2], key[: len(key) // 2], "")
