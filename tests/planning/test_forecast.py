import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcase.job.quantities import Window
from bulkcase.planning.forecast import Forecast

MINUTE, HOUR = Window(50, 60.0), Window(1700, 3600.0)

windows = st.lists(st.builds(Window, st.integers(1, 5000), st.floats(0.1, 90_000)), max_size=3)
forecasts = st.builds(
    Forecast,
    calls=st.integers(0, 10**6),
    windows=windows,
    pace=st.sampled_from(["burst", "even", "auto"]),
    max_in_flight=st.integers(1, 64),
)
moments = st.floats(0, 2e9)


@pytest.mark.parametrize(
    ("calls", "quota", "pace", "seconds"),
    [
        (0, [MINUTE, HOUR], "auto", 0.0),
        (1, [MINUTE, HOUR], "auto", 0.0),
        (50, [MINUTE, HOUR], "auto", 0.0),
        (51, [MINUTE, HOUR], "auto", 60.0),
        (1700, [MINUTE, HOUR], "auto", 33 * 60.0),
        (1701, [MINUTE, HOUR], "burst", 3600.0),
        (1701, [MINUTE, HOUR], "auto", 1700 * 3600.0 / 1700),
        (51, [MINUTE], "even", 50 * 60.0 / 50),
        (10**6, [], "auto", 0.0),
    ],
)
def test_the_quota_alone_gives_the_least_seconds(calls: int, quota: list[Window], pace: str, seconds: float) -> None:
    """From the first call to the last it takes as long as the windows, and an even pace, ask for."""
    assert Forecast(calls, quota, pace, 8).seconds == pytest.approx(seconds)


@given(forecasts, moments)
def test_at_its_start_a_run_is_forecast_at_the_ideal(forecast: Forecast, start: float) -> None:
    """Before anything was seen of a run, its finish is what the quota allows."""
    finish = forecast.finish(started=start, now=start, done=0, seconds_a_row=0.0)
    assert finish == pytest.approx(start + forecast.seconds)


@given(forecasts, moments, st.floats(0, 1e6), st.integers(0, 2 * 10**6), st.floats(0, 600), st.floats(-1e5, 1e5))
def test_no_finish_is_in_the_past(
    forecast: Forecast, start: float, passed: float, done: int, seconds_a_row: float, pause: float
) -> None:
    """Whatever was seen of a run, it is done now or later, and at once where nothing is left."""
    now = start + passed
    finish = forecast.finish(
        started=start, now=now, done=done, seconds_a_row=seconds_a_row, paused_until=max(now + pause, 0.0)
    )
    assert finish >= now
    if done >= forecast.calls:
        assert finish == now


@given(forecasts, moments, st.integers(0, 10**6), st.floats(0, 600), st.floats(0, 600))
def test_a_slower_run_is_done_no_earlier(forecast: Forecast, start: float, done: int, some: float, more: float) -> None:
    """The longer a row is in flight, the later the finish."""
    fast = forecast.finish(started=start, now=start, done=done, seconds_a_row=some)
    assert forecast.finish(started=start, now=start, done=done, seconds_a_row=some + more) >= fast


@pytest.mark.parametrize(
    ("name", "now", "done", "seconds_a_row", "paused_until", "finish"),
    [
        ("by the quota", 10.0, 50, 0.0, 0.0, 1000 + 120.0),
        ("by a slow start", 10.0, 20, 0.0, 0.0, 1010 + 120.0),
        ("by the pace", 10.0, 20, 80.0, 0.0, 1010 + 130 * 80 / 8),
        ("by a pause", 10.0, 20, 0.0, 900.0, 1900 + 120.0),
        ("by what is left after a pause", 900.0, 20, 0.0, 0.0, 1900 + 120.0),
        ("nothing left", 900.0, 150, 80.0, 5000.0, 1900.0),
    ],
)
def test_the_slowest_of_quota_pace_and_pause_decides(
    name: str, now: float, done: int, seconds_a_row: float, paused_until: float, finish: float
) -> None:
    """The finish follows the quota, or the pace seen, or a pause, whichever takes longest."""
    forecast = Forecast(150, [MINUTE], "burst", 8)
    paused = 1000 + paused_until if paused_until else 0.0
    found = forecast.finish(
        started=1000.0, now=1000.0 + now, done=done, seconds_a_row=seconds_a_row, paused_until=paused
    )
    assert found == pytest.approx(finish), name
