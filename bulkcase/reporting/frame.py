"""The rows of a run as a pandas DataFrame."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bulkcase.ledger.rows import RowRecord

if TYPE_CHECKING:
    import pandas as pd


def frame_of(header: Sequence[str], rows: Iterable[RowRecord]) -> "pd.DataFrame":
    """Return one line a row, indexed by its number: its cells as they were read, then its result.

    The columns of the result are those of results.csv, with numbers and times as what they are.
    """
    import pandas as pd  # noqa: PLC0415 - half a second that only this function needs

    width = len(header)
    numbers: list[int] = []
    lines: list[tuple[object, ...]] = []
    for row in rows:
        numbers.append(row.number)
        result = row.result
        cells = (row.cells + ("",) * width)[:width]
        finished = pd.NaT if row.finished_at is None else pd.Timestamp(row.finished_at, unit="s", tz="UTC")
        lines.append(
            (
                *cells,
                row.case_key,
                result.outcome.value,
                result.http_status,
                result.attempts,
                result.code,
                result.message,
                row.fields,
                finished,
            )
        )
    columns = [
        *header,
        "bulkcase_case_id",
        "bulkcase_outcome",
        "bulkcase_http_status",
        "bulkcase_attempts",
        "bulkcase_error_code",
        "bulkcase_error",
        "bulkcase_changed",
        "bulkcase_finished_at",
    ]
    frame = pd.DataFrame(lines, columns=columns, index=pd.Index(numbers, name="bulkcase_row"))
    frame["bulkcase_http_status"] = frame["bulkcase_http_status"].astype("Int64")
    return frame
