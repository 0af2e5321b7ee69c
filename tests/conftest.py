"""What holds for every test."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support.depth import go_deep

from bulkcase import hidden
from bulkcase.logged import RUN

# Its hooks, which pytest looks for here.
pytest_plugins = ["support.campaign_table"]

# What a test starts in the folder of the sources takes the package that is installed, as the test itself does.
os.environ["PYTHONSAFEPATH"] = "1"

# On a machine that is busy with something else, making examples takes long: that says nothing about what is tested.
# Each run tries others: so few of them in one run are many in a week of runs. Where CI is set, Hypothesis tries the
# same ones each time: a gate judges what was changed, not chance.
settings.register_profile("busy", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("full", settings.get_profile("busy"), max_examples=200)


def pytest_configure(config: pytest.Config) -> None:
    """Before any test is imported: properties are declared for the form that is asked for."""
    is_full = bool(config.getoption("--full"))
    settings.load_profile("full" if is_full else "busy")
    if is_full:
        go_deep()


def pytest_collection_finish() -> None:
    """What was collected stays: nothing looks through it again and again for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a place of its own for what belongs to a user: locks, and ledgers that no job places."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.delenv("BULKCASE_STATE", raising=False)
    return folder


@pytest.fixture(autouse=True)
def no_run() -> None:
    """Let no test know of a run that another one has worked on."""
    RUN.set("")


@pytest.fixture(autouse=True)
def no_secrets() -> None:
    """Let no test know of the secrets that another one has read."""
    hidden.forget()
