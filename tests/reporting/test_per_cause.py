import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.records import HEADER, record, write_results
from support.reports import files_of, hold_open, lines_of

from bulkcase.causes import tip
from bulkcase.errors import EnvironmentFailed
from bulkcase.ledger import RowRecord
from bulkcase.model import Outcome, Result


def failed(number: int, code: str = "bad_date", outcome: Outcome = Outcome.INVALID) -> RowRecord:
    return record(number, result=Result(outcome, code=code, message="is wrong"))


def test_each_cause_has_a_file_of_its_rows(tmp_path: Path) -> None:
    """The rows of failed.csv, split by cause, each line with what to do behind it."""
    rows = [record(2), failed(3), failed(4, "http_412", Outcome.FAILED), failed(5)]
    names = write_results(tmp_path, HEADER, rows)
    assert names == ["results.csv", "failed.csv", "failed/bad_date.csv", "failed/http_412.csv"]
    header, first, second, third = lines_of(tmp_path / "failed.csv")
    assert lines_of(tmp_path / "failed" / "bad_date.csv") == [
        [*header, "bulkcase_tip"],
        *([*line, tip("bad_date")] for line in (first, third)),
    ]
    assert lines_of(tmp_path / "failed" / "http_412.csv")[1:] == [[*second, tip("http_412")]]


def test_the_folder_is_its_owners_only(tmp_path: Path) -> None:
    """As everything else of a report."""
    write_results(tmp_path / "run", HEADER, [failed(2)])
    folder = tmp_path / "run" / "failed"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()] == [0o600]


def test_rows_that_are_well_have_no_folder(tmp_path: Path) -> None:
    """Nothing failed, so there is nothing to look into; nor is there after a retry that mended everything."""
    assert write_results(tmp_path, HEADER, [record(2)]) == ["results.csv", "failed.csv"]
    assert not (tmp_path / "failed").exists()
    write_results(tmp_path, HEADER, [failed(2)])
    write_results(tmp_path, HEADER, [record(2)])
    assert not (tmp_path / "failed").exists()


@pytest.mark.parametrize(
    "code", ["", "../../out", "/etc/out", "a.b", "Bad_Date", "ä", "a\0b", "x" * 300, "bad_date\n", "con:"]
)
def test_a_code_that_is_no_name_goes_to_the_others(tmp_path: Path, code: str) -> None:
    """No cause can choose a place outside of the folder, or a name that a file system refuses."""
    folder = tmp_path / "reports" / "run"
    write_results(folder, HEADER, [failed(2, code)])
    assert files_of(tmp_path) == [f"reports/run/{name}" for name in ("failed.csv", "failed/other.csv", "results.csv")]
    assert lines_of(folder / "failed" / "other.csv")[1][-1] == tip(code)


def test_countless_causes_share_a_file(tmp_path: Path) -> None:
    """A server that answers with ever other codes cannot have more files opened than a process may."""
    rows = [failed(number, f"code_{number}") for number in range(2, 302)]
    names = write_results(tmp_path, HEADER, rows)
    assert len(names) == 2 + 101
    assert sum(len(lines_of(tmp_path / name)) - 1 for name in names[2:]) == 300


def test_a_cause_that_is_gone_loses_its_file(tmp_path: Path) -> None:
    """The folder tells of this report alone, but for what is not bulkcase's."""
    write_results(tmp_path, HEADER, [failed(2), failed(3, "bad_key")])
    (tmp_path / "failed" / "notes.csv").write_text("mine,too\n")
    (tmp_path / "failed" / "notes.txt").write_text("bulkcase_tip")
    write_results(tmp_path, HEADER, [failed(3, "bad_key")])
    assert files_of(tmp_path / "failed") == ["bad_key.csv", "notes.csv", "notes.txt"]


@pytest.mark.parametrize("is_there_again", [True, False])
def test_what_a_person_mended_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture, is_there_again: bool) -> None:
    """Whether its cause is there again or not, a file that was changed is moved aside, and the log says so."""
    write_results(tmp_path, HEADER, [failed(2), failed(3)])
    mended = tmp_path / "failed" / "bad_date.csv"
    text = mended.read_text(encoding="utf-8-sig").replace("Closed", "Open").replace(",", ";")
    mended.write_text(text)
    (tmp_path / "failed.csv").write_text("mended too")
    with caplog.at_level(logging.WARNING):
        write_results(tmp_path, HEADER, [failed(2)] if is_there_again else [record(2)])
    assert (tmp_path / "failed" / "bad_date.edited.csv").read_text() == text
    assert (tmp_path / "failed.edited.csv").read_text() == "mended too"
    assert mended.exists() == is_there_again
    assert len(lines_of(tmp_path / "failed.csv")) == 1 + is_there_again
    assert [message.rpartition(" ")[2] for message in caplog.messages] == ["failed.edited.csv", "bad_date.edited.csv"]
    write_results(tmp_path, HEADER, [record(2)])
    assert files_of(tmp_path) == ["failed.csv", "failed.edited.csv", "failed/bad_date.edited.csv", "results.csv"]


def test_a_report_that_fails_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    """Neither are its files replaced, nor those of other causes removed."""
    write_results(tmp_path, HEADER, [failed(2)])
    before = {name: (tmp_path / name).read_bytes() for name in files_of(tmp_path)}

    def failing() -> Iterator[RowRecord]:
        yield failed(2, "bad_key")
        raise OSError(28, "No space left on device")

    with pytest.raises(EnvironmentFailed):
        write_results(tmp_path, HEADER, failing())
    assert {name: (tmp_path / name).read_bytes() for name in files_of(tmp_path)} == before


def test_a_file_per_cause_may_be_held_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new one lands beside it under a name that the caller learns, and is gone with its cause."""
    write_results(tmp_path, HEADER, [failed(2)])
    with monkeypatch.context() as held:
        hold_open(held, "bad_date.csv")
        assert write_results(tmp_path, HEADER, [failed(3)])[2:] == ["failed/bad_date (2).csv"]
        assert write_results(tmp_path, HEADER, [record(3)]) == ["results.csv", "failed.csv"]
        assert files_of(tmp_path / "failed") == ["bad_date.csv"]
    write_results(tmp_path, HEADER, [record(3)])
    assert files_of(tmp_path) == ["failed.csv", "results.csv"]


def test_an_undo_is_told_in_each_file(tmp_path: Path) -> None:
    """The column that keeps a file of an undo from being sent stands in the files per cause too."""
    write_results(tmp_path, HEADER, [failed(2)], "the-run")
    header, line = lines_of(tmp_path / "failed" / "bad_date.csv")
    assert (header[-2:], line[-2]) == (["bulkcase_undoes", "bulkcase_tip"], "the-run")
