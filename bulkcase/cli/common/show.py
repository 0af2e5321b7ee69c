"""What a person is shown of plans, runs and problems."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from bulkcase.cells import escaped
from bulkcase.cli.common.console import err, escape, escape_lines, indented, local_time, number, out, show_table
from bulkcase.fields.changes import ChangeGroup
from bulkcase.job.paths import near
from bulkcase.model import FINE, Outcome
from bulkcase.operations.check import Problem
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.planned import Plan
from bulkcase.operations.common.runtime import command_line, is_sandbox, target_name
from bulkcase.reporting.summary import Cause
from bulkcase.said import seconds_text

_SHOWN = 5
_SHOWN_GROUPS = 10
_LONGEST_VALUE = 50
_LONGEST_OF_TWO = 25
"""So that old and new value stand on one line of 80 columns."""
_WILL_BE = {
    Outcome.PENDING: "to send",
    Outcome.UNCHANGED: "nothing to change",
    Outcome.FAILED: "not seen among the live cases, not sent",
    Outcome.SUPERSEDED: "landed before, or another row takes their place",
    Outcome.CONFLICT: "changed by somebody since, left alone",
    Outcome.INVALID: "unusable, not sent",
}

_PROVEN = {
    "equal": "as sent",
    "normalised": "tidied by the server",
    "not_shown": "not shown",
    "different": "another value",
}


def show_plan(plan: Plan, console: Console = err) -> None:
    """Say what a run is about to do: rows, fields, calls, date of finish, host."""
    where = "the embedded sandbox" if is_sandbox(plan.job) else escape(target_name(plan.job))
    console.print(f"[bold]{escape(plan.job.name)}[/] → {where}")
    console.print(f"{escape(plan.input)}: {number(plan.rows, 'row')} about {number(plan.cases, 'case')}")
    for outcome, text in _WILL_BE.items():
        if plan.counts[outcome]:
            console.print(f"  {plan.counts[outcome]:>9,}  {text}")
    show_causes(console, plan.causes, tips=False)
    for note in plan.notes:
        console.print(f"[yellow]note:[/] {escape(note)}")
    fields = ", ".join(plan.fields)
    clears = f"; {number(plan.clears, 'value')} will be emptied" if plan.clears else ""
    console.print(f"sets {escape(fields)}{clears}")
    if plan.reading:
        done = "were read" if plan.reading["read"] else "are not read"
        console.print(f"live cases {done}: {escape(plan.reading['why'])}")
        if plan.reading.get("gaps") and plan.counts[Outcome.FAILED]:
            console.print(
                f"[yellow]note:[/] {escape(plan.reading['gaps'])}: rows whose cases were not seen are left alone"
            )
    if plan.counts[Outcome.PENDING]:
        not_so = plan.why_not_undoable
        console.print(f"cannot be undone: {escape(not_so)}" if not_so else "can be undone: the values before are kept")
    _show_time(plan, console)


def _show_time(plan: Plan, console: Console) -> None:
    calls = sum(plan.calls.values())
    windows = ", ".join(f"{window.limit:,} in {seconds_text(window.seconds)}" for window in plan.job.quota.windows)
    pace = f"at {windows}" if windows else "without a quota"
    least = f"not done before {local_time(plan.finish_at)}"
    if plan.forecast.seconds >= 1:
        least = f"at least {seconds_text(plan.forecast.seconds)}, {least}"
    console.print(f"{number(calls, 'call')} {pace}: {least}")


def show_changes(groups: Sequence[ChangeGroup], console: Console = out) -> None:
    """Print the biggest groups of what would be changed from what to what."""
    for group in groups[:_SHOWN_GROUPS]:
        console.print(f"  {group.count:>9,}  {escape(_change(group))}")
    if len(groups) > _SHOWN_GROUPS:
        console.print(f"  and {number(len(groups) - _SHOWN_GROUPS, 'smaller group')}")


def _change(group: ChangeGroup) -> str:
    most = _LONGEST_VALUE if group.before is None else _LONGEST_OF_TWO
    to = (
        "many different values" if group.to is None else _shortened(group.to, most) if group.to else "nothing (cleared)"
    )
    if group.before is None:
        return f"{group.field} → {to}"
    # Objects of one name may still be different ones.
    which = " (another one that looks the same)" if group.before == group.to else ""
    return f"{group.field}: {_shortened(group.before, most) or 'nothing'} → {to}{which}"


def _shortened(text: str, most: int) -> str:
    line = escaped(" ".join(text.split()))
    return line if len(line) <= most else line[: most - 1] + "…"


def show_run(run: Run) -> None:
    """Say how a run ended: outcomes and files on standard output, reasons with what to do."""
    summary = run.summary
    show_table(out, outcome_table(run.outcomes))
    if summary.reason:
        err.print(f"[bold red]{escape_lines(_reason(run))}[/]")
    show_causes(out, summary.errors, tips=True)
    calls = sum(summary.calls.values())
    throttled = f", {summary.throttled:,} throttled" if summary.throttled else ""
    retries = f" ({number(summary.retries, 'retry', 'retries')}{throttled})" if summary.retries else ""
    out.print(f"{number(calls, 'call')}{retries} in {seconds_text(summary.duration_s)}, run {escape(run.id)}")
    if summary.verified:
        out.print(f"what the cases show of it: {verified_text(summary.verified)}")
        if "not_shown" in summary.verified:
            command = command_line("verify", run.id, run.ledger)
            out.print(f"to read the cases themselves: [bold]{escape(command)}[/]", soft_wrap=True)
    out.print(f"report: {escape(str(near(run.folder)))}")
    if run.note:
        err.print(escape_lines(run.note))
    show_next(err, run.next_command)


def show_stop(run: Run) -> None:
    """Say why a run ended before its last row and how it goes on; nothing where it did not."""
    if run.summary.reason:
        err.print(f"[bold red]{escape_lines(_reason(run))}[/]")
        show_next(err, run.next_command)


def verified_text(verified: Mapping[str, int]) -> str:
    """Return in words what cases show of what was sent, and for how many rows."""
    return ", ".join(f"{verified[name]:,} {text}" for name, text in _PROVEN.items() if name in verified)


def _reason(run: Run) -> str:
    state, reason = run.summary.state, run.summary.reason
    return reason if reason.startswith(state) else f"{state}: {reason}"


def show_next(console: Console, command: str) -> None:
    """Print the exact command that goes on from here, if there is one."""
    if command:
        what = "send again what did not end well with" if command.startswith("bulkcase retry") else "go on with"
        console.print(f"{what}: [bold]{escape(command)}[/]", soft_wrap=True)


def outcome_table(outcomes: Mapping[Outcome, int]) -> Table:
    """Return the outcomes that there are, with their numbers."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for outcome, count in outcomes.items():
        if count:
            colour = "green" if outcome in FINE else "yellow" if outcome is Outcome.PENDING else "red"
            table.add_row(f"{count:,}", f"[{colour}]{outcome.value}[/]")
    return table


def show_causes(console: Console, causes: Sequence[Cause], *, tips: bool) -> None:
    """Print why rows did not end well, the most frequent causes first, with what to do where that is wanted."""
    for cause in causes[:_SHOWN]:
        rows = number(cause.count, "row")
        indented(console, f"[red]{escape(cause.code)}[/], {rows}; first {escape(cause.example)}", 2)
        if tips:
            indented(console, f"[dim]{escape(cause.tip)}[/]", 4)
    if len(causes) > _SHOWN:
        indented(console, f"and {number(len(causes) - _SHOWN, 'more cause')}", 2)


def show_problems(plan: Plan, problems: Iterable[Problem]) -> None:
    """Print every problem, one a line, and the count of rows that are well."""
    bad = 0
    for problem in problems:
        if problem.is_warning:
            err.print(f"[yellow]warning:[/] {escape(str(problem))}")
        else:
            bad += 1
            out.print(f"{escape(str(problem))}")
    fine = plan.rows - bad
    verdict = "[green]all is well[/]" if not bad else f"[red]{number(bad, 'row')} cannot be sent[/]"
    out.print(f"{escape(plan.input)}: {number(plan.rows, 'row')}, {fine:,} usable: {verdict}")
