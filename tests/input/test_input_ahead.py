"""Files that are opened in a thread, ahead of the moment when their rows are wanted."""

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
