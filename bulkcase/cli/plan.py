"""bulkcase plan."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from bulkcase.cli.common.console import escape, out, write_out
from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import (
    AsJson,
    InputFile,
    InSandbox,
    JobFile,
    Limit,
    LogAs,
    Quiet,
    StateFolder,
    Verbose,
)
from bulkcase.cli.common.sending import with_display
from bulkcase.cli.common.show import show_changes, show_plan
from bulkcase.clock import iso_utc
from bulkcase.job import load
from bulkcase.logged import RUN
from bulkcase.model import Outcome
from bulkcase.operations.common.options import Options
from bulkcase.operations.common.planned import Plan, command_for, refuse_output, write_plan
from bulkcase.operations.common.questions import is_too_much, too_many
from bulkcase.operations.deciding.opened import read_ahead
from bulkcase.operations.plan import plan

Table = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the decision for every row as a CSV.")
]


def plan_command(
    job: JobFile,
    *,
    input_file: InputFile = None,
    limit: Limit = None,
    output: Table = None,
    sandbox: InSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Say what a run would do, and save it as a plan that can be run as it is."""
    log_to_stderr(verbose, log_format, quiet=quiet)
    loaded = load(job, input=input_file, state=state, sandbox=sandbox)
    if output is not None:
        refuse_output(loaded, output)
    planned = with_display(
        lambda options: plan(loaded, limit=limit, **options), Options(ahead=read_ahead(loaded)), quiet=quiet
    )
    RUN.set(planned.run_id)
    if output is not None:
        write_plan(planned, output)
    if as_json:
        shown = orjson.dumps(_as_json(planned), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        write_out(shown.decode())
    else:
        show_plan(planned, out)
        show_changes(planned.changes())
        if is_too_much(planned):
            out.print(f"[red]it will be refused:[/] {escape(too_many(planned))}")
        out.print(f"run it with: [bold]{escape(command_for(planned))}[/]", soft_wrap=True)
    is_well = not (planned.counts[Outcome.INVALID] or planned.counts[Outcome.FAILED] or is_too_much(planned))
    raise typer.Exit(0 if is_well else 1)


def _as_json(planned: Plan) -> dict[str, Any]:
    counts = planned.counts
    return {
        "run_id": planned.run_id,
        "rows": planned.rows,
        "cases": planned.cases,
        "decisions": {
            "send": counts[Outcome.PENDING],
            "unchanged": counts[Outcome.UNCHANGED],
            "superseded": counts[Outcome.SUPERSEDED],
            "invalid": counts[Outcome.INVALID] - planned.not_found,
            "not found": planned.not_found + counts[Outcome.FAILED],
        },
        "clears": planned.clears,
        "changes": [
            {"field": one.field, "from": one.before, "to": one.to, "count": one.count} for one in planned.changes()
        ],
        "calls": dict(planned.calls),
        "finish_at": iso_utc(planned.finish_at),
        "undoable": planned.undoable,
        "why_not_undoable": planned.why_not_undoable,
        "snapshot": planned.reading,
    }
