"""SIGKILL, which no handler sees, at every stage of a run and of a plan."""

import pytest
from support.campaign import RUN, Campaign, Scene
from support.machine import STATE, is_finished, killed_at_step, left_over, open_runs, prove_the_truth, struck_at

from bulkcase.sandbox import SandboxSettings

IN_FLIGHT = 4
JOB = {
    "quota": f"windows = []\nmax_in_flight = {IN_FLIGHT}",
    "snapshot": 'read = "always"',
    "more": "[safety]\ncanary = 3",
}
SETTINGS = SandboxSettings(latency=(0.0, 0.01), page_size=20)
STAGES = {
    "its lock is taken": struck_at("bulkcase.ledger.locks:TargetLock._write"),
    "the ledger is made": struck_at("bulkcase.ledger.storage.database:_tell_sizes"),
    "the input is read": struck_at("bulkcase.ledger.adding:_write"),
    "live cases are read": struck_at("bulkcase.ledger.snapshots:Snapshot.add", at=2),
    "the plan is kept": struck_at("bulkcase.ledger.runs:Ledger.planned"),
    "the run is begun": struck_at("bulkcase.ledger.runs:Ledger.start"),
    "the canary is sent": struck_at("bulkcase.ledger.journal:Journal.flush", at=2),
    "rows are sent": struck_at("bulkcase.ledger.journal:Journal.flush", at=9),
    "what was lost is settled": struck_at("bulkcase.ledger.sessions:recover"),
    "answers wait for the ledger": struck_at("bulkcase.ledger.journal:Journal.flush", at=6),
    "the results are written": struck_at("bulkcase.operations.report:write_results"),
    "the report takes its place": struck_at("bulkcase.reporting.files:WholeFiles.land"),
    "the summary is written": struck_at("bulkcase.operations.report:write_summary"),
    "the end is noted": struck_at("bulkcase.ledger.runs:Ledger.end"),
}
"""In the order of a run, each after the one before."""


def go_on(scene: Scene) -> None:
    """Let the program end what it began: its newest run, or a new one where there is none."""
    known = open_runs(scene)
    ended = scene.program("resume", known[-1], *STATE) if known else scene.program()
    assert ended.code == 0, ended.errors


@pytest.mark.fault("SIGKILL at every stage", "one process after the other is killed, each a stage further on")
def test_a_kill_at_any_stage_loses_no_row(campaign: Campaign) -> None:
    """Killed while it reads, plans, sends, resumes, reports and ends, a run tells the truth each time, and goes on."""
    with campaign.scene(campaign.size(60, 600), SETTINGS, **JOB) as scene:
        for stage, strike in STAGES.items():
            ended = scene.program(prelude=strike)
            assert ended.code == -9, (stage, ended.errors)
            if open_runs(scene):
                prove_the_truth(scene, in_doubt=IN_FLIGHT)
        go_on(scene)
        # Half a report of a writer that was killed is its owner's only, and is taken away when it is a day old.
        assert [name for name in left_over(scene) if not name.endswith(".unfinished")] == []
        campaign.proved(scene, struck=len(STAGES), repeats=IN_FLIGHT * len(STAGES))


@pytest.mark.fault("SIGKILL at every step", "at every 20th statement of the database or file that is opened", full=True)
def test_a_kill_at_any_step_loses_no_row(campaign: Campaign) -> None:
    """Whatever the statement or the file at which a process is killed, the next one finishes what it began."""
    with campaign.scene(40, SETTINGS, **JOB) as scene:
        kills = 0
        for at in range(1, 4000, 20):
            ended = scene.program(prelude=killed_at_step(at, scene.folder, scene.folder / "steps.txt"))
            if ended.code == 0:
                break
            kills += 1
            assert ended.code == -9, ended.errors
            if open_runs(scene):
                prove_the_truth(scene, in_doubt=IN_FLIGHT)
            if is_finished(scene):
                break  # killed when all was done: the next one would begin anew
        assert kills > 10
        campaign.proved(scene, struck=kills, repeats=IN_FLIGHT * kills)


@pytest.mark.fault("SIGKILL while a plan is saved", "killed as its input is read, and as the plan is kept")
def test_a_plan_that_was_killed_leaves_nothing_that_is_half_a_plan(campaign: Campaign) -> None:
    """After a kill there is a whole plan or none, and the next one can be run as it is."""
    plan = ("plan", "job.toml")
    with campaign.scene(60, SETTINGS, **JOB) as scene:
        for stage in ("bulkcase.ledger.adding:_write", "bulkcase.ledger.runs:Ledger.planned"):
            assert scene.program(*plan, prelude=struck_at(stage)).code == -9
        planned = scene.program(*plan)
        assert planned.code == 0, planned.errors
        (only,) = open_runs(scene)
        assert scene.calls == []
        ran = scene.program(*RUN[:3], "--plan", only)
        assert ran.code == 0, ran.errors
        campaign.proved(scene, struck=2)
