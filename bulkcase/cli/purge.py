"""bulkcase purge: delete runs for good."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
import typer

from bulkcase.cli.common.console import err, escape, indented, local_time, number, out, someone_is_there, write_out
from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import AsJson, LogAs, OfSandbox, StateFolder, Yes, need_yes
from bulkcase.cli.completion import a_run
from bulkcase.clock import iso_utc
from bulkcase.job.paths import near
from bulkcase.operations.purge import purge
from bulkcase.operations.purging.purged import Purged, PurgedRun

RunNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN", help="The ids of runs, parts of them, or last.", show_default=False, autocompletion=a_run
    ),
]
Age = Annotated[
    str | None,
    typer.Option("--older-than", metavar="AGE", help="Instead of RUN: all runs that ended longer ago, such as 90d."),
]
WithReports = Annotated[
    bool, typer.Option("--reports", help="Delete their reports as well: what bulkcase wrote, and nobody has changed.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")]
_SHOWN = 20
"""Runs that are named; --json has all of them."""
_UNITS = ("B", "KB", "MB", "GB")


def purge_command(
    runs: RunNames = None,
    *,
    older_than: Age = None,
    reports: WithReports = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    sandbox: OfSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Delete runs for good, with all that the ledger keeps of them; says first what goes, and asks."""
    log_to_stderr(verbose=False, form=log_format)
    if not (yes or dry_run or someone_is_there()):
        raise need_yes("purge")

    def agreed(found: Purged) -> bool:
        _show_plan(found, reports=reports)
        return yes or typer.confirm(f"Delete {number(len(found.runs), 'run')} for good?", err=True)

    done = purge(
        *(runs or ()),
        older_than=older_than,
        reports=reports,
        dry_run=dry_run,
        state=state,
        sandbox=sandbox,
        ask=agreed,
    )
    if dry_run and done.runs:
        _show_plan(done, reports=reports)
    if as_json:
        write_out(
            orjson.dumps(_told(done, dry_run=dry_run), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
        )
    else:
        _show_end(done, dry_run=dry_run)


def _show_plan(found: Purged, *, reports: bool) -> None:
    """Say what is to be deleted, and what cannot be done any more then."""
    err.print(f"to be deleted for good from {escape(str(near(found.ledger)))}:")
    for run in found.runs[:_SHOWN]:
        indented(err, _line(run), 2)
    if len(found.runs) > _SHOWN:
        indented(err, f"and {len(found.runs) - _SHOWN:,} more: --json names them all", 2)
    first, last = (local_time(pick(run.ended_at for run in found.runs)) for pick in (min, max))
    err.print(f"{_sum(found)}, ended from {first} to {last}")
    err.print(
        "they can then not be resumed, retried, verified, undone or reported any more, and history does not know them"
    )
    doubt = sum(run.in_doubt for run in found.runs)
    if doubt:
        rows = number(doubt, "row is", "rows are")
        err.print(f"[yellow]note:[/] {rows} in doubt: nobody will know whether they have landed")
    folders = sum(run.folder is not None for run in found.runs)
    if folders:
        what = "goes" if folders == 1 else "go"
        stays = "stays" if folders == 1 else "stay"
        verb = f"{what} as well" if reports else f"{stays}: --reports deletes reports too"
        err.print(f"{number(folders, 'report folder')} {verb}")


def _line(run: PurgedRun) -> str:
    name = f"[bold]{escape(run.id)}[/]"
    return f"{name}  {run.state}  {local_time(run.ended_at)}  {number(run.rows, 'row')}, {_size(run.bytes)}"


def _sum(found: Purged) -> str:
    return f"{number(len(found.runs), 'run')}, {number(found.rows, 'row')}, {_size(found.bytes)}"


def _size(count: int) -> str:
    """Return a number of bytes as people say it."""
    size, unit = float(count), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{count} B"


def _show_end(done: Purged, *, dry_run: bool) -> None:
    for run_id, why in list(done.kept.items())[:_SHOWN]:
        err.print(f"[yellow]stays:[/] run {escape(run_id)}: {escape(why)}")
    if len(done.kept) > _SHOWN:
        err.print(f"and {len(done.kept) - _SHOWN:,} more stay: --json says why")
    if dry_run or not done.is_done:
        out.print(f"would purge {_sum(done)}" if dry_run else "nothing was purged")
        return
    out.print(f"purged {_sum(done)}" if done.runs else "there was nothing to purge")
    for path in done.left[:_SHOWN]:
        out.print(f"  stays on the disk: {escape(str(near(path)))}")
    if len(done.left) > _SHOWN:
        out.print(f"  and {len(done.left) - _SHOWN:,} more: --json names them all")
    for note in done.notes:
        err.print(f"[yellow]note:[/] {escape(note)}")


def _told(done: Purged, *, dry_run: bool) -> Mapping[str, Any]:
    return {
        "purged": done.is_done,
        "dry_run": dry_run,
        "runs": [
            {
                "run_id": run.id,
                "job": run.job,
                "target": run.target,
                "state": run.state,
                "rows": run.rows,
                "bytes": run.bytes,
                "in_doubt": run.in_doubt,
                "ended_at": iso_utc(run.ended_at),
                "folder": None if run.folder is None else str(run.folder),
            }
            for run in done.runs
        ],
        "rows": done.rows,
        "bytes": done.bytes,
        "kept": [{"run_id": run_id, "why": why} for run_id, why in done.kept.items()],
        "left": [str(path) for path in done.left],
        "notes": list(done.notes),
    }
