"""bulkcase verify and bulkcase undo."""

from typing import Annotated

import orjson
import typer

from bulkcase.cli.common.console import err, escape, number, out, write_out
from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import (
    AsJson,
    LogAs,
    OfSandbox,
    Quiet,
    ReportFolder,
    RunName,
    StateFolder,
    Verbose,
    Wait,
    Yes,
)
from bulkcase.cli.common.sending import end, questions, with_display
from bulkcase.cli.common.show import show_causes, show_next
from bulkcase.job.paths import near
from bulkcase.operations.common.options import Options
from bulkcase.operations.undo import undo
from bulkcase.operations.verify import Verification, verify
from bulkcase.planning.landed import Landed

Abandon = Annotated[
    bool, typer.Option("--abandon", help="Give up a run that is not finished: its pending rows stay pending.")
]

_SAID = {
    Landed.APPLIED: ("green", "what was sent stands there"),
    Landed.NOT_APPLIED: ("red", "what was sent, or a part of it, does not stand there"),
    Landed.CHANGED_SINCE: ("yellow", "the case has another value by now"),
    Landed.NOT_SHOWN: ("yellow", "the case does not show all fields that were sent"),
    Landed.NOT_SEEN: ("yellow", "the case was not seen among the live ones"),
}

_FOUND = ("not_applied", "mismatch")
"""The causes that a look at the cases finds."""


def verify_command(
    run: RunName,
    *,
    sandbox: OfSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    reports: ReportFolder = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Read the cases of a run back, and say of every row that was sent whether it stands there."""
    log_to_stderr(verbose, log_format, quiet=quiet)
    found = with_display(
        lambda options: verify(run, state=state, sandbox=sandbox, **options), Options(reports=reports), quiet=quiet
    )
    if as_json:
        said = {"run_id": found.run.id, "rows": {one.value: count for one, count in found.counts.items()}}
        shown = orjson.dumps(said | {"gaps": found.gaps}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        write_out(shown.decode())
    elif not quiet or found.exit_code:
        show_verification(found)
    raise typer.Exit(found.exit_code)


def show_verification(found: Verification) -> None:
    """Say what the cases of a run tell."""
    out.print(f"run {escape(found.run.id)}: {number(sum(found.counts.values()), 'row was', 'rows were')} sent")
    for landed, count in found.counts.items():
        colour, text = _SAID[landed]
        if count:
            out.print(f"  {count:>9,}  [{colour}]{landed.value}[/]: {text}")
    if found.gaps and found.counts[Landed.NOT_SEEN]:
        err.print(f"[yellow]note:[/] {escape(found.gaps)}: cases that were not seen may be there all the same")
    show_causes(out, [cause for cause in found.run.summary.errors if cause.code in _FOUND], tips=True)
    out.print(f"report: {escape(str(near(found.run.folder)))}")
    show_next(err, found.run.next_command)


def undo_command(
    run: RunName,
    *,
    abandon: Abandon = False,
    yes: Yes = False,
    wait: Wait = False,
    sandbox: OfSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    reports: ReportFolder = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Put the values back that stood in the cases before a run, where nobody has changed them since."""
    log_to_stderr(verbose, log_format, quiet=quiet)
    ask = questions("undo", yes=yes, quiet=quiet, piped=False)
    ended = with_display(
        lambda options: undo(run, state=state, sandbox=sandbox, abandon=abandon, ask=ask, **options),
        Options(wait=wait, reports=reports),
        quiet=quiet,
        yes=yes,
    )
    end(ended, as_json=as_json, quiet=quiet)
