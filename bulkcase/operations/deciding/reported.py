"""What the report of a run goes by: taken from its job, and kept with the run."""

from collections.abc import Iterator
from hashlib import sha256

from bulkcase.fields.private import Private
from bulkcase.job import Job
from bulkcase.job.sources import FieldSource
from bulkcase.ledger.records import ReportRecord
from bulkcase.mapping.templates import parse_template


def report_of(job: Job) -> ReportRecord:
    """Return what the report of a run of a job goes by; the job was compiled, so its templates are sound."""
    private = Private(job.report.private)
    # A custom field may go by two names, and the due date has two: what hides a field's changes hides its column.
    columns = {column for key, source in job.sources.items() if private.hides(key) for column in _columns(source)}
    return ReportRecord(
        formats=job.report.formats,
        private_fields=job.report.private,
        private_columns=sorted(columns - {job.input.key.column}),
        windows=[(window.limit, window.seconds) for window in job.quota.windows],
        job_sha256=_hash_of(job),
    )


def _columns(source: FieldSource) -> Iterator[str]:
    if source.column is not None:
        yield source.column
    elif source.template is not None:
        yield from (text for is_column, text in parse_template(source.template) if is_column)


def _hash_of(job: Job) -> str:
    """Return the hash of the job file as it is now; empty where it is not there (any more)."""
    try:
        return sha256(job.file.read_bytes()).hexdigest()
    except OSError:
        return ""
