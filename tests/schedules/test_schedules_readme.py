"""The README of the schedules and the job that they run."""

import os
import re
from pathlib import Path

import pytest
from support.schedules_run import FOLDER, Machine, exit_codes, text_of

from bulkcase.job import load
from bulkcase.operations.check import check

README = text_of("README.md")
FILES = sorted(file.name for file in FOLDER.iterdir() if file.name != "README.md" and file.is_file())


def test_the_job_of_the_schedules_loads_and_fits_what_it_is_given(machine: Machine) -> None:
    """As it stands, and with what can be switched on in it; against the sandbox it has no problem."""
    job = load(FOLDER / "nightly.toml")
    assert job.auth
    assert job.auth.client_secret == "env:KORE_CLIENT_SECRET"
    switched_on = machine.root / "with-metrics.toml"
    switched_on.write_text(re.sub(r"^# (?=\w+ = )", "", text_of("nightly.toml"), flags=re.MULTILINE), encoding="utf-8")
    assert load(switched_on).report.metrics
    assert [problem for problem in check(load(machine.job())) if not problem.is_warning] == []


def test_every_file_is_named_in_the_readme() -> None:
    """Nobody has to guess what a file is for, and none is named that is not there."""
    named = set(re.findall(r"`([\w@.-]+\.\w+|Dockerfile)`", README))
    assert {name for name in FILES if name not in named} == set()


def test_the_readme_has_each_exit_code_for_each_schedule() -> None:
    """The table has a line for every exit code of the program, and a cell for every kind of schedule."""
    lines = re.findall(r"^\| (\d+) \|(.*)\|$", README, re.MULTILINE)
    assert {int(code) for code, _ in lines} == exit_codes()
    assert {cells.count("|") for _, cells in lines} == {5}
    assert all(cell.strip() for _, cells in lines for cell in cells.split("|"))


@pytest.mark.parametrize("name", FILES)
def test_no_schedule_has_a_secret_or_a_path_of_a_developer(name: str) -> None:
    """Operators copy these files: paths are below a few folders that they make, hosts are examples."""
    text = text_of(name)
    paths = re.findall(r"(?<![\w.$}/*-])/(\w[\w.-]*)/", text)
    assert set(paths) <= {"bin", "dev", "etc", "opt", "srv", "usr", "var", "tmp"}
    assert not re.search(r"(?i)secret\s*[=:]\s*[\"']?[A-Za-z0-9+/]{20,}", text)
    assert set(re.findall(r"\w@([\w-]+\.[\w.]+)", text)) <= {"example.com"}


def test_the_script_can_be_started() -> None:
    """It is executable, and a plain POSIX shell is what it asks for."""
    file: Path = FOLDER / "nightly.sh"
    assert os.access(file, os.X_OK)
    assert text_of("nightly.sh").startswith("#!/bin/sh\n")
