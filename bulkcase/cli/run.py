"""bulkcase run."""

from typing import Annotated

import typer

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
    Wait,
    Yes,
    load_job,
    log_to_stderr,
)
from bulkcase.cli.sending import end, questions, send
from bulkcase.errors import UsageError
from bulkcase.operations.execute import Options
from bulkcase.operations.questions import Choice
from bulkcase.operations.run import run

Continue = Annotated[
    bool, typer.Option("--continue", help="Resume the unfinished run of this job; without one, start a new one.")
]
New = Annotated[
    bool, typer.Option("--new", help="Start a new run; the pending rows of an unfinished one stay pending.")
]


SavedPlan = Annotated[
    str | None, typer.Option("--plan", metavar="RUN", help="Run this saved plan, exactly as it was made.")
]


def run_command(
    job: JobFile,
    *,
    saved: SavedPlan = None,
    input_file: InputFile = None,
    yes: Yes = False,
    go_on: Continue = False,
    new: New = False,
    wait: Wait = False,
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
    if go_on and new:
        raise UsageError("run: --continue and --new are two answers to one question: give one of them")
    loaded = load_job(job, input_file=input_file, state=state, sandbox=sandbox)
    ask = questions("run", yes=yes, quiet=quiet, piped=loaded.input.path == "-" and saved is None)
    choice: Choice | None = "continue" if go_on else "new" if new else None
    ended = send(
        lambda options: run(loaded, saved=saved, limit=limit, unfinished=choice, ask=ask, **options),
        Options(wait=wait, reports=reports),
        quiet=quiet,
    )
    end(ended, as_json=as_json, quiet=quiet)
