"""What a person is shown of the ledger: its runs, one of them, one case."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import JustifyMethod
from rich.table import Table

from bulkcase.cells import escaped
from bulkcase.cli.common.console import err, escape, escape_lines, indented, local_time, number, out, show_table
from bulkcase.cli.common.show import outcome_table, show_causes, show_next, verified_text
from bulkcase.fields.parts import parts, shown
from bulkcase.ledger.queries.drift import Drift
from bulkcase.ledger.queries.history import Event
from bulkcase.model import FINE, NEEDS_A_PERSON, Outcome, RunState
from bulkcase.operations.runs import Listed, Shown
from bulkcase.said import seconds_text

_COLOURS = {RunState.FINISHED: "green", RunState.RUNNING: "blue", RunState.PLANNED: "dim", RunState.ABANDONED: "dim"}
_LONGEST_VALUE = 60
_BARS = "▁▂▃▄▅▆▇█"
_LISTED = 20
"""Lines of a table that are printed; --json has more."""
_FACT = 10
"""Columns of the name of a fact."""
_NUMBERS = frozenset({"nights", "row"})


def show_runs(runs: Sequence[Listed]) -> None:
    """Print the runs by job, the one with the newest run last: what, when, how it stands, and what that changes."""
    if not runs:
        err.print("the ledger has no runs yet")
    jobs: dict[tuple[str, str], list[Listed]] = {}
    for run in runs:
        key = (run.record.job_file, run.record.target)
        jobs[key] = [*jobs.pop(key, []), run]
    for of_job in jobs.values():
        _show_job(of_job)


def _show_job(runs: Sequence[Listed]) -> None:
    """Print the runs of one job, the newest last."""
    nights = [run for run in runs if _is_night(run)]
    first = (nights or runs)[0].record
    indented(out, f"[bold]{escape(first.job)}[/] → {escape(first.target)}", 0)
    if len(nights) > 1:
        indented(out, _trend([run.needs_a_person for run in nights]), 2)
    before: Listed | None = None
    for run in runs:
        _show_listed(run, before if _is_night(run) else None)
        before = run if _is_night(run) else before


def _is_night(run: Listed) -> bool:
    """Say whether a run says how its job is doing: others may be half done, or about a part of its rows."""
    record = run.record
    return run.state is RunState.FINISHED and not (record.undoes or record.continues or record.is_part or run.undone_by)


def _show_listed(run: Listed, before: Listed | None) -> None:
    record = run.record
    when = local_time(record.started_at or record.planned_at)
    state = run.state if record.exit_code is None else f"{run.state} ({record.exit_code})"
    name = f"[bold]{escape(record.id)}[/]  [{_COLOURS.get(run.state, 'yellow')}]{state}[/]"
    indented(out, f"{name}  {when}", 2)
    back = f", takes back {escape(record.undoes)}" if record.undoes else ""
    gone = f", undone by {escape(run.undone_by[-1])}" if run.undone_by else ""
    rows = number(record.rows or 0, "row")
    if before is not None:
        rows += _difference((record.rows or 0) - (before.record.rows or 0))
    counts = _counts(run.outcomes, None if before is None else before.outcomes)
    took = f" in {seconds_text(record.duration)}" if record.duration else ""
    calls = f"; [dim]{number(run.calls, 'call')}{took}[/]" if run.calls or took else ""
    indented(out, f"{rows}: {counts}{back}{gone}{calls}", 6)


def _trend(counts: Sequence[int]) -> str:
    """Return how many rows need a person, run after run, as a row of bars."""
    most = max(counts)
    if not most:
        return f"[green]no row needs a person[/] in {number(len(counts), 'run')}"
    # A bar that is not the lowest one says that there are some.
    bars = "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] for count in counts)
    return (
        f"rows that need a person: [bold]{bars}[/] {counts[-1]:,} now, at most {most:,} in {number(len(counts), 'run')}"
    )


def show_drift(found: Drift) -> None:
    """Print what changes between the nights of a job, table by table."""
    nights = found.nights
    last = nights[-1]
    indented(out, f"[bold]{escape(last.run_id)}[/] and {number(len(nights) - 1, 'night')} before it", 0)
    indented(out, _trend([sum(night.outcomes[one] for one in NEEDS_A_PERSON) for night in nights]), 2)
    if found.is_quiet:
        out.print("[green]nothing drifts[/]")
        return
    when = {night.run_id: local_time(night.started_at) for night in nights}
    if _heading(found.failing_total, "case needs", "cases need", "a person night after night"):
        lines = [(f"{one.nights}", f"{one.row:,}", one.code, one.case) for one in found.failing]
        _table(("nights", "row", "cause", "case"), lines, found.failing_total)
    if _heading(found.flipping_total, "value is", "values are", "set to and fro"):
        for flip in found.flipping[:_LISTED]:
            indented(out, f"{escape(flip.case)}  [bold]{escape(escaped(flip.field))}[/] in {flip.nights} nights", 2)
            indented(out, escape(" → ".join(_line(value) or "nothing" for value in flip.values)), 6)
        _more(found.flipping_total, len(found.flipping))
    if _heading(found.gone_total, "case is", "cases are", "not there any more"):
        gone = [(f"{one.row or 0:,}", when.get(one.last_seen, ""), one.case) for one in found.gone]
        _table(("row", "last seen", "case"), gone, found.gone_total)
    if _heading(found.left_out_total, "case is", "cases are", "not in the file any more"):
        left = [(when.get(one.last_seen, ""), one.case) for one in found.left_out]
        _table(("last seen", "case"), left, found.left_out_total)


def _heading(count: int, one: str, many: str, what: str) -> bool:
    if count:
        out.print()
        out.print(f"[bold]{number(count, one, many)} {what}[/]")
    return count > 0


def _table(header: Sequence[str], lines: Sequence[Sequence[str]], total: int) -> None:
    """Print the first lines of a table; its last column is of cases, whose long ids are broken rather than cut."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in header:
        justify: JustifyMethod = "right" if name in _NUMBERS else "left"
        table.add_column(name, justify=justify, no_wrap=name != header[-1], overflow="fold")
    for line in lines[:_LISTED]:
        table.add_row(*map(escape, line))
    show_table(out, table, 2)
    _more(total, len(lines))


