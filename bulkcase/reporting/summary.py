"""summary.json: a run in numbers, for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bulkcase.causes import tip
from bulkcase.clock import iso_utc
from bulkcase.fields.private import Private
from bulkcase.kore.verdict import Kind
from bulkcase.ledger.queries.figures import Totals
from bulkcase.ledger.records import RunRecord
from bulkcase.ledger.rows import RunRows
from bulkcase.model import Outcome
from bulkcase.reporting.files import make_folder, whole_file
from bulkcase.reporting.masked import masked_row

FILE = "summary.json"


@dataclass(frozen=True, slots=True)
class Cause:
    """Rows that did not end well for one reason."""

    code: str
    count: int
    example: str
    tip: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in numbers. The names are those of summary.json."""

    run_id: str
    job: str
    target: str
    state: str
    exit_code: int | None
    reason: str
    continues: str | None
    """The run that this one belongs to."""
    undoes: str | None
    """The run that it takes back."""
    rows: int
    cases: int
    outcomes: Mapping[Outcome, int]
    verified: Mapping[str, int]
    """The rows that were sent, by what their cases were seen to show of it."""
    canary: str
    """How the first rows were checked before all others, by `cases` or `answers`; empty where none has passed."""
    calls: Mapping[str, int]
    retries: int
    throttled: int
    started_at: float | None
    finished_at: float | None
    duration_s: float
    errors: Sequence[Cause]
    files: Sequence[str]

    @classmethod
    def of(cls, run: RunRecord, rows: RunRows, totals: Totals, files: Sequence[str]) -> "Summary":
        """Return the summary of a run as the ledger has it now; the `totals` are those of its rows."""
        outcomes = totals.outcomes
        return cls(
            run_id=run.id,
            job=run.job,
            target=run.target,
            state=run.state,
            exit_code=run.exit_code,
            reason=run.report.private.reason(run.reason),
            continues=run.continues,
            undoes=run.undoes,
            rows=sum(outcomes.values()) if run.rows is None else run.rows,
            cases=rows.cases(),
            outcomes=outcomes,
            verified=totals.verified,
            canary=run.canary,
            calls=rows.calls_by_endpoint(),
            retries=totals.retries,
            throttled=rows.calls_by_verdict().get(Kind.THROTTLED, 0),
            started_at=run.started_at,
            finished_at=run.finished_at,
            duration_s=run.duration,
            errors=causes_of(rows, run, totals),
            files=files,
        )

    def as_json(self) -> dict[str, Any]:
        """Return what summary.json holds: moments as ISO 8601 in UTC."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["started_at"] = iso_utc(self.started_at) or None
        values["finished_at"] = iso_utc(self.finished_at) or None
        values["duration_s"] = round(self.duration_s, 3)
        values["outcomes"] = {outcome.value: count for outcome, count in self.outcomes.items()}
        return values


def causes_of(rows: RunRows, run: RunRecord, totals: Totals) -> list[Cause]:
    """Return why rows did not end well, the most frequent cause first, with the first row of each."""
    private = run.report.private
    return [
        Cause(code, count, f"row {first}: {_said(message, first, rows, run, private)}", tip(code))
        for code, count, first, message in rows.causes(totals)
    ]


def _said(message: str, number: int, rows: RunRows, run: RunRecord, private: Private) -> str:
    return masked_row(rows.one_shown(number), run.header, private).result.message if private else message


def summary_text(summary: Summary) -> str:
    """Return summary.json as text."""
    return orjson.dumps(summary.as_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def write_summary(folder: Path, summary: Summary) -> str:
    """Write summary.json and return the file's name; raises EnvironmentFailed where it cannot be written."""
    make_folder(folder)
    with whole_file(folder / FILE) as file:
        file.write(summary_text(summary))
    return file.path.name
