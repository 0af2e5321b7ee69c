"""The verbs of `bulkcase`, blocking: for scripts that have no event loop.

In a notebook, or wherever a loop runs already, await the verbs of `bulkcase` itself.
"""

import asyncio

from bulkcase.job import Job
from bulkcase.operations import plan as _plan
from bulkcase.operations import run as _run
from bulkcase.operations.plan import Plan
from bulkcase.operations.progress import OnProgress
from bulkcase.operations.run import Run

__all__ = ["plan", "run"]


def plan(job: Job, *, limit: int | None = None) -> Plan:
    """Return what a run of the job would do; see `bulkcase.plan`."""
    return asyncio.run(_plan.plan(job, limit=limit))


def run(what: Job | Plan, *, limit: int | None = None, on_progress: OnProgress | None = None) -> Run:
    """Send the updates of a job or of its plan, and write the report; see `bulkcase.run`."""
    return asyncio.run(_run.run(what, limit=limit, on_progress=on_progress))
