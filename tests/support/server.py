"""A sandbox in a thread of its own, for tests of the real program."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from support.forked import Process
from support.looped import Looped

from bulkcase.sandbox import Call, Sandbox, SandboxSettings, cases_for_keys


class ServerThread(Looped):
    """Runs a sandbox while it is entered."""

    def __init__(self, settings: SandboxSettings, keys: Iterable[str]) -> None:
        super().__init__("sandbox")
        self._server = Sandbox(settings, cases_for_keys(keys, seed=0, now=time.time()))

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def calls(self) -> list[Call]:
        return self._server.calls

    @property
    def cases(self) -> dict[str, dict[str, Any]]:
        return self._server.cases

    def wait_for_calls(self, count: int, seconds: float = 20.0, *, or_end_of: Process | None = None) -> None:
        """Return when so many calls have come, or a process has ended; raises TimeoutError when neither happens."""

        async def watch() -> None:
            while len(self.calls) < count and (or_end_of is None or or_end_of.poll() is None):  # noqa: ASYNC110 - the record has no event to wait for
                await asyncio.sleep(0.01)

        asyncio.run_coroutine_threadsafe(asyncio.wait_for(watch(), seconds), self.loop).result()

    async def serve(self) -> None:
        async with self._server:
            self.ready.set()
            await self.done.wait()
