"""The public Python API."""

import asyncio
import inspect
import re
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from inspect import iscoroutinefunction, signature
from pathlib import Path
from typing import Any, get_args, get_type_hints, is_typeddict

import pytest
import typer
from support.jobs import SECRET_VARIABLE, a_job, simple_rows, write_cases
from support.server import ServerThread

import bulkcase as bc
from bulkcase.cli.common.sending import in_loop
from bulkcase.errors import IllegalTransition
from bulkcase.sync import _blocking

VERBS = [name for name in bc.__all__ if inspect.isfunction(getattr(bc, name))]


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


def test_every_error_that_can_be_met_has_a_public_name() -> None:
    """Whoever calls a verb can tell its errors apart, but for one that is a fault of this program."""
    kinds, found = [bc.BulkcaseError], set[type[bc.BulkcaseError]]()
    while kinds:
        kind = kinds.pop()
        found.add(kind)
        kinds += kind.__subclasses__()
    ours = {kind for kind in found if kind.__module__ == "bulkcase.errors"} - {IllegalTransition}
    assert {kind.__name__ for kind in ours} <= set(bc.__all__)


def test_the_package_says_that_it_is_typed() -> None:
    """Type checkers look for py.typed beside the modules."""
    assert files("bulkcase").joinpath("py.typed").is_file()


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_awaited_exactly_where_it_tells_its_progress(verb: str) -> None:
    """Whatever makes calls is a coroutine function that takes on_progress; what reads files and ledgers is neither."""
    hints = get_type_hints(getattr(bc, verb))
    named = [*hints, *(name for hint in hints.values() for kind in get_args(hint) for name in options_of(kind))]
    assert iscoroutinefunction(getattr(bc, verb)) is ("on_progress" in named)


def options_of(kind: object) -> list[str]:
    """Return the names in a dict of options; none for what is no such dict."""
    return list(get_type_hints(kind)) if is_typeddict(kind) else []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_blocking_one_with_the_same_parameters(verb: str) -> None:
    """bulkcase.sync misses no verb and no parameter; a verb that makes no call is the same there."""
    awaited, blocking = getattr(bc, verb), getattr(bc.sync, verb)
    assert verb in bc.sync.__all__
    assert signature(blocking) == signature(awaited)
    assert not iscoroutinefunction(blocking)
    assert blocking is awaited or iscoroutinefunction(awaited)


def test_the_blocking_verbs_are_no_more_than_the_others() -> None:
    """bulkcase.sync has nothing that bulkcase has not."""
    assert bc.sync.__all__ == VERBS


@pytest.mark.parametrize("verb", [*VERBS, *(name for name in bc.__all__ if name not in VERBS)])
def test_every_public_name_says_what_it_is(verb: str) -> None:
    """A verb also says what it raises, as help() and the reference show it."""
    text = inspect.getdoc(getattr(bc, verb))
    assert text
    assert verb not in VERBS or re.search(r"\bRaises\s", text)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if iscoroutinefunction(getattr(bc, verb))])
@pytest.mark.asyncio
async def test_a_blocking_verb_says_what_to_write_in_a_notebook(verb: str) -> None:
    """Where a loop runs it raises one clear line, and no coroutine is left behind that nobody awaits."""
    with pytest.raises(bc.UsageError, match=rf"write await bulkcase\.{verb}\(…\) there"):
        getattr(bc.sync, verb)("anything")


@pytest.mark.asyncio
async def test_what_makes_no_call_leaves_the_loop_free_in_a_thread(job: bc.Job) -> None:
    """check, runs, show, history, report and purge work in a thread of their own while an event loop runs."""
    state = job.path("state")

    async def there(verb: Callable[..., Any], *arguments: object, **named: object) -> Any:
        return await asyncio.to_thread(verb, *arguments, **named)

    run = await bc.run(job)
    assert len(await there(bc.check, job)) == 1
    assert [one.record.id for one in await there(bc.runs, state=state, sandbox=True)] == [run.id]
    assert (await there(bc.show, run)).record.id == run.id
    assert [event.run for event in await there(bc.history, "ci-000000", state=state, sandbox=True)] == [run.id]
    assert (await there(bc.report, run)).outcomes == run.outcomes
    assert (await there(bc.purge, run)).is_done


@pytest.mark.parametrize("verb", ["doctor", "init", "lookups", "plan", "resume", "retry", "run", "undo", "verify"])
@pytest.mark.parametrize(("word", "meant"), [("on_progres", ": did you mean on_progress\\?"), ("zzz", "")])
def test_an_option_that_does_not_exist_is_refused(job: bc.Job, verb: str, word: str, meant: str) -> None:
    """A misspelt one is no silence: it is told with the nearest one, before anything is done."""
    with pytest.raises(TypeError, match=rf"^bulkcase\.{verb} takes no {word}{meant}$"):
        getattr(bc.sync, verb)(job, **{word: True})
    assert not job.path("state").exists()


