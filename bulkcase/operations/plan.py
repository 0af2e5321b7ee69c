"""plan: the decision for every row, in the ledger, before any call."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from bulkcase.errors import InputError
from bulkcase.input import DamageLint, Source, Table, open_table
from bulkcase.job import Job
from bulkcase.job.lookup_files import load_lookup_files
from bulkcase.job.quantities import seconds_text
from bulkcase.ledger import Ledger, RunRecord, RunRows
from bulkcase.ledger.changes import decision
from bulkcase.mapping import Mapper, compile_mapping
from bulkcase.model import CaseUpdate, Outcome, Rejection, Result, Row
from bulkcase.operations.definition import definition_of, refuse_changes
from bulkcase.operations.desk import at_desk
from bulkcase.operations.planned import Plan, plan_of
from bulkcase.operations.runtime import Runtime, near, target_name
from bulkcase.planning.duplicates import decide

_BATCH = 5000
_T = TypeVar("_T")


async def plan(job: Job, *, limit: int | None = None, runtime: Runtime | None = None) -> Plan:
    """Read the input, map it and decide about every row; nothing is sent.

    `limit` takes only the first rows. Raises InputError, JobError, LedgerError, or Locked where another command uses
    the target; no run is left behind half-read.
    """
    runtime = runtime or Runtime()
    with at_desk(job, f"plan {job.file.name}", runtime) as desk:
        return plan_into(desk.ledger, job, limit=limit, runtime=runtime)


def plan_into(
    ledger: Ledger,
    job: Job,
    *,
    limit: int | None,
    runtime: Runtime,
    continues: RunRecord | None = None,
    reports: Path | None = None,
) -> Plan:
    """Plan into an open ledger; see `plan`.

    A run that continues another one must be of the same key, mapping and lookups. `reports` is the folder that the
    command line named.
    """
    lookups = load_lookup_files(job)
    if continues is not None:
        refuse_changes(job, lookups, continues)
    with open_table(source_of(job)) as table:
        mapper = compile_mapping(job, table.header, lookups, fed_back=table.fed_back)
        run = ledger.create_run(
            now=runtime.clock.now(),
            suffix=runtime.new_id()[:4],
            job=job.name,
            job_file=str(job.file.resolve()),
            target=target_name(job),
            input_name=table.name if job.input.path == "-" else str(job.path(job.input.path)),
            input_sha256=table.sha256,
            header=table.header,
            fields=mapper.fields,
            definition=definition_of(job, lookups),
            continues=None if continues is None else continues.id,
            reports=None if reports is None else str(reports.absolute()),
        )
        try:
            return _plan(ledger, run, job, table, mapper, limit, runtime)
        except BaseException:
            ledger.discard(run)
            raise


def _plan(
    ledger: Ledger, run: RunRecord, job: Job, table: Table, mapper: Mapper, limit: int | None, runtime: Runtime
) -> Plan:
    refuse_a_stale_file(job, table.name, table.modified_at, runtime.clock.now())
    rows = ledger.rows(run)
    lint = DamageLint(table.header, job.input.key.column)
    count, clears = _read(table, mapper, rows, lint, limit, runtime.clock.now())
    if not count:
        raise InputError(f"{table.name}: has a header and no rows: nothing to do; check the export")
    least = job.input.min_rows
    if limit is None and least is not None and count < least:
        raise InputError(f"{table.name}: has {count:,} rows, and input.min_rows is {least:,}: is the export complete?")
    _decide(rows, job.input.duplicates, runtime.clock.now())
    if run.continues is not None:
        _leave_out_what_landed(rows, ledger.related(run), runtime.clock.now())
    run = ledger.planned(run, rows=count, clears=clears, notes=lint.notes())
    return replace(plan_of(ledger, run, job, runtime), fed_back=table.fed_back)


def refuse_a_stale_file(job: Job, name: str, modified_at: float | None, now: float) -> None:
    """Raise InputError for a file that is older than the job takes one; `modified_at` is None for a stream."""
    oldest = job.input.max_age
    if oldest is not None and modified_at is not None and now - modified_at > oldest:
        age, limit = seconds_text(now - modified_at), seconds_text(oldest)
        raise InputError(
            f"{name}: was written {age} ago, and input.max_age is {limit}: export it anew, or raise the limit"
        )


def source_of(job: Job) -> Source:
    """Return what the input room needs to know of a job."""
    return Source(
        path=Path("-") if job.input.path == "-" else near(job.path(job.input.path)),
        sheet=job.input.sheet,
        encoding=job.input.encoding,
        delimiter=job.input.delimiter,
    )


def _read(
    table: Table, mapper: Mapper, rows: RunRows, lint: DamageLint, limit: int | None, now: float
) -> tuple[int, int]:
    """Stream the rows through the mapping into the ledger; return their number and that of the values they clear."""
    count = clears = 0
    for batch in batches(islice(table.rows(), limit)):
        mapped: list[tuple[Row, CaseUpdate | Rejection]] = []
        for row in batch:
            lint.see(row)
            update = mapper.map(row)
            mapped.append((row, update))
            if isinstance(update, CaseUpdate):
                clears += len(update.clears)
        rows.add(mapped, now)
        count += len(mapped)
    return count, clears


def _decide(rows: RunRows, rule: str, now: float) -> None:
    """Give their outcome to the rows that need no call."""
    nothing = Result(Outcome.UNCHANGED, code="nothing_to_change")
    for numbers in batches(rows.empty()):
        rows.apply([decision(number, nothing, now) for number in numbers])
    changes = (decision(number, result, now) for group in rows.repeated() for number, result in decide(group, rule))
    for batch in batches(changes):
        rows.apply(batch)


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


def batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield items in lists of a size that one transaction takes well."""
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
