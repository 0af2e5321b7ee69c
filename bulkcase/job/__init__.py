"""What the user wrote: the job file, its settings, and references to secrets."""

from bulkcase.job.load import load, load_without_rows, parse
from bulkcase.job.settings import Job

__all__ = ["Job", "load", "load_without_rows", "parse"]
