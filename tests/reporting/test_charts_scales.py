import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pages import BEGAN

from bulkcase.reporting.formats.html.scales import compact, count_ticks, merged, shares, time_ticks
from bulkcase.reporting.page import Flow, Slice


@given(top=st.floats(0, 1e15), most=st.integers(2, 6))
def test_ticks_of_counts_are_round_and_few(top: float, most: int) -> None:
    """They go in equal whole steps from 0 to the top or just above it."""
    values = [tick.value for tick in count_ticks(top, most)]
    step = values[1]
    assert values == [step * index for index in range(len(values))]
    assert step == int(step)
    assert str(int(step)).rstrip("0") in {"1", "2", "5"}
    assert values[-2] < max(top, 1) <= values[-1]
    assert len(values) <= most + 1


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (950, "950"), (1200, "1.2k"), (100_000, "100k"), (3_000_000, "3M"), (5e9, "5G"), (1e15, "1,000,000G")],
)
def test_counts_are_short(count: float, text: str) -> None:
    """An axis has room for few digits."""
    assert compact(count) == text


@pytest.mark.parametrize(
    ("seconds", "texts"),
    [
        (3, ["23:00:00", "23:00:01", "23:00:02", "23:00:03"]),
        (900, ["23:00", "23:05", "23:10", "23:15"]),
        (4 * 3600, ["23:00", "25 Nov", "01:00", "02:00", "03:00"]),
        (3 * 86_400, ["25 Nov", "26 Nov", "27 Nov"]),
        (0.5, ["23:00:00"]),
    ],
)
def test_moments_are_told_as_finely_as_they_need(seconds: float, texts: list[str]) -> None:
    """In UTC, at round moments, and a new day by its date."""
    assert [tick.text for tick in time_ticks(BEGAN, BEGAN + seconds, 5)] == texts


@given(began=st.floats(1e6, 4e9), seconds=st.floats(0.001, 3e8), most=st.integers(3, 9))
def test_ticks_of_time_are_within_and_few(began: float, seconds: float, most: int) -> None:
    """However long a run took."""
    values = [tick.value for tick in time_ticks(began, began + seconds, most)]
    assert len(values) <= most
    assert all(began <= value <= began + seconds for value in values)
    assert values == sorted(set(values))


@given(slices=st.lists(st.builds(Slice, *[st.integers(0, 99)] * 4), min_size=1, max_size=200), most=st.integers(1, 150))
def test_merging_slices_loses_no_call(slices: list[Slice], most: int) -> None:
    """Their quota grows as they do, and they cover the same time."""
    flow = merged(Flow(BEGAN, 10.0, slices, 5.0), most)
    assert len(flow.slices) <= most
    assert [sum(column) for column in zip(*flow.slices, strict=True)] == [
        sum(column) for column in zip(*slices, strict=True)
    ]
    assert flow.quota == flow.seconds / 10 * 5
    assert flow.seconds * len(flow.slices) >= 10 * len(slices)


@given(counts=st.lists(st.floats(0, 1e12), max_size=9), least=st.floats(0, 5))
def test_shares_are_the_whole(counts: list[float], least: float) -> None:
    """They add up to 100, unless there is nothing to share."""
    found = shares(counts, least)
    assert sum(found) == pytest.approx(100 if sum(counts) > 0 else 0)
    assert all(share == 0 or share >= least for share in found)
