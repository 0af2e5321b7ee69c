"""From the input to rows in the ledger: mapped, and not yet decided about."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bulkcase.errors import InputError
from bulkcase.input import Ahead, DamageLint, Table
from bulkcase.job import Job
from bulkcase.job.lookup_files import load_lookup_files
from bulkcase.job.needs import FOUND_BY_FILTER
from bulkcase.ledger import Ledger, RunRecord, RunRows
from bulkcase.ledger.changes import decision
from bulkcase.mapping import Mapper, compile_mapping
from bulkcase.mapping.key_looks import KeyLint
from bulkcase.model import CaseUpdate, Outcome, Rejection, Result, Row
from bulkcase.operations.common.progress import InputTally, OnProgress
from bulkcase.operations.common.runtime import Runtime, target_name
from bulkcase.operations.deciding.batches import batches
from bulkcase.operations.deciding.definition import definition_of, refuse_changes
from bulkcase.operations.deciding.opened import opened
from bulkcase.operations.deciding.reported import report_of
from bulkcase.proposing.toml import toml_text
from bulkcase.said import seconds_text

_TOLD_AFTER = 1000
"""Rows after which it is looked whether people are to be told how many there are."""
_NAMES_KEPT = 1000
"""Names of a field from which on it does not matter any more how many there are."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A run whose input was read."""

    run: RunRecord
    rows: int
    clears: int
    """How many values are emptied."""
    names: Mapping[str, Mapping[str, None]]
    """Names that a call each may find, by field; as they are written, as nobody knows how the server compares them."""
    notes: Sequence[str]
    """What a person should know of the input."""
    fed_back: bool


@contextmanager
def drafted(
    ledger: Ledger,
    job: Job,
    *,
    limit: int | None,
    runtime: Runtime,
    continues: RunRecord | None = None,
    reports: str | Path | None = None,
    on_progress: OnProgress | None = None,
    ahead: Ahead | None = None,
) -> Iterator[Draft]:
    """Read the input of a job into a new run; where the body raises, nothing of it is left behind.

    A run that continues another one must be of the same key, mapping and lookups. `reports` is the folder that the
    command line named, `ahead` the input where it is being read already. Raises InputError, JobError or LedgerError.
    """
    lookups = load_lookup_files(job)
    if continues is not None:
        refuse_changes(job, lookups, continues)
    with opened(job, is_corrected=continues is not None, ahead=ahead) as table:
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
            reports=None if reports is None else str(Path(reports).absolute()),
            report=report_of(job),
            is_part=limit is not None or table.fed_back,
        )
        try:
            yield _draft(ledger.rows(run), run, job, table, mapper, limit, InputTally(runtime.clock, on_progress))
        except BaseException:
            ledger.discard(run)
            raise


def _draft(
    rows: RunRows, run: RunRecord, job: Job, table: Table, mapper: Mapper, limit: int | None, tally: InputTally
) -> Draft:
    now = tally.clock.now()
    refuse_a_stale_file(job, table.name, table.modified_at, now)
    reading = _Reading(DamageLint(table.header, job.input.key.column), _lint_of_keys(job))
    with rows.adding() as add:
        add(reading.all_mapped(islice(table.rows(), limit), mapper, tally), now)
    if not reading.count:
        what = "a header and no rows" if job.cells is None else "no keys"
        raise InputError(f"{table.name}: has {what}, so there is nothing to do: check the export")
    least = job.input.min_rows
    if limit is None and least is not None and reading.count < least:
        raise InputError(
            f"{table.name}: has {reading.count:,} rows, and input.min_rows is {least:,}: is the export complete?"
        )
    nothing = Result(Outcome.UNCHANGED, code="nothing_to_change")
    # The ledger is asked for them only where there are any: it would go over every row.
    for numbers in batches(rows.empty() if reading.has_empty else ()):
        rows.apply([decision(number, nothing, now) for number in numbers])
    return Draft(run, reading.count, reading.clears, reading.names, list(reading.notes()), table.fed_back)


def _lint_of_keys(job: Job) -> KeyLint | None:
    key = job.input.key
    if key.match != "_id":
        return None
    column = toml_text(key.column)
    is_list = job.cells is not None
    return KeyLint("say --match refId" if is_list else f'say key = {{ column = {column}, match = "refId" }}')


class _Reading:
    """What is learnt of an input while its rows go by."""

    def __init__(self, lint: DamageLint, keys: KeyLint | None) -> None:
        self._lint = lint
        self._keys = keys
        self.count = 0
        self.clears = 0
        self.has_empty = False
        """Whether an update has no field."""
        self.names: dict[str, dict[str, None]] = {}

    def all_mapped(
        self, rows: Iterable[Row], mapper: Mapper, tally: InputTally
    ) -> Iterator[tuple[Row, CaseUpdate | Rejection]]:
        """Yield each row with what the mapping makes of it, and tell now and then how many there were."""
        for row in rows:
            yield row, self.mapped(row, mapper)
            if self.count % _TOLD_AFTER == 0:
                tally.read(self.count)

    def mapped(self, row: Row, mapper: Mapper) -> CaseUpdate | Rejection:
        """Return what the mapping makes of a row."""
        self.count += 1
        self._lint.see(row)
        update = mapper.map(row)
        if isinstance(update, CaseUpdate):
            if self._keys is not None:
                self._keys.see(row.number, update.key)
            self.clears += len(update.clears)
            if update.edits:
                self._note_names(update)
            elif not update.body:
                self.has_empty = True
        return update

    def notes(self) -> Iterator[str]:
        """Yield what a person should know of the input."""
        if self._keys is not None:
            yield from self._keys.notes()
        yield from self._lint.notes()

    def _note_names(self, update: CaseUpdate) -> None:
        for field, edit in update.edits.items():
            if edit.named and field in FOUND_BY_FILTER and len(self.names.get(field, ())) < _NAMES_KEPT:
                self.names.setdefault(field, {})[edit.value] = None


def refuse_a_stale_file(job: Job, name: str, modified_at: float | None, now: float) -> None:
    """Raise InputError for a file that is older than the job takes one; `modified_at` is None for a stream."""
    oldest = job.input.max_age
    if oldest is not None and modified_at is not None and now - modified_at > oldest:
        age, limit = seconds_text(now - modified_at), seconds_text(oldest)
        raise InputError(
            f"{name}: was written {age} ago, and input.max_age is {limit}: export it anew, or raise the limit"
        )
