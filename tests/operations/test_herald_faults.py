"""Telling how a run ended while something goes wrong: with the telling itself, with the run, or by a signal."""

import asyncio
import json
import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families
from support.jobs import write_cases
from support.live import Live, live
from support.receivers import Webhook, hangs, says, webhook

from bulkcase.errors import EnvironmentFailed, Locked, NotPlanned
from bulkcase.job import Job
from bulkcase.model import Stop, StopReason
from bulkcase.operations.assign import set_job
from bulkcase.operations.closing import herald
from bulkcase.operations.common.desk import at_desk
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.run import run
from bulkcase.operations.running import execute
from bulkcase.operations.runs import runs
from bulkcase.operations.undo import undo
from bulkcase.reporting.telling.metrics import write_metrics
from bulkcase.stopping import StopSwitch

pytestmark = pytest.mark.asyncio

HOOK = "BULKCASE_TEST_HOOK"
MORE = f'[report]\nmetrics = "bulkcase.prom"\n[notify]\nwebhook = "env:{HOOK}"\non = "always"\n'
PROBLEMS = MORE.replace("always", "problem")
SIGNAL = Stop(StopReason.INTERRUPTED, "interrupted by SIGTERM")


@pytest_asyncio.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Webhook]:
    """Run a webhook that takes everything."""
    async with webhook(says(200)) as running:
        monkeypatch.setenv(HOOK, f"{running.origin}/hook")
        yield running


def heard(receiver: Webhook) -> list[dict[str, Any]]:
    """Return the counts that a receiver was told."""
    return [json.loads(body)["bulkcase"] for _, _, body in receiver.heard]


def measured(folder: Path, name: str = "last_run_exit_code") -> float | None:
    """Return a metric of the job; None where there is none."""
    path = folder / "bulkcase.prom"
    families = text_string_to_metric_families(path.read_text("utf-8") if path.exists() else "")
    found = {sample.name: sample.value for family in families for sample in family.samples}
    return found.get(f"bulkcase_{name}")


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log has of the telling."""
    return [record.getMessage() for record in caplog.records if record.name == herald.__name__]


def switches() -> tuple[list[StopSwitch], Callable[[StopSwitch], AbstractContextManager[None]]]:
    """Return a guard, and the list of the switches that it was entered with."""
    seen: list[StopSwitch] = []

    @contextmanager
    def guard(stop: StopSwitch) -> Iterator[None]:
        seen.append(stop)
        yield

    return seen, guard


def no_report(*_: object, **__: object) -> None:
    """Fail as a full disk does."""
    raise EnvironmentFailed("report: No space left on device")


@pytest.mark.parametrize("signals", [1, 2])
async def test_a_signal_gives_up_the_telling_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, signals: int
) -> None:
    """A receiver that hangs costs neither the exit code nor what is shown of the run; nor does a second signal."""
    seen, guard = switches()

    async def interrupts(request: web.Request) -> web.StreamResponse:
        seen[-1].set(SIGNAL)
        if signals == 2:
            going.cancel()
        return await hangs(request)

    async with live(tmp_path, 3) as scene, webhook(interrupts) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
        scene.notes(2)
        with caplog.at_level(logging.WARNING, "bulkcase"):
            going = asyncio.create_task(run(scene.job(more=MORE), runtime=scene.runtime, guard=guard))
            made = await going
    assert (made.exit_code, measured(tmp_path), going.cancelling()) == (0, 0, 0)
    assert said(caplog) == ["nobody was told: interrupted"]


async def test_whoever_cancels_the_task_while_people_are_told_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller's own time limit is not swallowed; the run has ended all the same."""

    async def cancels(request: web.Request) -> web.StreamResponse:
        going.cancel()
        return await hangs(request)

    async with live(tmp_path, 3) as scene, webhook(cancels) as receiver:
        monkeypatch.setenv(HOOK, f"{receiver.origin}/hook")
        scene.notes(2)
        going = asyncio.create_task(run(scene.job(more=MORE), runtime=scene.runtime))
        with pytest.raises(asyncio.CancelledError):
            await going
    assert measured(tmp_path) == 0


async def test_a_cancelled_run_is_measured_and_not_told(tmp_path: Path, receiver: Webhook) -> None:
    """The exit code is that of an interruption, and the moment is noted; whoever cancels knows of it."""
    async with live(tmp_path, 9, latency=(0.01, 0.01)) as scene:
        scene.notes(9)
        job = scene.job(more=MORE, snapshot='read = "never"', quota="windows = []\nmax_in_flight = 1")
        going = asyncio.create_task(run(job, runtime=scene.runtime, watched=True))
        while not scene.updates():  # noqa: ASYNC110 - the server has no event to wait for
            await asyncio.sleep(0)
        going.cancel()
        with pytest.raises(asyncio.CancelledError):
            await going
    assert (measured(tmp_path), receiver.heard) == (130, [])


@pytest.mark.parametrize("watched", [True, False])
async def test_a_run_that_is_cut_off_is_told_with_its_name_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Webhook, watched: bool
) -> None:
    """Rows were sent: even where somebody watches, the notice has run, state, folder and command."""
    monkeypatch.setattr(execute, "write_report", no_report)
    async with live(tmp_path, 3) as scene:
        scene.notes(2)
        with pytest.raises(EnvironmentFailed):
            await run(scene.job(more=PROBLEMS), runtime=scene.runtime, watched=watched)
    (one,) = runs(state=tmp_path / "state")
    (told,) = heard(receiver)
    assert (told["run_id"], told["state"], told["exit_code"]) == (one.record.id, "finished", 6)
    assert told["folder"] == str(tmp_path / "reports" / one.record.id)
    assert told["next_command"].startswith(f"bulkcase report {one.record.id}")
    assert measured(tmp_path) == 6


