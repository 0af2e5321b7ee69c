from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from support.live import Live, live


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Live]:
    """A server with a few cases, whose clock can be moved."""
    async with live(tmp_path, 8) as opened:
        yield opened
