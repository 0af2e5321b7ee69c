"""The verbs of `bulkcase`, blocking: for scripts that have no event loop.

In a notebook, or wherever a loop runs already, await the verbs of `bulkcase` itself.
"""

import asyncio
from pathlib import Path
from typing import Unpack

from bulkcase.job import Job
from bulkcase.operations import doctor as _doctor
from bulkcase.operations import init as _init
from bulkcase.operations import lookups as _lookups
from bulkcase.operations import plan as _plan
from bulkcase.operations import resume as _resume
from bulkcase.operations import run as _run
from bulkcase.operations import undo as _undo
from bulkcase.operations import verify as _verify
from bulkcase.operations.doctor import OnStep
from bulkcase.operations.doctor_steps import Diagnosis
from bulkcase.operations.ended import Run
from bulkcase.operations.init import NewJob
from bulkcase.operations.init_options import InitOptions
from bulkcase.operations.lookups import LearntLookup
from bulkcase.operations.options import Options
from bulkcase.operations.planned import Plan
from bulkcase.operations.questions import Choice
from bulkcase.operations.verify import Verification

__all__ = ["doctor", "init", "lookups", "plan", "resume", "retry", "run", "undo", "verify"]


def plan(job: Job, *, limit: int | None = None, **options: Unpack[Options]) -> Plan:
    """Return what a run of the job would do; see `bulkcase.plan`."""
    return asyncio.run(_plan.plan(job, limit=limit, **options))


def run(
    what: Job | Plan, *, limit: int | None = None, unfinished: Choice | None = None, **options: Unpack[Options]
) -> Run:
    """Send the updates of a job or of its plan, and write the report; see `bulkcase.run`."""
    return asyncio.run(_run.run(what, limit=limit, unfinished=unfinished, **options))


def init(file: str | Path, **options: Unpack[InitOptions]) -> NewJob:
    """Propose a job for a file, and write it; see `bulkcase.init`."""
    return asyncio.run(_init.init(file, **options))


def lookups(job: Job, *, folder: Path | None = None, **options: Unpack[Options]) -> list[LearntLookup]:
    """Learn what the live cases show, into files; see `bulkcase.lookups`."""
    return asyncio.run(_lookups.lookups(job, folder=folder, **options))


def doctor(
    job: Job | str | Path,
    *,
    state: Path | None = None,
    sandbox: bool = False,
    on_step: OnStep | None = None,
    **options: Unpack[Options],
) -> Diagnosis:
    """Say step by step whether a job is set up well, and how to mend it; see `bulkcase.doctor`."""
    return asyncio.run(_doctor.doctor(job, state=state, sandbox=sandbox, on_step=on_step, **options))


def resume(
    run: str | Run,
    *,
    input: str | None = None,  # noqa: A002 - the word of the command line
    state: Path | None = None,
    sandbox: bool = False,
    **options: Unpack[Options],
) -> Run:
    """Go on with a run, or let a corrected file take its place; see `bulkcase.resume`."""
    return asyncio.run(_resume.resume(run, input=input, state=state, sandbox=sandbox, **options))


def retry(run: str | Run, *, state: Path | None = None, sandbox: bool = False, **options: Unpack[Options]) -> Run:
    """Send again what did not end well in a run; see `bulkcase.retry`."""
    return asyncio.run(_resume.retry(run, state=state, sandbox=sandbox, **options))


def verify(
    run: str | Run, *, state: Path | None = None, sandbox: bool = False, **options: Unpack[Options]
) -> Verification:
    """Read the cases of a run back and compare; see `bulkcase.verify`."""
    return asyncio.run(_verify.verify(run, state=state, sandbox=sandbox, **options))


def undo(
    run: str | Run,
    *,
    state: Path | None = None,
    sandbox: bool = False,
    abandon: bool = False,
    **options: Unpack[Options],
) -> Run:
    """Put the values back that stood there before a run; see `bulkcase.undo`."""
    return asyncio.run(_undo.undo(run, state=state, sandbox=sandbox, abandon=abandon, **options))
