"""What the commands that send rows have in common: the loop, the display, the signals, the end."""

import asyncio
import contextvars
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NoReturn, TypeVar

import typer

from bulkcase.cli.common.console import err, escape, number, out, someone_is_there, write_out
from bulkcase.cli.common.destinations import Disclosure
from bulkcase.cli.common.interrupts import stopped_by_signals
from bulkcase.cli.common.options import need_yes
from bulkcase.cli.common.progress import ProgressDisplay
from bulkcase.cli.common.show import show_changes, show_plan, show_run, show_stop
from bulkcase.ledger import RunRecord
from bulkcase.logged import RUN, run_went
from bulkcase.model import Outcome
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.options import Options
from bulkcase.operations.common.planned import Plan
from bulkcase.operations.common.questions import Choice, Questions
from bulkcase.operations.common.runtime import command_line, target_name
from bulkcase.reporting.summary import summary_text
from bulkcase.stopping import StopSwitch

_T = TypeVar("_T")
_LARGE = 1000
"""Updates from which on a person has to type their number: a `y` is typed too easily."""
Sending = Callable[[Options], Coroutine[Any, Any, Run]]
"""A verb that sends rows, with everything but the options that all of them have."""


def in_loop(verb: Coroutine[Any, Any, _T]) -> _T:
    """Return what a verb returns, run in an event loop of its own: the fastest there is."""
    factory = None
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415 - it does not exist on Windows

        factory = uvloop.new_event_loop
    context = contextvars.copy_context()
    try:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(verb, context=context)
    except asyncio.CancelledError:  # by a second signal: the run has said how it goes on
        raise typer.Exit(130) from None
    except KeyboardInterrupt:  # typer would end it without a word
        raise typer.Abort from None
    finally:
        verb.close()  # Python would say that nobody has awaited it, where a signal came before it began
        # What is told after it is of the same run.
        RUN.set(context.get(RUN, ""))


def with_display(
    verb: Callable[[Options], Coroutine[Any, Any, _T]], options: Options, *, quiet: bool, yes: bool = False
) -> _T:
    """Run a verb that makes calls, with a progress display, stopped by signals; it says first where it sends.

    With `yes` nobody is asked whether that is right.
    """
    with ProgressDisplay(quiet=quiet) as display:
        options = Options(
            on_progress=display,
            stop=StopSwitch(),
            guard=stopped_by_signals,
            watched=someone_is_there(),
            before_calls=Disclosure(yes=yes),
            **options,
        )
        return in_loop(verb(options))


def end(run: Run, *, as_json: bool, quiet: bool) -> NoReturn:
    """Show how a run ended, and end with its exit code."""
    out.instead = f"run {run.id} is {run.summary.state} all the same: {command_line('show', run.id, run.ledger)}"
    if as_json:
        write_out(summary_text(run.summary))
    if as_json or (quiet and not run.exit_code):
        show_stop(run)
    else:
        show_run(run)
        if run.correct_command and not quiet:
            err.print(f"correct failed.csv and send it: [bold]{escape(run.correct_command)}[/]", soft_wrap=True)
    raise typer.Exit(run.exit_code)


def questions(command: str, *, yes: bool, quiet: bool, piped: bool) -> Questions:
    """Return what a person is asked, with --yes only shown; `piped` says that standard input is taken by rows.

    Raises UsageError where nobody is there to answer.
    """
    if not yes and (not someone_is_there() or piped):
        raise need_yes(command)

    def agreed(plan: Plan) -> bool:
        RUN.set(plan.run_id)
        if err.is_log:
            # What is shown to people has cells in it.
            run_went("planned", rows=plan.rows, cases=plan.cases, outcomes=_names(plan.counts), calls=dict(plan.calls))
        elif not quiet:
            show_plan(plan)
            if not yes:
                show_changes(plan.changes(), err)
        calls = plan.counts[Outcome.PENDING]
        if yes or not calls:
            return True
        question = f"Send {number(calls, 'update')} to {target_name(plan.job)}?"
        if calls < _LARGE:
            return typer.confirm(question, err=True)
        answer = typer.prompt(f"{question} Type the number to send them", default="no", show_default=False, err=True)
        return bool(answer.replace(",", "").strip() == str(calls))

    return Questions(send=agreed, unfinished=None if yes else _asked_about_unfinished)


def _names(counts: Mapping[Outcome, int]) -> dict[str, int]:
    return {outcome.value: count for outcome, count in counts.items()}


def _asked_about_unfinished(run: RunRecord, pending: int) -> Choice | None:
    err.print(f"run {escape(run.id)} of this job is {run.state}: {number(pending, 'row is', 'rows are')} pending")
    err.print("  continue  go on with it")
    err.print("  new       leave its pending rows as they are, and start a new run")
    while True:
        answer = typer.prompt("continue, new, or nothing", default="nothing", err=True).strip().lower()
        if answer in {"continue", "new"}:
            return "continue" if answer == "continue" else "new"
        if answer in {"nothing", "n", "no"}:
            return None
