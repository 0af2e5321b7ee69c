"""bulkcase init."""

import os
import shlex
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import typer
from rich.table import Table

from bulkcase.cells import escaped
from bulkcase.cli.common.console import err, escape, number, out, show_table, someone_is_there, write_out
from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import AsJson, LogAs, Quiet, Verbose
from bulkcase.cli.common.sending import with_display
from bulkcase.operations.common.options import Options
from bulkcase.operations.init import NewJob, init
from bulkcase.operations.proposal.options import Told
from bulkcase.operations.proposal.tables import Target
from bulkcase.proposing import YES, Question, State

File = Annotated[Path, typer.Argument(metavar="FILE", help="The spreadsheet or CSV with the rows.", show_default=False)]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="JOB", help="The job file to write; else FILE's name with .toml, here."),
]
Like = Annotated[
    Path | None,
    typer.Option("--like", metavar="JOB", help="Take connection, auth, quota and state of this job."),
]
Host = Annotated[str | None, typer.Option("--host", help="The address of the platform (also KORE_HOST).")]
Stream = Annotated[str | None, typer.Option("--stream-id", help="st-… (also KORE_STREAM_ID).")]
Account = Annotated[str | None, typer.Option("--account-id", help="The account (also KORE_ACCOUNT_ID).")]
Client = Annotated[str | None, typer.Option("--client-id", help="cs-… of the app (also KORE_CLIENT_ID).")]
InSandbox = Annotated[bool, typer.Option("--sandbox", help="The job's calls go to the embedded server.")]
KeyColumn = Annotated[str | None, typer.Option("--key", metavar="COLUMN", help="The column that says which case.")]
MatchAs = Annotated[
    Literal["_id", "refId"] | None,
    typer.Option("--match", help="What it has: ids (ci-…) or references (CS000100)."),
]
Zone = Annotated[
    str | None,
    typer.Option("--timezone", metavar="ZONE", help="Of dates that name none, such as Europe/Berlin."),
]
Sheet = Annotated[str | None, typer.Option("--sheet", help="The sheet of a workbook: its name, or its number.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Of a CSV that is not UTF-8, such as cp1252.")]
Delimiter = Annotated[str | None, typer.Option("--delimiter", help="Of a CSV: , ; | or tab.")]
Learn = Annotated[
    bool, typer.Option("--learn", help="Learn the names that are looked up from the live cases: it reads all of them.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask: only what is sure is mapped.")]

_LONGEST_NAME = 22
_MARKS = {
    State.KEY: "[bold]key[/]",
    State.MAPPED: "[green]mapped[/]",
    State.SUGGESTED: "[yellow]not sure[/]",
    State.CUSTOM: "[dim]no field[/]",
    State.LEFT: "[dim]left out[/]",
}


def init_command(
    file: File,
    *,
    output: Output = None,
    key: KeyColumn = None,
    match: MatchAs = None,
    timezone: Zone = None,
    like: Like = None,
    host: Host = None,
    stream_id: Stream = None,
    account_id: Account = None,
    client_id: Client = None,
    sandbox: InSandbox = False,
    sheet: Sheet = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    learn: Learn = False,
    yes: Yes = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Propose a job file for a spreadsheet, by its header and its first rows; ask where it is not sure."""
    log_to_stderr(verbose, log_format, quiet=quiet)
    told = {"host": host, "stream_id": stream_id, "account_id": account_id, "client_id": client_id}
    if like is None and not sandbox:
        told = {name: value or os.environ.get(f"KORE_{name.upper()}") or None for name, value in told.items()}
    how = Told(
        output=output,
        key=key,
        match=match,
        timezone=timezone,
        sheet=sheet,
        encoding=encoding,
        delimiter="\t" if delimiter in {"tab", "\\t"} else delimiter,
        target=Target(**told, like=like, sandbox=sandbox),
        ask=None if yes or not someone_is_there() else _asked,
        learn=learn,
    )
    made = with_display(lambda options: init(file, **how, **options), Options(), quiet=quiet, yes=yes)
    if as_json:
        write_out(orjson.dumps(_as_json(made), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    elif quiet:
        out.print(escape(str(made.path)))
    else:
        _show(made)
    for note in made.notes:
        err.print(f"[yellow]note:[/] {escape(note)}")
    if not (as_json or quiet):
        _show_next(made)
    raise typer.Exit(made.exit_code)


def _asked(question: Question) -> str | None:
    """Ask a person; return what they answered, or None where that was nothing."""
    err.print(escape(question.text))
    if question.answers == YES:
        return YES[0] if typer.confirm(escaped(question.asks), err=True) else None
    for nth, answer in enumerate(question.answers, start=1):
        err.print(f"  {nth}  {escape(answer)}")
    what = "A number, or its name" if question.free else "A number"
    while True:
        typed = str(typer.prompt(f"{what}, or nothing", default="", show_default=False, err=True)).strip()
        if not typed or typed.casefold() in {"nothing", "no", "n"}:
            return None
        if typed.isdecimal() and 1 <= int(typed) <= len(question.answers):
            return question.answers[int(typed) - 1]
        if question.free and not typed.isdecimal():
            return typed
        err.print(f"  {escape(typed)} is none of them")


def _show(made: NewJob) -> None:
    rows = number(made.rows, "row")
    out.print(f"{escape(made.input)}: looked at {rows if made.is_whole else f'the first {rows}'}")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in made.proposal.placings:
        where = {State.MAPPED: f" → {each.field}", State.SUGGESTED: f": {each.field}?"}.get(each.state, "")
        name = escaped(each.column)
        cut = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
        table.add_row(escape(cut), _MARKS[each.state] + escape(where), escape(each.why))
    show_table(out, table)
    for one in made.learnt:
        out.print(f"{escape(str(one.path))}: {number(len(one.table), 'name')} of {one.field}, as the live cases show")


def _show_next(made: NewJob) -> None:
    job = escape(shlex.quote(str(made.path)))
    out.print(f"written: [bold]{job}[/]")
    if made.exit_code:
        err.print("[bold red]no column is mapped yet:[/] take the # away from at least one line of its \\[mapping]")
    if made.missing:
        err.print(f"[yellow]to be filled in, before the first call:[/] {', '.join(made.missing)}")
    if made.proposal.waits_for_zone:
        err.print("[yellow]dates that name no time zone are not mapped:[/] set timezone there, or give --timezone")
    out.print(f"next: [bold]bulkcase check {job}[/]", soft_wrap=True)
    out.print(f"then: [bold]bulkcase run {job} --sandbox[/]", soft_wrap=True)


def _as_json(made: NewJob) -> dict[str, Any]:
    key = made.proposal.key
    return {
        "job": str(made.path),
        "input": made.input,
        "rows": made.rows,
        "all_rows": made.is_whole,
        "key": {"column": key.column, "match": key.match},
        "timezone": made.proposal.timezone,
        "columns": [
            {
                "column": each.column,
                "state": each.state.value,
                "field": each.field or None,
                "how": [dict(how.settings()) for how in each.hows],
                "why": each.why,
            }
            for each in made.proposal.placings
        ],
        "lookups": {one.field: str(one.path) for one in made.learnt},
        "missing": list(made.missing),
        "notes": list(made.notes),
    }
