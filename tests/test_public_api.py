"""The public Python API."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.jobs import SECRET_VARIABLE, a_job, simple_rows, write_cases
from support.server import ServerThread

import bulkcase as bc


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bc.Job:
    """Return a job about three good rows and a bad one, against the embedded server."""
    monkeypatch.setenv(SECRET_VARIABLE, "not-a-secret")
    write_cases(tmp_path, [*simple_rows(3), ("n o", "key")])
    return a_job(tmp_path)


def test_every_public_name_is_there_and_nothing_else() -> None:
    """Each name of __all__ can be had, and dir() shows just those."""
    assert all(getattr(bc, name) is not None for name in bc.__all__)
    assert set(dir(bc)) == {*bc.__all__, "__version__"}
    with pytest.raises(AttributeError, match="nothing_like_this"):
        _ = bc.nothing_like_this


def test_importing_the_package_imports_no_library() -> None:
    """`import bulkcase` costs nothing until a name is used."""
    code = "import sys, bulkcase; print([name for name in ('aiohttp', 'pandas', 'sqlalchemy') if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[]"


@pytest.mark.asyncio
async def test_plan_and_run_in_a_running_loop(job: bc.Job) -> None:
    """A plan tells what a run will do, and the run does it, telling its progress."""
    told: list[bc.Progress] = []
    plan = await bc.plan(job)
    run = await bc.run(plan, on_progress=told.append)

    assert (plan.rows, plan.calls, plan.fields) == (4, {"updateCase": 3}, ("desc",))
    assert plan.counts[bc.Outcome.INVALID] == 1
    assert run.id == plan.run_id
    assert run.outcomes[bc.Outcome.UPDATED] == 3
    assert run.exit_code == 1
    assert (told[-1].done, told[-1].total, told[-1].failed) == (3, 3, 0)


@pytest.mark.asyncio
async def test_a_plan_runs_once(job: bc.Job) -> None:
    """Running a plan a second time is refused, and nothing is sent."""
    plan = await bc.plan(job)
    await bc.run(plan)
    with pytest.raises(bc.BulkcaseError, match="not planned"):
        await bc.run(plan)


def test_the_blocking_verbs_do_the_same(job: bc.Job) -> None:
    """bulkcase.sync has plan and run for scripts without a loop."""
    assert bc.sync.plan(job).rows == 4
    assert bc.sync.run(job, limit=2).outcomes[bc.Outcome.UPDATED] == 2


def test_a_frame_has_every_row_with_its_cells_and_its_result(job: bc.Job) -> None:
    """run.frame() is a DataFrame by row number: cells as they were read, then the result."""
    frame = bc.sync.run(job).frame()

    assert list(frame.index) == [2, 3, 4, 5]
    assert list(frame["bulkcase_outcome"]) == ["updated"] * 3 + ["invalid"]
    assert frame.loc[2, "Case ID"] == "ci-000000"
    assert frame["bulkcase_finished_at"].max().timestamp() <= time.time()


def test_check_returns_every_problem(job: bc.Job) -> None:
    """check() returns problems with file, row, cause and tip, and makes no call."""
    (problem,) = bc.check(job)
    assert (problem.row, problem.code, problem.is_warning) == (5, "bad_key", False)
    assert problem.tip
    assert "cases.csv row 5" in str(problem)


@pytest.mark.asyncio
async def test_a_callback_that_raises_does_not_hurt_the_run(job: bc.Job) -> None:
    """Progress is for people; an error while showing it ends the showing, not the run."""

    def broken(_: bc.Progress) -> None:
        raise RuntimeError("no screen")

    run = await bc.run(job, on_progress=broken)
    assert run.outcomes[bc.Outcome.UPDATED] == 3


def test_a_run_against_a_real_address_needs_nothing_but_the_connection_changed(tmp_path: Path, job: bc.Job) -> None:
    """The same job runs against a server on a port when only its connection and secret say so."""
    with (
        ServerThread(bc.SandboxSettings(), [key for key, _ in simple_rows(3)]) as server,
        pytest.MonkeyPatch.context() as env,
    ):
        env.setenv(SECRET_VARIABLE, bc.SandboxSettings().client_secret)
        run = bc.sync.run(a_job(tmp_path, host=server.url))

    assert run.outcomes[bc.Outcome.UPDATED] == 3
    assert job.connection.host == "sandbox"
