"""The workflow of GitHub Actions: valid, and its steps run as a runner does."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.schedules_run import FOLDER, Machine, exit_codes, text_of, yaml_of

from bulkcase.sandbox import SandboxSettings

WORKFLOW = yaml_of(text_of("github-actions.yml"))
(JOB,) = WORKFLOW["jobs"].values()
STEPS = JOB["steps"]
RUNNING = [step for step in STEPS if "bulkcase run" in step.get("run", "")]
INSTALLING = [step for step in STEPS if "run" in step and step not in RUNNING]
BY_NAME = {"notice": (0,), "warning": (5,), "error": (1, 2, 3, 4, 6, 130)}


def used(action: str) -> list[dict[str, Any]]:
    """Return the steps that use an action, whatever its version."""
    return [step for step in STEPS if step.get("uses", "").partition("@")[0] == action]


def run_steps(machine: Machine) -> "subprocess.CompletedProcess[str]":
    """Run the step that calls bulkcase, in a checkout, with the shell that Actions starts."""
    (step,) = RUNNING
    checkout = machine.root / "checkout"
    (checkout / "configs").mkdir(parents=True)
    (checkout / "configs" / "schedules").symlink_to(machine.place("/srv/bulkcase"))
    machine.place("/srv/bulkcase/cases.csv").rename(checkout / "cases.csv")
    script = machine.root / "step.sh"
    script.write_text(step["run"], encoding="utf-8")
    secrets = {"${{ secrets.KORE_CLIENT_SECRET }}": SandboxSettings().client_secret}
    given = {name: secrets[value] for name, value in step["env"].items()}
    return machine.run(
        *("bash", "-e", str(script)),
        folder="checkout",
        GITHUB_STEP_SUMMARY=str(machine.root / "step-summary"),
        **given,
    )


def test_github_takes_the_workflow() -> None:
    """It is valid by the schema of workflows that check-jsonschema brings along."""
    done = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.github-workflows", str(FOLDER / "github-actions.yml")),
        ],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_may_only_read_and_runs_once_at_a_time() -> None:
    """It has the smallest rights, no credentials left in the checkout, and is not cancelled by the next night."""
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is False
    assert [step["with"]["persist-credentials"] for step in used("actions/checkout")] == [False]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", WORKFLOW["on"]["schedule"][0]["cron"])


def test_bulkcase_ends_by_itself_before_the_runner_ends_it() -> None:
    """A night is over, report and state saved, before the time that a job has."""
    (hours,) = re.findall(r'^max_duration = "(\d+)h"', text_of("nightly.toml"), re.MULTILINE)
    assert int(hours) * 60 + 30 <= JOB["timeout-minutes"] < 360


def test_state_and_report_are_kept_however_the_night_ended() -> None:
    """What the step writes is what is restored, saved and uploaded, also after a failure."""
    (restore,), (save,), (upload,) = map(
        used, ("actions/cache/restore", "actions/cache/save", "actions/upload-artifact")
    )
    (step,) = RUNNING
    assert f"--state {save['with']['path']} " in step["run"]
    assert restore["with"]["path"] == save["with"]["path"]
    assert save["with"]["key"].startswith(restore["with"]["restore-keys"])
    assert f"--reports {upload['with']['path'].split()[0]} " in step["run"]
    assert save["if"] == upload["if"] == "always()"
    assert STEPS.index(restore) < STEPS.index(step) < STEPS.index(save) < STEPS.index(upload)


def test_bulkcase_is_installed_from_the_checkout() -> None:
    """The steps that are not run here only install, into the Python that bulkcase supports."""
    assert [step["run"] for step in INSTALLING] == ["python -m pip install ."]
    assert [step["with"]["python-version"] for step in used("actions/setup-python")] == ["3.13"]


def test_the_step_sends_the_rows_and_says_so_on_the_page_of_the_run(machine: Machine) -> None:
    """State, report and summary are where the next steps look for them."""
    done = run_steps(machine)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "::notice::finished" in done.stdout
    page = (machine.root / "step-summary").read_text(encoding="utf-8")
    assert page.startswith("### bulkcase: finished (exit code 0)\n```json\n{")
    checkout = machine.root / "checkout"
    assert list((checkout / "report").rglob("results.csv"))
    assert list((checkout / "state").rglob("*.sqlite3"))
    assert (checkout / "bulkcase.log").stat().st_size


@pytest.mark.parametrize("code", sorted(exit_codes()))
def test_each_exit_code_is_told_as_an_annotation(machine: Machine, code: int) -> None:
    """All but 0 and 5 make the workflow fail, with bulkcase's own number."""
    machine.fake(code)
    done = run_steps(machine)
    assert done.returncode == (0 if code == 5 else code)
    (kind,) = (kind for kind, known in BY_NAME.items() if code in known)
    assert re.search(rf"^::{kind}::", done.stdout, re.MULTILINE)
    assert "no exit code of bulkcase" not in done.stdout
    assert f"(exit code {code})" in (machine.root / "step-summary").read_text(encoding="utf-8")
    assert "the fate of the night" in done.stdout


def test_a_broken_installation_is_told_apart_from_rows_that_need_a_person(machine: Machine) -> None:
    """Python ends with 1 as well where it cannot load a program, but then there is no summary."""
    machine.install("bulkcase", "#!/bin/sh\necho 'ImportError: no such module' >&2\nexit 1\n")
    done = run_steps(machine)
    assert done.returncode == 70
    assert "::error::ended with 70, which is no exit code of bulkcase" in done.stdout


def test_the_secret_is_github_s() -> None:
    """The file has a reference to it, for the one step that needs it."""
    assert [step["env"] for step in STEPS if "env" in step] == [
        {"KORE_CLIENT_SECRET": "${{ secrets.KORE_CLIENT_SECRET }}"}
    ]
    assert Path(FOLDER / "github-actions.yml").read_text(encoding="utf-8").count("secrets.") == 1
