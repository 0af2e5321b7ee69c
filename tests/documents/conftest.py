"""What a reader of the pages has in the environment."""

import pytest
from support.document_session import SECRETS


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the secret of the server that stands in the vendor's place."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
