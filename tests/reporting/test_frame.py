import datetime as dt
from collections.abc import Sequence

import orjson
import pandas as pd
import pytest
from support.records import FINISHED, HEADER, record

from bulkcase.fields.private import Private
from bulkcase.model import Outcome, Result
from bulkcase.reporting import frame_of_plan, frame_of_results
from bulkcase.reporting.formats.results import COLUMNS, verdict_cells
from bulkcase.reporting.frame import Compared

OPEN = Private()
HIDDEN = Private(["desc"], ["Note"])
WITHOUT_ANSWER = record(3, result=Result(Outcome.INVALID, code="bad_key", message="is blank"), finished_at=None)
TYPES = {
    "bulkcase_outcome": "category",
    "bulkcase_http_status": "Int64",
    "bulkcase_attempts": "int64",
    "bulkcase_finished_at": "datetime64[ns, UTC]",
}
WAITING = record(2, Outcome.PENDING, finished_at=None)


def compared(sent: object, before: object | None, number: int = 2) -> Compared:
    """Return a row that would be sent, and what its case shows."""
    old = None if before is None else orjson.dumps(before)
    return WAITING._replace(number=number), orjson.dumps(sent), old


def test_the_frame_has_the_columns_of_the_results() -> None:
    """Cells first, then the verdict, each row under its number."""
    frame = frame_of_results(HEADER, [record(2), WITHOUT_ANSWER], OPEN)
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
    """Every column of the result is what it is, whether all rows have a value there, some or none."""
    frame = frame_of_results(HEADER, rows, OPEN)  # type: ignore[arg-type]  # pytest's parameters are objects
    texts = dict.fromkeys(COLUMNS[1:], str(pd.Series(["a"]).dtype))
    assert {column: str(frame[column].dtype) for column in texts} == texts | TYPES
    assert frame.index.dtype == "int64"
    assert frame["bulkcase_finished_at"].isna().sum() == sum(row is WITHOUT_ANSWER for row in rows)


def test_the_outcome_is_one_of_nine() -> None:
    """Counting them tells of those that no row has, too, in the order in which they are told everywhere."""
    counts = frame_of_results(HEADER, [record(2), WITHOUT_ANSWER], OPEN)["bulkcase_outcome"].value_counts(sort=False)
    assert counts.to_dict() == dict.fromkeys(Outcome, 0) | {Outcome.UPDATED: 1, Outcome.INVALID: 1}


def test_cells_keep_their_kind() -> None:
    """A number stays a number and a date a date; short rows are filled, long ones cut."""
    day = dt.date(2026, 11, 23)
    rows = [record(2, cells=(42, day)), record(3, cells=("007",)), record(4, cells=("a", "b", "c"))]
    frame = frame_of_results(HEADER, rows, OPEN)
    assert frame[list(HEADER)].to_numpy().tolist() == [[42, day], ["007", ""], ["a", "b"]]


@pytest.mark.parametrize("header", [("Case ID", "Case ID"), ("bulkcase_row", "bulkcase_outcome")])
def test_a_file_may_have_a_column_of_any_name(header: Sequence[str]) -> None:
    """Two columns of one name, or one that is called as one of the result, stand beside it."""
    frame = frame_of_results(header, [record(7)], OPEN)
    assert list(frame.columns) == [*header, *COLUMNS[1:]]
    assert (frame.index.tolist(), frame.iloc[0].tolist()[:2]) == ([7], ["ci-1", "Closed"])


def test_nothing_private_is_in_a_frame() -> None:
    """Cells, values before and after, and messages are masked; a masked column has a name that no job maps."""
    refused = record(3, result=Result(Outcome.FAILED, 1, 412, "http_412", "desc: Closed is too short"))
    results = frame_of_results(HEADER, [record(2), refused], HIDDEN)
    plan = frame_of_plan(HEADER, [compared({"desc": "Closed"}, {"desc": "Closed before"})], HIDDEN)
    for frame in (results, plan):
        assert list(frame.columns[:2]) == ["Case ID", "Note (masked)"]
        assert "Closed" not in frame.to_csv()
    assert list(plan[["bulkcase_from.desc", "bulkcase_to.desc"]].loc[2]) == ["•••", "•••"]


def test_a_plan_has_each_change_in_columns_of_its_own() -> None:
    """Old and new value as people know them; none where the row leaves the field alone, or nobody has looked."""
    closed, opened = {"_id": "st-2", "name": "Closed"}, {"_id": "st-1", "name": "Open"}
    rows = [
        compared({"status": closed, "desc": "new"}, {"status": opened}, 2),
        compared({"status": closed}, None, 3),
        (WITHOUT_ANSWER._replace(number=4), None, None),
    ]
    frame = frame_of_plan(HEADER, rows, OPEN)
    assert list(frame["bulkcase_decision"]) == ["send", "send", "invalid"]
    assert list(frame["bulkcase_changed"]) == ["status desc", "status desc", ""]
    changes = frame.filter(regex="from|to").astype(object)
    assert changes.where(changes.notna(), None).to_dict("list") == {
        "bulkcase_from.status": ["Open", None, None],
        "bulkcase_to.status": ["Closed", "Closed", None],
        "bulkcase_from.desc": ["", None, None],
        "bulkcase_to.desc": ["new", None, None],
    }
