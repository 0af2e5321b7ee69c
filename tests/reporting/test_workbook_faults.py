import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.records import HEADER, record
from support.reports import a_summary, hold_open, sheets_of

from bulkcase.errors import EnvironmentFailed
from bulkcase.ledger import RowRecord
from bulkcase.reporting.formats.workbook import write_workbook

FULL = OSError(28, "No space left on device")


def write(folder: Path, rows: Iterator[RowRecord] | None = None) -> str:
    return write_workbook(folder, HEADER, rows or iter([record()]), a_summary())


def full_disk() -> Iterator[RowRecord]:
    yield record()
    raise FULL


def interrupted() -> Iterator[RowRecord]:
    yield record()
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("rows", "error"), [(full_disk, EnvironmentFailed), (interrupted, KeyboardInterrupt)], ids=["disk full", "stopped"]
)
@pytest.mark.parametrize("was_there", [True, False])
def test_a_workbook_is_whole_or_not_there(
    tmp_path: Path, rows: Any, error: type[BaseException], was_there: bool
) -> None:
    """Whatever ends it half-way, the workbook that was there stays, and nothing else is left."""
    if was_there:
        write(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(error):
        write(tmp_path, rows())
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize("broken", ["zipfile.ZipFile.write", "xlsxwriter.xmlwriter.XMLwriter._xml_close"])
def test_a_disk_that_is_full_at_the_end_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """While the sheets are put together, a failure is one line, too, and nothing is left."""

    def fail(*_: object, **__: object) -> None:
        raise FULL

    monkeypatch.setattr(broken, fail)
    with pytest.raises(EnvironmentFailed, match="No space left on device: free the disk"):
        write(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_a_disk_that_is_full_under_the_file_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What writes the archive tries once more when it is collected, and is not heard then."""
    real = os.open

    def full(path: str, flags: int, mode: int = 0o777, **options: Any) -> int:
        if str(path).endswith(".unfinished"):
            return real("/dev/full", os.O_WRONLY)
        return real(path, flags, mode, **options)

    with monkeypatch.context() as patched:
        patched.setattr("bulkcase.reporting.files.os.open", full)
        with pytest.raises(EnvironmentFailed, match="No space left on device"):
            write(tmp_path, (record(number) for number in range(2, 20_000)))


def test_spare_files_are_as_private_as_the_report(tmp_path: Path) -> None:
    """While rows are written they stand next to the report, in a folder that only its owner can read."""
    seen: list[tuple[int, str]] = []

    def rows() -> Iterator[RowRecord]:
        yield record()
        (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
        seen.extend((stat.S_IMODE(path.stat().st_mode), path.name) for path in (folder, *folder.iterdir()))

    write(tmp_path, rows())
    assert [mode for mode, _ in seen] == [0o700, 0o600, 0o600]
    assert seen[0][1].startswith(".results.xlsx.")
    assert {path.name for path in tmp_path.iterdir()} == {"results.xlsx", ".written.json"}
    assert stat.S_IMODE((tmp_path / "results.xlsx").stat().st_mode) == 0o600


def test_a_workbook_that_excel_holds_open_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new one lands beside it, and the name that is returned is the real one."""
    write(tmp_path)
    hold_open(monkeypatch, "results.xlsx")
    assert write(tmp_path, iter([record(2), record(3)])) == "results (2).xlsx"
    assert len(sheets_of(tmp_path / "results.xlsx")["Rows"]) == 2
    assert len(sheets_of(tmp_path / "results (2).xlsx")["Rows"]) == 3


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """As for every other file of a report."""
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(EnvironmentFailed, match="reports/run: Not a directory"):
        write(tmp_path / "reports" / "run")
