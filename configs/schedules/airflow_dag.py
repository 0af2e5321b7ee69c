# ruff: noqa: INP001 - Airflow loads each file of its DAG folder on its own
"""A DAG that runs bulkcase every night, by its Python API; for Airflow 2 and 3.

bulkcase is on the workers in a Python of its own: it needs SQLAlchemy 2, which many an Airflow refuses. Ledger and
locks are in the home of the worker's user: on a local disk, and on the same worker every night (give it a queue).
The worker's environment has KORE_CLIENT_SECRET. A task that is killed leaves at most [quota] max_in_flight rows in
doubt, at which `bulkcase resume` looks.

What becomes of the exit codes:
    0          both tasks succeed
    1, 2, 3    the sending succeeds, and the task after it fails: a person has to look, and no retry sends again
    4, 6, 130  the sending fails and is tried again: another command was at work, a disk was full, somebody stopped it
    5          the task after it is skipped. Rescheduling would only hold up the next night, which goes on in any case
"""

from datetime import timedelta

import pendulum
from airflow.exceptions import AirflowFailException, AirflowSkipException

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task


@task.external_python(
    python="/opt/bulkcase/bin/python",
    expect_airflow=False,
    retries=3,
    retry_delay=timedelta(minutes=30),
    execution_timeout=timedelta(hours=8),
)
def send_updates(job: str) -> dict[str, object]:
    """Run the job; return its exit code, why, and the rows by outcome. Only this function is there where it runs."""
    import bulkcase as bc  # noqa: PLC0415 - Airflow itself does not have it

    try:
        run = bc.sync.run(bc.load(job), unfinished="new")
    except bc.BulkcaseError as error:  # before there was a run
        code, reason, outcomes = error.exit_code, str(error), {}
    else:
        code, reason = run.exit_code, f"{run.summary.reason or run.summary.state}, report in {run.folder}"
        outcomes = {outcome.value: count for outcome, count in run.outcomes.items() if count}
    if code in {4, 6, 130}:
        raise RuntimeError(f"exit code {code}: {reason}")
    return {"exit_code": code, "reason": reason, "outcomes": outcomes}


@task(retries=0)
def look_at_it(ended: dict[str, object]) -> None:
    """End as an operator wants to see it; for rows that need a person failed.csv in the report has what to do."""
    told = f"exit code {ended['exit_code']}: {ended['reason']}: {ended['outcomes']}"
    if ended["exit_code"] == 5:
        raise AirflowSkipException(told)
    if ended["exit_code"]:
        raise AirflowFailException(told)


@dag(
    schedule="15 22 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Berlin"),
    catchup=False,
    max_active_runs=1,
    tags=["bulkcase"],
)
def bulkcase_nightly() -> None:
    """Send the case updates of tonight's export."""
    look_at_it(send_updates("/srv/bulkcase/nightly.toml"))


bulkcase_nightly()
