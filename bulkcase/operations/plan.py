"""plan: the decision for every row, in the ledger, before any call."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from bulkcase.errors import InputError
from bulkcase.input import DamageLint, Source, Table, open_table
from bulkcase.job import Job
from bulkcase.job.lookup_files import load_lookup_files
from bulkcase.ledger import Ledger, RunRecord, RunRows
from bulkcase.ledger.rows import decision
from bulkcase.mapping import Mapper, compile_mapping
from bulkcase.model import CaseUpdate, Outcome, Rejection, Result, Row
from bulkcase.operations.runtime import Runtime, ledger_path, near, target_name
from bulkcase.planning.duplicates import decide
from bulkcase.planning.forecast import Forecast
from bulkcase.reporting.summary import Cause, causes_of

_BATCH = 1000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that has not started: what it would do."""

    job: Job
    run_id: str
    ledger: Path
    input: str
    """What messages call the file."""
    rows: int
    cases: int
    counts: Mapping[Outcome, int]
    """The rows by outcome; those that would be sent are `pending`."""
    fields: Sequence[str]
    """The case fields that the job sets."""
    clears: int
    """How many values would be emptied."""
    forecast: Forecast
    finish_at: float
    """When it would be done if it started now, at this quota; seconds since the epoch."""
    causes: Sequence[Cause]
    notes: Sequence[str]
    """What a person should know of the file before sending it."""

    @property
    def calls(self) -> Mapping[str, int]:
        """The calls that it would make, by endpoint; retries come on top."""
        return {"updateCase": self.counts[Outcome.PENDING]}


async def plan(job: Job, *, limit: int | None = None, runtime: Runtime | None = None) -> Plan:
    """Read the input, map it and decide about every row; nothing is sent.

    `limit` takes only the first rows. Raises InputError, JobError or LedgerError; no run is left behind half-read.
    """
    with Ledger(ledger_path(job)) as ledger:
        return plan_into(ledger, job, limit=limit, runtime=runtime or Runtime())


def plan_into(ledger: Ledger, job: Job, *, limit: int | None, runtime: Runtime) -> Plan:
    """Plan into an open ledger; see `plan`."""
    lookups = load_lookup_files(job)
    with open_table(source_of(job)) as table:
        mapper = compile_mapping(job, table.header, lookups, fed_back=table.fed_back)
        run = ledger.create_run(
            now=runtime.clock.now(),
            suffix=runtime.new_id()[:4],
            job=job.name,
            job_file=str(job.file.absolute()),
            target=target_name(job),
            input_name=table.name if job.input.path == "-" else str(job.path(job.input.path)),
            input_sha256=table.sha256,
            header=table.header,
            fields=mapper.fields,
        )
        try:
            return _plan(ledger, run, job, table, mapper, limit, runtime)
        except BaseException:
            ledger.discard(run)
            raise


def _plan(
    ledger: Ledger, run: RunRecord, job: Job, table: Table, mapper: Mapper, limit: int | None, runtime: Runtime
) -> Plan:
    rows = ledger.rows(run)
    lint = DamageLint(table.header, job.input.key.column)
    count, clears = _read(table, mapper, rows, lint, limit, runtime.clock.now())
    if not count:
        raise InputError(f"{table.name}: has a header and no rows: nothing to do; check the export")
    run = ledger.update_run(run, rows=count)
    _decide(rows, job.input.duplicates, runtime.clock.now())
    return _summed_up(ledger.path, job, run, rows, table.name, clears, lint.notes(), runtime)


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
    for batch in _batches(islice(table.rows(), limit)):
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
    for numbers in _batches(rows.empty()):
        rows.apply([decision(number, nothing, now) for number in numbers])
    changes = (decision(number, result, now) for group in rows.repeated() for number, result in decide(group, rule))
    for batch in _batches(changes):
        rows.apply(batch)


def _summed_up(
    path: Path, job: Job, run: RunRecord, rows: RunRows, name: str, clears: int, notes: Sequence[str], runtime: Runtime
) -> Plan:
    counts = rows.counts()
    forecast = forecast_of(job, counts[Outcome.PENDING])
    return Plan(
        job=job,
        run_id=run.id,
        ledger=path,
        input=name,
        rows=sum(counts.values()),
        cases=rows.cases(),
        counts=counts,
        fields=run.fields,
        clears=clears,
        forecast=forecast,
        finish_at=runtime.clock.now() + forecast.seconds,
        causes=causes_of(rows),
        notes=notes,
    )


def forecast_of(job: Job, calls: int) -> Forecast:
    """Return what the time of a run with so many calls depends on."""
    return Forecast(calls, job.quota.windows, job.quota.pace, job.quota.max_in_flight)


def _batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
