"""A plan as a CSV: what was decided about every row, for a spreadsheet, before anything is sent."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from bulkcase.formulas import defuse
from bulkcase.ledger.rows import RowRecord
from bulkcase.model import Outcome
from bulkcase.reporting.files import whole_file
from bulkcase.reporting.results import ENCODING, original_cells

COLUMNS: Final = (
    "bulkcase_row",
    "bulkcase_case_id",
    "bulkcase_decision",
    "bulkcase_error_code",
    "bulkcase_error",
    "bulkcase_changed",
)


def write_decisions(path: Path, header: Sequence[str], rows: Iterable[RowRecord]) -> None:
    """Write every row with its decision; raises EnvironmentFailed where the file cannot be written."""
    with whole_file(path, ENCODING) as file:
        writer = csv.writer(file)
        writer.writerow([*(defuse(name) for name in header), *COLUMNS])
        for row in rows:
            writer.writerow([*original_cells(row, len(header)), *_decision(row)])


def _decision(row: RowRecord) -> list[str]:
    result = row.result
    is_sent = result.outcome is Outcome.PENDING
    return [
        str(row.number),
        defuse(row.case_key),
        "send" if is_sent else result.outcome.value,
        result.code,
        defuse(result.message),
        row.fields if is_sent else "",
    ]
