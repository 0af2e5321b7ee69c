"""Options that more than one command has, and what they do to a job."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from bulkcase.errors import UsageError
from bulkcase.job import Job, load
from bulkcase.operations.runtime import rehearsal

JobFile = Annotated[Path, typer.Argument(metavar="JOB", help="The job file (TOML).", show_default=False)]
InputFile = Annotated[
    str | None,
    typer.Option("--input", metavar="FILE", help="Read this file instead of the job's; - is standard input."),
]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N rows.")]
InSandbox = Annotated[
    bool, typer.Option("--sandbox", help="Rehearse against the embedded server: own ledger, quota on a faster clock.")
]
StateFolder = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help="The folder of the ledger (also BULKCASE_STATE).")
]
ReportFolder = Annotated[
    Path | None, typer.Option("--reports", metavar="DIR", help="The folder that gets one folder a run.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results and errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens, for finding a fault.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where there is no terminal.")]


def log_to_stderr(verbose: bool) -> None:
    """Log what bulkcase does to standard error: with --verbose every call, else nothing below a warning."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.getLogger("bulkcase")
    logger.handlers = [handler]
    logger.setLevel(logging.DEBUG if verbose else logging.WARNING)


def load_job(
    file: Path,
    *,
    input_file: str | None = None,
    state: Path | None = None,
    reports: Path | None = None,
    sandbox: bool = False,
) -> Job:
    """Return the job of a file with what the command line puts in place of its settings."""
    job = load(file)
    if input_file is not None:
        path = input_file if input_file == "-" else str(Path(input_file).absolute())
        job = job.model_copy(update={"input": job.input.model_copy(update={"path": path})})
    if state is not None:
        job = job.model_copy(update={"state": job.state.model_copy(update={"directory": str(state.absolute())})})
    if reports is not None:
        job = job.model_copy(update={"report": job.report.model_copy(update={"directory": str(reports.absolute())})})
    return rehearsal(job) if sandbox else job


def need_yes(what: str) -> UsageError:
    """Return the error of a question that nobody is there to answer."""
    return UsageError(f"{what}: there is no terminal to ask at; add --yes")
