"""What the user wrote: the job file, its settings, and references to secrets."""

from bulkcase.job.load import load, parse
from bulkcase.job.settings import Job

__all__ = ["Job", "load", "parse"]
