"""Async bulk updates for the Kore.ai Case Management API.

    import bulkcase as bc

    job = bc.load("job.toml")
    problems = bc.check(job)
    plan = await bc.plan(job)
    run = await bc.run(plan, on_progress=print)
    run.outcomes, run.exit_code, run.frame()
    run = await bc.resume(run)
    found = await bc.verify(run)
    await bc.undo(run)

A verb that makes calls is awaited, and takes `on_progress`; one that reads files and the ledger alone is not, and
returns when it is done. `bulkcase.sync` has all of them, blocking. Plans, runs and lists of results are tables, too:
`frame()` returns a pandas DataFrame. Names are imported when they are first used.
"""

from importlib import import_module

__version__ = "0.1.0"

TYPE_CHECKING = False
"""Type checkers take it for true by its name. That of `typing` would be a third of what `--version` imports."""

if TYPE_CHECKING:
    from bulkcase import sync
    from bulkcase.errors import (
        BulkcaseError,
        CasesRefused,
        CredentialsError,
        Declined,
        EnvironmentFailed,
        InputError,
        JobError,
        LedgerError,
        Locked,
        NotPlanned,
        OutsideHours,
        TooManyChanges,
        UsageError,
    )
    from bulkcase.fields.changes import ChangeGroup
    from bulkcase.frames import Records
    from bulkcase.job import Job, load
    from bulkcase.ledger.queries.drift import Drift
    from bulkcase.ledger.queries.history import Event
    from bulkcase.model import Outcome, RunState
    from bulkcase.operations.assign import set_job
    from bulkcase.operations.check import Problem, check
    from bulkcase.operations.common.ended import Run
    from bulkcase.operations.common.options import Options
    from bulkcase.operations.common.planned import Plan
    from bulkcase.operations.common.progress import Progress
    from bulkcase.operations.demo import demo
    from bulkcase.operations.diagnosis.steps import Diagnosis, Step
    from bulkcase.operations.doctor import doctor
    from bulkcase.operations.drift import drift
    from bulkcase.operations.init import NewJob, init
    from bulkcase.operations.lookups import LearntLookup, lookups
    from bulkcase.operations.plan import plan
    from bulkcase.operations.proposal.tables import Target
    from bulkcase.operations.purge import purge
    from bulkcase.operations.purging.purged import Purged, PurgedRun
    from bulkcase.operations.report import report
    from bulkcase.operations.resume import resume, retry
    from bulkcase.operations.run import run
    from bulkcase.operations.runs import Listed, Shown, history, runs, show
    from bulkcase.operations.undo import undo
    from bulkcase.operations.verify import Verification, verify
    from bulkcase.planning.landed import Landed
    from bulkcase.reporting.summary import Cause, Summary
    from bulkcase.sandbox import Sandbox, SandboxSettings
    from bulkcase.stopping import StopSwitch

_HOMES = {
    "BulkcaseError": "bulkcase.errors",
    "CasesRefused": "bulkcase.errors",
    "Cause": "bulkcase.reporting.summary",
    "ChangeGroup": "bulkcase.fields.changes",
    "CredentialsError": "bulkcase.errors",
    "Declined": "bulkcase.errors",
    "Diagnosis": "bulkcase.operations.diagnosis.steps",
    "Drift": "bulkcase.ledger.queries.drift",
    "EnvironmentFailed": "bulkcase.errors",
    "Event": "bulkcase.ledger.queries.history",
    "InputError": "bulkcase.errors",
    "Job": "bulkcase.job",
    "JobError": "bulkcase.errors",
    "Landed": "bulkcase.planning.landed",
    "LearntLookup": "bulkcase.operations.lookups",
    "LedgerError": "bulkcase.errors",
    "Listed": "bulkcase.operations.runs",
    "Locked": "bulkcase.errors",
    "NewJob": "bulkcase.operations.init",
    "NotPlanned": "bulkcase.errors",
    "Options": "bulkcase.operations.common.options",
    "Outcome": "bulkcase.model",
    "OutsideHours": "bulkcase.errors",
    "Plan": "bulkcase.operations.common.planned",
    "Problem": "bulkcase.operations.check",
    "Progress": "bulkcase.operations.common.progress",
    "Purged": "bulkcase.operations.purging.purged",
    "PurgedRun": "bulkcase.operations.purging.purged",
    "Records": "bulkcase.frames",
    "Run": "bulkcase.operations.common.ended",
    "RunState": "bulkcase.model",
    "Sandbox": "bulkcase.sandbox",
    "SandboxSettings": "bulkcase.sandbox",
    "Shown": "bulkcase.operations.runs",
    "Step": "bulkcase.operations.diagnosis.steps",
    "StopSwitch": "bulkcase.stopping",
    "Summary": "bulkcase.reporting.summary",
    "Target": "bulkcase.operations.proposal.tables",
    "TooManyChanges": "bulkcase.errors",
    "UsageError": "bulkcase.errors",
    "Verification": "bulkcase.operations.verify",
    "check": "bulkcase.operations.check",
    "demo": "bulkcase.operations.demo",
    "doctor": "bulkcase.operations.doctor",
    "drift": "bulkcase.operations.drift",
    "history": "bulkcase.operations.runs",
    "init": "bulkcase.operations.init",
    "load": "bulkcase.job",
    "lookups": "bulkcase.operations.lookups",
    "plan": "bulkcase.operations.plan",
    "purge": "bulkcase.operations.purge",
    "report": "bulkcase.operations.report",
    "resume": "bulkcase.operations.resume",
    "retry": "bulkcase.operations.resume",
    "run": "bulkcase.operations.run",
    "runs": "bulkcase.operations.runs",
    "set_job": "bulkcase.operations.assign",
    "show": "bulkcase.operations.runs",
    "undo": "bulkcase.operations.undo",
    "verify": "bulkcase.operations.verify",
}

__all__ = [
    "BulkcaseError",
    "CasesRefused",
    "Cause",
    "ChangeGroup",
    "CredentialsError",
    "Declined",
    "Diagnosis",
    "Drift",
    "EnvironmentFailed",
    "Event",
    "InputError",
    "Job",
    "JobError",
    "Landed",
    "LearntLookup",
    "LedgerError",
    "Listed",
    "Locked",
    "NewJob",
    "NotPlanned",
    "Options",
    "Outcome",
    "OutsideHours",
    "Plan",
    "Problem",
    "Progress",
    "Purged",
    "PurgedRun",
    "Records",
    "Run",
    "RunState",
    "Sandbox",
    "SandboxSettings",
    "Shown",
    "Step",
    "StopSwitch",
    "Summary",
    "Target",
    "TooManyChanges",
    "UsageError",
    "Verification",
    "check",
    "demo",
    "doctor",
    "drift",
    "history",
    "init",
    "load",
    "lookups",
    "plan",
    "purge",
    "report",
    "resume",
    "retry",
    "run",
    "runs",
    "set_job",
    "show",
    "sync",
    "undo",
    "verify",
]


def __getattr__(name: str) -> object:
    if name == "sync":
        return import_module("bulkcase.sync")
    if name not in _HOMES:
        raise AttributeError(f"bulkcase has no {name}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
