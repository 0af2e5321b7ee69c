"""A machine to install schedules on."""

from pathlib import Path

import pytest
from support.schedules_run import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a folder that stands for a machine, with bulkcase, tonight's export and its job on it."""
    return Machine.at(tmp_path)
