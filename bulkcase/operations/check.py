"""check: everything that can be known of a job and its file without the network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from bulkcase.causes import tip
from bulkcase.errors import CredentialsError
from bulkcase.frames import Kind, Records, frame_of
from bulkcase.job import Job
from bulkcase.job.owners import changed_by_others
from bulkcase.ledger import Ledger, RunRecord
from bulkcase.model import Outcome
from bulkcase.operations.closing.herald import ways_of
from bulkcase.operations.common.options import refuse_limit, refuse_text
from bulkcase.operations.common.planned import Plan
from bulkcase.operations.common.runtime import LEDGER, Runtime
from bulkcase.operations.deciding.decided import plan_without_looking
from bulkcase.operations.live.credentials import WHERE_IDS_ARE, ZEROS, check_secrets, made_up_ids
from bulkcase.reporting.masked import masked_row

if TYPE_CHECKING:
    import pandas as pd

_NEEDED: Final = "Needed by run, not by check."
_IDS: Final = f"{WHERE_IDS_ARE[:1].upper()}{WHERE_IDS_ARE[1:]}."
_COLUMNS: Final[dict[str, Kind]] = {
    "where": "text",
    "row": "whole",
    "code": "text",
    "message": "text",
    "tip": "text",
    "is_warning": "flag",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not well."""

    where: str
    """The file."""
    row: int | None
    """The row of that file; None for the file as a whole."""
    code: str
    """One of `bulkcase.causes`; empty for what concerns no row."""
    message: str
    tip: str
    is_warning: bool = False
    """A warning stands in nobody's way."""

    def __str__(self) -> str:
        place = self.where if self.row is None else f"{self.where} row {self.row}"
        return f"{place}: {self.message}"


def check(job: Job, *, limit: int | None = None, runtime: Runtime | None = None) -> Records[Problem]:
    """Return every problem of a job and its input at once; no call is made and no secret is needed.

    `limit` takes only the first rows. The list is also a table: `check(job).frame()`. It reads the whole file before it
    returns: where an event loop runs, `await asyncio.to_thread(bulkcase.check, job)` keeps that going.

    Raises JobError or InputError where a file cannot be read at all or does not fit the job.
    """
    return Records(examine(job, limit=limit, runtime=runtime)[1], _frame)


def examine(job: Job, *, limit: int | None = None, runtime: Runtime | None = None) -> tuple[Plan, list[Problem]]:
    """Return the plan that a run would start from, and every problem; see `check`."""
    refuse_text(job)
    refuse_limit(limit)
    # A ledger of its own, thrown away afterwards: a check leaves nothing behind.
    with TemporaryDirectory(prefix="bulkcase-check-") as folder, Ledger(Path(folder) / LEDGER) as ledger:
        planned = plan_without_looking(ledger, job, limit=limit, runtime=runtime or Runtime())
        problems = list(_warnings(job, planned))
        problems += _bad_rows(planned.input, ledger, ledger.run(planned.run_id))
        return planned, problems


def _frame(problems: Sequence[Problem]) -> "pd.DataFrame":
    return frame_of(_COLUMNS, ([getattr(problem, name) for name in _COLUMNS] for problem in problems))


def _warnings(job: Job, planned: Plan) -> Iterator[Problem]:
    if doubt := changed_by_others(job.file):
        yield Problem(str(job.file), None, "", doubt, "The job decides where your secrets go.", is_warning=True)
    if ids := made_up_ids(job):
        yield Problem(str(job.file), None, "", f"{', '.join(ids)}: {ZEROS}", f"{_NEEDED} {_IDS}", is_warning=True)
    try:
        check_secrets(job)
    except CredentialsError as error:
        for problem in error.problems:
            yield Problem(str(job.file), None, "", problem, _NEEDED, is_warning=True)
    for problem in ways_of(job)[1]:
        yield Problem(str(job.file), None, "", problem, "Needed to tell how a run ended.", is_warning=True)
    for note in planned.notes:
        yield Problem(planned.input, None, "", note, "Look at these before sending.", is_warning=True)


def _bad_rows(name: str, ledger: Ledger, run: RunRecord) -> Iterator[Problem]:
    private = run.report.private
    for row in ledger.rows(run).all():
        if row.result.outcome is Outcome.INVALID:
            result = masked_row(row, run.header, private).result
            yield Problem(name, row.number, result.code, result.message, tip(result.code))
