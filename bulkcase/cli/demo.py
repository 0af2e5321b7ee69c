"""bulkcase demo."""

from pathlib import Path
from typing import Annotated

import typer

from bulkcase.cli.common.console import err, escape, out
from bulkcase.cli.common.sending import with_display
from bulkcase.cli.common.show import show_changes, show_plan, show_problems, show_run
from bulkcase.cli.verify import show_verification
from bulkcase.job.paths import near
from bulkcase.model import Stop, StopReason
from bulkcase.operations.check import examine
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.options import Options
from bulkcase.operations.common.planned import command_for
from bulkcase.operations.common.progress import Progress
from bulkcase.operations.common.runtime import command_line
from bulkcase.operations.demo import FOLDER, prepare
from bulkcase.operations.plan import plan
from bulkcase.operations.resume import resume
from bulkcase.operations.run import run
from bulkcase.operations.undo import undo
from bulkcase.operations.verify import verify

Folder = Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write the demo's files.", show_default=True)]

_ENOUGH = 20
"""Rows after which the demo interrupts its run."""


def demo_command(folder: Folder = FOLDER) -> None:
    """Tell the whole story on the sandbox; no account needed."""
    job, runtime = prepare(folder)
    _step("1. A spreadsheet and a job", f"{folder}/cases.csv, {folder}/demo.toml")
    _step("2. Check: every bad row at once, without the network", f"bulkcase check {folder}/demo.toml")
    planned, problems = examine(job, runtime=runtime)
    show_problems(planned, problems)
    _step("3. Plan: read the live cases, and see what would change", f"bulkcase plan {folder}/demo.toml")
    planned = with_display(lambda more: plan(job, **more), Options(runtime=runtime), quiet=False)
    show_plan(planned, out)
    show_changes(planned.changes())
    _step("4. Run: send that and nothing else, never over the quota", command_for(planned))
    err.print("the server has bad moments: it throttles, fails, drops connections, answers nonsense")
    options = Options(runtime=runtime)
    stopped = with_display(lambda more: run(planned, unfinished="new", **_interrupted(more)), options, quiet=False)
    show_run(stopped)
    _step("5. Resume: nothing is lost, nothing that landed is sent again", stopped.next_command)
    ended = with_display(lambda more: resume(stopped, **more), options, quiet=False)
    _step("6. Report: every row's fate", f"{near(ended.folder)}")
    show_run(ended)
    _tell_what_is_left(ended)
    _step("7. Verify: read the cases back", command_line("verify", ended.id, ended.ledger))
    show_verification(with_display(lambda more: verify(ended, **more), options, quiet=False))
    _step("8. Undo: put back what stood there before", command_line("undo", ended.id, ended.ledger))
    show_run(with_display(lambda more: undo(ended, **more), options, quiet=False))


def _interrupted(options: Options) -> Options:
    """Return the options of a run that ends as Ctrl-C would end it, in the middle."""
    shown, stop = options.get("on_progress"), options.get("stop")

    def watch(progress: Progress) -> None:
        if shown is not None:
            shown(progress)
        if stop is not None and progress.done >= _ENOUGH:
            stop.set(Stop(StopReason.INTERRUPTED, "the demo pressed Ctrl-C"))

    return Options(**options | {"on_progress": watch})


def _tell_what_is_left(ended: Run) -> None:
    out.print("report.html is the run to look at, results.xlsx the same for a spreadsheet")
    out.print("results.csv has all rows, failed.csv those that need a person, failed/ the same by cause")
    out.print("Correct failed.csv and send it again:")
    command = command_line("resume", ended.id, ended.ledger)
    out.print(f"  {escape(command)} --input {escape(str(near(ended.folder)))}/failed.csv")


def _step(title: str, command: str) -> None:
    shown = f"  [dim]{escape(command)}[/]" if command else ""
    out.print(f"\n[bold]{title}[/]{shown}")
