"""Calls and latencies as the template is given them: charts, and the words beside them. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from bulkcase.reporting.formats.html.charts import SIZES, Chart, flow_chart, is_far, latency_chart
from bulkcase.reporting.formats.html.latency import bins, latency_text, percentile
from bulkcase.reporting.formats.html.words import duration_text, moment_text
from bulkcase.reporting.page import Flow, Page, Slice
from bulkcase.said import number

_FLOW: Final = {
    "settled": "updates settled",
    "again": "no answer, or a passing fault",
    "throttled": "throttled",
    "reads": "reads of live cases",
}
_PERCENTILES: Final = (("half within (p50)", 0.5), ("95 % within (p95)", 0.95), ("99 % within (p99)", 0.99))
_FEW: Final = 20
"""Updates below which a chart of their latencies, or a percentile, would say nothing."""


def flow_figures(page: Page) -> dict[str, Any] | None:
    """Return the calls over time; None where there were none."""
    flow = page.flow
    if flow is None or not flow.slices:
        return None
    totals = Slice(*(sum(column) for column in zip(*flow.slices, strict=True)))
    charts = [flow_chart(flow, size) for size in SIZES]
    busiest = max(flow.slices, key=lambda each: each.calls)
    began = flow.began + flow.seconds * list(flow.slices).index(busiest)
    most = f"Most calls in {duration_text(flow.seconds)}: {busiest.calls:,}, from {moment_text(began)}"
    return {
        "charts": [(chart, duration_text(_seconds_of_a_bar(flow, chart))) for chart in charts],
        "legend": [(name, _FLOW[name], count) for name, count in totals._asdict().items() if count],
        "has_quota": flow.quota is not None and not is_far(flow),
        "calls": _calls(sum(page.summary.calls.values()), totals.calls),
        "says": f"{most}{_quota(flow)}.",
    }


def _calls(made: int, shown: int) -> str:
    """Return how many calls were made: each is one of the legend, so that no two sums seem to contradict each other."""
    if made > shown:
        lost = f"{made - shown:,} more were under way when a session was killed"
        return f"{number(shown, 'call')}, by what came of each; {lost}."
    return f"{number(shown, 'call')}, by what came of each."


def _quota(flow: Flow) -> str:
    if flow.quota is None:
        return ""
    if is_far(flow):
        return f"; the quota, {_rate(flow.quota)} in that time, is far above"
    return f"; the quota allows {_rate(flow.quota)} at most"


def _rate(quota: float) -> str:
    return f"{quota:,.0f}" if quota >= 10 else f"{quota:.2g}"


def _seconds_of_a_bar(flow: Flow, chart: Chart) -> float:
    """Return how long a bar of a chart of calls is."""
    return flow.seconds * max(-(-len(flow.slices) // chart.size.bars), 1)


def latency_figures(latencies: Mapping[int, int]) -> dict[str, Any] | None:
    """Return how long updates took; None where none was answered, and words alone where these were few."""
    answered = sum(latencies.values())
    if not answered:
        return None
    half, slowest = latency_text(percentile(latencies, 0.5)), latency_text(max(latencies))
    if answered < _FEW:
        of = f"Half of the {number(answered, 'update')} were" if answered > 1 else "The only update was"
        last = f" within {half}, the slowest after {slowest}." if answered > 1 else f" after {slowest}."
        return {"charts": [], "numbers": [], "says": f"{of} answered{last}"}
    found = [(name, latency_text(percentile(latencies, share))) for name, share in _PERCENTILES]
    scale = ", on a logarithmic scale" if bins(latencies).is_log else ""
    return {
        "charts": [latency_chart(latencies, size) for size in SIZES],
        "numbers": [*found, ("the slowest", slowest)],
        "says": f"time to the answer{scale}; {number(answered, 'update')}",
    }
