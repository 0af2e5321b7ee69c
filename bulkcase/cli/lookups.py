"""bulkcase lookups."""

import json
from pathlib import Path
from typing import Annotated

import orjson
import typer

from bulkcase.cells import escaped
from bulkcase.cli.common.console import err, escape, number, out, write_out
from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import AsJson, InSandbox, JobFile, LogAs, Quiet, StateFolder, Verbose
from bulkcase.cli.common.sending import with_display
from bulkcase.job.load import load_without_rows
from bulkcase.job.paths import near
from bulkcase.job.variants import placed
from bulkcase.operations.common.options import Options
from bulkcase.operations.lookups import LearntLookup, lookups

Folder = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="DIR", help="The folder that gets a file for each; else that of the job."),
]
_SHOWN = 10


def lookups_command(
    job: JobFile,
    *,
    output: Folder = None,
    sandbox: InSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Learn statuses, priorities, queues and agents from the live cases, and write them to files to check and keep."""
    log_to_stderr(verbose, log_format, quiet=quiet)
    loaded = placed(load_without_rows(job), state=state, sandbox=sandbox)
    found = with_display(lambda options: lookups(loaded, folder=output, **options), Options(), quiet=quiet)
    if as_json:
        told = [{"field": one.field, "file": str(one.path), "names": list(one.table)} for one in found]
        write_out(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        _show(job, found)
    gaps = {one.gaps for one in found if one.gaps}
    for text in gaps:
        err.print(f"[yellow]note:[/] some may be missing: {escape(text)}")
    raise typer.Exit(1 if gaps else 0)


def _show(job: Path, found: list[LearntLookup]) -> None:
    for one in found:
        names = list(one.table)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        if not names:
            out.print(f"[bold]{one.field}[/]: no case shows one, so there is no file")
            continue
        listed = escaped(", ".join(names[:_SHOWN])) + more
        out.print(f"[bold]{escape(str(near(one.path.absolute())))}[/]: {number(len(names), 'name')}: {escape(listed)}")
    out.print("look through them; to use them, write in the job:")
    out.print("  \\[lookups]")
    for one in found:
        if one.table:
            # A JSON text is a TOML text too.
            out.print(f"  {one.field} = {escape(json.dumps('file:' + _beside(job, one.path), ensure_ascii=False))}")


def _beside(job: Path, path: Path) -> str:
    """Return a path as the job file has to say it."""
    folder, target = job.absolute().parent, path.absolute()
    return str(target.relative_to(folder)) if target.is_relative_to(folder) else str(target)
