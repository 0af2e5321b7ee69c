import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.reporting.formats.html.charts import NARROW, SIZES, WIDE, latency_chart
from bulkcase.reporting.formats.html.figures import latency_figures
from bulkcase.reporting.formats.html.latency import bins, latency_text, latency_ticks, percentile

LATENCIES = st.dictionaries(st.integers(0, 10**8), st.integers(1, 10**9), min_size=1, max_size=50)


@given(latencies=LATENCIES)
def test_bins_hold_each_update_once(latencies: dict[int, int]) -> None:
    """Each begins where the one before ends, and has the updates that belong into it."""
    found = bins(latencies)
    assert sum(found.updates) == sum(latencies.values())
    for (low, high), updates in zip(itertools.pairwise(found.edges), found.updates, strict=True):
        assert low < high
        assert updates == sum(count for tenths, count in latencies.items() if low <= max(tenths, 1) < high)


@given(latencies=LATENCIES)
def test_bins_are_equally_wide_on_their_axis(latencies: dict[int, int]) -> None:
    """As wide as each other, and a tenth of a millisecond at least, which is as finely as it is measured."""
    found = bins(latencies)
    shares = [found.share(edge) for edge in found.edges]
    widths = [high - low for low, high in itertools.pairwise(shares)]
    assert widths == pytest.approx([1 / len(widths)] * len(widths))
    assert found.edges[1] - found.edges[0] > 0.99
    assert len(widths) <= 110


@pytest.mark.parametrize(
    ("latencies", "is_log"),
    [({3: 1}, False), ({100: 1, 999: 1}, False), ({100: 1, 1000: 1}, True), ({0: 1, 9: 1}, False)],
)
def test_an_axis_is_logarithmic_from_a_decade_on(latencies: dict[int, int], is_log: bool) -> None:
    """Below it, equal steps of time are easier to read."""
    assert bins(latencies).is_log is is_log


def test_fast_answers_leave_no_gaps() -> None:
    """Where every tenth of a millisecond has an update, every bin has one, from 0.1 ms on."""
    for low, high in ((1, 60), (2, 500), (9, 2000), (3, 29)):
        assert min(bins(dict.fromkeys(range(low, high), 1)).updates) > 0


@given(latencies=LATENCIES, most=st.integers(4, 8))
def test_ticks_of_latency_are_two_at_least(latencies: dict[int, int], most: int) -> None:
    """Between the ends of the axis, never more than there is room for, and no two say the same."""
    found = bins(latencies)
    ticks = latency_ticks(found, most)
    values = [tick.value for tick in ticks]
    assert 2 <= len(values) <= most
    assert found.edges[0] <= values[0] < values[-1] <= found.edges[-1]
    assert len({tick.text for tick in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("latencies", "texts"),
    [
        ({2: 1, 4000: 1}, ["0.1 ms", "1 ms", "10 ms", "100 ms"]),
        ({330: 1, 812: 1}, ["40 ms", "60 ms", "80 ms"]),
        ({10_000: 1, 10_900: 1}, ["1 s", "1.05 s", "1.1 s"]),
    ],
)
def test_ticks_of_latency_are_round(latencies: dict[int, int], texts: list[str]) -> None:
    """In milliseconds below a second, and with the digits that tell them apart."""
    assert [tick.text for tick in latency_ticks(bins(latencies), 4)] == texts


@given(latencies=LATENCIES)
def test_names_of_percentiles_do_not_run_into_each_other(latencies: dict[int, int]) -> None:
    """There is a line for each, every name stands once, and none leaves the chart."""
    for size in SIZES:
        marks = latency_chart(latencies, size).marks
        assert len(marks) == 3
        assert ", ".join(mark.text for mark in marks if mark.text) == "p50, p95, p99"
        reach = -math.inf
        for mark in (mark for mark in marks if mark.text):
            wide = len(mark.text) * 6.8
            begin = mark.at if mark.anchor == "start" else mark.at - wide
            assert reach < begin
            assert begin >= 0
            reach = begin + wide
        assert reach <= size.width


def test_percentiles_that_are_near_each_other_share_a_name() -> None:
    """It stands at the first line, or leftwards of the last one where there is no room to the right."""
    near = latency_chart({2000: 50, 2900: 50}, WIDE).marks
    assert [(mark.text, mark.anchor) for mark in near] == [("p50", "start"), ("", "end"), ("p95, p99", "end")]
    same = latency_chart({2000: 1000}, NARROW).marks
    assert [mark.text for mark in same] == ["p50, p95, p99", "", ""]


def test_few_updates_have_words_and_no_chart() -> None:
    """A chart of them, or a percentile, would say nothing."""
    few = latency_figures({400: 10, 1400: 9})
    assert few is not None
    assert (few["charts"], few["numbers"]) == ([], [])
    assert few["says"] == "Half of the 19 updates were answered within 40 ms, the slowest after 140 ms."
    many = latency_figures({400: 10, 1400: 10})
    assert many is not None
    assert len(many["charts"]) == len(SIZES)
    assert many["says"] == "time to the answer; 20 updates"
    one = latency_figures({4: 1})
    assert one is not None
    assert one["says"] == "The only update was answered after 0.4 ms."
    assert latency_figures({}) is None


@pytest.mark.parametrize(("share", "tenths"), [(0.5, 20), (0.9, 90), (0.95, 90), (0.99, 900), (1.0, 900)])
def test_a_percentile_is_the_time_of_an_update(share: float, tenths: int) -> None:
    """It is the least within which that share was answered."""
    assert percentile({900: 2, 10: 30, 20: 40, 90: 28}, share) == tenths


def test_a_percentile_of_nothing_is_nothing() -> None:
    """Nor does it fail."""
    assert percentile({}, 0.5) == 0


@pytest.mark.parametrize(
    ("tenths", "text"),
    [
        (0, "under 0.1 ms"),
        (4, "0.4 ms"),
        (99, "9.9 ms"),
        (2404, "240 ms"),
        (9994, "999 ms"),
        (9999, "1 s"),
        (10_000, "1 s"),
        (24_490, "2.4 s"),
        (99_900, "10 s"),
        (754_000, "75 s"),
        (1e8, "10,000 s"),
    ],
)
def test_a_latency_is_told_in_few_digits(tenths: float, text: str) -> None:
    """In milliseconds below a second."""
    assert latency_text(tenths) == text
