"""A server that throttles: with and without Retry-After, absurd ones, many at once, and for a while everybody."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from support.campaign import Campaign, Scene
from support.spoiled import JOB

from bulkcase.kore.verdict import judge
from bulkcase.sandbox import Fault, SandboxSettings
from bulkcase.sandbox.replies import ABSURD

QUOTA = 'windows = ["60/200ms", "1000/5s"]\nmax_in_flight = 4'
WINDOWS = ((60, 0.2), (1000, 5.0))
"""The longest of them says how long a run that is throttled without end is patient: two of them."""
STORM = {**JOB, "quota": QUOTA, "retry": 'attempts = 1\nmax_wait = "20ms"'}
"""One attempt a row: who counted a throttle as an attempt would lose the row."""


@dataclass(frozen=True)
class Storm:
    """How a server throttles."""

    fault: Fault
    how: str
    asked: float = 0.0
    """Seconds that the server asks for."""
    more: dict[str, Any] = field(default_factory=dict)


STORMS = [
    Storm(Fault.THROTTLE, "429 without Retry-After"),
    Storm(Fault.THROTTLE_TEXT, "400 whose text says rate limit"),
    Storm(Fault.THROTTLE_RETRY_AFTER, "429 with Retry-After in seconds", 1.0, {"retry_after": 1.0}),
    Storm(Fault.THROTTLE_DATE, "429 with Retry-After as a date", 0.5, {"retry_after": 1.0}),
]


def pause_behind(scene: Scene, number: int) -> float:
    """Return the seconds between a call and the next one that arrived."""
    return scene.calls[number + 1].arrived_at - scene.calls[number].arrived_at


@pytest.mark.parametrize(
    "storm",
    [
        pytest.param(s, id=s.fault.value, marks=pytest.mark.fault("throttled", f"{s.how}, three in a row"))
        for s in STORMS
    ],
)
def test_a_throttle_pauses_everybody_as_long_as_it_asks_and_costs_no_attempt(campaign: Campaign, storm: Storm) -> None:
    """After each of three in a row nothing leaves for as long as is asked, and rows with one attempt are updated."""
    script = [None] * 10 + [storm.fault] * 3
    settings = SandboxSettings(windows=WINDOWS, script=script, **storm.more)
    job = {**STORM, "quota": QUOTA.replace("= 4", "= 1")}
    with campaign.scene(campaign.size(20, 300), settings, **job) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        # The shortest window is waited for where nothing is asked, and twice as long behind the next throttle.
        pauses = [storm.asked] * 3 if storm.asked else [0.2, 0.4, 0.8]
        assert [scene.calls[number].fault for number in (10, 11, 12)] == [storm.fault] * 3
        assert all(pause_behind(scene, 10 + number) >= pauses[number] - 0.01 for number in range(3))
        assert len(scene.calls) == len(scene.rows) + 3
        campaign.proved(scene)


@pytest.mark.fault("throttled", "429 with a Retry-After that makes no sense, of eighteen kinds")
def test_a_retry_after_that_makes_no_sense_is_not_followed(campaign: Campaign) -> None:
    """Negative, infinite, far, past and wordy values all cost no more than the shortest window, and lose no row."""
    rows = campaign.size(60, 300)
    cases = {f"ci-{number:06d}": [Fault.THROTTLE_ABSURD] for number in range(0, rows, 2)}
    settings = SandboxSettings(windows=WINDOWS, case_scripts=cases)
    with campaign.scene(rows, settings, **STORM) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        gaps = [after.arrived_at - before.arrived_at for before, after in pairwise(scene.calls)]
        assert max(gaps) < 5.0, "the longest window"
        campaign.proved(scene)


@pytest.mark.parametrize("text", ABSURD, ids=lambda text: text[:20] or "empty")
def test_no_absurd_value_is_taken_for_a_time_to_wait(text: str) -> None:
    """Each of them is as if the server had asked for nothing."""
    assert not judge(429, {"Retry-After": text}, b"", datetime(2026, 11, 29, tzinfo=UTC)).wait


def test_the_absurd_values_are_of_every_kind() -> None:
    """Among them are negative, huge, past and far dates, and words: a list that shrinks is seen."""
    assert {"", "-5", "1e99", "NaN", "soon", "1000000000"} <= set(ABSURD)
    assert {year for text in ABSURD for year in re.findall(r" (\d{4}) ", text)} == {"1970", "2026", "9999"}


@pytest.mark.fault("throttled", "every call for a while, with Retry-After, then none")
def test_a_storm_that_throttles_everybody_passes(campaign: Campaign) -> None:
    """However many calls in a row are throttled, everybody waits it out, and each row is updated by its one attempt."""
    count = campaign.size(12, 24)
    script = [None] * 5 + [Fault.THROTTLE_RETRY_AFTER] * count
    settings = SandboxSettings(windows=WINDOWS, script=script, retry_after=0.1)
    with campaign.scene(campaign.size(40, 1000), settings, **STORM) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        assert len(scene.calls) == len(scene.rows) + count
        campaign.proved(scene)


@pytest.mark.fault("throttled", "a third of all calls, of all kinds, many a second")
def test_many_throttles_a_second_lose_nothing(campaign: Campaign) -> None:
    """Throttles of all kinds, mixed by a seed into calls in flight, cost time and no row."""
    settings = SandboxSettings(windows=WINDOWS, faults={Fault.THROTTLE: 0.2, Fault.THROTTLE_TEXT: 0.13}, seed=5)
    with campaign.scene(campaign.size(24, 400), settings, **STORM) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        campaign.proved(scene)


@pytest.mark.fault("throttled", "every call without end")
def test_a_storm_without_end_stops_the_run_and_the_named_command_goes_on(campaign: Campaign) -> None:
    """After two of the longest windows without a success the run stops, says why, and can be resumed."""
    settings = SandboxSettings(script=[Fault.THROTTLE] * 6)
    job = {**STORM, "quota": 'windows = ["60/200ms", "100/500ms"]\nmax_in_flight = 1'}
    with campaign.scene(campaign.size(8, 80), settings, **job) as scene:
        ended = scene.program()
        assert ended.code == 3, ended.errors
        assert "the server throttled every call" in ended.errors
        assert "lower quota.windows" in ended.errors
        assert scene.outcomes() == {"pending": len(scene.rows)}
        while scene.ends[-1].code == 3:
            scene.program(*scene.ends[-1].goes_on_with)
        assert scene.ends[-1].code == 0, scene.ends[-1].errors
        campaign.proved(scene)


@pytest.mark.fault("throttled", "the server's windows are smaller than the job's", full=True)
def test_a_quota_that_is_set_too_high_costs_time_and_no_row(campaign: Campaign) -> None:
    """Where others use up half of the quota the run is throttled again and again, and every row is updated."""
    settings = SandboxSettings(windows=[(30, 0.5)])
    with campaign.scene(300, settings, **{**STORM, "quota": 'windows = ["60/500ms"]\nmax_in_flight = 8'}) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        rejected = sum(call.rejected_by_window for call in scene.calls)
        campaign.proved(scene, struck=rejected, overruns=True)
