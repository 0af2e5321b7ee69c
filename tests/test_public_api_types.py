"""What a type checker knows of the public API: mypy reads each `assert_type` here, the tests run them."""

import ast
import inspect
from pathlib import Path
from typing import assert_type

import pandas as pd
import pytest
from support.jobs import a_job, simple_rows, write_cases

import bulkcase as bc

MORE = '[lookups]\nstatus = "live"'
MAPPING = 'desc = "Notes"\nstatus = "Status"'


def a_story(folder: Path) -> Path:
    """Write a job about three cases that reads them first, and two lists; return the job's file."""
    write_cases(folder, [(*row, "Open") for row in simple_rows(3)], ("Case ID", "Notes", "Status"))
    (folder / "keys.txt").write_text("ci-000000\n", encoding="utf-8")
    return a_job(folder, snapshot='read = "always"', mapping=MAPPING, more=MORE).file


@pytest.mark.asyncio
async def test_the_verbs_that_are_awaited_return_what_they_say(tmp_path: Path) -> None:
    """Each of them is typed, with its options."""
    job = assert_type(bc.load(a_story(tmp_path)), bc.Job)
    told: list[bc.Progress] = []
    stop = bc.StopSwitch()
    assert_type(await bc.lookups(job, folder=tmp_path, on_progress=told.append), bc.Records[bc.LearntLookup])
    assert_type(await bc.doctor(job, sandbox=True, on_progress=told.append), bc.Diagnosis)
    assert_type(await bc.init(tmp_path / "cases.csv", output=tmp_path / "new.toml"), bc.NewJob)
    plan = assert_type(await bc.plan(job, limit=2, on_progress=told.append), bc.Plan)
    run = assert_type(await bc.run(plan, unfinished="new", on_progress=told.append, stop=stop), bc.Run)
    run = assert_type(await bc.retry(run, on_progress=told.append), bc.Run)
    run = assert_type(
        await bc.resume(run, input=tmp_path / "cases.csv", on_progress=told.append, reports=tmp_path), bc.Run
    )
    found = assert_type(await bc.verify(run.id, state=tmp_path / "state", sandbox=True), bc.Verification)
    undone = assert_type(await bc.undo(run, abandon=True, on_progress=told.append), bc.Run)
    assert_type(plan.frame(), pd.DataFrame)
    assert_type(run.frame(), pd.DataFrame)
    assert_type(found.frame(), pd.DataFrame)
    assert assert_type(undone.outcomes[bc.Outcome.UPDATED], int) > 0
    assert {progress.of for progress in told} == {"pages", "rows"}


def test_the_blocking_verbs_return_the_same(tmp_path: Path) -> None:
    """Each of them is typed as the verb of its name is, with its options."""
    job = assert_type(bc.sync.load(a_story(tmp_path), sandbox=True), bc.Job)
    assert_type(bc.sync.lookups(job, folder=tmp_path), bc.Records[bc.LearntLookup])
    assert_type(bc.sync.doctor(job), bc.Diagnosis)
    assert_type(bc.sync.init(tmp_path / "cases.csv", output=tmp_path / "new.toml"), bc.NewJob)
    plan = assert_type(bc.sync.plan(job, limit=2), bc.Plan)
    run = assert_type(bc.sync.run(plan, unfinished="new", reports=tmp_path), bc.Run)
    assert_type(bc.sync.retry(run), bc.Run)
    assert_type(bc.sync.resume(run), bc.Run)
    assert_type(bc.sync.verify(run), bc.Verification)
    assert_type(bc.sync.undo(run), bc.Run)
    assert_type(bc.sync.check(job), bc.Records[bc.Problem])
    assert_type(bc.sync.show(run), bc.Shown)
    _ = lambda: assert_type(bc.sync.demo(tmp_path), bc.Run)  # noqa: E731 - for the type checker: it takes its time


def test_the_verbs_that_make_no_call_return_what_they_say(tmp_path: Path) -> None:
    """Each of them is typed, whether it returns one thing or a list that is a table."""
    state = tmp_path / "state"
    job = bc.load(a_story(tmp_path))
    run = bc.sync.run(job)
    bc.sync.run(job)
    problems = assert_type(bc.check(job, limit=1), bc.Records[bc.Problem])
    runs = assert_type(bc.runs(limit=5, state=state, sandbox=True), bc.Records[bc.Listed])
    events = assert_type(bc.history("ci-000000", state=state, sandbox=True), bc.Records[bc.Event])
    drift = assert_type(bc.drift(job.file, state=state, sandbox=True), bc.Drift)
    for tables in (problems, runs, events, drift):
        assert_type(tables.frame(), pd.DataFrame)
    assert_type(bc.show("last", state=state, sandbox=True), bc.Shown)
    assert_type(bc.report(run, reports=tmp_path), bc.Run)
    assert_type(bc.purge(run, dry_run=True), bc.Purged)
    assert_type(bc.set_job(job.file, tmp_path / "keys.txt", ["desc=x"], match="_id"), bc.Job)
    _ = lambda: bc.demo(tmp_path, on_progress=print)  # noqa: E731 - for the type checker: it takes its time


def test_no_verb_is_left_out_here() -> None:
    """Each verb is called above, as it is and, where that differs, blocking."""
    tree = ast.parse(Path(__file__).read_text("utf-8"))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    verbs = [name for name in bc.__all__ if inspect.isfunction(getattr(bc, name))]
    needed = {f"bc.{name}" for name in verbs}
    needed |= {f"bc.sync.{name}" for name in verbs if getattr(bc, name) is not getattr(bc.sync, name)}
    assert needed <= called
