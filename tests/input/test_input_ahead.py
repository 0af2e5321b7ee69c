"""Files that are opened in a thread, ahead of the moment when their rows are wanted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.workbooks import rows_of, xlsx

from bulkcase.errors import InputError
from bulkcase.input import Ahead, Source


def test_a_file_read_ahead_has_the_same_rows(tmp_path: Path) -> None:
    """Nothing but the time is different."""

    def fill(sheet: Any) -> None:
        sheet.write_row(0, 0, ["id", "x"])
        sheet.write_row(1, 0, ["a", 1])

    path = xlsx(tmp_path / "cases.xlsx", fill)
    with Ahead(Source(path)).table() as table:
        assert table.header == ("id", "x")
        assert list(table.rows()) == rows_of(path)


@pytest.mark.parametrize("content", [b"", b"id,x\n\xff,1\n", b"PK\x03\x04 and no more"])
def test_what_is_wrong_is_told_when_the_table_is_wanted(tmp_path: Path, content: bytes) -> None:
    """A thread ends without a word: the error waits for whoever asks, as often as that is."""
    path = tmp_path / "cases.csv"
    path.write_bytes(content)
    ahead = Ahead(Source(path))
    for _ in range(2):
        with pytest.raises(InputError, match=r"cases\.csv"):
            ahead.table()


def sheet_of(value: str) -> Callable[[Any], None]:
    """Return what fills a sheet with one row."""

    def fill(sheet: Any) -> None:
        sheet.write_row(0, 0, ["id"])
        sheet.write_row(1, 0, [value])

    return fill


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_file_that_is_replaced_meanwhile_is_read_as_it_is_then(tmp_path: Path, form: str) -> None:
    """Whoever is asked something while it is being read may put another file in its place: that one counts."""

    def written(name: str, value: str) -> Path:
        path = tmp_path / f"{name}.{form}"
        if form == "xlsx":
            return xlsx(path, sheet_of(value))
        path.write_text(f"id\n{value}\n")
        return path

    path = written("cases", "old")
    ahead = Ahead(Source(path))
    written("other", "new").replace(path)
    with ahead.table() as table:
        assert [row.cells for row in table.rows()] == [("new",)]


def test_a_file_that_is_mended_meanwhile_is_no_error(tmp_path: Path) -> None:
    """What was wrong when it was read ahead is not told of a file that is sound by now."""
    path = tmp_path / "cases.csv"
    path.write_bytes(b"")
    ahead = Ahead(Source(path))
    path.write_text("id\nnew\n")
    with ahead.table() as table:
        assert [row.cells for row in table.rows()] == [("new",)]
