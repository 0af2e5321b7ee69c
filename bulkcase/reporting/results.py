"""results.csv and failed.csv: every row's fate beside what the row was; both are valid input again."""

import csv
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bulkcase.cells import text_of
from bulkcase.clock import iso_utc
from bulkcase.formulas import defuse
from bulkcase.ledger.rows import RowRecord
from bulkcase.model import NEEDS_A_PERSON, Outcome
from bulkcase.reporting.files import make_folder, whole_file

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
_ENCODING = "utf-8-sig"


def write_results(folder: Path, header: Sequence[str], rows: Iterable[RowRecord]) -> None:
    """Write results.csv with all rows and failed.csv with those that need a person, in one pass.

    Raises EnvironmentFailed where they cannot be written; what stood there before is then untouched.
    """
    make_folder(folder)
    with ExitStack() as files:
        every = csv.writer(files.enter_context(whole_file(folder / RESULTS, _ENCODING)))
        failed = csv.writer(files.enter_context(whole_file(folder / FAILED, _ENCODING)))
        for writer in (every, failed):
            writer.writerow([*(defuse(name) for name in header), *COLUMNS])
        for row in rows:
            line = [*_original(row, len(header)), *verdict_cells(row)]
            every.writerow(line)
            if row.result.outcome in NEEDS_A_PERSON:
                failed.writerow(line)


def verdict_cells(row: RowRecord) -> list[str]:
    """Return what stands in `COLUMNS` for a row."""
    result = row.result
    sent = result.attempts > 0
    return [
        str(row.number),
        defuse(row.case_key),
        result.outcome.value,
        "",
        "" if result.http_status is None else str(result.http_status),
        str(result.attempts),
        result.code,
        defuse(result.message),
        row.fields if sent and result.outcome is not Outcome.PENDING else "",
        iso_utc(row.finished_at),
    ]


def _original(row: RowRecord, width: int) -> list[str]:
    """Return the row's own cells, as many as the header has: the verdict has to stand under its columns."""
    cells = [defuse(text_of(cell)) for cell in row.cells[:width]]
    return cells + [""] * (width - len(cells))
