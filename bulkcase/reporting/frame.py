"""The rows of a run as a pandas DataFrame."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bulkcase.ledger.shown import RowRecord
from bulkcase.reporting.results import COLUMNS, changed_fields

if TYPE_CHECKING:
    import pandas as pd

_NUMBER, *_VERDICT = COLUMNS


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
        lines.append((*(row.cells + ("",) * width)[:width], *_verdict(row)))
    frame = pd.DataFrame(lines, columns=[*header, *_VERDICT], index=pd.Index(numbers, name=_NUMBER, dtype="int64"))
    # Where a column is empty throughout, pandas cannot know what it would hold.
    frame["bulkcase_http_status"] = frame["bulkcase_http_status"].astype("Int64")
    frame["bulkcase_attempts"] = frame["bulkcase_attempts"].astype("int64")
    finished = frame["bulkcase_finished_at"].astype("float64")
    frame["bulkcase_finished_at"] = pd.to_datetime(finished, unit="s", utc=True)
    return frame


def _verdict(row: RowRecord) -> tuple[object, ...]:
    result = row.result
    return (
        row.case_key,
        result.outcome.value,
        result.verified,
        result.http_status,
        result.attempts,
        result.code,
        result.message,
        changed_fields(row),
        row.finished_at,
    )
