"""bulkcase run."""

from typing import Annotated

import typer

from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import (
    AsJson,
    Continue,
    InputFile,
    InSandbox,
    JobFile,
    Limit,
    LogAs,
    New,
    Quiet,
    ReportFolder,
    StateFolder,
    Verbose,
    Wait,
    Yes,
    choice_of,
)
from bulkcase.cli.completion import a_plan
from bulkcase.job import load
from bulkcase.job.variants import placed
from bulkcase.operations.deciding.opened import read_ahead

SavedPlan = Annotated[
    str | None,
    typer.Option("--plan", metavar="RUN", autocompletion=a_plan, help="Run this saved plan, exactly as it was made."),
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
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Plan, ask, send, report: every row's fate in a report."""
    log_to_stderr(verbose, log_format, quiet=quiet)
    choice = choice_of(go_on=go_on, new=new)
    from bulkcase.cli.common.sending import end, questions, with_display  # noqa: PLC0415 - as below

    by_set = ahead = None
    if saved is not None:
        from bulkcase.operations.deciding.saved import job_of_plan  # noqa: PLC0415 - as below

        by_set = job_of_plan(job, saved, lambda found: placed(found, state=state, sandbox=sandbox))
    loaded = by_set or load(job, input=input_file, state=state, sandbox=sandbox)
    ask = questions("run", yes=yes, quiet=quiet, piped=loaded.input.path == "-" and saved is None)
    # A run that goes on needs no file.
    if saved is None and not go_on:
        ahead = read_ahead(loaded)
    # While the file is being read, what works on it is imported.
    from bulkcase.operations.common.options import Options  # noqa: PLC0415
    from bulkcase.operations.run import run  # noqa: PLC0415

    ended = with_display(
        lambda options: run(loaded, saved=saved, limit=limit, unfinished=choice, ask=ask, **options),
        Options(wait=wait, reports=reports, ahead=ahead),
        quiet=quiet,
        yes=yes,
    )
    end(ended, as_json=as_json, quiet=quiet)
