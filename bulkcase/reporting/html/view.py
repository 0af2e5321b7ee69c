"""What the template is given: a page as words, numbers and charts. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from bulkcase.fields.changes import ChangeGroup
from bulkcase.model import NEEDS_A_PERSON, Outcome
from bulkcase.reporting.html.charts import SIZES, Chart, Part, flow_chart, latency_chart, nights_chart, stacked
from bulkcase.reporting.html.scales import latency_text, percentile
from bulkcase.reporting.html.words import (
    GRAVEST_FIRST,
    MEANINGS,
    advice,
    clean,
    duration_text,
    ending,
    exit_text,
    moment_text,
    next_text,
    number,
    percent,
    span_text,
    spent_class,
    verified_text,
)
from bulkcase.reporting.page import Flow, Page, Slice
from bulkcase.reporting.summary import Summary

_TIPS: Final = 3
_LONGEST: Final = 300
"""Characters of a value in the data of the table: the page has to open in a blink."""
_MOST_OF_A_FIELD: Final = 12
"""Groups of changes of one field that are shown."""

_FLOW: Final = {
    "settled": "updates settled",
    "again": "updates to be made again",
    "throttled": "throttled",
    "reads": "reads of live cases",
}


class Count(NamedTuple):
    """A number with its name, its share and what it means."""

    name: str
    rows: int
    share: str
    text: str = ""


class Failure(NamedTuple):
    """A cause with the rows behind it."""

    code: str
    rows: int
    share: str
    example: str
    tip: str
    shown: int
    """Rows of it in the table below."""
    file: str
    """Relative to the page; empty where there is none."""


class Change(NamedTuple):
    """From what to what a field was changed, in how many rows."""

    before: str | None
    to: str | None
    is_lookalike: bool
    rows: int
    width: float
    """In percent of the largest one."""


def view(page: Page) -> dict[str, Any]:
    """Return the names that the template knows."""
    summary = page.summary
    return {
        "page": page,
        "summary": summary,
        "ending": ending(summary),
        "exit": exit_text(summary.exit_code),
        "when": span_text(summary.started_at, summary.finished_at),
        "took": duration_text(summary.duration_s),
        "made_at": moment_text(page.made_at),
        "next_text": next_text(page.next_command),
        "advice": advice(summary, page.next_command),
        "tips": [cause for cause in summary.errors if cause.tip][:_TIPS],
        "outcomes": _outcomes(summary),
        "outcome_parts": stacked({outcome.value: summary.outcomes.get(outcome, 0) for outcome in GRAVEST_FIRST}),
        "verified": verified_text(summary.verified),
        "flow": _flow(page.flow),
        "calls": _calls(summary),
        "latency": _latency(page.latencies),
        "spent": _spent(page),
        "failures": _failures(page),
        "changes": list(_changes(page.changes)),
        "nights": _nights(page),
        "workers": [(name, span_text(began, ended), ended is None) for name, began, ended in page.workers],
        "windows": [f"{number(limit, 'call')} in {duration_text(seconds)}" for limit, seconds in page.windows],
        "number": number,
        "moment": moment_text,
        "duration": duration_text,
    }


def data(page: Page) -> dict[str, Any]:
    """Return what the script is given: the rows of the table, values that are very long cut."""
    return {
        "header": [clean(name, _LONGEST) for name in page.header],
        "outcomes": [outcome.value for outcome in GRAVEST_FIRST],
        "rows": [
            [
                row.number,
                clean(row.case, _LONGEST),
                row.outcome,
                row.verified,
                row.code,
                clean(row.message, _LONGEST * 2),
                row.attempts,
                row.status,
                row.finished_at,
                [[clean(text, _LONGEST) if text is not None else None for text in change] for change in row.changes],
                [clean(cell, _LONGEST) for cell in row.cells],
            ]
            for row in page.rows
        ],
    }


def _outcomes(summary: Summary) -> list[Count]:
    return [
        Count(outcome.value, count, percent(count, summary.rows), MEANINGS[outcome])
        for outcome in GRAVEST_FIRST
        if (count := summary.outcomes.get(outcome, 0))
    ]


def _flow(flow: Flow | None) -> dict[str, Any] | None:
    if flow is None or not flow.slices:
        return None
    totals = Slice(*(sum(column) for column in zip(*flow.slices, strict=True)))
    charts = [flow_chart(flow, size) for size in SIZES]
    busiest = max(flow.slices, key=lambda each: each.calls)
    began = flow.began + flow.seconds * list(flow.slices).index(busiest)
    allowed = "" if flow.quota is None else f"; the quota allows {_rate(flow.quota)} at most"
    return {
        "charts": [(chart, duration_text(_seconds_of_a_bar(flow, chart))) for chart in charts],
        "legend": [(name, _FLOW[name], count) for name, count in totals._asdict().items() if count],
        "has_quota": flow.quota is not None,
        "says": f"Most calls in {duration_text(flow.seconds)}: {busiest.calls:,}, from {moment_text(began)}{allowed}.",
    }


def _rate(quota: float) -> str:
    return f"{quota:,.0f}" if quota >= 10 else f"{quota:.2g}"


def _seconds_of_a_bar(flow: Flow, chart: Chart) -> float:
    """Return how long a bar of a chart of calls is."""
    return flow.seconds * max(-(-len(flow.slices) // chart.size.bars), 1)


def _calls(summary: Summary) -> str:
    total = sum(summary.calls.values())
    by = ", ".join(f"{count:,} {name}" for name, count in summary.calls.items() if count)
    again = f"; {number(summary.retries, 'update')} made again" if summary.retries else ""
    throttled = f", {summary.throttled:,} throttled" if summary.throttled else ""
    return f"{number(total, 'call')}: {by}{again}{throttled}." if total else ""


def _latency(latencies: Mapping[int, int]) -> dict[str, Any] | None:
    answered = sum(latencies.values())
    if not answered:
        return None
    found = [(name, latency_text(percentile(latencies, share))) for name, share in _PERCENTILES]
    return {
        "charts": [latency_chart(latencies, size) for size in SIZES],
        "answered": answered,
        "numbers": [*found, ("the slowest", latency_text(max(latencies)))],
    }


_PERCENTILES: Final = (("half within (p50)", 0.5), ("95 % within (p95)", 0.95), ("99 % within (p99)", 0.99))


def _spent(page: Page) -> dict[str, Any] | None:
    spent = [each for each in page.spent if each.seconds > 0]
    total = sum(each.seconds for each in spent)
    if not spent:
        return None
    parts: list[Part] = stacked({spent_class(each): each.seconds for each in spent})
    rows = [(spent_class(each), each.name, duration_text(each.seconds), percent(each.seconds, total)) for each in spent]
    return {"parts": parts, "rows": rows}


def _failures(page: Page) -> list[Failure]:
    shown = Counter(row.code for row in page.rows if row.outcome in _NOT_WELL)
    total = page.summary.rows
    return [
        Failure(
            cause.code,
            cause.count,
            percent(cause.count, total),
            cause.example,
            cause.tip,
            shown[cause.code],
            quote(file) if (file := f"failed/{cause.code}.csv") in page.summary.files else "",
        )
        for cause in page.summary.errors
    ]


_NOT_WELL: Final = frozenset({*(outcome.value for outcome in NEEDS_A_PERSON), Outcome.PENDING.value})


def _changes(groups: Sequence[ChangeGroup]) -> Iterator[dict[str, Any]]:
    """Yield what changed of each field, the field with the most changes first."""
    by_field = groupby(sorted(groups, key=lambda group: group.field), key=lambda group: group.field)
    fields = sorted(((field, list(of)) for field, of in by_field), key=lambda each: -sum(g.count for g in each[1]))
    widest = max((group.count for group in groups), default=1)
    for field, of in fields:
        of.sort(key=lambda group: -group.count)
        yield {
            "field": field,
            "total": sum(group.count for group in of),
            "more": len(of[_MOST_OF_A_FIELD:]),
            "more_rows": sum(group.count for group in of[_MOST_OF_A_FIELD:]),
            "groups": [
                Change(
                    group.before,
                    group.to,
                    group.before is not None and group.before == group.to,
                    group.count,
                    max(group.count / widest * 100, 0.5),
                )
                for group in of[:_MOST_OF_A_FIELD]
            ],
        }


def _nights(page: Page) -> dict[str, Any] | None:
    drift = page.drift
    if drift is None or not drift.nights:
        return None
    bad = [outcome for outcome in GRAVEST_FIRST if outcome in NEEDS_A_PERSON or outcome is Outcome.PENDING]
    counts = [sum(night.outcomes.get(outcome, 0) for outcome in bad) for night in drift.nights]
    seen = [outcome for outcome in bad if any(night.outcomes.get(outcome) for night in drift.nights)]
    return {
        "charts": [nights_chart(drift.nights, bad, size) for size in SIZES] if any(counts) else [],
        "legend": [outcome.value for outcome in seen],
        "rows": [
            (night, sum(night.outcomes.values()), count)
            for night, count in zip(drift.nights[::-1], counts[::-1], strict=True)
        ],
    }
