"""What a person is shown of the ledger: its runs, one of them, one case."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bulkcase.cli.console import err, escape, indented, local_time, number, out
from bulkcase.cli.show import outcome_table, show_causes, show_next, verified_text
from bulkcase.fields.parts import parts, shown
from bulkcase.job.quantities import seconds_text
from bulkcase.ledger.history import Event
from bulkcase.model import FINE, Outcome, RunState
from bulkcase.operations.runs import Listed, Shown

_COLOURS = {RunState.FINISHED: "green", RunState.RUNNING: "blue", RunState.PLANNED: "dim", RunState.ABANDONED: "dim"}
_LONGEST_VALUE = 60


def show_runs(runs: Sequence[Listed]) -> None:
    """Print a line or two for each run: what, when, how it stands."""
    if not runs:
        err.print("the ledger has no runs yet")
    for run in runs:
        record = run.record
        when = local_time(record.started_at or record.planned_at)
        state = run.state if record.exit_code is None else f"{run.state} ({record.exit_code})"
        out.print(f"[bold]{escape(record.id)}[/]  [{_COLOURS.get(run.state, 'yellow')}]{state}[/]  {when}")
        back = f", takes back {escape(record.undoes)}" if record.undoes else ""
        gone = f", undone by {escape(run.undone_by[-1])}" if run.undone_by else ""
        out.print(f"    {number(record.rows or 0, 'row')}: {_counts(run.outcomes)}{back}{gone}")


def show_one(run: Shown) -> None:
    """Print all that is known of a run."""
    record, summary = run.record, run.summary
    out.print(f"[bold]{escape(record.id)}[/]  [{_COLOURS.get(run.state, 'yellow')}]{run.state}[/]")
    for name, text in _facts(run):
        indented(out, f"[dim]{name:<10}[/] {escape(text)}", 2)
    if run.holder is None and summary.reason:
        indented(out, f"[dim]{'reason':<10}[/] {escape(summary.reason)}", 2)
    out.print(outcome_table(run.outcomes))
    show_causes(out, summary.errors, tips=True)
    show_next(out, run.next_command)


def _facts(run: Shown) -> Iterable[tuple[str, str]]:
    record, summary = run.record, run.summary
    yield "job", record.job_file
    yield "target", record.target
    yield "input", record.input
    if record.continues:
        yield "continues", record.continues
    if record.undoes:
        yield "takes back", record.undoes
    for other in run.undone_by:
        yield "undone by", other
    if run.holder is not None:
        yield "at work", f"{run.holder}, {run.in_flight} in flight"
    for who, began, ended in run.workers:
        until = local_time(ended) if ended is not None else "now" if run.holder else "it ended without a word"
        yield "session", f"{who}: {local_time(began)} to {until}"
    calls = ", ".join(f"{endpoint} {count:,}" for endpoint, count in summary.calls.items()) or "none"
    yield "calls", f"{calls} ({summary.retries:,} retries, {summary.throttled:,} throttled)"
    if summary.verified:
        yield "shown", verified_text(summary.verified)
    yield "took", seconds_text(summary.duration_s)


def show_history(case: str, events: Sequence[Event]) -> None:
    """Print what was about a case, the oldest first."""
    out.print(f"[bold]{escape(case)}[/]: {number(len(events), 'row')}")
    for event in events:
        when = "not sent" if event.finished_at is None else local_time(event.finished_at)
        by = f" by {event.by}" if event.by else ""
        colour = "green" if event.outcome in FINE else "red"
        out.print(f"{when}  [{colour}]{event.outcome.value}[/]{escape(by)}")
        indented(out, escape(f"run {event.run}, {event.input} row {event.row}"), 4)
        for field, old, new in parts(event.values, event.before):
            before = "" if event.before is None else f"{_short(field, old)} → "
            indented(out, escape(f"{field}: {before}{_short(field, new)}"), 4)
        if event.message:
            indented(out, f"[dim]{escape(event.message)}[/]", 4)


def _counts(outcomes: Mapping[Outcome, int]) -> str:
    return ", ".join(f"{count:,} {outcome.value}" for outcome, count in outcomes.items() if count)


def _short(field: str, value: Any) -> str:
    text = shown(value, field) or "nothing"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
