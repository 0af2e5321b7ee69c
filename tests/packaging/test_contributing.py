"""CONTRIBUTING.md leads to what is there."""

import re
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
TEXT = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
TREE = re.search(r"```\nbulkcase/\n(.*?)```", TEXT, re.DOTALL)
NAMED = sorted(
    set(
        re.findall(
            r"(?<![\w/.])((?:bulkcase|tests|benchmarks|docs|configs|\.ci)/[\w./-]*|\.importlinter|\w+\.(?:md|toml))",
            TEXT,
        )
    )
)


@pytest.mark.parametrize("path", NAMED)
def test_every_path_that_is_named_exists(path: str) -> None:
    """Whoever follows the document finds a file or a folder at each place that it names."""
    assert (TOP / path).exists()


def test_the_tree_has_every_room_and_no_other() -> None:
    """Each folder of the package has a line that says what belongs there."""
    assert TREE is not None
    lines = dict(line.split(maxsplit=1) for line in TREE[1].splitlines())
    rooms = {f"{path.parent.name}/" for path in (TOP / "bulkcase").glob("*/__init__.py")}
    assert {name for name in lines if name.endswith("/")} == rooms
    assert all((TOP / "bulkcase" / name).exists() for name in lines)
    assert all(len(said) > 10 for said in lines.values())


def test_every_script_of_the_gate_is_told() -> None:
    """No script of .ci is left for the reader to find."""
    assert {path.name for path in (TOP / ".ci").iterdir()} == set(re.findall(r"`\.ci/(\w+)", TEXT))


@pytest.mark.parametrize(
    "thing", ["cell", "endpoint", "format of report", "command", "key of the job", "cause", "fault"]
)
def test_the_place_of_each_new_thing_is_told_with_its_test(thing: str) -> None:
    """Who adds something reads which files to touch, and which test reminds of what was forgotten."""
    lines = [line for line in TEXT.splitlines() if re.match(rf"\| an? (kind of )?{thing}\b", line)]
    assert len(lines) == 1
    *_, where, reminds, _ = lines[0].split("|")
    assert "`bulkcase/" in where
    assert "`tests/" in reminds


def test_the_commands_have_options_that_exist() -> None:
    """What pytest is told to leave to one process, or to run in full, are options of this project."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    options = (TOP / "tests" / "support" / "campaign_table.py").read_text(encoding="utf-8")
    assert "-nauto" in project["tool"]["pytest"]["ini_options"]["addopts"]
    assert all(f'"{option}"' in options for option in ("--full", "--document"))
