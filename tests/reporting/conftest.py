from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkcase.ledger import Ledger


@pytest.fixture
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """An empty ledger, away from the report's folder."""
    folder: Path = tmp_path_factory.mktemp("state")
    with Ledger(folder / "ledger.sqlite3") as opened:
        yield opened
