"""A disk that is full, files that cannot be opened, memory that is short."""

import resource

import pytest
from support.campaign import Campaign, Scene
from support.machine import STATE, a_disk, left_over, open_runs, prove_the_truth

from bulkcase.sandbox import SandboxSettings

IN_FLIGHT = 4
JOB = {"quota": f"windows = []\nmax_in_flight = {IN_FLIGHT}"}
SETTINGS = SandboxSettings(latency=(0.0, 0.01))
SIZES = {
    "the lock": 0,
    "the ledger's tables": 4_096,
    "the plan": 60_000,
    "the intents": 90_000,
    "the outcomes": 150_000,
}
"""Bytes of the largest file at which it is that which cannot be written."""


def go_on(scene: Scene) -> None:
    """Let the program end what it began: its newest run, or a new one where there is none."""
    known = open_runs(scene)
    ended = scene.program("resume", known[-1], *STATE) if known else scene.program()
    assert ended.code == 0, ended.errors
    assert left_over(scene) == []


@pytest.mark.fault("no file can grow", "RLIMIT_FSIZE, at the lock, the ledger, the plan, intents and outcomes")
def test_a_disk_without_room_ends_in_one_line_wherever_it_is_needed(campaign: Campaign) -> None:
    """Each process ends with 6 and says what to do, and once there is room again all rows are sent."""
    with campaign.scene(campaign.size(60, 600), SETTINGS, **JOB) as scene:
        for what, size in SIZES.items() if campaign.is_full else [*SIZES.items()][::2]:
            ended = scene.program(largest_file=size)
            assert ended.code == 6, (what, ended.errors)
            (line,) = [line for line in ended.errors.splitlines() if line.startswith(("error: /", "stopped: /"))]
            assert "full" in line or "can be written" in line, line
            assert not [name for name in left_over(scene) if name.endswith(".tmp")], what
            if open_runs(scene):
                prove_the_truth(scene, in_doubt=IN_FLIGHT)
        go_on(scene)
        campaign.proved(scene, struck=len(scene.ends) - 1, repeats=IN_FLIGHT * len(SIZES))


@pytest.mark.fault("a full disk", "a disk of its own, of 320 KiB, under the ledger")
def test_a_ledger_on_a_full_disk_loses_nothing(campaign: Campaign) -> None:
    """The run ends with 6 when the last page is taken, and goes on from there on a larger disk."""
    with (
        a_disk(campaign.folder / "state", "320k") as resize,
        campaign.scene(campaign.size(600, 600), SETTINGS, **JOB) as scene,
    ):
        ended = scene.program()
        assert ended.code == 6, ended.errors
        assert "free the disk" in ended.errors
        resize("64m")
        go_on(scene)
        campaign.proved(scene, struck=1, repeats=IN_FLIGHT)


@pytest.mark.fault("a full disk", "a disk of its own, of 12 KiB, under the reports")
def test_a_report_on_a_full_disk_can_be_written_later(campaign: Campaign) -> None:
    """All rows are sent, the exit code is 6, and the command that is named writes the report when there is room."""
    with (
        a_disk(campaign.folder / "reports", "12k") as resize,
        campaign.scene(campaign.size(200, 2000), SETTINGS, **JOB) as scene,
    ):
        ended = scene.program()
        assert ended.code == 6, ended.errors
        assert "free the disk or name another folder with --reports" in ended.errors
        resize("64m")
        (run,) = open_runs(scene)
        assert f"then write the report with: bulkcase report {run} --state state" in ended.errors
        assert scene.program("report", run, *STATE).code == 0
        assert left_over(scene) == []
        campaign.proved(scene, struck=1)


@pytest.mark.fault("a full disk", "a disk of its own, of 8 KiB, under the copy of standard input")
def test_a_stream_that_cannot_be_copied_is_said(campaign: Campaign) -> None:
    """The process ends in one line, makes no call, and leaves nothing of the rows behind."""
    with (
        a_disk(campaign.folder / "tmp", "8k") as resize,
        campaign.scene(campaign.size(600, 6000), SETTINGS, path="-", **JOB) as scene,
    ):
        piped = (*("run", "job.toml", "--yes"), "--input", "-")
        variables = {"TMPDIR": str(scene.folder / "tmp")}
        with (scene.folder / "cases.csv").open() as rows:
            ended = scene.program(*piped, variables=variables, stdin=rows)
        assert ended.code == 6, ended.errors
        (line,) = ended.errors.splitlines()
        assert line.startswith("error: standard input: "), line
        assert left_over(scene) == []
        assert scene.calls == []
        resize("64m")
        with (scene.folder / "cases.csv").open() as rows:
            assert scene.program(*piped, variables=variables, stdin=rows).code == 0
        assert left_over(scene) == []
        campaign.proved(scene, struck=1)


@pytest.mark.fault("files cannot be opened", "RLIMIT_NOFILE 40 with 64 calls in flight")
def test_a_process_without_files_to_open_sends_all_rows_with_those_it_has(campaign: Campaign) -> None:
    """A connection that cannot be made waits for another one to be free, and the report is written."""
    limits = {resource.RLIMIT_NOFILE: 40}
    settings = SandboxSettings(latency=(0.05, 0.1))
    with campaign.scene(campaign.size(200, 4000), settings, quota="windows = []\nmax_in_flight = 64") as scene:
        ended = scene.program(limits=limits)
        assert ended.code == 0, ended.errors
        assert left_over(scene) == []
        campaign.proved(scene, struck=1)


@pytest.mark.fault("files cannot be opened", "RLIMIT_NOFILE from 11 to 18, at the start")
def test_a_process_that_cannot_open_what_it_needs_says_so(campaign: Campaign) -> None:
    """Where not even lock, ledger and input can be opened, one line says so, and nothing is sent."""
    with campaign.scene(20, SETTINGS, **JOB) as scene:
        for files in range(11, 19) if campaign.is_full else (13, 17):
            ended = scene.program(limits={resource.RLIMIT_NOFILE: files})
            assert ended.code in {2, 6}, ended.errors
            (line,) = ended.errors.splitlines()
            assert line.startswith("error: "), line
            assert scene.calls == []
        assert scene.program().code == 0
        campaign.proved(scene, struck=2)


@pytest.mark.fault("memory is short", "RLIMIT_AS of 100 MiB")
def test_a_process_without_memory_ends_in_good_order(campaign: Campaign) -> None:
    """No traceback and no row lost: the process ends with 6, and with more memory it goes on."""
    with campaign.scene(20, SETTINGS, **JOB) as scene:
        ended = scene.program(limits={resource.RLIMIT_AS: 100 << 20})
        assert ended.code == 6, ended.errors
        assert scene.calls == []
        go_on(scene)
        campaign.proved(scene, struck=1)
