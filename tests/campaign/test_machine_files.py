"""What lies on the disk changes under a run: the input, the job, the report; and a second run wants the same target."""

import shutil
import signal
from collections.abc import Callable
from typing import Any

import pytest
from support.campaign import RUN, Campaign, Scene
from support.jobs import write_cases
from support.machine import left_over, open_runs, prove_the_truth, struck_at
from support.program import bulkcase

from bulkcase.sandbox import SandboxSettings

IN_FLIGHT = 4
JOB = {"quota": f"windows = []\nmax_in_flight = {IN_FLIGHT}"}
SETTINGS = SandboxSettings(latency=(0.02, 0.04))
SPOILED = {
    "longer": "os.truncate('cases.csv', 100_000)",
    "shorter": "os.truncate('cases.csv', 40)",
    "another": "os.replace('job.copy', 'cases.csv')",
    "gone": "os.unlink('cases.csv')",
}
"""What becomes of the input while it is read, as Python of the process itself."""
ONLY_FULL = pytest.mark.fault(full=True)
Meanwhile = Callable[[Scene, Any], None]


def after(calls: int, act: Callable[[Scene], object]) -> Meanwhile:
    """Return what does something when so many calls were made."""

    def wait(scene: Scene, _: Any) -> None:
        scene.server.wait_for_calls(calls)
        act(scene)

    return wait


def garbage(scene: Scene) -> None:
    """Spoil the job file."""
    (scene.folder / "job.toml").write_text("[connection\n")


@pytest.mark.fault("the input changes while it is read", "it becomes longer, shorter, another file, none")
def test_an_input_that_changes_while_it_is_read_sends_no_row(campaign: Campaign) -> None:
    """Half of one file and half of another is no plan: each ends with 2, and nothing of it is left or was sent."""
    with campaign.scene(campaign.size(60, 6000), SETTINGS, **JOB) as scene:
        for how, act in SPOILED.items():
            write_cases(scene.folder, scene.rows)
            shutil.copy(scene.folder / "job.toml", scene.folder / "job.copy")
            ended = scene.program(prelude=struck_at("bulkcase.ledger.adding:_batches", act))
            assert ended.code == 2, (how, ended.errors)
            (line,) = [line for line in ended.errors.splitlines() if line.startswith("error: ")]
            assert "changed while it was read" in line or "there is no such file" in line, line
            assert open_runs(scene) == []
            assert left_over(scene) == []
        assert scene.calls == []
        write_cases(scene.folder, scene.rows)
        assert scene.program().code == 0
        campaign.proved(scene, struck=len(SPOILED))


@pytest.mark.fault("files change while rows are sent", "input, job and report's folder are spoiled, or gone")
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda scene: write_cases(scene.folder, [("ci-000001", "new")]), id="another input"),
        pytest.param(lambda scene: (scene.folder / "cases.csv").unlink(), id="no input", marks=ONLY_FULL),
        pytest.param(garbage, id="a broken job", marks=ONLY_FULL),
        pytest.param(lambda scene: shutil.rmtree(scene.folder / "reports"), id="no folder of the report"),
    ],
)
def test_what_changes_while_rows_are_sent_changes_nothing_of_the_run(
    campaign: Campaign, act: Callable[[Scene], object]
) -> None:
    """Rows go out as they were read, under the job as it was, and the report is written."""
    with campaign.scene(campaign.size(60, 600), SETTINGS, **JOB) as scene:
        ended = scene.program(meanwhile=after(10, act))
        assert ended.code == 0, ended.errors
        assert left_over(scene) == []
        campaign.proved(scene, struck=1)


@pytest.mark.fault("the job is broken between two processes", "after SIGTERM; and put right afterwards")
def test_a_job_that_is_broken_meanwhile_is_said_before_anything_is_sent(campaign: Campaign) -> None:
    """What goes on needs the job: it ends with 2 and a line about the file, and goes on when that is mended."""
    with campaign.scene(campaign.size(40, 400), SETTINGS, **JOB) as scene:
        sound = (scene.folder / "job.toml").read_text()

        def spoil(scene: Scene, process: Any) -> None:
            scene.server.wait_for_calls(10)
            garbage(scene)
            process.send_signal(signal.SIGTERM)

        ended = scene.program(meanwhile=spoil)
        assert ended.code == 130, ended.errors
        prove_the_truth(scene, in_doubt=0)
        calls = len(scene.calls)
        refused = scene.program(*ended.goes_on_with)
        assert (refused.code, len(scene.calls)) == (2, calls)
        assert "job.toml" in refused.errors
        (scene.folder / "job.toml").write_text(sound)
        assert scene.program(*ended.goes_on_with).code == 0
        campaign.proved(scene, struck=1)


@pytest.mark.fault("the report's folder is a file", "since the middle of the run")
def test_a_report_whose_folder_is_in_the_way_can_be_written_later(campaign: Campaign) -> None:
    """All rows are sent, the exit code is 6, and the command that is named writes the report when it is out of it."""

    def replace(scene: Scene) -> None:
        shutil.rmtree(scene.folder / "reports")
        (scene.folder / "reports").write_text("in the way")

    with campaign.scene(campaign.size(60, 600), SETTINGS, **JOB) as scene:
        ended = scene.program(meanwhile=after(10, replace))
        assert ended.code == 6, ended.errors
        (scene.folder / "reports").unlink()
        (run,) = open_runs(scene)
        assert f"then write the report with: bulkcase report {run} --state state" in ended.errors
        assert scene.program("report", run, "--state", "state").code == 0
        assert left_over(scene) == []
        campaign.proved(scene, struck=1)


@pytest.mark.fault("two runs at once", "from two folders, with two ledgers, and the first one is killed")
def test_of_two_runs_the_second_waits_its_turn_and_the_killed_one_goes_on(campaign: Campaign) -> None:
    """The second ends with 4 and makes no call; after the first was killed, nothing of its lock is in the way."""
    with campaign.scene(campaign.size(60, 600), SETTINGS, **JOB) as scene:
        other = scene.folder / "other"
        other.mkdir()
        for name in ("job.toml", "cases.csv"):
            shutil.copy(scene.folder / name, other)
        codes = []

        def second(scene: Scene, process: Any) -> None:
            scene.server.wait_for_calls(4)
            process.send_signal(signal.SIGSTOP)
            calls = len(scene.calls)
            refused = bulkcase(*RUN, folder=other, home=scene.folder)
            codes.append((refused.returncode, f"process {process.pid} of" in refused.stderr))
            assert len(scene.calls) <= calls + IN_FLIGHT
            process.kill()

        assert scene.program(meanwhile=second).code == -9
        assert codes == [(4, True)]
        assert scene.program().code == 0
        assert left_over(scene) == []
        campaign.proved(scene, struck=1, repeats=IN_FLIGHT)
