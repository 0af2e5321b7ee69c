"""What is kept of a live case."""

from bulkcase.job import Job
from bulkcase.ledger.stored import root_of


def kept_fields(job: Job) -> tuple[str, ...]:
    """Return the fields of a case that a job is about."""
    return tuple(dict.fromkeys(map(root_of, job.mapping)))
