"""bulkcase runs, show, history and report: what the ledger knows."""

from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer

from bulkcase.cli.common.console import write_out
from bulkcase.cli.common.logs import LogFormat, log_to_stderr
from bulkcase.cli.common.options import AsJson, LogAs, OfSandbox, ReportFolder, RunName, StateFolder, Verbose
from bulkcase.cli.common.show import show_run
from bulkcase.cli.common.show_runs import show_drift, show_history, show_one, show_runs
from bulkcase.cli.completion import a_job
from bulkcase.clock import iso_utc
from bulkcase.errors import UsageError
from bulkcase.ledger.queries.drift import Drift
from bulkcase.ledger.queries.history import Event
from bulkcase.logged import RUN
from bulkcase.operations import runs as ledger_runs
from bulkcase.operations.drift import NIGHTS, drift
from bulkcase.operations.report import report
from bulkcase.operations.runs import Listed, Shown
from bulkcase.reporting.summary import summary_text

Case = Annotated[str, typer.Argument(metavar="CASE", help="The id of a case.", show_default=False)]
_NEWEST = 20
Newest = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", min=1, help=f"Only the newest N runs: {_NEWEST}, with --drift {NIGHTS}."),
]
OfDrift = Annotated[
    bool, typer.Option("--drift", help="Show what keeps failing, flips, or is gone, night after night of one job.")
]
JobName = Annotated[
    str | None,
    typer.Option(
        "--job",
        metavar="JOB",
        autocompletion=a_job,
        help="With --drift: a job, by its file or name, not that of the last run.",
    ),
]


def runs_command(
    *,
    limit: Newest = None,
    of_drift: OfDrift = False,
    job: JobName = None,
    sandbox: OfSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
) -> None:
    """List the runs of the ledger, job by job: what ended how, what is unfinished, what drifts from night to night."""
    if job is not None and not of_drift:
        raise UsageError("--job says whose drift is shown: add --drift")
    if of_drift:
        told = drift(job, nights=limit or NIGHTS, state=state, sandbox=sandbox)
        if as_json:
            _print(_drifting(told))
        else:
            show_drift(told)
        return
    found = ledger_runs.runs(limit=limit or _NEWEST, state=state, sandbox=sandbox)
    if as_json:
        _print([_listed(run) for run in found])
    else:
        show_runs(found)


def show_command(
    run: RunName, *, sandbox: OfSandbox = False, as_json: AsJson = False, state: StateFolder = None
) -> None:
    """Show one run, also while it goes on: outcomes, causes, who worked on it, what goes on from here."""
    found = ledger_runs.show(run, state=state, sandbox=sandbox)
    if as_json:
        _print(_shown(found))
    else:
        show_one(found)


def history_command(
    case: Case, *, sandbox: OfSandbox = False, as_json: AsJson = False, state: StateFolder = None
) -> None:
    """Show what changed a case: run, file, row and value, when, by which user of which host."""
    events = ledger_runs.history(case, state=state, sandbox=sandbox)
    if as_json:
        _print([_event(event) for event in events])
    else:
        show_history(case, events)


def report_command(
    run: RunName,
    *,
    sandbox: OfSandbox = False,
    as_json: AsJson = False,
    state: StateFolder = None,
    reports: ReportFolder = None,
    verbose: Verbose = False,
    log_format: LogAs = LogFormat.TEXT,
) -> None:
    """Write the report of a run anew, also of one that was killed."""
    log_to_stderr(verbose, log_format)
    made = report(run, state=state, sandbox=sandbox, reports=reports)
    RUN.set(made.id)
    if as_json:
        write_out(summary_text(made.summary))
    else:
        show_run(made)


def _print(value: Any) -> None:
    write_out(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())


def _listed(run: Listed) -> dict[str, Any]:
    record = run.record
    return {
        "run_id": record.id,
        "job": record.job,
        "target": record.target,
        "input": record.input,
        "state": run.state,
        "exit_code": record.exit_code,
        "rows": record.rows,
        "outcomes": {outcome.value: count for outcome, count in run.outcomes.items()},
        "started_at": iso_utc(record.started_at) or None,
        "finished_at": iso_utc(record.finished_at) or None,
        "duration_s": round(record.duration, 3),
        "calls": run.calls,
        "needs_a_person": run.needs_a_person,
    }


def _drifting(found: Drift) -> dict[str, Any]:
    nights = [
        asdict(night)
        | {
            "started_at": iso_utc(night.started_at),
            "outcomes": {outcome.value: count for outcome, count in night.outcomes.items()},
        }
        for night in found.nights
    ]
    return asdict(found) | {"nights": nights, "is_quiet": found.is_quiet}


def _shown(run: Shown) -> dict[str, Any]:
    return run.summary.as_json() | {
        "state": run.state,
        "input": run.record.input,
        "in_flight": run.in_flight,
        "working": None if run.holder is None else str(run.holder),
        "sessions": [
            {"user": who.user, "host": who.host, "pid": who.pid, "from": iso_utc(began), "to": iso_utc(ended) or None}
            for who, began, ended in run.workers
        ],
        "next_command": run.next_command,
    }


def _event(event: Event) -> dict[str, Any]:
    return asdict(event) | {"finished_at": iso_utc(event.finished_at) or None}
