"""bulkcase doctor."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bulkcase.cli.common.console import err, escape, number, out, tame, write_out
from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import AsJson, InSandbox, JobFile, LogAs, NeverAsks, StateFolder, Verbose
from bulkcase.cli.common.sending import with_display
from bulkcase.logged import facts
from bulkcase.operations.common.options import Options
from bulkcase.operations.diagnosis.steps import Diagnosis, State, Step
from bulkcase.operations.doctor import doctor

_log = logging.getLogger(__name__)

_MARKS: Final = {
    State.OK: ("green", "✓", "ok"),
    State.WARNING: ("yellow", "!", "warning"),
    State.CROSS: ("bold red", "✗", "WRONG"),
    State.NOT_TRIED: ("dim", "·", "-"),
}
"""How each is shown: colour, sign, and a word for where the sign cannot be."""
_SIGNS: Final = "✓✗·→"
_LEVELS: Final = {State.WARNING: logging.WARNING, State.CROSS: logging.ERROR}


def doctor_command(
    job: JobFile,
    *,
    sandbox: InSandbox = False,
    yes: NeverAsks = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    verbose: Verbose = False,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Say what is wrong with a job's set-up and how to mend it, step by step; no case is changed."""
    log_to_stderr(verbose, log_format)

    def told(step: Step) -> None:
        if err.is_log:
            known = facts(event="step", step=step.name, state=step.state.value, remedy=step.remedy or None)
            _log.log(_LEVELS.get(step.state, logging.INFO), "%s: %s", step.name, step.found, extra=known)
        if not as_json:
            show_step(out, step)

    found = with_display(
        lambda options: doctor(job, state=state, sandbox=sandbox, on_step=told, **options),
        Options(),
        quiet=True,
        yes=yes,
    )
    if as_json:
        steps = [asdict(step) for step in found.steps]
        shown = {"steps": steps, "calls": found.calls, "exit_code": found.exit_code}
        write_out(orjson.dumps(shown, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        out.print(_end(found))
    raise typer.Exit(found.exit_code)


def show_step(console: Console, step: Step) -> None:
    """Print a step, and below it what to do: broken between words on a terminal, a line each elsewhere."""
    colour, sign, word = _MARKS[step.state]
    has_signs = _can_show(console, _SIGNS)
    mark, arrow = (sign, "→") if has_signs else (f"{word:<7}", "->")
    found = f"not tried: {step.found}" if step.state is State.NOT_TRIED else step.found
    head = (f"[{colour}]{mark}[/]", f"{step.name:<10}")
    below = (" " * len(mark), " " * 10)
    for line in found.split("\n"):
        _print_cells(console, (*head, f"[dim]{escape(line)}[/]" if step.state is State.NOT_TRIED else escape(line)))
        head = below
    if step.remedy:
        _print_cells(console, (*below, f"[bold]{arrow} {escape(step.remedy)}[/]"))


def _print_cells(console: Console, cells: Sequence[str]) -> None:
    if console.soft_wrap:
        console.print(" ".join(cells))
        return
    table = Table.grid(padding=(0, 1, 0, 0))
    for _ in cells:
        table.add_column(overflow="fold")
    table.add_row(*(Text.from_markup(tame(cell), emoji=False) for cell in cells))
    console.print(table)


def _can_show(console: Console, signs: str) -> bool:
    try:
        signs.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _end(found: Diagnosis) -> str:
    calls = f"{number(found.calls, 'call')}, none of which changes a case" if found.calls else "no call was made"
    cross = found.first_cross
    if cross is not None:
        return f"[bold red]{cross.name}[/] comes first: mend it, and call doctor again ({calls})"
    warned = sum(step.state is State.WARNING for step in found.steps)
    if warned:
        return f"[green]nothing is in the way[/]; {number(warned, 'warning')} ({calls})"
    return f"[green]all is well[/] ({calls})"
