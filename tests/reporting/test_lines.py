import datetime as dt
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cells import cells, texts
from support.records import FINISHED_TEXT, HEADER, record
from support.reports import hold_open

from bulkcase.causes import tip
from bulkcase.cells import Cell, text_of
from bulkcase.errors import EnvironmentFailed
from bulkcase.ledger import RowRecord
from bulkcase.model import Outcome, Result
from bulkcase.reporting.formats.jsonl import write_lines


def written(folder: Path, *rows: RowRecord, header: tuple[str, ...] = HEADER) -> list[dict[str, Any]]:
    assert write_lines(folder, header, rows) == "results.jsonl"
    return [json.loads(line) for line in (folder / "results.jsonl").read_bytes().splitlines()]


def test_a_row_is_an_object(tmp_path: Path) -> None:
    """Its keys are a promise, and values are of their own kind."""
    refused = record(3, result=Result(Outcome.FAILED, 5, 412, "http_412", "the server said no", "different"))
    fine = record(4, result=Result(Outcome.UNCHANGED), finished_at=None)
    first, second = written(tmp_path, refused, fine)
    assert first == {
        "row": 3,
        "case_id": "ci-1",
        "outcome": "failed",
        "verified": "different",
        "http_status": 412,
        "attempts": 5,
        "error_code": "http_412",
        "error": "the server said no",
        "tip": tip("http_412"),
        "changed": ["status", "desc"],
        "finished_at": FINISHED_TEXT,
        "cells": {"Case ID": "ci-1", "Note": "Closed"},
    }
    assert list(second) == list(first)
    assert (second["http_status"], second["changed"], second["finished_at"], second["tip"]) == (None, [], None, "")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("007", "007"),
        ("=1+1", "=1+1"),
        (42, 42),
        (1.5, 1.5),
        (True, True),
        (2**70, str(2**70)),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (dt.date(2026, 11, 23), "2026-11-23"),
        (dt.timedelta(hours=30), "30:00:00"),
        ("\ud83d", "?"),
    ],
)
def test_a_cell_is_typed_where_json_can(tmp_path: Path, cell: Cell, shown: object) -> None:
    """What JSON has no kind for is the text that a CSV has."""
    (line,) = written(tmp_path, record(cells=("ci-1", cell)))
    found = line["cells"]["Note"]
    assert (found, type(found)) == (shown, type(shown))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(cells, min_size=2, max_size=2).map(tuple), texts)
def test_any_cell_makes_one_line_of_json(tmp_path: Path, line: tuple[Cell, ...], name: str) -> None:
    """Whatever stands in a cell or in a column's name, and the text of it is as in the CSV."""
    (found,) = written(tmp_path, record(cells=line), header=("Case ID ", name))
    for cell, value in zip(line, found["cells"].values(), strict=True):
        shown = value if isinstance(cell, str) else text_of(value)
        assert shown == text_of(cell).encode("utf-8", "replace").decode()


def test_no_cell_is_lost_where_names_are_not_unique(tmp_path: Path) -> None:
    """Columns of one name are numbered, and cells behind the header are called by their place."""
    row = record(cells=("a", "b", "c", "d", "e"))
    (line, short) = written(tmp_path, row, record(cells=("a",)), header=("Note", "Note", "Note (2)"))
    assert line["cells"] == {"Note": "a", "Note (2)": "b", "Note (2) (2)": "c", "column 4": "d", "column 5": "e"}
    assert short["cells"] == {"Note": "a"}


def test_the_lines_are_their_owners_only(tmp_path: Path) -> None:
    """As every file of a report, in a folder that is made where there is none."""
    written(tmp_path / "run", record())
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "run" / "results.jsonl").stat().st_mode) == 0o600


def test_lines_are_whole_or_not_there(tmp_path: Path) -> None:
    """A full disk leaves the lines of before, and is said."""

    def failing() -> Iterator[RowRecord]:
        yield record(3)
        raise OSError(28, "No space left on device")

    before = written(tmp_path, record(2))
    with pytest.raises(EnvironmentFailed, match="No space left on device"):
        write_lines(tmp_path, HEADER, failing())
    assert [json.loads(line) for line in (tmp_path / "results.jsonl").read_bytes().splitlines()] == before


def test_lines_that_are_held_open_land_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name that is returned is the real one."""
    hold_open(monkeypatch, "results.jsonl")
    assert write_lines(tmp_path, HEADER, [record()]) == "results (2).jsonl"
