"""The API as aioresponses plays it."""

from collections.abc import Iterator
from functools import partial
from unittest.mock import Mock

import aiohttp
import aioresponses
import aioresponses.core
import pytest
from support.api import Server
from support.doors import ROOT


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Play the API for the case ci-1; a call to any other address is refused a connection."""
    # aioresponses 0.7.9 builds a ClientResponse without the argument that aiohttp 3.14 came to need (its issue 289).
    whole = partial(aiohttp.ClientResponse, stream_writer=Mock(output_size=0))
    monkeypatch.setattr(aioresponses.core, "ClientResponse", whole)
    played = Server()
    with aioresponses.aioresponses() as mocked:
        mocked.post(f"{ROOT}/updateCase/ci-1", callback=played.answer, repeat=True)
        yield played
