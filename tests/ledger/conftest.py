from collections.abc import Iterator
from pathlib import Path

import pytest
from support.ledgers import new_run

from bulkcase.ledger import Ledger, RunRows


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with Ledger(tmp_path / "state" / "ledger.sqlite3") as opened:
        yield opened


@pytest.fixture
def rows(ledger: Ledger) -> RunRows:
    """The rows of a new run."""
    return ledger.rows(new_run(ledger))
