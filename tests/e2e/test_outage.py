"""A server that is gone, for a while or for good, over real sockets."""

import asyncio
import time
from pathlib import Path

import pytest
from support.jobs import a_job, read_results, simple_rows, write_cases
from support.watched import WatchedClock
from yarl import URL

from bulkcase.model import Outcome
from bulkcase.operations.common.progress import Progress
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.run import run
from bulkcase.sandbox import Sandbox, SandboxSettings, cases_for_keys


@pytest.mark.asyncio
async def test_a_server_that_comes_back_costs_no_row(tmp_path: Path) -> None:
    """Gone in the middle of a run and back on the same port, it gets every row; none failed, and progress said why."""
    rows = simple_rows(150)
    write_cases(tmp_path, rows)
    cases = cases_for_keys([key for key, _ in rows], seed=0, now=time.time())
    clock, told = WatchedClock(), list[Progress]()
    settings = SandboxSettings(latency=(0.001, 0.002))
    async with Sandbox(settings, cases) as before:
        port = URL(before.url).port
        assert port is not None
        job = a_job(tmp_path, host=before.url, retry="attempts = 2", quota='windows = ["1000/2s"]\nmax_in_flight = 4')
        running = asyncio.create_task(
            run(job, on_progress=told.append, runtime=Runtime(clock=clock, chance=lambda: 0.0))
        )
        while len(before.calls) < 50:  # noqa: ASYNC110 - the sandbox has no event for it
            await asyncio.sleep(0)
    await clock.waited.wait()
    async with Sandbox(settings, before.cases.values(), port=port) as after:
        ended = await running

    assert ended.exit_code == 0, ended.summary.reason
    assert ended.outcomes[Outcome.UPDATED] == len(rows)
    assert {key: after.cases[key]["desc"] for key, _ in rows} == dict(rows)
    assert 50 <= len(before.calls) < len(rows)
    assert ended.summary.retries > 0
    assert len(before.calls) + len(after.calls) <= len(rows) + 4, "only what was in flight may have been sent twice"
    assert {"", "the server cannot be reached"} <= {progress.why_paused for progress in told}


@pytest.mark.asyncio
async def test_a_server_that_is_not_there_stops_the_run_and_fails_no_row(tmp_path: Path) -> None:
    """Where nothing listens, the run ends after its attempts, says so, and leaves every row pending."""
    write_cases(tmp_path, simple_rows(5))
    async with Sandbox(SandboxSettings(), []) as server:
        address = server.url
    job = a_job(tmp_path, host=address, retry="attempts = 2", quota="windows = []\nmax_in_flight = 3")
    ended = await run(job, runtime=Runtime(chance=lambda: 0.0))

    assert (ended.exit_code, ended.summary.state) == (3, "stopped")
    assert "the server cannot be reached: 2 tries in 1" in ended.summary.reason
    assert "check the network, connection.host" in ended.summary.reason
    assert ended.outcomes[Outcome.PENDING] == 5
    attempts = [int(line["bulkcase_attempts"] or 0) for line in read_results(ended.folder)]
    assert sum(attempts) == ended.summary.calls["updateCase"]
    assert ended.summary.calls["updateCase"] <= 3 + 1
