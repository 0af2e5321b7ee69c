"""Two commands and one target: one at a time, and one quota for both."""

import signal
from pathlib import Path

import pytest
from support.jobs import simple_rows, write_cases, write_job
from support.program import bulkcase, killed_after, started
from support.server import ServerThread

from bulkcase.sandbox import SandboxSettings

ROWS = simple_rows(60)
KEYS = [key for key, _ in ROWS]


def a_folder(folder: Path, server: ServerThread, *, quota: str = "windows = []\nmax_in_flight = 2") -> Path:
    """Write a job, its input and so its ledger into a folder of their own."""
    folder.mkdir()
    write_cases(folder, ROWS)
    write_job(folder, host=server.url, quota=quota)
    return folder


def test_of_two_commands_on_one_target_one_runs_and_one_is_told_who_does(tmp_path: Path) -> None:
    """From another folder, with another ledger, the second ends with 4, names the first, and makes no call."""
    with ServerThread(SandboxSettings(latency=(0.5, 0.5)), KEYS) as server:
        first, second = (a_folder(tmp_path / name, server) for name in ("first", "second"))
        with started("run", "job.toml", "--yes", folder=first, home=tmp_path) as running:
            server.wait_for_calls(1)
            refused = bulkcase("run", "job.toml", "--yes", folder=second, home=tmp_path)
            calls = len(server.calls)
            running.send_signal(signal.SIGTERM)
            _, errors = running.communicate(timeout=60)

    assert (running.returncode, refused.returncode) == (130, 4), errors + refused.stderr
    assert 0 < calls < len(ROWS), "the first one was at work meanwhile"
    assert f"process {running.pid} of" in refused.stderr
    assert "run job.toml" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not (second / "reports").exists()


def test_a_command_that_was_killed_is_no_obstacle(tmp_path: Path) -> None:
    """After SIGKILL the target is free at once, whatever the dead process left behind."""
    with ServerThread(SandboxSettings(latency=(0.02, 0.02)), KEYS) as server:
        folder = a_folder(tmp_path / "first", server)
        with started("run", "job.toml", "--yes", folder=folder, home=tmp_path) as running:
            server.wait_for_calls(5)
            assert killed_after(running, 0)
        ended = bulkcase("run", "job.toml", "--yes", "--continue", folder=folder, home=tmp_path)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.load
@pytest.mark.parametrize("killed", [False, True])
def test_a_window_is_respected_across_processes(tmp_path: Path, killed: bool) -> None:
    """A strict server rejects no call of a run that comes right after another one, be it killed or not."""
    settings = SandboxSettings(windows=[(20, 3.0)], latency=(0.0, 0.05))
    with ServerThread(settings, KEYS) as server:
        folder = a_folder(tmp_path / "first", server, quota='windows = ["20/3s"]\nmax_in_flight = 4\npace = "burst"')
        with started("run", "job.toml", "--yes", "--limit", "30", folder=folder, home=tmp_path) as running:
            server.wait_for_calls(12)
            if killed:
                assert killed_after(running, 0)
            _, errors = running.communicate(timeout=60)
        verb = ["--continue"] if killed else ["--limit", "30"]
        ended = bulkcase("run", "job.toml", "--yes", *verb, folder=folder, home=tmp_path)

    assert ended.returncode == 0, errors + ended.stderr
    assert len(server.calls) >= (30 if killed else 60)
    assert [call for call in server.calls if call.rejected_by_window] == []
