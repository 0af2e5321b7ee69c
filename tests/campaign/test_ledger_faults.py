"""The ledger: locked by another program, taken away, replaced, cut short and torn, while it is in use and before."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from support.campaign import Campaign, Scene
from support.machine import STATE, left_over, open_runs, prove_the_truth

from bulkcase.sandbox import SandboxSettings

IN_FLIGHT = 4
JOB = {"quota": f"windows = []\nmax_in_flight = {IN_FLIGHT}"}
SETTINGS = SandboxSettings(latency=(0.01, 0.03))
ONLY_FULL = pytest.mark.fault(full=True)
FILES = ("ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm")


def ledger_of(scene: Scene) -> Path:
    """Return the ledger's file."""
    return scene.folder / "state" / FILES[0]


def held(seconds: float) -> Callable[[Scene, Any], None]:
    """Return what lets another program hold the ledger for so long, or until the process ends."""

    def hold(scene: Scene, process: Any) -> None:
        scene.server.wait_for_calls(10)
        with closing(sqlite3.connect(ledger_of(scene), isolation_level=None, timeout=20)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            other.execute("ROLLBACK")

    return hold


def at_most(scene: Scene, calls: int) -> None:
    """Prove that the run was stopped by what happened after so many calls: only those in flight came after it."""
    assert len(scene.calls) < calls + 6 * IN_FLIGHT < len(scene.rows)


@pytest.mark.fault("the ledger is locked for a while", "another program holds it for 1.5 s")
def test_a_ledger_that_is_held_for_a_while_costs_nothing(campaign: Campaign) -> None:
    """Nothing leaves meanwhile, what was answered is not given up, and all rows are sent in the same run."""
    with campaign.scene(campaign.size(60, 600), SETTINGS, timeout="300ms", **JOB) as scene:
        ended = scene.program(meanwhile=held(1.5))
        assert ended.code == 0, ended.errors
        assert left_over(scene) == []
        campaign.proved(scene, struck=1)


@pytest.mark.fault("the ledger is locked for good", "another program holds it until the process has ended", full=True)
def test_a_ledger_that_is_held_for_good_stops_the_run(campaign: Campaign) -> None:
    """The run ends with 6 and says what to do, and when the ledger is free, the command that it names goes on."""
    with campaign.scene(campaign.size(60, 600), SETTINGS, **JOB) as scene:
        ended = scene.program(meanwhile=held(55.0))
        assert ended.code == 6, ended.errors
        assert "another program held it for 10 seconds" in ended.errors
        assert scene.program(*ended.goes_on_with).code == 0
        campaign.proved(scene, struck=1, repeats=IN_FLIGHT)


@pytest.mark.fault("the ledger is taken away", "its files, or its folder, are moved in the middle of a run")
@pytest.mark.parametrize("what", ["files", *(pytest.param(what, marks=ONLY_FULL) for what in ("folder", "replaced"))])
def test_a_ledger_that_is_taken_away_stops_the_run(campaign: Campaign, what: str) -> None:
    """No intent goes where nobody finds it: the run ends with 6, and when the ledger is back it goes on."""

    def take(scene: Scene, _: Any) -> None:
        scene.server.wait_for_calls(10)
        state, aside = scene.folder / "state", scene.folder / "aside"
        if what == "folder":
            state.rename(aside)
            return
        aside.mkdir()
        for name in FILES:
            (state / name).rename(aside / name)
        if what == "replaced":
            (state / FILES[0]).write_bytes(b"another file" * 1000)

    with campaign.scene(campaign.size(80, 800), SETTINGS, **JOB) as scene:
        ended = scene.program(meanwhile=take)
        assert ended.code == 6, ended.errors
        assert "was taken away or replaced while it was in use: put it back" in ended.errors
        at_most(scene, 10)
        if what != "replaced":
            assert not ledger_of(scene).exists(), "no other one was made in its place"
        shutil.rmtree(scene.folder / "state", ignore_errors=True)
        (scene.folder / "aside").rename(scene.folder / "state")
        assert scene.program(*ended.goes_on_with).code == 0
        assert left_over(scene) == []
        campaign.proved(scene, struck=1, repeats=IN_FLIGHT)


@pytest.mark.fault("the ledger is cut short", "its file, or its log, is truncated in the middle of a run")
@pytest.mark.parametrize("name", [FILES[0], pytest.param(FILES[1], marks=ONLY_FULL)])
def test_a_ledger_that_is_cut_short_stops_the_run(campaign: Campaign, name: str) -> None:
    """The run ends with 6 at once, and from a backup it goes on: what that does not know is sent again."""
    known = 0

    def cut(scene: Scene, _: Any) -> None:
        nonlocal known
        scene.server.wait_for_calls(10)
        with (
            closing(sqlite3.connect(ledger_of(scene), timeout=20)) as source,
            closing(sqlite3.connect(scene.folder / "backup")) as copy,
        ):
            source.backup(copy)
        os.truncate(scene.folder / "state" / name, 0)
        known = len(scene.calls)

    with campaign.scene(campaign.size(120, 800), SETTINGS, **JOB) as scene:
        ended = scene.program(meanwhile=cut)
        assert ended.code == 6, ended.errors
        at_most(scene, known)
        shutil.rmtree(scene.folder / "state")
        (scene.folder / "state").mkdir()
        (scene.folder / "backup").rename(ledger_of(scene))
        (run,) = open_runs(scene)
        assert scene.program("resume", run, *STATE).code == 0
        campaign.proved(scene, struck=1, repeats=len(scene.calls) - len(scene.rows))


@pytest.mark.fault("a torn ledger", "a third of its bytes are overwritten between two runs")
def test_a_ledger_that_is_torn_is_said_and_nothing_is_sent(campaign: Campaign) -> None:
    """The next run ends with 6 and one line, and makes no call; with the backup it goes on."""
    with campaign.scene(campaign.size(60, 600), SETTINGS, **JOB) as scene:
        assert scene.program("plan", "job.toml").code == 0
        ledger = ledger_of(scene)
        sound = ledger.read_bytes()
        third = len(sound) // 3
        ledger.write_bytes(sound[:third] + b"\xee" * third + sound[2 * third :])
        ended = scene.program()
        assert ended.code == 6, ended.errors
        assert [line for line in ended.errors.splitlines() if "malformed: restore it from a backup" in line]
        assert scene.calls == []
        ledger.write_bytes(sound)
        assert scene.program().code == 0
        campaign.proved(scene, struck=1)


@pytest.mark.fault("a ledger that cannot be written", "a folder stands in its place")
def test_a_ledger_that_cannot_be_written_is_said(campaign: Campaign) -> None:
    """Where a folder stands in its place, one line says so, nothing is sent, and the next run goes on."""
    with campaign.scene(20, SETTINGS, **JOB) as scene:
        ledger_of(scene).mkdir(parents=True)
        ended = scene.program()
        assert ended.code == 6, ended.errors
        (line,) = ended.errors.splitlines()
        assert "name another folder with --state" in line
        assert scene.calls == []
        ledger_of(scene).rmdir()
        assert scene.program().code == 0
        prove_the_truth(scene, in_doubt=0)
        campaign.proved(scene, struck=1)
