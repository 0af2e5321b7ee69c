"""A report that is written again: what a person did with the last one, and what is left of it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.pages import small_page
from support.records import HEADER, record, write_results
from support.reports import a_summary, files_of, hold_open

from bulkcase.ledger import RowRecord
from bulkcase.model import Outcome
from bulkcase.reporting.files import clear_leftovers, drop_file, whole_file
from bulkcase.reporting.formats.html import write_page
from bulkcase.reporting.formats.workbook import write_workbook

NOW = 1_795_000_000.0
DAY = 86_400.0


def as_csv(folder: Path, row: RowRecord) -> None:
    write_results(folder, HEADER, [row])


def as_workbook(folder: Path, row: RowRecord) -> None:
    write_workbook(folder, HEADER, [row], a_summary())


@pytest.mark.parametrize(("name", "write"), [("results.csv", as_csv), ("results.xlsx", as_workbook)])
def test_what_a_person_changed_in_it_is_moved_aside(
    tmp_path: Path, name: str, write: Callable[[Path, RowRecord], None]
) -> None:
    """Both can be fed back, so what is mended in them is not written over; what nobody changed is."""
    path = tmp_path / name
    write(tmp_path, record(2))
    write(tmp_path, record(2, Outcome.PENDING))
    assert not list(tmp_path.glob("*.edited.*"))
    path.write_bytes(b"mended")
    write(tmp_path, record(2))
    assert path.with_stem("results.edited").read_bytes() == b"mended"
    assert path.read_bytes() != b"mended"


def test_a_page_that_is_held_open_is_told_by_its_real_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As every other file of a report."""
    assert write_page(tmp_path, small_page()) == "report.html"
    hold_open(monkeypatch, "report.html")
    assert write_page(tmp_path, small_page()) == "report (2).html"


@pytest.mark.parametrize("keep_edits", [True, False])
def test_a_file_that_is_dropped_goes_with_all_that_stands_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep_edits: bool
) -> None:
    """Only where edits are kept is what nobody knows moved aside; a file that is not there is no matter."""
    path = tmp_path / "results.xlsx"
    path.write_text("old")
    with monkeypatch.context() as held:
        hold_open(held, "results.xlsx")
        with whole_file(path) as file:
            file.write("new")
    assert files_of(tmp_path) == ["results (2).xlsx", "results.xlsx"]
    for _ in range(2):
        drop_file(path, keep_edits=keep_edits)
        assert files_of(tmp_path) == (["results.edited.xlsx"] if keep_edits else [])


def test_what_a_killed_writer_left_is_taken_away_after_a_day(tmp_path: Path) -> None:
    """Whoever may be writing at this moment is left alone, and so is everything that is no leftover."""
    old = [".results.jsonl.123.unfinished", ".failed-bad_date.csv.123.unfinished", ".written.json.9.unfinished"]
    others = [".written.json", ".mine.unfinished", "results.csv.123.unfinished", ".results.xlsx.mine"]
    for name in [*old, *others]:
        (tmp_path / name).write_text("")
    spares = [tmp_path / ".results.xlsx.a_b1c2d3", tmp_path / ".results.xlsx.00000000"]
    for spare in spares:
        spare.mkdir()
        (spare / "sheet").write_text("")
    new = [".results.jsonl.124.unfinished", spares[1].name]
    (tmp_path / new[0]).write_text("")
    for path in tmp_path.iterdir():
        written = NOW - DAY + 60 if path.name in new else NOW - DAY - 60
        os.utime(path, (written, written))
    clear_leftovers(tmp_path, NOW)
    assert {path.name for path in tmp_path.iterdir()} == {*others, *new}


def test_a_folder_that_is_not_there_has_no_leftovers(tmp_path: Path) -> None:
    """It is made when the first file is written."""
    clear_leftovers(tmp_path / "run", NOW)
    assert not (tmp_path / "run").exists()
