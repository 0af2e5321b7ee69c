"""bulkcase plan."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from bulkcase.cli.console import escape, out, write_out
from bulkcase.cli.options import (
    AsJson,
    InputFile,
    InSandbox,
    JobFile,
    Limit,
    StateFolder,
    Verbose,
    load_job,
    log_to_stderr,
)
from bulkcase.cli.sending import in_loop
from bulkcase.cli.show import show_changes, show_plan
from bulkcase.clock import iso_utc
from bulkcase.model import Outcome
from bulkcase.operations.plan import plan
from bulkcase.operations.planned import Plan, command_for, refuse_output, write_plan
from bulkcase.operations.questions import is_too_much, too_many

Table = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the decision for every row as a CSV.")
]

_NO_SNAPSHOT = "live cases are not read in this version"


def plan_command(
    job: JobFile,
    *,
    input_file: InputFile = None,
    limit: Limit = None,
    output: Table = None,
    sandbox: InSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    verbose: Verbose = False,
) -> None:
    """Say what a run would do, and save it as a plan that can be run as it is."""
    log_to_stderr(verbose)
    loaded = load_job(job, input_file=input_file, state=state, sandbox=sandbox)
    if output is not None:
        refuse_output(loaded, output)
    planned = in_loop(plan(loaded, limit=limit))
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
    raise typer.Exit(1 if planned.counts[Outcome.INVALID] or is_too_much(planned) else 0)


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
            "invalid": counts[Outcome.INVALID],
            "not found": 0,
        },
        "clears": planned.clears,
        # What stands there now is not read, so nobody knows from what it would change.
        "changes": [{"field": one.field, "from": None, "to": one.to, "count": one.count} for one in planned.changes()],
        "calls": dict(planned.calls),
        "finish_at": iso_utc(planned.finish_at),
        "undoable": planned.undoable,
        "snapshot": {"read": False, "why": _NO_SNAPSHOT},
    }
