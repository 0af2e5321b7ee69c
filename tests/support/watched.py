"""Real time, with an eye on who waits for it."""

import asyncio

from bulkcase.clock import SystemClock


class WatchedClock(SystemClock):
    """The machine's time; says when somebody begins to wait for a second."""

    def __init__(self) -> None:
        self.waited = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if seconds > 0.9:
            self.waited.set()
        await asyncio.sleep(seconds)
