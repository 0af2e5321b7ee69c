"""The input of a job, opened: when it is its turn, or ahead of that.

What is imported here is imported before the reading starts, so it is little.
"""

import os.path
from pathlib import Path

from bulkcase.input import Ahead, Source, Table, open_keys, open_table
from bulkcase.job import Job
from bulkcase.job.paths import near


def read_ahead(job: Job) -> Ahead | None:
    """Begin to read the input of a job in a thread; None where it is a stream or a list of keys, or is not there.

    Whatever is wrong with it is raised where it is opened.
    """
    source = source_of(job)
    return Ahead(source) if job.cells is None and os.path.isfile(source.path) else None  # noqa: PTH113 - the other one raises


def opened(job: Job, *, is_corrected: bool = False, ahead: Ahead | None = None) -> Table:
    """Open the input of a job: a table, or a list of keys; what corrects such a list may be bulkcase's own table.

    Where it is being read already, `ahead` is that. Raises InputError.
    """
    source = source_of(job)
    if job.cells is None:
        return ahead.table() if ahead is not None and ahead.source == source else open_table(source)
    if is_corrected and source.path.suffix == ".csv":
        table = open_table(source)
        if table.fed_back:
            return table
        table.close()
    return open_keys(source.path, job.cells, job.input.key.column)


def source_of(job: Job) -> Source:
    """Return what the input room needs to know of a job."""
    return Source(
        path=Path("-") if job.input.path == "-" else near(job.path(job.input.path)),
        sheet=job.input.sheet,
        encoding=job.input.encoding,
        delimiter=job.input.delimiter,
    )
