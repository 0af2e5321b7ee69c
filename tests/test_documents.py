"""README, configs and changelog tell the truth of today."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import bulkcase
from bulkcase.cli.commands import app, command_of
from bulkcase.errors import Locked, OutsideHours
from bulkcase.job import load, parse
from bulkcase.job.variants import rehearsal
from bulkcase.model import Outcome, Stop, StopReason
from bulkcase.operations.check import check

TOP = Path(__file__).parents[1]
README = (TOP / "README.md").read_text(encoding="utf-8")
CONFIGS = sorted((TOP / "configs").glob("*.toml"))
PAGES = [
    TOP / "README.md",
    TOP / "docs" / "tutorial.md",
    *sorted((TOP / "docs").glob("how-to/*.md")),
    *sorted((TOP / "docs").glob("explanation/*.md")),
]
"""What people have written for people."""


def options_of(command: str) -> set[str]:
    """Return the options of a command."""
    return {"--help", *(name for option in command_of(command).params for name in option.opts if name.startswith("--"))}


def test_the_readme_has_the_two_commands_of_a_bare_clone() -> None:
    """One line each, from nothing: one ends in the demo, one runs the tests."""
    commands = re.findall(r"^python3 -m venv \.venv && .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("bulkcase demo")
    assert commands[1].endswith("pytest")


def test_the_readme_names_every_command_and_no_other() -> None:
    """The table of commands is that of the program."""
    commands = {command.name for command in app.registered_commands}
    assert set(re.findall(r"^\| `bulkcase (\w+)", README, re.MULTILINE)) == commands


def test_every_option_that_a_page_shows_is_one_of_the_program() -> None:
    """README, tutorial, how-tos and explanations name no option that no command has."""
    known = {option for command in app.registered_commands for option in options_of(str(command.name))}
    shown = {(page.name, option) for page in PAGES for option in re.findall(r"`(--[a-z-]+)", page.read_text("utf-8"))}
    assert {(page, option) for page, option in shown if option not in known} == set()


def test_what_a_page_has_cron_do_is_a_command_that_exists() -> None:
    """Each cron line uses options of the program only."""
    lines = [
        line for page in PAGES for line in re.findall(r"^\d+ \d+ \* \* \*.*$", page.read_text("utf-8"), re.MULTILINE)
    ]
    assert len(lines) == 4
    assert all(set(re.findall(r"--[a-z]+", line)) <= options_of("run") for line in lines)


def test_the_readme_names_every_outcome_and_exit_code() -> None:
    """The tables of outcomes and exit codes miss none that this version can end with."""
    assert all(f"`{outcome}`" in README for outcome in Outcome)
    stops = {Stop(reason, "").exit_code for reason in StopReason}
    named = set(map(int, re.findall(r"^\| (\d+) \|", README, re.MULTILINE)))
    assert named == {0, 1, 2, Locked.exit_code, OutsideHours.exit_code} | stops


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_every_config_is_a_valid_job_that_fits_the_sample_data(config: Path) -> None:
    """Each job in configs/ loads, and can be checked against the sample that it names, as it is and as a rehearsal."""
    job = load(config)
    problems = check(rehearsal(job))
    assert all(problem.row is not None for problem in problems if not problem.is_warning)
    assert len(problems) < 300


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_what_a_config_has_commented_out_can_be_switched_on(config: Path) -> None:
    """Each setting that stands in a comment of a config is one that this version takes."""
    text = re.sub(r"^# (?=\[\w|\w+ = )", "", config.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert parse(text, config).mapping


def test_there_is_a_config_for_each_kind_of_user_and_for_the_sandbox() -> None:
    """Migration, nightly reconciliation, one-off change, sandbox."""
    assert [config.stem for config in CONFIGS] == ["migration", "nightly", "one-off", "sandbox"]


def test_the_changelog_begins_with_this_version() -> None:
    """The first version of the changelog is the one that --version shows."""
    versions = re.findall(r"^## (\S+)", (TOP / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == bulkcase.__version__


def test_the_sample_data_is_what_its_script_makes(tmp_path: Path) -> None:
    """sample_data/make.py makes the very CSV that lies beside it."""
    (tmp_path / "make.py").write_bytes((TOP / "sample_data" / "make.py").read_bytes())
    subprocess.run([sys.executable, str(tmp_path / "make.py")], check=True, timeout=60)
    for name in ("cases.csv", "statuses.json", "priorities.json"):
        assert (tmp_path / name).read_bytes() == (TOP / "sample_data" / name).read_bytes()
