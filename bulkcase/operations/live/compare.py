"""Comparing the rows of a run with what its snapshot has of their cases."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from bulkcase.cells import shown
from bulkcase.job import Job
from bulkcase.job.needs import live_lookups
from bulkcase.ledger import ComparedRows, RunRows, Snapshot
from bulkcase.ledger.changes import Change, decision
from bulkcase.ledger.compared import Beside
from bulkcase.ledger.rows import PENDING
from bulkcase.ledger.storage.stored import Difference, Keyed, root_of
from bulkcase.logged import RUN, row_ended
from bulkcase.mapping.faults import Fault, joined, listed
from bulkcase.mapping.keys import read_key
from bulkcase.mapping.types.lookups import LearntTable
from bulkcase.model import NEEDS_A_PERSON, Outcome, Result
from bulkcase.nearest import nearest
from bulkcase.operations.common.runtime import is_sandbox
from bulkcase.planning.judge import Look, judge_row

OnDecided = Callable[[int, Result], None]
"""Told of each row, by its number, that gets its outcome without being sent."""

_INVALID = Outcome.INVALID
_LIKE = 200
"""References that are looked through for the nearest one."""
_TOLD = 100
"""Rows for which the nearest reference is looked for: a wrong column is wrong in all of them."""


def kept_fields(job: Job) -> tuple[str, ...]:
    """Return the fields of a case that a job is about, and that are compared."""
    return tuple(dict.fromkeys(map(root_of, job.mapping)))


def look_of(job: Job, snapshot: Snapshot) -> Look:
    """Return what is known of the live cases."""
    record = snapshot.record()
    return Look(
        since=record.started_at,
        is_complete=record.is_complete,
        gaps=record.gaps or "the reading was stopped",
        is_filtered=bool(record.filter),
        leaves_changed=job.safety.on_conflict == "leave",
        tables=tables_of(job, snapshot, is_whole=record.is_complete and not record.filter),
    )


def tables_of(job: Job, snapshot: Snapshot, *, is_whole: bool) -> Mapping[str, LearntTable]:
    """Return the objects of names that the live cases taught, by the field that is looked up."""
    made_up = is_sandbox(job)
    return {
        field: LearntTable(field, snapshot.learnt(field), is_whole=is_whole, made_up=made_up)
        for field in live_lookups(job)
    }


def compare_rows(
    rows: ComparedRows,
    look: Look,
    now: float,
    outcomes: Collection[Outcome] = PENDING,
    *,
    number: int | None = None,
    told: OnDecided = lambda *_: None,
    paths: set[str] | None = None,
) -> int:
    """Decide about rows by a look at their cases: what is sent for them, or their outcome.

    Return how many values are emptied by what is sent; add to `paths` those that some of the cases show.
    """
    clears = 0
    shown_paths = paths if paths is not None else set()
    for batch in rows.beside(outcomes, number):
        changes: list[Change] = []
        differences: list[Difference] = []
        for row in batch:
            shown_paths.update(key for key, edit in row.edits.items() if edit.do == "path" and shows(row.live, key))
            judged = judge_row(row, look)
            difference = judged.difference
            if judged.result is not None:
                changes.append(decision(row.number, judged.result, now, row.state))
                told(row.number, judged.result)
                # What a plan finds is told when its run starts.
                if RUN.get() and judged.result.outcome in NEEDS_A_PERSON:
                    row_ended(row.number, row.case_id, judged.result.outcome.value, judged.result.code)
                difference = None if difference is None else difference._replace(state=judged.result.outcome)
            if difference is not None:
                differences.append(difference)
                clears += _clears(row, difference)
        rows.apply(changes)
        rows.differ(differences)
    return clears


def shows(live: Mapping[str, Any] | None, path: str) -> bool:
    """Say whether a case shows something at a path, if only that it is empty."""
    place: Any = live
    for step in path.split("."):
        if not isinstance(place, Mapping) or step not in place:
            return False
        place = place[step]
    return True


def _clears(row: Beside, difference: Difference) -> int:
    """Return how many values of a case are emptied by what is sent for a row."""
    whole = sum(value in (None, []) for field, value in row.body.items() if field in difference.sent)
    edited = {key: edit for key, edit in row.edits.items() if root_of(key) in difference.sent}
    put_back = sum(edit.do == "restore" and difference.sent[key] in (None, []) for key, edit in edited.items())
    return whole + put_back + sum(edit.value is None for edit in edited.values())


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
    record = snapshot.record()
    is_complete = record.is_complete
    for batch in rows.waiting_keys(outcomes):
        keys = [row.key for row in batch]
        by_ref = snapshot.ids_by_ref([key.lower() for key in keys])
        ids = snapshot.positions(keys)
        found: list[tuple[Keyed, str]] = []
        changes: list[Change] = []
        for row in batch:
            cases = by_ref.get(row.key.lower(), [])
            if len(cases) == 1 and row.key not in ids:
                fault = read_key(cases[0])
                if isinstance(fault, Fault):
                    message = f"the id of its case cannot be sent: {fault.reason}"
                    changes.append(
                        decision(row.number, Result(_INVALID, code=fault.code, message=message), now, row.state)
                    )
                else:
                    found.append((row, cases[0]))
            elif len(cases) > 1:
                changes.append(decision(row.number, _ambiguous(row.key, cases), now, row.state))
            elif not cases and row.key not in ids and is_complete:
                untold -= 1
                hint = _nearest(row.key, snapshot) if untold >= 0 else ""
                unknown = _unknown(row.key, hint, is_filtered=bool(record.filter))
                changes.append(decision(row.number, unknown, now, row.state))
        rows.rekey(found)
        rows.apply(changes)


def _ambiguous(key: str, cases: Collection[str]) -> Result:
    message = f"{shown(key)} is the reference of {len(cases)} cases: {listed(cases, 5)}"
    return Result(Outcome.INVALID, code="ambiguous_reference", message=message)


def _unknown(key: str, hint: str, *, is_filtered: bool) -> Result:
    near = f": did you mean {hint}?" if hint else ""
    which = " that snapshot.filter lets through" if is_filtered else ""
    return Result(_INVALID, code="case_not_found", message=f"{shown(key)} is the reference of no case{which}{near}")


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
