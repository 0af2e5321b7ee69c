"""The outcome of every row that needs no call, and what is sent for the others."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from bulkcase.errors import JobError
from bulkcase.job import Job
from bulkcase.job.needs import CUSTOM
from bulkcase.ledger import ComparedRows, Ledger, RunRecord, RunRows
from bulkcase.ledger.changes import decision
from bulkcase.mapping.faults import listed
from bulkcase.model import Outcome, Result
from bulkcase.nearest import nearest
from bulkcase.operations.common.planned import Plan, plan_of
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.deciding.batches import batches
from bulkcase.operations.deciding.draft import Draft, drafted
from bulkcase.operations.deciding.duplicates import decide_duplicates
from bulkcase.operations.live.compare import compare_rows, look_of, resolve_names, resolve_references, tables_of

if TYPE_CHECKING:
    from bulkcase.operations.deciding.look import Glance


def plan_without_looking(ledger: Ledger, job: Job, *, limit: int | None, runtime: Runtime) -> Plan:
    """Decide about every row as far as that can be done without a call."""
    with drafted(ledger, job, limit=limit, runtime=runtime) as draft:
        return decided(ledger, draft, None, job, runtime)


def decided(ledger: Ledger, draft: Draft, glance: "Glance | None", job: Job, runtime: Runtime) -> Plan:
    """Give their outcome to the rows that need no call, and say what is sent for the others."""
    run, now = draft.run, runtime.clock.now()
    snapshot = None if glance is None else glance.snapshot
    if glance is not None:
        reading = {"read": glance.choice.read, "why": glance.choice.why}
        if snapshot is not None:
            record = snapshot.record()
            reading |= {"pages": record.pages, "cases": snapshot.size(), "gaps": record.gaps}
        run = ledger.update_run(run, snapshot=None if snapshot is None else snapshot.id, reading=reading)
    rows = ledger.rows(run)
    if snapshot is not None and job.input.key.match == "refId":
        resolve_references(rows, snapshot, now)
    decide_duplicates(rows, job.input.duplicates, now)
    if run.continues is not None:
        _leave_out_what_landed(rows, ledger.related(run), now)
    clears = draft.clears
    if snapshot is not None:
        assert isinstance(rows, ComparedRows), "the run goes by a snapshot"
        paths: set[str] = set()
        clears = compare_rows(rows, look_of(job, snapshot), now, paths=paths)
        _refuse_unknown_paths(job, rows, paths)
    elif glance is not None and glance.lookups is not None:
        resolve_names(rows, tables_of(job, glance.lookups, is_whole=False), now)
    run = ledger.planned(run, rows=draft.rows, clears=clears, notes=draft.notes)
    return replace(plan_of(ledger, run, job, runtime), fed_back=draft.fed_back)


def _refuse_unknown_paths(job: Job, rows: ComparedRows, shown: set[str]) -> None:
    """Raise JobError for a path that is to be set and that none of the cases has: most likely it is misspelt."""
    written = {key for key in job.mapping if "." in key and not key.startswith(CUSTOM)}
    unknown = sorted((written - shown) & rows.edited_keys())
    if not unknown:
        return
    known = {f"{root}.{name}" for root in {key.partition(".")[0] for key in unknown} for name in rows.keys_in(root)}
    hints = {key: nearest(key, known) for key in unknown}
    raise JobError(
        *(
            f"{job.file}: mapping.{key}: none of the cases has it: "
            + (f"did you mean {near}?" if near else f"there are {listed(sorted(known), 10)}")
            for key, near in hints.items()
        )
    )


def _leave_out_what_landed(rows: RunRows, family: Iterable[RunRecord], now: float) -> None:
    """Give their outcome to the rows that say what has landed already in the runs that this one belongs to."""
    changes = (
        decision(
            number,
            Result(
                Outcome.SUPERSEDED, code="landed_before", message=f"row {old} of run {run} was the same, and landed"
            ),
            now,
        )
        for number, run, old in rows.landed_before([one.seq for one in family])
    )
    for batch in batches(changes):
        rows.apply(batch)
