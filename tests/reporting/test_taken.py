"""Taking a report away, whatever a person has put beside it."""

from pathlib import Path

import orjson
import pytest

from bulkcase.errors import EnvironmentFailed
from bulkcase.reporting.files import WRITTEN, whole_files
from bulkcase.reporting.taken import take_away

NOW = 1_795_000_000.0
NAMES = ("summary.json",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A report with a file of its own, and one in a folder of it."""
    folder = tmp_path / "report"
    folder.mkdir()
    with whole_files(folder) as files:
        for name in ("summary.json", "results.csv", "failed/a.csv"):
            files.open(name, keep_edits=True).write("x")
    return folder


def test_all_of_a_report_goes(folder: Path) -> None:
    """What bulkcase wrote is gone with its folders."""
    assert take_away(folder, NAMES, NOW) == []
    assert not folder.exists()


@pytest.mark.parametrize("target", ["other", "nowhere", "report"])
def test_a_link_stays_and_is_named(folder: Path, target: str) -> None:
    """A person has put it there: neither it nor what it leads to is touched, and the rest of the report goes."""
    other = folder.parent / "other"
    other.mkdir()
    (other / "theirs.txt").touch()
    link, own = folder / "shortcut", folder / "notes.txt"
    own.touch()
    link.symlink_to(folder.parent / target)
    assert take_away(folder, NAMES, NOW) == sorted(folder.iterdir()) == [own, link]
    assert (other / "theirs.txt").exists()


def test_a_folder_that_cannot_go_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be seen in a folder of the report and it is not empty, it is what stays."""
    real = Path.rmdir

    def refuse(path: Path) -> None:
        if path.name == "failed":
            raise OSError(39, "Directory not empty", str(path))
        real(path)

    monkeypatch.setattr(Path, "rmdir", refuse)
    assert take_away(folder, NAMES, NOW) == [folder / "failed"]


def test_an_empty_folder_that_cannot_be_deleted_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing stays in it that anybody could be told of, so the disk's own words are told."""
    real = Path.rmdir

    def refuse(path: Path) -> None:
        if path == folder:
            raise OSError(13, "Permission denied", str(path))
        real(path)

    monkeypatch.setattr(Path, "rmdir", refuse)
    with pytest.raises(EnvironmentFailed, match=r"report: Permission denied: it was not deleted"):
        take_away(folder, NAMES, NOW)


@pytest.mark.parametrize(
    "name",
    ["a\0b", "x" * 300, "loop/a", "../outside.txt", "/etc/hostname", "", ".", "results.csv/a"],
    ids=["NUL", "too long", "in a loop", "outside", "absolute", "empty", "itself", "in a file"],
)
def test_a_name_that_no_file_of_the_report_has_is_passed_over(folder: Path, name: str) -> None:
    """Whatever somebody wrote into the list of hashes, the files beside it go and no other ones."""
    outside = folder.parent / "outside.txt"
    outside.write_text("x", encoding="utf-8")
    (folder / "loop").symlink_to(folder / "loop")
    known = orjson.loads((folder / WRITTEN).read_bytes())
    digest = known["results.csv"]
    (folder / WRITTEN).write_bytes(orjson.dumps({name: digest, **known}))
    assert take_away(folder, NAMES, NOW) == [folder / "loop"]
    assert outside.exists()
