"""bulkcase set."""

from typing import Annotated

import typer

from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import (
    AsJson,
    Continue,
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
from bulkcase.cli.common.sending import end, questions, with_display
from bulkcase.cli.completion import one_of
from bulkcase.errors import UsageError
from bulkcase.nearest import nearest
from bulkcase.operations.assign import Match, set_job
from bulkcase.operations.common.options import Options
from bulkcase.operations.run import run

Keys = Annotated[
    str, typer.Argument(metavar="KEYS", help="A file with one key a line; - is standard input.", show_default=False)
]
Values = Annotated[
    list[str],
    typer.Argument(
        metavar="FIELD=VALUE",
        help="What to set, as a cell has it; += and -= for items of a list.",
        show_default=False,
    ),
]
MatchBy = Annotated[
    str,
    typer.Option(
        "--match",
        metavar="_id|refId",
        autocompletion=one_of(("_id", "refId")),
        help="What the keys are: ids, or references.",
    ),
]


def set_command(
    job: JobFile,
    keys: Keys,
    values: Values,
    *,
    match: MatchBy = "_id",
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
    """Make the same change to a list of cases: of the job, input and mapping are not needed."""
    log_to_stderr(verbose, log_format, quiet=quiet)
    choice = choice_of(go_on=go_on, new=new)
    loaded = set_job(job, keys, values, match=_match(match), state=state, sandbox=sandbox)
    ask = questions("set", yes=yes, quiet=quiet, piped=keys == "-")
    ended = with_display(
        lambda options: run(loaded, limit=limit, unfinished=choice, ask=ask, **options),
        Options(wait=wait, reports=reports),
        quiet=quiet,
        yes=yes,
    )
    end(ended, as_json=as_json, quiet=quiet)


def _match(written: str) -> Match:
    if written == "refId":
        return "refId"
    if written == "_id":
        return "_id"
    near = nearest(written, ("_id", "refId"))
    raise UsageError(f"--match {written}: must be _id or refId{f': did you mean {near}?' if near else ''}")
