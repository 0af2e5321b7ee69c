"""The clock on the wall: set an hour forward or back, and by DST, in the middle of a run and between two."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from support.campaign import Campaign, Scene
from support.machine import clock_set_by, open_runs, prove_the_truth
from support.program import SECONDS

from bulkcase.sandbox import SandboxSettings

HOUR = 3600
WINDOW, IN_FLIGHT = ((20, 1.0),), 4
QUOTA = f'windows = ["20/1s"]\nmax_in_flight = {IN_FLIGHT}\npace = "burst"'
ONLY_FULL = pytest.mark.fault(full=True)
JUMPS = [HOUR, pytest.param(-HOUR, marks=ONLY_FULL)]


@pytest.mark.fault("the clock jumps", "an hour forward or back in the middle of a run; the server's stays")
@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_overruns_no_window_and_loses_no_row(campaign: Campaign, jump: int) -> None:
    """Windows go by a clock that is never set; where a token of another hour is refused, the right clock goes on."""
    settings = SandboxSettings(windows=WINDOW, latency=(0.0, 0.02))
    with campaign.scene(campaign.size(50, 1000), settings, quota=QUOTA, retry="attempts = 20") as scene:
        wrong = scene.folder / "clock.txt"

        def set_it(scene: Scene, _: Any) -> None:
            scene.server.wait_for_calls(15)
            wrong.write_text(str(jump))

        ended = scene.program(meanwhile=set_it, prelude=clock_set_by(wrong))
        assert ended.code in {0, 3}, ended.errors
        wrong.unlink()
        if ended.code:
            prove_the_truth(scene, in_doubt=0)
            assert scene.program(*ended.goes_on_with).code == 0
        assert 0 < seconds_of(scene) < SECONDS, "no hour that nobody has worked"
        campaign.proved(scene, struck=1)


@pytest.mark.fault("the clock jumps between two runs", "an hour forward or back between a kill and what goes on")
@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_was_set_between_two_processes_overruns_no_window(campaign: Campaign, jump: int) -> None:
    """What the killed process has used of the quota still counts, whatever the clock says, and runs keep order."""
    settings = SandboxSettings(windows=WINDOW, latency=(0.0, 0.02))
    with campaign.scene(campaign.size(50, 400), settings, quota=QUOTA) as scene:
        wrong = scene.folder / "clock.txt"

        def kill(scene: Scene, process: Any) -> None:
            scene.server.wait_for_calls(18)
            process.kill()

        assert scene.program(meanwhile=kill).code == -9
        wrong.write_text(str(jump))
        # The server's clock is right: a token is only good where the difference is its skew at most.
        ended = scene.program(prelude=clock_set_by(wrong) + _RIGHT_TOKENS)
        assert ended.code == 0, ended.errors
        campaign.proved(scene, struck=1, repeats=IN_FLIGHT)
        again = scene.program("run", "job.toml", "--yes", "--new", prelude=clock_set_by(wrong) + _RIGHT_TOKENS)
        assert again.code == 0, again.errors
        first, second = open_runs(scene)
        assert first < second, "ids sort by their order, whatever the clock says"
        assert not any(call.rejected_by_window for call in scene.calls)


@pytest.mark.fault("a clock that is wrong", "by an hour, from the start on: the server refuses its tokens")
@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_is_wrong_is_said_and_costs_no_row(campaign: Campaign, jump: int) -> None:
    """The run stops with one line about the credentials, no row is to blame, and with a right clock it goes on."""
    with campaign.scene(20, quota="windows = []\nmax_in_flight = 2") as scene:
        wrong = scene.folder / "clock.txt"
        wrong.write_text(str(jump))
        ended = scene.program(prelude=clock_set_by(wrong))
        assert ended.code == 3, ended.errors
        assert "this machine's clock is" in ended.errors
        assert scene.outcomes() == {"pending": 20}
        wrong.unlink()
        assert scene.program(*ended.goes_on_with).code == 0
        campaign.proved(scene, struck=1)


@pytest.mark.fault("the time zone changes", "from one end of the world to the other, between a kill and what goes on")
def test_a_time_zone_changes_no_time_of_the_report(campaign: Campaign) -> None:
    """Times are in UTC and in order, wherever the machine thinks it is, and no window is overrun."""
    settings = SandboxSettings(windows=WINDOW, latency=(0.0, 0.02))
    with campaign.scene(campaign.size(40, 400), settings, quota=QUOTA) as scene:
        began = datetime.now(UTC)

        def kill(scene: Scene, process: Any) -> None:
            scene.server.wait_for_calls(18)
            process.kill()

        assert scene.program(meanwhile=kill, variables={"TZ": "Pacific/Kiritimati"}).code == -9
        assert scene.program(variables={"TZ": "America/Adak"}).code == 0
        times = [datetime.fromisoformat(line["bulkcase_finished_at"]) for line in scene.report()]
        assert all(began <= time <= datetime.now(UTC) for time in times)
        campaign.proved(scene, struck=1, repeats=IN_FLIGHT)


def seconds_of(scene: Scene) -> float:
    """Return how long the newest run says that it has taken."""
    (summary,) = (scene.folder / "reports").glob("*/summary.json")
    return float(json.loads(summary.read_text())["duration_s"])


_RIGHT_TOKENS = """
from bulkcase.kore import tokens
_sign = tokens.SignedTokens._sign
def _right(self):
    now, self._now = self._now, _time
    try:
        _sign(self)
    finally:
        self._now = now
tokens.SignedTokens._sign = _right
"""
