import datetime as dt

import pandas as pd
import pytest
from support.records import FINISHED, HEADER, record

from bulkcase.model import Outcome, Result
from bulkcase.reporting import frame_of
from bulkcase.reporting.results import COLUMNS, verdict_cells

TYPES = {
    "bulkcase_http_status": "Int64",
    "bulkcase_attempts": "int64",
    "bulkcase_finished_at": "datetime64[ns, UTC]",
}
WITHOUT_ANSWER = record(3, result=Result(Outcome.INVALID, code="bad_key", message="is blank"), finished_at=None)


def test_the_frame_has_the_columns_of_the_results() -> None:
    """Cells first, then the verdict, each row under its number."""
    frame = frame_of(HEADER, [record(2), WITHOUT_ANSWER])
    assert [frame.index.name, *frame.columns] == [COLUMNS[0], *HEADER, *COLUMNS[1:]]
    assert frame.index.tolist() == [2, 3]
    assert frame.loc[2, "bulkcase_finished_at"] == pd.Timestamp(FINISHED, unit="s", tz="UTC")
    assert frame.loc[3, "bulkcase_error_code"] == "bad_key"
    texts = [column for column in COLUMNS[1:] if column not in TYPES]
    shown = dict(zip(COLUMNS, verdict_cells(record(2)), strict=True))
    assert list(frame.loc[2, texts]) == [shown[column] for column in texts]


@pytest.mark.parametrize(
    "rows",
    [[record(2), WITHOUT_ANSWER], [record(2)], [WITHOUT_ANSWER], []],
    ids=["mixed", "answered", "unanswered", "none"],
)
def test_the_types_do_not_depend_on_the_rows(rows: list[object]) -> None:
    """Status, attempts and time are what they are, whether all rows have them, some or none."""
    frame = frame_of(HEADER, rows)  # type: ignore[arg-type]  # pytest's parameters are objects
    found = {column: str(frame[column].dtype) for column in TYPES}
    assert found | {"bulkcase_finished_at": frame["bulkcase_finished_at"].dt.as_unit("ns").dtype.name} == TYPES
    assert frame.index.dtype == "int64"
    assert frame["bulkcase_finished_at"].isna().sum() == sum(row is WITHOUT_ANSWER for row in rows)


def test_cells_keep_their_kind() -> None:
    """A number stays a number and a date a date; short rows are filled, long ones cut."""
    day = dt.date(2026, 11, 23)
    frame = frame_of(HEADER, [record(2, cells=(42, day)), record(3, cells=("007",)), record(4, cells=("a", "b", "c"))])
    assert frame[list(HEADER)].to_numpy().tolist() == [[42, day], ["007", ""], ["a", "b"]]
