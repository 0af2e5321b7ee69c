"""What the tests test: the package as it is installed, not the folder that they happen to lie in."""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from support.program import environment

import bulkcase

TOP = Path(__file__).parents[2]
PACKAGE = Path(bulkcase.__file__)
INSTALLED = metadata.distribution("bulkcase")
IS_EDITABLE = json.loads(INSTALLED.read_text("direct_url.json") or "{}").get("dir_info", {}).get("editable", False)


@pytest.mark.skipif(IS_EDITABLE, reason="installed for developing: what is installed is the tree")
def test_what_is_tested_is_what_is_installed() -> None:
    """Every test of a run without an editable install is one of the wheel."""
    assert Path(str(INSTALLED.locate_file("bulkcase/__init__.py"))).samefile(PACKAGE)
    assert not PACKAGE.is_relative_to(TOP / "bulkcase")


@pytest.mark.parametrize("folder", [".", "tests", "bulkcase"])
def test_a_process_in_the_tree_takes_the_package_of_its_test(folder: str) -> None:
    """What a test starts takes no other bulkcase than the test, whichever folder it is started in."""
    assert found_in(TOP / folder, None) == PACKAGE


def test_the_program_of_a_test_is_the_package_of_its_test(tmp_path: Path) -> None:
    """The environment that the program is given in tests leads to the same package."""
    assert found_in(tmp_path, environment(tmp_path)) == PACKAGE


def found_in(folder: Path, variables: dict[str, str] | None) -> Path:
    """Return the package that a process in a folder imports."""
    code = "import bulkcase; print(bulkcase.__file__)"
    command = [sys.executable, "-c", code]
    ended = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    return Path(ended.stdout.strip())
