"""A plan as a CSV: what was decided about every row, for a spreadsheet, before anything is sent."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from bulkcase.formulas import defuse
from bulkcase.ledger.queries.shown import RowRecord
from bulkcase.model import Outcome, Result
from bulkcase.reporting.files import whole_file
from bulkcase.reporting.formats.csvlines import CsvLines
from bulkcase.reporting.formats.results import ENCODING, original_cells

COLUMNS: Final = (
    "bulkcase_row",
    "bulkcase_case_id",
    "bulkcase_decision",
    "bulkcase_error_code",
    "bulkcase_error",
    "bulkcase_changed",
    "bulkcase_from",
    "bulkcase_to",
)

SEND: Final = "send"
"""What is decided about a row that waits to be sent."""

Change = tuple[str, str, str]
"""Name, old and new value of one change, as a person knows them."""


def write_decisions(path: Path, header: Sequence[str], rows: Iterable[tuple[RowRecord, Sequence[Change]]]) -> Path:
    """Write every row with its decision and its changes, one a line in its cell where there are several.

    Returns where the file stands: beside `path` where a program holds that open. Raises EnvironmentFailed where it
    cannot be written.
    """
    with whole_file(path, ENCODING) as file:
        lines = CsvLines(file)
        lines.write([[*(defuse(name) for name in header), *COLUMNS]])
        for row, changes in rows:
            lines.write([[*original_cells(row.cells, len(header)), *_decision(row, changes)]])
    return file.path


def decision_of(result: Result) -> str:
    """Return what was decided about a row, in a word."""
    return SEND if result.outcome is Outcome.PENDING else result.outcome.value


def _decision(row: RowRecord, changes: Sequence[Change]) -> list[str]:
    result = row.result
    is_sent = result.outcome is Outcome.PENDING
    names, before, after = zip(*changes, strict=True) if is_sent and changes else ((), (), ())
    return [
        str(row.number),
        defuse(row.case_key),
        decision_of(result),
        result.code,
        defuse(result.message),
        "\n".join(names),
        defuse("\n".join(before)),
        defuse("\n".join(after)),
    ]
