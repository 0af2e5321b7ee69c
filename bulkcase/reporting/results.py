"""results.csv and failed.csv: every row's fate beside what the row was; both are valid input again."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from bulkcase.cells import text_of
from bulkcase.clock import iso_utc
from bulkcase.formulas import defuse
from bulkcase.ledger.rows import RowRecord
from bulkcase.model import NEEDS_A_PERSON, Outcome
from bulkcase.reporting.files import make_folder, whole_files

COLUMNS: Final = (
    "bulkcase_row",
    "bulkcase_case_id",
    "bulkcase_outcome",
    "bulkcase_verified",
    "bulkcase_http_status",
    "bulkcase_attempts",
    "bulkcase_error_code",
    "bulkcase_error",
    "bulkcase_changed",
    "bulkcase_finished_at",
)
"""What stands behind the columns of the input."""

RESULTS, FAILED = "results.csv", "failed.csv"

# With a byte order mark, because a spreadsheet takes a CSV without one for a Windows code page.
ENCODING = "utf-8-sig"
"""Of every CSV that bulkcase writes."""


UNDOES: Final = "bulkcase_undoes"
"""The column that tells a file about an undo: its rows say what was to be taken back, and are no input."""


def write_results(folder: Path, header: Sequence[str], rows: Iterable[RowRecord], undoes: str | None = None) -> None:
    """Write results.csv with all rows and failed.csv with those that need a person, in one pass.

    `undoes` is the run that this one takes back. Raises EnvironmentFailed where they cannot be written; what stood
    there before is then untouched.
    """
    make_folder(folder)
    with whole_files([folder / RESULTS, folder / FAILED], ENCODING) as (results, failures):
        every, failed = csv.writer(results), csv.writer(failures)
        for writer in (every, failed):
            writer.writerow([*(defuse(name) for name in header), *COLUMNS, *([UNDOES] if undoes else [])])
        for row in rows:
            line = [*original_cells(row, len(header)), *verdict_cells(row), *([undoes] if undoes else [])]
            every.writerow(line)
            if row.result.outcome in NEEDS_A_PERSON:
                failed.writerow(line)


def verdict_cells(row: RowRecord) -> list[str]:
    """Return what stands in `COLUMNS` for a row."""
    result = row.result
    return [
        str(row.number),
        defuse(row.case_key),
        result.outcome.value,
        result.verified,
        "" if result.http_status is None else str(result.http_status),
        str(result.attempts),
        result.code,
        defuse(result.message),
        changed_fields(row),
        iso_utc(row.finished_at),
    ]


def changed_fields(row: RowRecord) -> str:
    """Return the fields that were sent for a row, separated by spaces; empty where none was."""
    sent = row.result.attempts > 0 and row.result.outcome is not Outcome.PENDING
    return row.fields if sent or row.result.outcome is Outcome.UNKNOWN else ""


def original_cells(row: RowRecord, width: int) -> list[str]:
    """Return the row's own cells, as many as the header has: the verdict has to stand under its columns."""
    cells = [defuse(text_of(cell)) for cell in row.cells[:width]]
    return cells + [""] * (width - len(cells))
