"""Fixtures for tests that go the whole way over real sockets."""

import pytest
from support.jobs import SECRET_VARIABLE

from bulkcase.sandbox import SandboxSettings


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    """Put the sandbox's secret where the test jobs look for it."""
    value = SandboxSettings().client_secret
    monkeypatch.setenv(SECRET_VARIABLE, value)
    return value
