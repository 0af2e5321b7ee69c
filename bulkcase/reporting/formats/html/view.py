"""What the template is given: a page as words, numbers and charts. Pure."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from bulkcase.fields.changes import ChangeGroup
from bulkcase.model import NEEDS_A_PERSON, Outcome
from bulkcase.reporting.formats.html.charts import SIZES, Part, nights_chart, stacked
from bulkcase.reporting.formats.html.figures import flow_figures, latency_figures
from bulkcase.reporting.formats.html.steps import next_steps
from bulkcase.reporting.formats.html.words import (
    GRAVEST_FIRST,
    MEANINGS,
    clean,
    duration_text,
    ending,
    exit_text,
    moment_text,
    percent,
    reason_parts,
    span_text,
    spent_class,
    unchanged_text,
    verified_text,
)
from bulkcase.reporting.page import Page
from bulkcase.reporting.summary import Summary
from bulkcase.said import number

_LONGEST: Final = 300
"""Characters of a value in the data of the table: the page has to open in a blink."""
_MOST_OF_A_FIELD: Final = 12
"""Groups of changes of one field that are shown."""


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
        "took": f"{duration_text(summary.duration_s)}, planning included",
        "made_at": moment_text(page.made_at),
        "reason": reason_parts(summary.reason),
        **next_steps(page),
        "outcomes": _outcomes(summary),
        "outcome_parts": stacked({outcome.value: summary.outcomes.get(outcome, 0) for outcome in GRAVEST_FIRST}),
        "verified": verified_text(summary.verified),
        "flow": flow_figures(page),
        "latency": latency_figures(page.latencies),
        "spent": _spent(page),
        "failures": _failures(page),
        "changes": list(_changes(page)),
        "unchanged": unchanged_text(summary.outcomes),
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
        "total": page.summary.rows,
        "outcomes": [(outcome.value, page.summary.outcomes.get(outcome, 0)) for outcome in GRAVEST_FIRST],
        "causes": {clean(cause.code, _LONGEST): cause.count for cause in page.summary.errors},
        "needing": [outcome.value for outcome in NEEDS_A_PERSON],
        "rows": [
            [
                row.number,
                clean(row.case, _LONGEST),
                row.outcome,
                row.verified,
                clean(row.code, _LONGEST),
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


def _changes(page: Page) -> Iterator[dict[str, Any]]:
    """Yield what changed of each field, the field with the most changes first."""
    by_field = groupby(sorted(page.changes, key=lambda group: group.field), key=lambda group: group.field)
    fields = sorted(((field, list(of)) for field, of in by_field), key=lambda each: -sum(g.count for g in each[1]))
    widest = max((group.count for group in page.changes), default=1)
    for field, of in fields:
        of.sort(key=lambda group: -group.count)
        yield {
            "field": field,
            "unknown": "masked" if field in page.private else "different, or not read",
            "total": sum(group.count for group in of),
            "more": len(of[_MOST_OF_A_FIELD:]),
            "more_rows": sum(group.count for group in of[_MOST_OF_A_FIELD:]),
            "groups": [_change(group, widest) for group in of[:_MOST_OF_A_FIELD]],
        }


def _change(group: ChangeGroup, widest: int) -> Change:
    is_lookalike = group.before is not None and group.before == group.to
    return Change(group.before, group.to, is_lookalike, group.count, max(group.count / widest * 100, 0.5))


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
