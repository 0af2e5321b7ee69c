"""A line of which the last call is remembered: what a verdict leaves out of the answer to it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bulkcase.kore.line import LARGEST_ANSWER, Line, Reply, open_line


@dataclass(slots=True)
class LastCall:
    """The last call of a line."""

    token: str = ""
    """What it showed."""
    reply: Reply | None = None
    """What came back for it; None where nothing did."""


class HeardLine:
    """Posts by another line, and notes what came of it."""

    def __init__(self, line: Line, last: LastCall) -> None:
        self._line, self._last = line, last

    async def post(self, path: str, body: bytes, token: str, largest: int = LARGEST_ANSWER) -> Reply:
        """Post as the other line does, and raise as it does."""
        self._last.token, self._last.reply = token, None
        self._last.reply = await self._line.post(path, body, token, largest)
        return self._last.reply


@asynccontextmanager
async def open_heard_line(last: LastCall, **where: Any) -> AsyncGenerator[HeardLine]:
    """Open a line as `open_line` does."""
    async with open_line(**where) as line:
        yield HeardLine(line, last)
