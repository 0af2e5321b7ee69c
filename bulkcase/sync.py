"""The verbs of `bulkcase`, blocking: for scripts that have no event loop.

Each has the parameters of the verb of that name in `bulkcase`, returns what it returns, and raises what it raises.
Those that make no call are the same. In a notebook, or wherever an event loop runs already, await the verbs of
`bulkcase` itself: here they raise UsageError then.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from bulkcase.errors import UsageError
from bulkcase.job import load
from bulkcase.operations import demo as _demo
from bulkcase.operations import doctor as _doctor
from bulkcase.operations import init as _init
from bulkcase.operations import lookups as _lookups
from bulkcase.operations import plan as _plan
from bulkcase.operations import resume as _resume
from bulkcase.operations import run as _run
from bulkcase.operations import undo as _undo
from bulkcase.operations import verify as _verify
from bulkcase.operations.assign import set_job
from bulkcase.operations.check import check
from bulkcase.operations.drift import drift
from bulkcase.operations.purge import purge
from bulkcase.operations.report import report
from bulkcase.operations.runs import history, runs, show

__all__ = [
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
    "undo",
    "verify",
]

P = ParamSpec("P")
T = TypeVar("T")


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _blocking(verb: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Return a verb as a function that returns when it is done, in an event loop of its own."""

    @wraps(verb)
    def blocking(*arguments: P.args, **options: P.kwargs) -> T:
        if _is_in_a_loop():
            name = verb.__name__
            raise UsageError(
                f"bulkcase.sync.{name} cannot wait where an event loop runs already, as in a notebook: "
                f"write await bulkcase.{name}(…) there"
            )
        begun = verb(*arguments, **options)
        try:
            return asyncio.run(begun)
        finally:
            begun.close()  # Python would say that nobody has awaited it, where Ctrl-C came before it began

    blocking.__module__ = __name__
    return blocking


demo = _blocking(_demo.demo)
doctor = _blocking(_doctor.doctor)
init = _blocking(_init.init)
lookups = _blocking(_lookups.lookups)
plan = _blocking(_plan.plan)
resume = _blocking(_resume.resume)
retry = _blocking(_resume.retry)
run = _blocking(_run.run)
undo = _blocking(_undo.undo)
verify = _blocking(_verify.verify)
