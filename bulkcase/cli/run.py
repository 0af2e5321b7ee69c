"""bulkcase run."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer

from bulkcase.cli.console import err, number, someone_is_there
from bulkcase.cli.interrupts import stopped_by_signals
from bulkcase.cli.options import (
    AsJson,
    InputFile,
    InSandbox,
    JobFile,
    Limit,
    Quiet,
    ReportFolder,
    StateFolder,
    Verbose,
    Yes,
    load_job,
    log_to_stderr,
    need_yes,
)
from bulkcase.cli.progress import ProgressDisplay
from bulkcase.cli.show import show_plan, show_run
from bulkcase.model import Outcome
from bulkcase.operations.plan import Plan, plan
from bulkcase.operations.run import Run, abandon, check_credentials, run
from bulkcase.operations.runtime import Runtime, target_name
from bulkcase.reporting.summary import summary_text
from bulkcase.stopping import StopSwitch

_T = TypeVar("_T")


def run_command(
    job: JobFile,
    *,
    input_file: InputFile = None,
    yes: Yes = False,
    limit: Limit = None,
    sandbox: InSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    reports: ReportFolder = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Plan, ask, send, report: every row's fate in a report."""
    log_to_stderr(verbose)
    loaded = load_job(job, input_file=input_file, state=state, reports=reports, sandbox=sandbox)
    if not yes and (not someone_is_there() or loaded.input.path == "-"):
        raise need_yes("run")
    check_credentials(loaded)
    planned = in_loop(plan(loaded, limit=limit))
    if not quiet:
        show_plan(planned)
    if not (yes or _agreed(planned)):
        abandon(planned)
        err.print("nothing was sent")
        return
    ended = in_loop(send(planned, quiet=quiet))
    if as_json:
        sys.stdout.write(summary_text(ended.summary))
    elif not quiet:
        show_run(ended)
    raise typer.Exit(ended.exit_code)


async def send(planned: Plan, *, quiet: bool, runtime: Runtime | None = None) -> Run:
    """Run a plan with a progress display, stopped by signals."""
    stop = StopSwitch()
    with ProgressDisplay(quiet=quiet) as display, stopped_by_signals(stop):
        return await run(planned, on_progress=display, stop=stop, runtime=runtime)


def in_loop(verb: Coroutine[Any, Any, _T]) -> _T:
    """Return what a verb returns, run in an event loop of its own: the fastest there is."""
    factory = None
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415 - it does not exist on Windows

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(verb)


def _agreed(planned: Plan) -> bool:
    """Ask whether to send; a plan without calls needs no question."""
    calls = planned.counts[Outcome.PENDING]
    return not calls or typer.confirm(f"Send {number(calls, 'update')} to {target_name(planned.job)}?", err=True)
