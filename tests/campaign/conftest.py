"""Fixtures of the fault campaign."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.campaign import Campaign, a_campaign


@pytest.fixture
def campaign(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Campaign]:
    """Make the scene of a test, and keep what came of it."""
    with a_campaign(request, tmp_path) as made:
        yield made


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """By which faults and blows are drawn."""
    return int(request.config.getoption("--soak-seed"))
