"""bulkcase demo."""

from pathlib import Path
from typing import Annotated

import typer

from bulkcase.cli.console import err, escape, out
from bulkcase.cli.run import in_loop, send
from bulkcase.cli.show import show_plan, show_problems, show_run
from bulkcase.operations.check import examine
from bulkcase.operations.demo import FOLDER, prepare
from bulkcase.operations.plan import plan
from bulkcase.operations.runtime import near

Folder = Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write the demo's files.", show_default=True)]


def demo_command(folder: Folder = FOLDER) -> None:
    """Tell the whole story on the sandbox; no account needed."""
    job, runtime = prepare(folder)
    _step("1. A spreadsheet and a job", f"{folder}/cases.csv, {folder}/demo.toml")
    _step("2. Check: every bad row at once, without the network", f"bulkcase check {folder}/demo.toml")
    planned, problems = examine(job, runtime=runtime)
    show_problems(planned, problems)
    _step("3. Run: say what will happen, send it, never over the quota", f"bulkcase run {folder}/demo.toml")
    planned = in_loop(plan(job, runtime=runtime))
    show_plan(planned)
    err.print("the server has bad moments: it throttles, fails, drops connections, answers nonsense")
    ended = in_loop(send(planned, quiet=False, runtime=runtime))
    _step("4. Report: every row's fate", "")
    show_run(ended)
    out.print("results.csv has all rows, failed.csv those that need a person")
    out.print("Correct failed.csv and send it again:")
    out.print(f"  bulkcase run {escape(str(folder))}/demo.toml --input {escape(str(near(ended.folder)))}/failed.csv")


def _step(title: str, command: str) -> None:
    shown = f"  [dim]{escape(command)}[/]" if command else ""
    out.print(f"\n[bold]{title}[/]{shown}")
