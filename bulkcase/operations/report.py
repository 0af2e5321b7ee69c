"""report: what became of a run, made from the ledger when it ends and again whenever asked."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bulkcase.errors import BulkcaseError, EnvironmentFailed, UsageError
from bulkcase.ledger import Ledger, RowRecord, RunRecord
from bulkcase.ledger.queries.figures import Totals
from bulkcase.model import RunState
from bulkcase.operations.closing.page import page_of
from bulkcase.operations.common.desk import recovered
from bulkcase.operations.common.ended import Run
from bulkcase.operations.common.find import found_run
from bulkcase.operations.common.runtime import Runtime, command_line
from bulkcase.operations.running.touched import FILE as TOUCHED
from bulkcase.reporting import Summary, write_results, write_summary
from bulkcase.reporting.files import clear_leftovers, drop_file, last_written
from bulkcase.reporting.formats.html import FILE as PAGE
from bulkcase.reporting.formats.html import write_page
from bulkcase.reporting.formats.jsonl import FILE as LINES
from bulkcase.reporting.formats.jsonl import write_lines
from bulkcase.reporting.formats.workbook import FILE as WORKBOOK
from bulkcase.reporting.formats.workbook import write_workbook
from bulkcase.reporting.masked import masked
from bulkcase.reporting.summary import FILE as SUMMARY

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Source:
    """What the forms of a report are made from."""

    ledger: Ledger
    record: RunRecord
    totals: Totals
    now: float
    """The moment that they show, in seconds since the epoch."""


def report(
    run: str | Run,
    *,
    state: str | Path | None = None,
    sandbox: bool = False,
    reports: str | Path | None = None,
    runtime: Runtime | None = None,
) -> Run:
    """Write the report of a run anew, also of one that was killed; its job file is not needed.

    `run` is what a verb returned, an id, a part of one that no other has, or "last", in the ledger of the folder
    `state`; `sandbox` looks among the rehearsals; `reports` is another folder than that of its report. It makes no
    call, and returns when the files are written: where an event loop runs, `await asyncio.to_thread(bulkcase.report,
    run)` keeps that going.

    Raises UsageError where there is no such run, or where it was never started or goes on at this moment, and
    EnvironmentFailed or LedgerError where ledger or report cannot be read or written.
    """
    path, record = found_run(run, state=state, sandbox=sandbox)
    runtime = runtime or Runtime()
    if record.state is RunState.RUNNING:
        recovered(path, record, runtime)
    with Ledger(path) as ledger:
        record = ledger.run(record.id)
        if record.state is RunState.RUNNING:
            command = command_line("show", record.id, path)
            raise UsageError(f"run {record.id} goes on at this moment, and reports when it ends: see {command}")
        if record.folder is None:
            raise UsageError(f"run {record.id} was never started: there is nothing to report")
        if reports is not None:
            record = replace(record, folder=str(Path(reports).absolute() / record.id))
        return write_report(ledger, record, runtime.clock.now())


def write_report(ledger: Ledger, record: RunRecord, now: float, spent: Callable[[], float] | None = None) -> Run:
    """Write the report of a run as the ledger has it now; raises EnvironmentFailed where it cannot be written.

    Where one form cannot, all others are. `now` is the moment that it shows, in seconds since the epoch; `spent` tells
    the seconds that the run has taken in all, this report included.
    """
    assert record.folder is not None, "it was started"
    folder = Path(record.folder)
    clear_leftovers(folder, now)
    # The rows first: nothing else can be sent again.
    rows = ledger.rows(record)
    with closing(rows.pages()) as pages:
        files = write_results(folder, record.header, pages, record.undoes)
    files += [path.name for path in [last_written(folder / TOUCHED)] if path.exists()]
    source = _Source(ledger, record, rows.totals(), now)
    summary = Summary.of(record, rows, source.totals, files)
    made = Run(record.id, ledger.path, folder, summary, is_undone=bool(ledger.undone_by(record)))
    failures: list[EnvironmentFailed] = []
    for form, (name, _) in _FORMS.items():
        with _put_off(failures):
            so_far = replace(made, summary=replace(summary, files=files))
            if form in record.report.formats and (written := _tried(form, source, so_far)):
                files.append(written)
                continue
        with _put_off(failures):
            # An earlier one would tell of another state of the run than the rows do.
            drop_file(folder / name, keep_edits=form == "xlsx")
    spent_s = summary.duration_s if spent is None else spent()
    summary = replace(summary, files=[*files, SUMMARY], duration_s=spent_s)
    try:
        write_summary(folder, summary)
    except EnvironmentFailed:
        drop_file(folder / SUMMARY)
        raise
    if failures:
        raise failures[0]
    return replace(made, summary=summary)


@contextmanager
def _put_off(failures: list[EnvironmentFailed]) -> Iterator[None]:
    """Go on where one file cannot be written: the others, and the summary, belong to rows that are there already."""
    try:
        yield
    except EnvironmentFailed as error:
        failures.append(error)


def _tried(form: str, source: _Source, made: Run) -> str | None:
    try:
        _, write = _FORMS[form]
        return write(source, made)
    except BulkcaseError:
        raise
    except Exception as fault:  # noqa: BLE001 - it must not cost the run its summary
        _log.debug("a fault of bulkcase", exc_info=True)
        # Its text may hold a cell.
        kind = type(fault).__name__
        _log.warning("the report as %s was not written: a fault of bulkcase (%s): please report it", form, kind)
        return None


def _as_page(source: _Source, made: Run) -> str:
    commands = {"next_command": made.command(anywhere=True), "correct_command": made.correct_command}
    page = page_of(source.ledger, source.record, made.summary, source.now, totals=source.totals, **commands)
    return write_page(made.folder, page)


def _as_workbook(source: _Source, made: Run) -> str:
    with _rows(source) as (header, rows):
        return write_workbook(made.folder, header, rows, made.summary)


def _as_lines(source: _Source, made: Run) -> str:
    with _rows(source) as (header, rows):
        return write_lines(made.folder, header, rows)


@contextmanager
def _rows(source: _Source) -> Iterator[tuple[Sequence[str], Iterable[RowRecord]]]:
    """Yield the header and the rows of a run, with nothing private in them."""
    record, private = source.record, source.record.report.private
    with closing(source.ledger.rows(record).all()) as every:
        yield private.header(record.header), masked(every, record.header, private)


_FORMS: Final[Mapping[str, tuple[str, Callable[[_Source, Run], str]]]] = {
    "jsonl": (LINES, _as_lines),
    "xlsx": (WORKBOOK, _as_workbook),
    "html": (PAGE, _as_page),
}
"""The file of each form but the CSVs, and what writes it; the page comes last, as it leads to all others."""
