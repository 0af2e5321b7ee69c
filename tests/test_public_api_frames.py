"""Results as tables: what is in each of them, with types that do not depend on what was found."""

from pathlib import Path

import pandas as pd
import pytest
from support.jobs import a_job, write_cases
from support.live import live

import bulkcase as bc
from bulkcase.ledger.queries.drift import Failing, Flipping, Vanished
from bulkcase.model import Outcome, RunState
from bulkcase.operations.check import _frame as frame_of_problems
from bulkcase.operations.lookups import _frame as frame_of_lookups
from bulkcase.operations.runs import _frame_of_events, _frame_of_runs

TEXT = str(pd.Series(["a"]).dtype)
MOMENT = "datetime64[ns, UTC]"
PRIVATE = '[report]\nprivate = ["desc"]'
ALWAYS = 'read = "always"'


def types(frame: pd.DataFrame) -> dict[str, str]:
    """Return the type of each column."""
    return {str(name): str(kind) for name, kind in frame.dtypes.items()}


def test_the_problems_of_a_job_are_a_table(tmp_path: Path) -> None:
    """A row of the file that is none of a row is missing, and not a fraction."""
    found = [
        bc.Problem("cases.csv", 5, "bad_key", "is blank", "Give the key."),
        bc.Problem("job.toml", None, "", "no secret", "Needed by run.", is_warning=True),
    ]
    assert bc.Records(found, frame_of_problems).frame()["row"].isna().tolist() == [False, True]
    whole = {"where": TEXT, "row": "Int64", "code": TEXT, "message": TEXT, "tip": TEXT, "is_warning": "bool"}
    assert types(frame_of_problems(found)) == types(frame_of_problems([])) == whole


@pytest.mark.asyncio
async def test_a_run_its_verification_and_its_history_are_tables(tmp_path: Path) -> None:
    """Rows with their results, those that were sent, runs in numbers, and each field of a case from what to what."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        keys = list(scene.server.cases)[:2]
        scene.server.change(keys[0], desc="old")
        write_cases(tmp_path, [(keys[0], "new"), ("n o", "bad")])
        run = await bc.run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        scene.server.change(keys[0], desc="somebody's")
        found = await bc.verify(run, runtime=scene.runtime)
    state = tmp_path / "state"

    assert found.frame()["bulkcase_error_code"].to_dict() == {2: "changed_since"}
    assert run.frame()["bulkcase_outcome"].to_dict() == {2: "updated", 3: "invalid"}
    runs = bc.runs(state=state).frame()
    assert runs[["run", "state", "exit_code", "rows"]].to_numpy().tolist() == [[run.id, "finished", 1, 2]]
    assert runs[["updated", "invalid", "failed"]].to_numpy().tolist() == [[1, 1, 0]]
    assert runs["started_at"].iloc[0] == pd.to_datetime(run.summary.started_at or 0.0, unit="s", utc=True)
    events = bc.history(keys[0], state=state).frame()
    names = ["row", "outcome", "field", "from", "to"]
    assert events[names].to_numpy().tolist() == [[2, "updated", "desc", "old", "new"]]
    assert bc.purge(run, dry_run=True).frame()[["id", "state", "rows"]].to_numpy().tolist() == [[run.id, "finished", 2]]


@pytest.mark.asyncio
async def test_private_values_are_in_no_table(tmp_path: Path) -> None:
    """What results.csv alone may show is masked in the tables of plan, run, verification and history."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        (key, *_) = scene.server.cases
        scene.server.change(key, desc="never-1")
        write_cases(tmp_path, [(key, "never-2"), ("n o", "never-3")])
        plan = await bc.plan(scene.job(snapshot=ALWAYS, more=PRIVATE), runtime=scene.runtime)
        planned = plan.frame()
        run = await bc.run(plan, runtime=scene.runtime)
        scene.server.change(key, desc="never-4")
        found = await bc.verify(run, runtime=scene.runtime)
    for frame in (planned, run.frame(), found.frame(), bc.history(key, state=tmp_path / "state").frame()):
        assert "never" not in frame.to_csv()
        assert "•••" in frame.to_csv()
    state = tmp_path / "state"
    listed = [bc.runs(state=state), bc.show(run), bc.history(key, state=state), plan, run, found, run.summary]
    for shown in map(repr, listed):
        assert "never" not in shown


