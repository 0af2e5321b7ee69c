"""What is built from the tree: a wheel with the package alone, and an archive of sources with all that there is."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import pytest

import bulkcase

TOP = Path(__file__).parents[2]
NAME = f"bulkcase-{bulkcase.__version__}"
ABOUT = {f"{NAME}.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
KINDS = {".py", ".typed", ".j2", ".css", ".js"}
"""What a package is made of; another kind of file is welcome, and has to be written down here."""


@dataclass(frozen=True)
class Built:
    wheel: zipfile.ZipFile
    sources: tarfile.TarFile

    def files(self) -> dict[str, bytes]:
        """Return what the wheel holds, by name."""
        return {name: self.wheel.read(name) for name in self.wheel.namelist()}


def built(tree: Path, folder: Path) -> Built:
    """Build both from a tree of sources, as `pip` and `python -m build` do, but for an environment of its own."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=tree, env=os.environ, capture_output=True, timeout=120, check=True)
    return Built(zipfile.ZipFile(folder / f"{NAME}-py3-none-any.whl"), tarfile.open(folder / f"{NAME}.tar.gz"))


@pytest.fixture(scope="module")
def from_tree(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(TOP, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Return the files of the tree that belong to it, as git knows; an archive of sources has no others."""
    git = shutil.which("git")
    if git is None or not (TOP / ".git").exists():
        return {path.relative_to(TOP).as_posix() for path in TOP.rglob("*") if path.is_file()}
    command = [git, "-c", f"safe.directory={TOP}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=TOP, capture_output=True, encoding="utf-8", timeout=60, check=True).stdout
    return {name for name in listed.split("\0") if name and (TOP / name).exists()}


def test_the_wheel_has_the_package_and_nothing_else(from_tree: Built, known: set[str]) -> None:
    """Every file of the package, templates and the mark of its types too, is in the wheel; no test and no document."""
    package = {name for name in known if name.startswith("bulkcase/") and "__pycache__" not in name}
    assert set(from_tree.wheel.namelist()) == package | ABOUT
    assert {Path(name).suffix for name in package} == KINDS
    assert "bulkcase/py.typed" in package


def test_the_sources_have_all_that_their_tests_need(from_tree: Built, known: set[str]) -> None:
    """The archive of sources has every file of the tree, hidden ones too, so that its tests can be run."""
    names = {member.name.removeprefix(f"{NAME}/") for member in from_tree.sources.getmembers()}
    assert known - names == set()
    assert names - known <= {"PKG-INFO", ".gitignore"}
    assert {".ci/run", ".importlinter", "CHANGELOG.md", "SECURITY.md", "configs/schedules/nightly.sh"} <= names


def test_a_wheel_from_the_sources_is_that_of_the_tree(from_tree: Built, tmp_path: Path) -> None:
    """Whoever builds from the archive of sources gets the same files with the same bytes."""
    from_tree.sources.extractall(tmp_path / "sources", filter="data")
    again = built(tmp_path / "sources" / NAME, tmp_path / "again")
    assert again.files() == from_tree.files()


def test_the_wheel_says_what_it_is(from_tree: Built) -> None:
    """Name, version, Python, licence, and the command that it installs."""
    about = message_from_bytes(from_tree.wheel.read(f"{NAME}.dist-info/METADATA"))
    assert (about["Name"], about["Version"]) == ("bulkcase", bulkcase.__version__)
    assert (about["Requires-Python"], about["License-Expression"]) == (">=3.11", "MIT")
    points = from_tree.wheel.read(f"{NAME}.dist-info/entry_points.txt").decode()
    assert points.split() == ["[console_scripts]", "bulkcase", "=", "bulkcase.cli.main:main"]
