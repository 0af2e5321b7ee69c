"""Signals, terminals and pipes that go away, and a lid that is closed."""

import os
import pty
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from support.campaign import Campaign, Ended, Scene
from support.machine import left_over, prove_the_truth

from bulkcase.sandbox import SandboxSettings

IN_FLIGHT = 4
QUOTA = f"windows = []\nmax_in_flight = {IN_FLIGHT}"
SLOW = SandboxSettings(latency=(0.1, 0.2))
ONLY_FULL = pytest.mark.fault(full=True)
Sender = Callable[[Scene, Any], None]


def sent(*names: str) -> Sender:
    """Return what sends these signals when some calls were made, the later ones as soon as the first was heard."""

    def send(scene: Scene, process: Any) -> None:
        scene.server.wait_for_calls(len(scene.server.calls) + 6)
        first, *others = names
        process.send_signal(getattr(signal, first))
        while others and "stopping" not in process.stderr.readline():
            pass
        for name in others:
            process.send_signal(getattr(signal, name))

    return send


def gone_on(scene: Scene, ended: Ended) -> None:
    """Type the command that the program has named, and nothing of it is left to be done."""
    last = scene.program(*ended.goes_on_with)
    assert last.code == 0, last.errors
    assert left_over(scene) == []


@pytest.mark.fault("a signal", "SIGTERM, SIGINT, SIGHUP, and SIGHUP twice, as a terminal sends it")
@pytest.mark.parametrize(
    "names", ["SIGTERM", "SIGHUP SIGHUP", *(pytest.param(name, marks=ONLY_FULL) for name in ("SIGINT", "SIGHUP"))]
)
def test_a_signal_leaves_no_row_in_doubt(campaign: Campaign, names: str) -> None:
    """What is in flight is let finish, the exit code is 130, and the command that is named sends the rest."""
    with campaign.scene(campaign.size(40, 400), SLOW, quota=QUOTA) as scene:
        ended = scene.program(meanwhile=sent(*names.split()))
        assert ended.code == 130, ended.errors
        prove_the_truth(scene, in_doubt=0)
        assert scene.outcomes()["pending"] > 0
        gone_on(scene, ended)
        campaign.proved(scene, struck=1)


@pytest.mark.fault("a second signal", "SIGTERM, and SIGINT as soon as the first was heard")
def test_a_second_signal_leaves_what_was_in_flight_in_doubt(campaign: Campaign) -> None:
    """At most as many rows as may be in flight are unknown, and the command that is named settles them."""
    with campaign.scene(campaign.size(40, 400), SLOW, quota=QUOTA) as scene:
        ended = scene.program(meanwhile=sent("SIGTERM", "SIGINT"))
        assert ended.code == 130, ended.errors
        prove_the_truth(scene, in_doubt=IN_FLIGHT)
        gone_on(scene, ended)
        campaign.proved(scene, struck=1, repeats=IN_FLIGHT)


@pytest.mark.fault("Ctrl-C held down", "every 10 ms from the question on")
@pytest.mark.parametrize("name", ["SIGINT", pytest.param("SIGTERM", marks=ONLY_FULL)])
def test_a_key_that_is_held_down_at_the_question_ends_in_good_order(campaign: Campaign, name: str) -> None:
    """Many signals are one: nothing is sent, nobody sees a traceback, and the exit code is 130."""
    ours, theirs = pty.openpty()
    seen = b""

    def hold(_: Scene, process: Any) -> None:
        nonlocal seen
        os.close(theirs)
        while b"[y/N]" not in seen:
            seen += os.read(ours, 4096)
        while process.poll() is None:
            process.send_signal(getattr(signal, name))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.01)
        with suppress(OSError):
            seen += os.read(ours, 65536)

    with campaign.scene(20, SLOW, quota=QUOTA) as scene:
        ended = scene.program("run", "job.toml", meanwhile=hold, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(ours)
        assert ended.code == 130, seen
        assert b"Traceback" not in seen
        assert scene.calls == []
        assert left_over(scene) == []
        assert scene.program().code == 0
        campaign.proved(scene, struck=1)


@pytest.mark.fault("a terminal that goes away", "its other end is closed in the middle of a run")
def test_a_terminal_that_goes_away_stops_the_run_in_good_order(campaign: Campaign) -> None:
    """Without anybody to talk to, what is in flight is let finish, and the report is written."""
    ours, theirs = pty.openpty()
    takes_it = f"import os\nos.open({os.ttyname(theirs)!r}, os.O_RDWR)\n"

    def close(scene: Scene, _: Any) -> None:
        os.close(theirs)
        scene.server.wait_for_calls(6)
        os.close(ours)

    with campaign.scene(campaign.size(40, 400), SLOW, quota=QUOTA) as scene:
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "start_new_session": True}
        assert scene.program(meanwhile=close, prelude=takes_it, **streams).code == 130
        prove_the_truth(scene, in_doubt=0)
        assert scene.outcomes()["pending"] > 0
        assert scene.program().code == 0
        campaign.proved(scene, struck=1)


@pytest.mark.fault("a reader that goes away", "the program's output and messages go into `head -1`")
def test_a_pipe_that_closes_costs_nothing(campaign: Campaign) -> None:
    """Every row is sent and reported though nobody listens, and the exit code is the run's."""

    def leave(_: Scene, process: Any) -> None:
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None

    with campaign.scene(campaign.size(40, 400), SLOW, quota=QUOTA) as scene:
        assert scene.program(meanwhile=leave, stderr=subprocess.STDOUT).code == 0
        assert left_over(scene) == []
        campaign.proved(scene, struck=1)


@pytest.mark.fault("a lid that is closed", "SIGSTOP for longer than the timeout and the window, then SIGCONT")
def test_a_machine_that_slept_goes_on(campaign: Campaign) -> None:
    """What was answered meanwhile counts, nothing is sent twice, and no window is overrun when it wakes."""
    slept = campaign.size(2, 20)

    def sleep(scene: Scene, process: Any) -> None:
        for _ in range(slept):
            scene.server.wait_for_calls(len(scene.server.calls) + 6, or_end_of=process)
            process.send_signal(signal.SIGSTOP)
            with suppress(subprocess.TimeoutExpired):
                process.wait(1.0)
            process.send_signal(signal.SIGCONT)

    settings = SandboxSettings(latency=(0.05, 0.15), windows=((20, 0.5),))
    quota = f'windows = ["20/500ms"]\nmax_in_flight = {IN_FLIGHT}'
    with campaign.scene(campaign.size(60, 900), settings, quota=quota, timeout="500ms") as scene:
        assert scene.program(meanwhile=sleep).code == 0
        campaign.proved(scene, struck=slept)