def test_the_verbs_own_arguments_are_suggested(job: bc.Job) -> None:
    """So is what one verb alone takes."""
    with pytest.raises(TypeError, match=r"bulkcase\.run takes no limt: did you mean limit\?"):
        getattr(bc.sync, "run")(job, limt=3)  # noqa: B009 - the type checker would see it


def test_a_path_may_be_a_text(job: bc.Job, tmp_path: Path) -> None:
    """Wherever a folder is named: of the ledger, of reports, and of what was learnt."""
    run = bc.sync.run(job, reports=str(tmp_path / "there"))
    assert run.folder == tmp_path / "there" / run.id
    state = str(tmp_path / "state")
    assert [one.record.id for one in bc.runs(state=state, sandbox=True)] == [run.id]
    assert bc.show("last", state=state, sandbox=True).record.id == run.id
    assert bc.report(run, reports=str(tmp_path / "anew")).folder == tmp_path / "anew" / run.id
    assert bc.load(str(job.file), state=str(tmp_path / "other")).state.directory == str(tmp_path / "other")
    assert {one.path.parent for one in bc.sync.lookups(job, folder=str(tmp_path / "learnt"))} == {tmp_path / "learnt"}


def test_the_path_of_a_job_is_no_job(job: bc.Job) -> None:
    """One line says what is missing."""
    for verb in ("plan", "run", "check", "lookups"):
        with pytest.raises(bc.UsageError, match=r"is no job yet: load it first: bulkcase\.load\('job\.toml'\)"):
            getattr(bc.sync, verb)("job.toml")
    assert not job.path("state").exists()


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_takes_nothing_is_refused(job: bc.Job, limit: int) -> None:
    """Of rows and of runs; nothing is planned."""
    for verb in ("plan", "run", "check"):
        with pytest.raises(bc.UsageError, match=f"limit {limit}: no row is taken by that"):
            getattr(bc.sync, verb)(job, limit=limit)
    with pytest.raises(bc.UsageError, match=f"limit {limit}: no run is shown by that"):
        bc.runs(limit=limit)
    assert not job.path("state").exists()


def test_a_job_can_be_loaded_as_a_rehearsal_of_another_file(tmp_path: Path, job: bc.Job) -> None:
    """What the options --input, --state and --sandbox do, load does too, and set_job but for the file."""
    (tmp_path / "other.csv").write_text("Case ID,Notes\nci-1,x\n", encoding="utf-8")
    (tmp_path / "keys.txt").write_text("ci-1\nci-2\n", encoding="utf-8")
    a_job(tmp_path, host="https://example.com")
    there, state = tmp_path / "elsewhere", {"state": tmp_path / "elsewhere", "sandbox": True}
    plans = [
        bc.sync.plan(bc.load(job.file, input=tmp_path / "other.csv", **state)),  # type: ignore[arg-type]  # by name
        bc.sync.plan(bc.set_job(job.file, tmp_path / "keys.txt", ["desc=x"], **state)),  # type: ignore[arg-type]  # as above
    ]
    assert [plan.rows for plan in plans] == [1, 2]
    assert {plan.ledger for plan in plans} == {there / "sandbox" / "ledger.sqlite3"}


@pytest.mark.asyncio
async def test_a_run_can_be_stopped_from_outside_and_gone_on_with(job: bc.Job) -> None:
    """A switch that is set ends it early: the rest is pending, and resume sends it."""
    stop = bc.StopSwitch()
    stop.interrupt("enough for today")
    stopped = await bc.run(job, stop=stop)
    assert (stopped.exit_code, stopped.outcomes[bc.Outcome.PENDING]) == (130, 3)
    assert stopped.summary.reason == "enough for today"
    assert (await bc.resume(stopped)).outcomes[bc.Outcome.UPDATED] == 3


@pytest.mark.parametrize("loop", [in_loop, _blocking])
def test_a_verb_that_could_not_begin_is_closed(monkeypatch: pytest.MonkeyPatch, loop: Callable[..., Any]) -> None:
    """Where Ctrl-C comes before its first step, Python does not say that nobody has awaited it."""

    async def verb() -> None: ...

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("asyncio.Runner.run", interrupted)
    begun = verb()
    blocking = partial(in_loop, begun) if loop is in_loop else loop(lambda: begun)
    with pytest.raises((KeyboardInterrupt, typer.Abort)):
        blocking()
    assert inspect.getcoroutinestate(begun) == inspect.CORO_CLOSED


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
