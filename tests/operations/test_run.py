"""The verbs put together: what happens to runs when something around them fails."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.jobs import a_job, read_results, simple_rows, write_cases

from bulkcase.errors import Declined, EnvironmentFailed, InputError, JobError, LedgerError
from bulkcase.job import Job
from bulkcase.job.variants import rehearsal
from bulkcase.ledger import Ledger, RunRows
from bulkcase.ledger.changes import Change
from bulkcase.model import Call, Outcome, RunState, Stop, StopReason
from bulkcase.operations.common.questions import Questions
from bulkcase.operations.common.runtime import Runtime, ledger_path, report_folder
from bulkcase.operations.plan import plan
from bulkcase.operations.report import report
from bulkcase.operations.run import run
from bulkcase.sandbox import SandboxSettings
from bulkcase.stopping import StopSwitch


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Return a job about twenty rows, against the embedded server."""
    write_cases(tmp_path, simple_rows(20))
    return a_job(tmp_path, quota="windows = []\nmax_in_flight = 2")


def runs_in(job: Job) -> list[str]:
    with Ledger(ledger_path(job)) as ledger:
        return [run.id for run in ledger.runs()]


@pytest.mark.asyncio
async def test_a_ledger_that_fails_in_the_middle_stops_the_run_and_loses_no_row(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fails calls stop, it is said how to go on, and whoever comes next knows which rows are in doubt."""
    commit, commits = RunRows.apply, 0

    def failing(rows: RunRows, changes: Sequence[Change], made: Sequence[Call] = ()) -> None:
        nonlocal commits
        commits += 1
        if commits >= 5:
            raise LedgerError("ledger.sqlite3: disk full")
        commit(rows, changes, made)

    with monkeypatch.context() as broken:
        broken.setattr(RunRows, "apply", failing)
        with pytest.raises(LedgerError, match=r"disk full\nthen go on with: bulkcase resume") as raised:
            await run(job)
    assert raised.value.exit_code == 6
    ended = report("last", state=tmp_path / "state", sandbox=True)

    assert ended.summary.state == RunState.INTERRUPTED
    assert sum(ended.outcomes.values()) == 20
    assert 0 < ended.outcomes[Outcome.UNKNOWN] <= 2, "in flight, and no outcome could be written"
    assert ended.outcomes[Outcome.PENDING] >= 10


@pytest.mark.asyncio
async def test_a_report_that_cannot_be_written_leaves_every_outcome_in_the_ledger(job: Job, tmp_path: Path) -> None:
    """Where something is in the way of a report, the run says so and how to mend it; the ledger knows how it ended."""
    planned = await plan(job)
    (tmp_path / "reports" / planned.run_id / "results.csv" / "in the way").mkdir(parents=True)
    with pytest.raises(EnvironmentFailed, match="ledger has every outcome"):
        await run(planned)

    with Ledger(planned.ledger) as ledger:
        record = ledger.run(planned.run_id)
        assert (record.state, record.exit_code) == (RunState.FINISHED, 0)
        assert ledger.rows(record).counts()[Outcome.UPDATED] == 20


@pytest.mark.asyncio
async def test_a_plan_that_fails_half_way_leaves_no_run_behind(job: Job, tmp_path: Path) -> None:
    """An input that breaks off in the middle is refused, and the ledger has no half-read run."""
    with (tmp_path / "cases.csv").open("a") as file:
        file.write('ci-9,"a quote that nobody closes\n' + "ci-8,and more\n" * 3)
    with pytest.raises(InputError, match="row 22"):
        await plan(job)
    assert runs_in(job) == []


@pytest.mark.asyncio
async def test_a_mapping_that_does_not_fit_leaves_no_run_behind(tmp_path: Path) -> None:
    """A job whose columns are not in the file is refused before a run is made."""
    write_cases(tmp_path, simple_rows(2), header=("Case ID", "Note"))
    job = a_job(tmp_path)
    with pytest.raises(JobError, match="Notes"):
        await plan(job)
    assert runs_in(job) == []


@pytest.mark.asyncio
async def test_a_plan_that_nobody_wants_is_abandoned(job: Job) -> None:
    """Where a person says no a new plan is marked, nothing was sent, and that is no failure; one of before is kept."""
    no = Questions(send=lambda _: False, unfinished=None)
    planned = await plan(job)
    for what in (planned, job):
        with pytest.raises(Declined, match="nothing was sent") as raised:
            await run(what, ask=no)
        assert raised.value.exit_code == 0
    with Ledger(planned.ledger) as ledger:
        assert [one.state for one in ledger.runs()] == [RunState.PLANNED, RunState.ABANDONED]


@pytest.mark.asyncio
async def test_rows_that_say_nothing_are_unchanged_and_cost_no_call(tmp_path: Path) -> None:
    """A row whose mapped cells are all blank needs no call, and stands in nobody's way."""
    write_cases(tmp_path, [("ci-1", ""), ("ci-2", "x"), ("ci-2", " ")])
    ended = await run(a_job(tmp_path))

    outcomes = [line["bulkcase_outcome"] for line in read_results(ended.folder)]
    assert outcomes == ["unchanged", "updated", "unchanged"]
    assert (ended.exit_code, ended.summary.calls) == (0, {"updateCase": 1})


@pytest.mark.asyncio
async def test_a_stop_from_outside_leaves_the_rest_pending(job: Job) -> None:
    """A switch that is set before the first call ends the run at once, interrupted, with every row pending."""
    stop = StopSwitch()
    stop.set(Stop(StopReason.INTERRUPTED, "enough"))
    ended = await run(job, stop=stop)

    assert (ended.exit_code, ended.summary.state) == (130, RunState.INTERRUPTED)
    assert ended.outcomes[Outcome.PENDING] == 20
    assert ended.summary.calls == {}


@pytest.mark.asyncio
async def test_a_stop_after_the_last_row_did_not_stop_anything(tmp_path: Path) -> None:
    """Where nothing was left to do, the run is finished, whatever came too late."""
    write_cases(tmp_path, [("ci-1", "")])
    stop = StopSwitch()
    stop.set(Stop(StopReason.INTERRUPTED, "too late"))
    ended = await run(a_job(tmp_path), stop=stop)
    assert (ended.exit_code, ended.summary.state) == (0, RunState.FINISHED)


def test_a_rehearsal_has_a_ledger_and_a_quota_of_its_own(tmp_path: Path) -> None:
    """A rehearsed job goes to the sandbox, sixty times as fast, and never touches the job's own ledger."""
    write_cases(tmp_path, simple_rows(1))
    job = a_job(tmp_path, host="https://platform.kore.ai", quota='windows = ["60/60s"]')
    rehearsed = rehearsal(job)

    assert ledger_path(rehearsed) != ledger_path(job)
    assert [tuple(window) for window in rehearsed.quota.windows] == [(60, 1.0)]
    assert rehearsed.connection.host == "sandbox"


def test_state_and_reports_are_relative_to_the_job_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders in the job file start at it; without one, BULKCASE_STATE says where the ledger is."""
    job = a_job(tmp_path)
    assert ledger_path(job).is_relative_to(tmp_path / "state")
    assert report_folder(job, "run").parent.resolve() == (tmp_path / "reports").resolve()
    elsewhere = job.model_copy(update={"state": job.state.model_copy(update={"directory": None})})
    monkeypatch.setenv("BULKCASE_STATE", str(tmp_path / "mine"))
    assert ledger_path(elsewhere).is_relative_to(tmp_path / "mine")


@pytest.mark.asyncio
async def test_the_quota_of_a_rehearsal_is_kept(tmp_path: Path) -> None:
    """The embedded server enforces the job's own windows, and rejects not one call."""
    write_cases(tmp_path, simple_rows(60))
    job = rehearsal(a_job(tmp_path, quota='windows = ["20/12s"]'))
    began = time.monotonic()
    ended = await run(job, runtime=Runtime(sandbox=SandboxSettings(latency=(0.0, 0.01))))

    assert (ended.outcomes[Outcome.UPDATED], ended.summary.throttled) == (60, 0)
    assert time.monotonic() - began >= 0.4, "three windows of 0.2 s"


@pytest.mark.asyncio
async def test_a_job_without_a_quota_does_not_go_over_the_calls_of_earlier_runs(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing is counted nobody asks what was, however many calls there were a moment ago."""
    await run(job)
    monkeypatch.delattr(Ledger, "past_calls")

    assert (await run(job)).outcomes[Outcome.UPDATED] == 20