@pytest.mark.parametrize(("reason", "told"), [(StopReason.HOURS, []), (StopReason.INTERRUPTED, [130])])
async def test_a_pause_of_the_reading_is_no_problem(
    tmp_path: Path, receiver: Webhook, reason: StopReason, told: list[int]
) -> None:
    """It goes on the next night, as a pause of the sending does; any other end of the reading is told."""
    async with live(tmp_path, 120) as scene:
        scene.notes(100)
        job, stop = scene.job(more=PROBLEMS, snapshot='read = "always"'), scene.stops_at_page(2, reason)
        with pytest.raises(NotPlanned) as raised:
            await run(job, runtime=scene.runtime, stop=stop)
    assert [counts["exit_code"] for counts in heard(receiver)] == told
    assert measured(tmp_path) == raised.value.exit_code


async def test_a_file_of_metrics_that_cannot_be_a_path_costs_the_run_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, receiver: Webhook
) -> None:
    """A job that Python has made may say anything; it is a line of the log, with none of it, and people are told."""
    async with live(tmp_path, 3) as scene:
        scene.notes(2)
        job = scene.job(more=MORE)
        report = job.report.model_copy(update={"metrics": "never-4711\0"})
        with caplog.at_level(logging.WARNING, "bulkcase"):
            made = await run(job.model_copy(update={"report": report}), runtime=scene.runtime)
    assert made.exit_code == 0
    assert said(caplog) == ["metrics: a fault of bulkcase (ValueError): please report it"]
    assert len(receiver.heard) == 1


@pytest.mark.parametrize("good", [0, 1])
async def test_a_keyring_that_raises_anything_costs_the_run_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, good: int
) -> None:
    """Neither at the start nor at the end; its words may be secrets and are not shown."""
    asked = 0

    def fails(*_: str) -> str:
        nonlocal asked
        asked += 1
        if asked <= good:
            return "http://127.0.0.1:9/hook"
        raise RuntimeError("never-4711")

    fake = SimpleNamespace(get_password=fails, errors=SimpleNamespace(KeyringError=KeyError))
    monkeypatch.setitem(sys.modules, "keyring", fake)
    async with live(tmp_path, 3) as scene:
        scene.notes(2)
        job = scene.job(more='[notify]\nwebhook = "keyring:ops/hook"\non = "always"\n')
        with caplog.at_level(logging.WARNING, "bulkcase"):
            made = await run(job, runtime=scene.runtime)
    assert (made.exit_code, asked) == (0, 2)
    lines = [line for line in said(caplog) if "keyring:ops/hook: the secret cannot be had (RuntimeError)" in line]
    assert len(lines) == 2 - good
    assert "never-4711" not in caplog.text


async def test_the_loop_is_free_while_metrics_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Webhook
) -> None:
    """Another job that writes to the same file holds up nobody else in the caller's loop."""
    loop, turned = asyncio.get_running_loop(), threading.Event()

    def waits(*arguments: Any) -> None:
        loop.call_soon_threadsafe(turned.set)
        assert turned.wait(2)
        write_metrics(*arguments)

    monkeypatch.setattr(herald, "write_metrics", waits)
    async with live(tmp_path, 3) as scene:
        scene.notes(2)
        await run(scene.job(more=MORE), runtime=scene.runtime)
    assert measured(tmp_path) == 0


async def limited(scene: Live) -> None:
    """Run the first row of the job only."""
    await run(scene.job(more=MORE), runtime=scene.runtime, limit=1)


async def fed_back(scene: Live) -> None:
    """Run a file that the run before has written."""
    (folder,) = (scene.folder / "reports").iterdir()
    job = scene.job(more=MORE)
    source = job.input.model_copy(update={"path": str(folder / "results.csv")})
    await run(job.model_copy(update={"input": source}), runtime=scene.runtime)


async def assigned(scene: Live) -> None:
    """Give a case a value by `set`."""
    await run(a_set(scene), runtime=scene.runtime)


async def locked_set(scene: Live) -> None:
    """Find the target in use with `set`."""
    job = a_set(scene)
    with at_desk(job, "run", scene.runtime), pytest.raises(Locked):
        await run(job, runtime=Runtime(clock=scene.clock))


async def locked_undo(scene: Live) -> None:
    """Find the target in use when a run is to be taken back."""
    with at_desk(scene.job(more=MORE), "run", scene.runtime), pytest.raises(Locked):
        await undo("last", state=scene.folder / "state", runtime=Runtime(clock=scene.clock))


def a_set(scene: Live) -> Job:
    """Return a job of `set` for one case."""
    (scene.folder / "keys.txt").write_text(f"{list(scene.server.cases)[2]}\n", "utf-8")
    return set_job(scene.folder / "job.toml", scene.folder / "keys.txt", ["desc=other"])


@pytest.mark.parametrize("other", [limited, fed_back, assigned, locked_set, locked_undo])
async def test_what_is_no_night_of_the_job_is_not_measured(
    tmp_path: Path, receiver: Webhook, other: Callable[[Live], Any]
) -> None:
    """A part of the rows, a file that is fed back, `set` and `undo` say nothing of the job, well or not."""
    async with live(tmp_path, 3) as scene:
        key = next(iter(scene.server.cases))
        write_cases(tmp_path, [(key, "new"), ("no key", "new")])
        job = scene.job(more=MORE, snapshot='read = "always"')
        await run(job, runtime=scene.runtime)
        before = (tmp_path / "bulkcase.prom").read_bytes()
        scene.pass_hours(5)
        await other(scene)
    assert (tmp_path / "bulkcase.prom").read_bytes() == before
    assert measured(tmp_path) == 1
    assert len(receiver.heard) == 2
