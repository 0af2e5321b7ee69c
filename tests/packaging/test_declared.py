"""What pyproject.toml declares: one version, bounds for what it depends on, the versions of Python."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import bulkcase

TOP = Path(__file__).parents[2]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
DECLARED = [
    Requirement(text)
    for texts in (PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values())
    for text in texts
]


@pytest.mark.parametrize("requirement", DECLARED, ids=str)
def test_every_dependency_has_a_lower_bound(requirement: Requirement) -> None:
    """Each dependency says from which version on it is known to work; `.ci/lowest` tries just those."""
    assert [bound for bound in requirement.specifier if bound.operator in {">=", "~=", "=="}]


@pytest.mark.parametrize("requirement", DECLARED, ids=str)
def test_no_dependency_is_declared_twice_with_two_bounds(requirement: Requirement) -> None:
    """What is needed in several places has one bound in all of them."""
    assert {str(other.specifier) for other in DECLARED if other.name == requirement.name} == {
        str(requirement.specifier)
    }


def test_the_version_stands_in_one_place() -> None:
    """What is built, installed and shown takes its version from the package, and nothing else states one."""
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "bulkcase/__init__.py"
    assert metadata.version("bulkcase") == bulkcase.__version__
    stated = [
        path.relative_to(TOP).as_posix()
        for folder in ("bulkcase", "docs")
        for path in sorted((TOP / folder).rglob("*.py"))
        if f'"{bulkcase.__version__}"' in path.read_text(encoding="utf-8")
    ]
    assert stated == ["bulkcase/__init__.py"]


def test_the_version_is_one_that_installers_order() -> None:
    """It is written as installers write versions, so that a newer one is seen as newer."""
    assert str(Version(bulkcase.__version__)) == bulkcase.__version__


def test_the_oldest_python_is_the_same_for_installers_and_tools() -> None:
    """What pip refuses, what ruff writes for and what mypy checks are one version, the first that is named."""
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert named[0] == oldest == PROJECT["tool"]["mypy"]["python_version"]
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