def _more(total: int, listed: int) -> None:
    if total > min(listed, _LISTED):
        indented(out, f"[dim]and {total - min(listed, _LISTED):,} more[/]", 2)


def _line(value: str) -> str:
    return escaped(" ".join(value.split()))


def show_one(run: Shown) -> None:
    """Print all that is known of a run."""
    record, summary = run.record, run.summary
    out.print(f"[bold]{escape(record.id)}[/]  [{_COLOURS.get(run.state, 'yellow')}]{run.state}[/]")
    facts = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
    facts.add_column(min_width=_FACT, style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, text in _facts(run):
        facts.add_row(name, escape(text))
    if run.holder is None and summary.reason:
        facts.add_row("reason", escape_lines(summary.reason))
    show_table(out, facts, 2)
    show_table(out, outcome_table(run.outcomes))
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


def _counts(outcomes: Mapping[Outcome, int], before: Mapping[Outcome, int] | None) -> str:
    """Return the outcomes that there are, or were before, each with what that changes."""
    if before is None:
        return ", ".join(f"{count:,} {outcome.value}" for outcome, count in outcomes.items() if count)
    return ", ".join(
        f"{count:,} {outcome.value}{_difference(count - before[outcome], is_bad=outcome in NEEDS_A_PERSON)}"
        for outcome, count in outcomes.items()
        if count or before[outcome]
    )


def _difference(more: int, *, is_bad: bool = False) -> str:
    """Return what a number is more or less than before; nothing where it is the same."""
    if not more:
        return ""
    colour = "dim" if not is_bad else "red" if more > 0 else "green"
    return f" [{colour}]({more:+,})[/]"


def _short(field: str, value: Any) -> str:
    text = shown(value, field) or "nothing"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
