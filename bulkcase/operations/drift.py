"""drift: what changes between the nights of a job."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from bulkcase.errors import UsageError
from bulkcase.fields.private import Private
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.ledger.queries.drift import Drift
from bulkcase.model import RunState
from bulkcase.nearest import nearest
from bulkcase.operations.common.find import existing_ledger
from bulkcase.operations.common.runtime import place_options

NIGHTS: Final = 14
"""So many of the last nights are looked at where nothing else is said."""


def drift(
    job: str | Path | None = None,
    *,
    run: str | None = None,
    nights: int = NIGHTS,
    state: str | Path | None = None,
    sandbox: bool = False,
) -> Drift:
    """Return what changes between the last nights of a job: given by its file or name, or by its last `run`.

    Without either it is the job of the last finished run. `nights` is how many runs at the most; the ledger is that of
    the folder `state`, or else the user's own; `sandbox` looks among the rehearsals. It makes no call.

    Raises UsageError where there is no such run, or no earlier one to compare it with, and LedgerError.
    """
    if job is not None and run is not None:
        raise UsageError(f"{job} and {run}: a job and a run are two answers to one question: give one of them")
    with Ledger(existing_ledger(state=state, sandbox=sandbox)) as ledger:
        record = ledger.find(run) if run is not None else _last_of(ledger, job)
        found = drift_of(ledger, record, nights)
        if found is None:
            raise UsageError(_nothing(ledger, record))
        return found


def drift_of(ledger: Ledger, record: RunRecord, nights: int = NIGHTS) -> Drift | None:
    """Return what changes between the nights up to a run, with nothing private in it.

    None where it is not the last finished run of its job, or the only one.
    """
    if record.state is not RunState.FINISHED:
        return None
    window = ledger.nights([record]).window(nights)
    if len(window) < 2 or window[-1].id != record.id:
        return None
    told = ledger.nights(window)
    # What one of the nights keeps private is so in the values of all of them.
    private = Private(field for one in window for field in one.report.private_fields)
    failing, flipping, gone, left_out = told.failing(), told.flipping(), told.gone(), told.left_out()
    return Drift(
        nights=told.nights(),
        failing=failing[0],
        failing_total=failing[1],
        flipping=[
            replace(one, values=[private.value(one.field, value) for value in one.values]) for one in flipping[0]
        ],
        flipping_total=flipping[1],
        gone=gone[0],
        gone_total=gone[1],
        left_out=left_out[0],
        left_out_total=left_out[1],
    )


def _last_of(ledger: Ledger, job: str | Path | None) -> RunRecord:
    """Return the last finished run of a job, or of any; one that takes another one back is of no job."""
    finished = [
        run
        for run in ledger.runs()
        if run.state is RunState.FINISHED and not (run.undoes or run.continues or run.is_part) and _is_of(run, job)
    ]
    for run in sorted(finished, key=lambda one: (one.started_at or 0.0, one.seq), reverse=True):
        window = ledger.nights([run]).window(2)
        if window and window[-1].id == run.id:
            return run
    raise UsageError(_none_of(ledger, job, finished))


def _none_of(ledger: Ledger, job: str | Path | None, finished: Sequence[RunRecord]) -> str:
    """Return why no finished run of a job, or of any, can be told about."""
    whose = "" if job is None else f" of the job {job}"
    near = None if job is None else nearest(str(job), {run.job for run in ledger.runs()} - {str(job)})
    listed = shlex.join(["bulkcase", "runs", *place_options(ledger.path)])
    if finished and all(run.id in ledger.taken_back(run.target) for run in finished):
        return f"{ledger.path}: every finished run{whose} was taken back: {listed} lists them"
    hint = f"did you mean {near}?" if near else f"{listed} lists those it has"
    return f"{ledger.path}: has no finished run{whose}: {hint}"


def _is_of(run: RunRecord, job: str | Path | None) -> bool:
    return job is None or run.job == str(job) or run.job_file == str(Path(job).resolve())


def _nothing(ledger: Ledger, record: RunRecord) -> str:
    """Return why nothing can be told of a run."""
    last = [one.id for one in ledger.nights([record]).window(2)][-1:]
    if last == [record.id]:
        return f"run {record.id} is the only finished run of its job: drift is told from the second one on"
    if last:
        return f"run {record.id} is not the last finished run of its job: name that one, {last[0]}"
    return f"run {record.id} is of a job without a finished run: drift is told from the second one on"
