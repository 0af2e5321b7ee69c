"""The name service: silent, failing, and back again; a real one, which the program alone is told to ask."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.campaign import Campaign, Scene
from support.machine import NameService, left_over, prove_the_truth

from bulkcase.sandbox import SandboxSettings

JOB = {"timeout": "300ms", "quota": "windows = []\nmax_in_flight = 4"}
SETTINGS = SandboxSettings(latency=(0.01, 0.02))


@pytest.fixture
def names(tmp_path: Path) -> Iterator[NameService]:
    """Run a name service, where the machine lets the tests have one."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("only root can let a process ask another name service")
    with NameService(tmp_path) as running:
        yield running


def by_name(scene: Scene) -> None:
    """Let the job name its host, so that it has to be asked for."""
    job = scene.folder / "job.toml"
    job.write_text(job.read_text().replace("127.0.0.1", "localhost"))


@pytest.mark.fault("the name service is gone for a while", "it is silent, then fails, then answers")
def test_a_name_service_that_comes_back_costs_no_row(campaign: Campaign, names: NameService) -> None:
    """While no name can be had, calls wait; then all rows are sent, once, in the same run."""

    def come_back(_: Scene, process: Any) -> None:
        for answers in ("failure", "address"):
            known = names.asked
            while names.asked < known + 2 and process.poll() is None:
                pass
            names.answers = answers

    with campaign.scene(campaign.size(40, 400), SETTINGS, retry="attempts = 10", **JOB) as scene:
        by_name(scene)
        ended = scene.program(meanwhile=come_back, prelude=names.prelude)
        assert ended.code == 0, ended.errors
        campaign.proved(scene, struck=names.asked)


@pytest.mark.fault("the name service is gone", "it never says a word")
def test_a_name_service_that_hangs_ends_the_run_and_costs_no_row(campaign: Campaign, names: NameService) -> None:
    """The run ends by its attempts and not with the name service's own patience, no row failed, and it goes on."""
    with campaign.scene(campaign.size(40, 400), SETTINGS, retry="attempts = 2", **JOB) as scene:
        by_name(scene)
        ended = scene.program(prelude=names.prelude)
        assert ended.code == 3, ended.errors
        assert "the server cannot be reached" in ended.errors
        prove_the_truth(scene, in_doubt=0)
        assert scene.outcomes() == {"pending": len(scene.rows)}
        assert scene.program(*ended.goes_on_with).code == 0
        assert left_over(scene) == []
        campaign.proved(scene, struck=names.asked)
