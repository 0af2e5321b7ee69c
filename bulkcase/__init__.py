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

`bulkcase.sync` has the same verbs, blocking. Names are imported when they are first used.
"""

from importlib import import_module

__version__ = "0.1.0"

TYPE_CHECKING = False
"""Type checkers take it for true by its name. That of `typing` would be a third of what `--version` imports."""

if TYPE_CHECKING:
    from bulkcase import sync
    from bulkcase.errors import BulkcaseError
    from bulkcase.job import Job, load
    from bulkcase.ledger.drift import Drift
    from bulkcase.model import Outcome
    from bulkcase.operations.assign import set_job
    from bulkcase.operations.check import Problem, check
    from bulkcase.operations.demo import demo
    from bulkcase.operations.doctor import doctor
    from bulkcase.operations.doctor_steps import Diagnosis, Step
    from bulkcase.operations.drift import drift
    from bulkcase.operations.ended import Run
    from bulkcase.operations.init import NewJob, init
    from bulkcase.operations.init_tables import Target
    from bulkcase.operations.lookups import lookups
    from bulkcase.operations.plan import plan
    from bulkcase.operations.planned import Plan
    from bulkcase.operations.progress import Progress
    from bulkcase.operations.purge import Purged, purge
    from bulkcase.operations.report import report
    from bulkcase.operations.resume import resume, retry
    from bulkcase.operations.run import run
    from bulkcase.operations.runs import history, runs, show
    from bulkcase.operations.undo import undo
    from bulkcase.operations.verify import Verification, verify
    from bulkcase.sandbox import Sandbox, SandboxSettings

_HOMES = {
    "BulkcaseError": "bulkcase.errors",
    "Diagnosis": "bulkcase.operations.doctor_steps",
    "Drift": "bulkcase.ledger.drift",
    "Job": "bulkcase.job",
    "NewJob": "bulkcase.operations.init",
    "Outcome": "bulkcase.model",
    "Plan": "bulkcase.operations.planned",
    "Problem": "bulkcase.operations.check",
    "Progress": "bulkcase.operations.progress",
    "Purged": "bulkcase.operations.purge",
    "Run": "bulkcase.operations.ended",
    "Sandbox": "bulkcase.sandbox",
    "SandboxSettings": "bulkcase.sandbox",
    "Step": "bulkcase.operations.doctor_steps",
    "Target": "bulkcase.operations.init_tables",
    "check": "bulkcase.operations.check",
    "demo": "bulkcase.operations.demo",
    "doctor": "bulkcase.operations.doctor",
    "drift": "bulkcase.operations.drift",
    "init": "bulkcase.operations.init",
    "load": "bulkcase.job",
    "lookups": "bulkcase.operations.lookups",
    "plan": "bulkcase.operations.plan",
    "history": "bulkcase.operations.runs",
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
    "Verification": "bulkcase.operations.verify",
}

__all__ = [
    "BulkcaseError",
    "Diagnosis",
    "Drift",
    "Job",
    "NewJob",
    "Outcome",
    "Plan",
    "Problem",
    "Progress",
    "Purged",
    "Run",
    "Sandbox",
    "SandboxSettings",
    "Step",
    "Target",
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
