"""Options that more than one command has, and what they do to a job."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bulkcase.cli.common.logs import LogFormat
from bulkcase.cli.completion import a_run, job_file
from bulkcase.errors import UsageError

if TYPE_CHECKING:
    from bulkcase.operations.common.questions import Choice

JobFile = Annotated[
    Path,
    typer.Argument(metavar="JOB", help="The job file (TOML).", show_default=False, autocompletion=job_file),
]
InputFile = Annotated[
    str | None,
    typer.Option("--input", metavar="FILE", help="Read this file instead of the job's; - is standard input."),
]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN", help="The id of a run, a part of it, or last.", show_default=False, autocompletion=a_run
    ),
]
Corrected = Annotated[
    str | None, typer.Option("--input", metavar="FILE", help="A corrected file: what has landed is not sent again.")
]
Wait = Annotated[bool, typer.Option("--wait", help="Outside safety.send_between: wait, rather than stop.")]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N rows.")]
OfSandbox = Annotated[bool, typer.Option("--sandbox", help="Look among the runs against the embedded server.")]
InSandbox = Annotated[
    bool, typer.Option("--sandbox", help="Rehearse against the embedded server: own ledger, quota on a faster clock.")
]
StateFolder = Annotated[
    Path | None, typer.Option("--state", metavar="DIR", help="The folder of the ledger (also BULKCASE_STATE).")
]
ReportFolder = Annotated[
    Path | None, typer.Option("--reports", metavar="DIR", help="The folder that gets one folder a run.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results and errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens, for finding a fault.")]
LogAs = Annotated[
    LogFormat, typer.Option("--log-format", help="What standard error is: text for people, or JSON lines.")
]
NeverAsks = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask; it asks only about a host that is new to you.")
]
AsksWithInput = Annotated[
    bool,
    typer.Option("--yes", "-y", help="Do not ask; needed with --input where there is no terminal, as that asks."),
]
Continue = Annotated[
    bool, typer.Option("--continue", help="Resume the unfinished run of this job; without one, start a new one.")
]
New = Annotated[
    bool, typer.Option("--new", help="Start a new run; the pending rows of an unfinished one stay pending.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where there is no terminal.")]


def choice_of(*, go_on: bool, new: bool) -> "Choice | None":
    """Return what is to become of an unfinished run; raises UsageError where both answers are given."""
    if go_on and new:
        raise UsageError("--continue and --new are two answers to one question: give one of them")
    return "continue" if go_on else "new" if new else None


def need_yes(what: str) -> UsageError:
    """Return the error of a question that nobody is there to answer."""
    return UsageError(f"{what}: there is no terminal to ask at; add --yes")
