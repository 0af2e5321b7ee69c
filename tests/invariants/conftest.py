import logging
from collections.abc import Iterator

import pytest
from support.depth import go_deep


def pytest_configure(config: pytest.Config) -> None:
    """Before the tests of this folder are imported: their properties are declared for the form that is asked for."""
    if config.getoption("--full", default=False):
        go_deep()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Nobody reads what thousands of runs tell."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
