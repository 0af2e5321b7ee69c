"""Answers that come late: just in time, after the timeout, and in another order than they were asked for."""

import pytest
from support.campaign import Campaign
from support.spoiled import JOB, WINDOWS

from bulkcase.sandbox import Fault, SandboxSettings

EIGHT = {**JOB, "quota": 'windows = ["40/500ms"]\nmax_in_flight = 8'}
MINUTE = {**JOB, "quota": 'windows = ["40/60s"]\nmax_in_flight = 8'}


@pytest.mark.fault("slow", "a byte at a time, and whole just before the timeout")
def test_an_answer_that_is_slow_and_in_time_is_taken(campaign: Campaign) -> None:
    """The time of a call is that of the whole call: a slow answer within it counts, and nothing is sent twice."""
    settings = SandboxSettings(windows=WINDOWS, faults={Fault.SLOW_HEAD: 1.0}, trickle=0.005)
    rows = campaign.size(16, 200)
    with campaign.scene(rows, settings, **{**EIGHT, "timeout": "5s"}) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        assert len(scene.calls) == rows
        campaign.proved(scene)


@pytest.mark.fault("slow", "answers in another order than the calls, up to 0.3 s late")
def test_each_answer_is_its_own_call_s_in_whatever_order_they_come(campaign: Campaign) -> None:
    """Of eight calls in flight the later ones are answered first, and every answer shows what its row sent."""
    settings = SandboxSettings(windows=WINDOWS, latency=(0.0, 0.25), seed=4)
    rows = campaign.size(40, 2000)
    with campaign.scene(rows, settings, **{**EIGHT, "timeout": "2s"}) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        assert {line["bulkcase_verified"] for line in scene.report()} == {"equal"}
        finished = [line["bulkcase_finished_at"] for line in scene.report()]
        assert finished != sorted(finished), "they came in another order"
        assert len(scene.calls) == rows
        campaign.proved(scene, struck=rows)


@pytest.mark.fault("slow", "every answer later than the timeout, until that is raised")
def test_a_timeout_that_is_too_short_loses_no_row(campaign: Campaign) -> None:
    """Where every change lands and no answer is waited for, the run stops, says so, and ends well with more time."""
    settings = SandboxSettings(windows=WINDOWS, latency=(0.4, 0.5))
    with campaign.scene(
        campaign.size(10, 100), settings, **{**EIGHT, "retry": "attempts = 2", "timeout": "300ms"}
    ) as scene:
        ended = scene.program()
        assert ended.code == 3, ended.errors
        assert "the server does not answer" in ended.errors
        assert "connection.timeout" in ended.errors
        assert set(scene.outcomes()) <= {"unknown", "pending"}
        assert scene.lost() == []
        job = scene.folder / "job.toml"
        job.write_text(job.read_text().replace('timeout = "300ms"', 'timeout = "5s"'))
        assert scene.program(*ended.goes_on_with).code == 0, scene.ends[-1].errors
        struck = sum(call.status == 200 for call in scene.calls) - len(scene.rows)
        campaign.proved(scene, struck=struck, repeats=struck)


@pytest.mark.fault("slow", "every answer after 30 s, with a timeout of 35 s", full=True)
def test_a_latency_of_half_a_minute_below_the_timeout_is_waited_for(campaign: Campaign) -> None:
    """Every row is updated by one call."""
    settings = SandboxSettings(windows=[(40, 60.0)], latency=(30.0, 30.0))
    with campaign.scene(8, settings, **{**MINUTE, "timeout": "35s"}) as scene:
        assert scene.program().code == 0, scene.ends[-1].errors
        assert len(scene.calls) == 8
        campaign.proved(scene, struck=8)


@pytest.mark.fault("slow", "every answer after 30 s, with a timeout of 29 s", full=True)
def test_a_latency_of_half_a_minute_above_the_timeout_is_told(campaign: Campaign) -> None:
    """Every row landed and nobody saw it, so every one is unknown, and none is sent again where the job says leave."""
    settings = SandboxSettings(windows=[(40, 60.0)], latency=(30.0, 30.0))
    retry = 'attempts = 5\nunanswered = "leave"'
    with campaign.scene(4, settings, **{**MINUTE, "timeout": "29s", "retry": retry}) as scene:
        ended = scene.program()
        assert ended.code == 1, ended.errors
        assert len(scene.calls) == 4
        campaign.proved(scene, struck=4, outcomes={"unknown": 4})
