import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pages import BEGAN, drift

from bulkcase.model import Outcome
from bulkcase.reporting.formats.html.charts import (
    NARROW,
    SIZES,
    WIDE,
    Chart,
    Size,
    flow_chart,
    latency_chart,
    nights_chart,
    stacked,
)
from bulkcase.reporting.page import Flow, Slice

COUNTS = st.integers(0, 10**9)
SLICES = st.lists(st.builds(Slice, COUNTS, COUNTS, COUNTS, COUNTS), min_size=1, max_size=300)
QUOTAS = st.none() | st.floats(0, 1e9)
LATENCIES = st.dictionaries(st.integers(0, 10**7), st.integers(1, 10**9), min_size=1, max_size=50)
ALL_SIZES = pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)


def assert_within(chart: Chart) -> None:
    """Nothing that is drawn leaves the plot, and no label the chart."""
    size = chart.size
    for _, bars in chart.layers:
        for bar in bars:
            assert bar.height >= 0
            assert size.left - 0.01 <= bar.x <= bar.x + bar.width <= size.x1 + 0.51
            assert size.top - 0.01 <= bar.y <= bar.y + bar.height <= size.y1 + 0.01
    for label in [*chart.below, *chart.marks]:
        assert size.left - 0.01 <= label.at <= size.x1 + 0.01
    assert all(size.top - 0.01 <= label.at <= size.y1 + 0.01 for label in chart.beside)
    assert chart.line is None or size.top - 0.01 <= chart.line <= size.y1 + 0.01


def flow_of(slices: Sequence[Slice], quota: float | None = None, seconds: float = 60.0) -> Flow:
    return Flow(BEGAN, seconds, slices, quota)


@given(slices=SLICES, quota=QUOTAS, seconds=st.sampled_from([0.1, 1.0, 60.0, 3600.0, 86_400.0]))
def test_calls_over_time_stay_in_their_plot(slices: list[Slice], quota: float | None, seconds: float) -> None:
    """However many calls there are, and wherever the quota is."""
    for size in SIZES:
        assert_within(flow_chart(flow_of(slices, quota, seconds), size))


@given(latencies=LATENCIES)
def test_latencies_stay_in_their_plot(latencies: dict[int, int]) -> None:
    """From less than a millisecond to hours."""
    for size in SIZES:
        assert_within(latency_chart(latencies, size))


@ALL_SIZES
@pytest.mark.parametrize("many", [1, 2, 14])
def test_nights_stay_in_their_plot(size: Size, many: int) -> None:
    """One night has a chart too, and the last one always has its label."""
    nights = drift().nights[-many:]
    chart = nights_chart(nights, [Outcome.FAILED, Outcome.INVALID], size)
    assert_within(chart)
    assert chart.below[-1].text == "24 Nov"
    assert [len(bars) for _, bars in chart.layers] == [many, many]


@ALL_SIZES
def test_calls_of_one_slice_lie_on_each_other(size: Size) -> None:
    """Their heights are their numbers, the settled ones at the bottom."""
    chart = flow_chart(flow_of([Slice(5, 3, 0, 2)], 10.0), size)
    bars = {name: bar for name, (bar,) in chart.layers}
    tall = size.y1 - size.top
    assert chart.line == pytest.approx(size.top)
    assert [bar.height / tall for bar in bars.values()] == pytest.approx([0.5, 0.3, 0, 0.2])
    assert bars["settled"].y + bars["settled"].height == pytest.approx(size.y1)
    assert bars["again"].y + bars["again"].height == pytest.approx(bars["settled"].y)
    assert bars["reads"].y == pytest.approx(size.top)


@ALL_SIZES
def test_a_quota_that_is_far_above_is_not_drawn(size: Size) -> None:
    """The calls have the height of the chart; up to three times as many are drawn as a line."""
    far = flow_chart(flow_of([Slice(9, 0, 0, 1)], 30.1), size)
    assert far.line is None
    assert far.layers[0][1][0].height > 0.85 * (size.y1 - size.top)
    near = flow_chart(flow_of([Slice(9, 0, 0, 1)], 30.0), size)
    assert near.line is not None


def test_nothing_is_drawn_of_what_was_not_called() -> None:
    """A layer without calls is an empty path, and slices without any are a flat chart."""
    chart = flow_chart(flow_of([Slice(0, 0, 0, 0)] * 3), WIDE)
    assert [chart.path(index) for index in range(4)] == ["", "", "", ""]
    assert [label.text for label in chart.beside] == ["0", "1"]


@given(slices=SLICES)
def test_bars_of_a_chart_are_as_many_as_it_has_room_for(slices: list[Slice]) -> None:
    """Many slices become fewer bars, and no call is lost."""
    for size in SIZES:
        chart = flow_chart(flow_of(slices), size)
        top_value = _top(chart, slices, size)
        drawn = sum(bar.height for _, bars in chart.layers for bar in bars) / (size.y1 - size.top) * top_value
        assert len(chart.layers[0][1]) <= size.bars
        assert drawn == pytest.approx(sum(each.calls for each in slices), rel=1e-6, abs=1e-6)


def _top(chart: Chart, slices: list[Slice], size: Size) -> float:
    """Return what the highest tick stands for, from the tallest bar."""
    step = -(-len(slices) // size.bars)
    tallest = max(sum(each.calls for each in slices[at : at + step]) for at in range(0, len(slices), step))
    heights = [sum(bars[index].height for _, bars in chart.layers) for index in range(len(chart.layers[0][1]))]
    return tallest / (max(heights) / (size.y1 - size.top)) if tallest else 0.0


@given(latencies=LATENCIES)
def test_labels_below_do_not_run_into_each_other(latencies: dict[int, int]) -> None:
    """Each begins where the one before has ended."""
    for size in SIZES:
        labels = latency_chart(latencies, size).below
        assert all(one.at < other.at for one, other in itertools.pairwise(labels))
        ends = [(label.at, len(label.text) * 5) for label in labels if label.anchor == "middle"]
        for (at, wide), (other, width) in itertools.pairwise(ends):
            assert other - width / 2 > at + wide / 2


@given(latencies=LATENCIES)
def test_a_histogram_loses_no_update(latencies: dict[int, int]) -> None:
    """The heights of its bars are in the proportion of all updates to those of its tallest bar."""
    chart = latency_chart(latencies, NARROW)
    heights = [bar.height for _, bars in chart.layers for bar in bars]
    assert max(heights) > 0
    assert sum(height > 0 for height in heights) <= len(latencies)


@given(counts=st.lists(st.integers(0, 10**12), max_size=9))
def test_a_stacked_bar_is_always_full(counts: list[int]) -> None:
    """Its parts follow on each other without a gap, the least of them can be seen, and what is nothing is left out."""
    parts = stacked({str(index): count for index, count in enumerate(counts)})
    assert len(parts) == sum(count > 0 for count in counts)
    if not parts:
        return
    assert parts[0].x == 0
    assert parts[-1].x + parts[-1].width == pytest.approx(100)
    assert all(part.width >= 0.8 for part in parts)
    for one, other in itertools.pairwise(parts):
        assert other.x == pytest.approx(one.x + one.width)
    sizes = sorted((counts[int(part.name)], part.width) for part in parts)
    assert [width for _, width in sizes] == sorted(width for _, width in sizes)
