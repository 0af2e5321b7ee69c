"""report: what became of a run, made from the ledger when it ends and again whenever asked."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bulkcase.errors import UsageError
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.model import RunState
from bulkcase.operations.desk import recovered
from bulkcase.operations.ended import Run
from bulkcase.operations.find import found_run
from bulkcase.operations.runtime import Runtime, command_line
from bulkcase.reporting import FILES, Summary, write_results, write_summary


def report(
    run: str | Run,
    *,
    state: Path | None = None,
    sandbox: bool = False,
    reports: Path | None = None,
    runtime: Runtime | None = None,
) -> Run:
    """Write the report of a run anew, also of one that was killed; its job file is not needed.

    `run` is an id, a part of one that no other has, or "last"; `reports` is another folder than that of its report.
    Raises UsageError where there is no such run, or where it was never started or goes on at this moment.
    """
    path, record = found_run(run, state=state, sandbox=sandbox)
    if record.state is RunState.RUNNING:
        recovered(path, record, runtime or Runtime())
    with Ledger(path) as ledger:
        record = ledger.run(record.id)
        if record.state is RunState.RUNNING:
            command = command_line("show", record.id, path)
            raise UsageError(f"run {record.id} goes on at this moment, and reports when it ends: see {command}")
        if record.folder is None:
            raise UsageError(f"run {record.id} was never started: there is nothing to report")
        if reports is not None:
            record = replace(record, folder=str(reports.absolute() / record.id))
        return write_report(ledger, record)


def write_report(ledger: Ledger, record: RunRecord, spent: Callable[[], float] | None = None) -> Run:
    """Write the report of a run as the ledger has it now; raises EnvironmentFailed where it cannot be written.

    `spent` tells the seconds that the run has taken in all, this report included.
    """
    assert record.folder is not None, "it was started"
    rows, folder = ledger.rows(record), Path(record.folder)
    write_results(folder, record.header, rows.all(), record.undoes)
    if spent is not None:
        record = replace(record, duration=spent())
    summary = Summary.of(record, rows, FILES)
    write_summary(folder, summary)
    return Run(record.id, ledger.path, folder, summary, is_undone=bool(ledger.undone_by(record)))