def test_values_of_a_job_are_in_no_list_of_its_runs(tmp_path: Path) -> None:
    """A notebook is saved with what it shows: a run says which one it is, and no value that its job sets."""
    (tmp_path / "keys.txt").write_text("ci-1\n", encoding="utf-8")
    job = bc.set_job(
        a_job(tmp_path, mapping='desc = { value = "never-6" }').file, tmp_path / "keys.txt", ["desc=never-5"]
    )
    planned = bc.sync.plan(job)
    told = f"Listed {planned.run_id}: planned; 1 pending"
    state = tmp_path / "state"
    assert repr(bc.runs(state=state, sandbox=True)) == f"[<{told}>]"
    assert repr(bc.show(planned.run_id, state=state, sandbox=True)) == f"<{told.replace('Listed', 'Shown')}>"


@pytest.mark.asyncio
async def test_a_file_may_have_a_column_of_the_result(tmp_path: Path) -> None:
    """It is the file's own, and what was sent is told by that of the result."""
    async with live(tmp_path, 50, is_hasty=True) as scene:
        (key, *_) = scene.server.cases
        rows = f"Case ID,bulkcase_attempts,Notes\n{key},none,new\nn o,none,bad\n"
        (tmp_path / "cases.csv").write_text(rows, encoding="utf-8")
        run = await bc.run(scene.job(snapshot=ALWAYS), runtime=scene.runtime)
        found = await bc.verify(run, runtime=scene.runtime)
    assert found.frame().index.to_list() == [2]


def test_the_types_of_runs_and_events_do_not_depend_on_them() -> None:
    """Also where there is none, moments are moments and counts are counts."""
    runs, events = types(_frame_of_runs([])), types(_frame_of_events([]))
    assert {name for name, kind in runs.items() if kind == MOMENT} == {"planned_at", "started_at", "finished_at"}
    assert {runs[outcome] for outcome in Outcome} == {"int64"}
    assert (runs["exit_code"], runs["duration_s"], runs["state"]) == ("Int64", "float64", "category")
    assert list(_frame_of_runs([])["state"].cat.categories) == list(RunState)
    assert (events["row"], events["finished_at"], events["outcome"], events["from"]) == (
        *("int64", MOMENT),
        *("category", TEXT),
    )


def test_drift_is_one_table() -> None:
    """Each thing that was found has a line, which says of which kind it is."""
    drift = bc.Drift(
        [],
        failing=[Failing("ci-1", 3, 7, "bad_date")],
        flipping=[Flipping("ci-2", "status", ["Open", "Closed", "Open"], 2)],
        gone=[Vanished("ci-3", "run-1", 9)],
        left_out=[Vanished("ci-4", "run-1", None)],
    )
    frame = drift.frame()
    assert frame["drift"].tolist() == ["failing", "flipping", "gone", "left_out"]
    assert frame["case"].tolist() == ["ci-1", "ci-2", "ci-3", "ci-4"]
    assert frame.loc[1, "values"] == "Open → Closed → Open"
    assert frame["row"].tolist() == [7, pd.NA, 9, pd.NA]
    assert types(frame) == types(bc.Drift([]).frame())


def test_what_was_learnt_is_a_table_of_names() -> None:
    """Each name of each field has a line, with the id of its object where that has one."""
    found = [bc.LearntLookup("status", Path("status.json"), {"Open": {"_id": "st-1"}, "Odd": {}}, "")]
    frame = frame_of_lookups(found)
    assert frame[["field", "name"]].to_numpy().tolist() == [["status", "Open"], ["status", "Odd"]]
    assert frame["id"].isna().tolist() == [False, True]
    assert types(frame) == types(frame_of_lookups([]))
