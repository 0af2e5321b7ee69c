import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Nobody reads what thousands of runs tell."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
