import logging
import stat
from pathlib import Path

import pytest
from support.reports import files_of, hold_open

from bulkcase.errors import EnvironmentFailed
from bulkcase.reporting.files import last_written, whole_file, whole_files


def write(folder: Path, text: str, *, name: str = "report.csv", keep_edits: bool = False) -> list[str]:
    with whole_files(folder) as files:
        files.open(name, keep_edits=keep_edits).write(text)
    return files.names


def test_a_file_that_is_held_open_stays_and_the_new_one_lands_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller learns the name, and the log says what happened."""
    assert write(tmp_path, "old") == ["report.csv"]
    hold_open(monkeypatch, "report.csv")
    with caplog.at_level(logging.WARNING):
        assert write(tmp_path, "new") == ["report (2).csv"]
    assert (tmp_path / "report.csv").read_text() == "old"
    assert (tmp_path / "report (2).csv").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "report (2).csv").stat().st_mode) == 0o600
    assert caplog.messages == [
        f"{tmp_path}/report.csv is held open by another program: the new report is report (2).csv"
    ]


def test_one_name_is_told_by_the_file_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A single file knows where it stands, and so does whoever looks for it later."""
    (tmp_path / "report.csv").write_text("old")
    hold_open(monkeypatch, "report.csv")
    with whole_file(tmp_path / "report.csv") as file:
        file.write("new")
    assert file.path == last_written(tmp_path / "report.csv") == tmp_path / "report (2).csv"


def test_the_numbers_are_used_again_and_taken_away_once_the_file_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a file is held open there is one beside it, then none."""
    write(tmp_path, "old")
    with monkeypatch.context() as held:
        hold_open(held, "report.csv")
        assert write(tmp_path, "second") == ["report (2).csv"]
        assert write(tmp_path, "third") == ["report (2).csv"]
    assert write(tmp_path, "fourth") == ["report.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]


def test_the_next_number_is_taken_where_that_is_held_open_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are taken away when they can be, and the last one counts until then."""
    write(tmp_path, "old")
    with monkeypatch.context() as held:
        hold_open(held, "report.csv")
        write(tmp_path, "second")
        hold_open(held, "report (2).csv")
        assert write(tmp_path, "third") == ["report (3).csv"]
        assert last_written(tmp_path / "report.csv").read_text() == "third"
    write(tmp_path, "fourth")
    assert files_of(tmp_path) == ["report.csv"]


def test_a_numbered_file_of_somebody_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a copy that a person made nor a numbered file that a person changed is written over or taken away."""
    write(tmp_path, "old")
    (tmp_path / "report (2).csv").write_text("a copy")
    with monkeypatch.context() as held:
        hold_open(held, "report.csv")
        assert write(tmp_path, "new") == ["report (3).csv"]
        (tmp_path / "report (3).csv").write_text("changed")
        assert write(tmp_path, "newer") == ["report (4).csv"]
    write(tmp_path, "newest")
    assert files_of(tmp_path) == ["report (2).csv", "report (3).csv", "report.csv"]
    assert (tmp_path / "report (3).csv").read_text() == "changed"


def test_what_somebody_changed_is_moved_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each time under another name; a file that is as it was written is replaced."""
    path = tmp_path / "report.csv"
    write(tmp_path, "old", keep_edits=True)
    write(tmp_path, "new", keep_edits=True)
    assert files_of(tmp_path) == ["report.csv"]
    for text in ("mended", "mended again"):
        path.write_text(text)
        with caplog.at_level(logging.WARNING):
            assert write(tmp_path, "newer", keep_edits=True) == ["report.csv"]
    assert path.read_text() == "newer"
    assert (tmp_path / "report.edited.csv").read_text() == "mended"
    assert (tmp_path / "report.edited (2).csv").read_text() == "mended again"
    assert caplog.messages[1] == f"{path} was changed since it was written: it is now report.edited (2).csv"


def test_a_file_that_nobody_knows_is_moved_aside_unless_the_new_one_has_all_of_it(tmp_path: Path) -> None:
    """A report without its hashes, copied from elsewhere, counts as changed, but not where nothing can be lost."""
    path = tmp_path / "report.csv"
    path.write_text("header\n")
    write(tmp_path, "header\nrow\n", keep_edits=True)
    assert files_of(tmp_path) == ["report.csv"]
    (tmp_path / ".written.json").write_text("[not json")
    write(tmp_path, "header\nother\n", keep_edits=True)
    assert files_of(tmp_path) == ["report.csv", "report.edited.csv"]


def test_a_changed_file_that_is_held_open_stays_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be neither replaced nor moved, so the new one lands beside it."""
    write(tmp_path, "old", keep_edits=True)
    (tmp_path / "report.csv").write_text("mended")
    hold_open(monkeypatch, "report.csv")
    assert write(tmp_path, "new", keep_edits=True) == ["report (2).csv"]
    assert (tmp_path / "report.csv").read_text() == "mended"


def test_nothing_is_moved_aside_for_a_report_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves what a person changed in its place."""
    write(tmp_path, "old", keep_edits=True)
    (tmp_path / "report.csv").write_text("mended")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(EnvironmentFailed, match="No space left on device"):
        write(tmp_path, "new", keep_edits=True)
    assert files_of(tmp_path) == ["report.csv"]
    assert (tmp_path / "report.csv").read_text() == "mended"


def test_a_folder_that_refuses_every_name_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file can be put anywhere it is not held open: something else is wrong."""

    def refuse(path: Path, _: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(EnvironmentFailed, match="Permission denied: free the disk"):
        write(tmp_path, "new")
    assert list(tmp_path.iterdir()) == []


def test_a_report_without_its_hashes_is_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the hashes cannot be kept, the report stands all the same."""
    hold_open(monkeypatch, ".written.json")
    assert write(tmp_path, "new", keep_edits=True) == ["report.csv"]
    assert files_of(tmp_path) == ["report.csv"]
