"""A sandbox in a thread of its own, for tests of the real program."""

import asyncio
import subprocess
import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from bulkcase.sandbox import Call, Sandbox, SandboxSettings, cases_for_keys


class ServerThread:
    """Runs a sandbox while it is entered."""

    def __init__(self, settings: SandboxSettings, keys: Iterable[str]) -> None:
        self._server = Sandbox(settings, cases_for_keys(keys, seed=0, now=time.time()))
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._done = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox")

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def calls(self) -> list[Call]:
        return self._server.calls

    @property
    def cases(self) -> dict[str, dict[str, Any]]:
        return self._server.cases

    def wait_for_calls(
        self, count: int, seconds: float = 20.0, *, or_end_of: "subprocess.Popen[str] | None" = None
    ) -> None:
        """Return when so many calls have come, or a process has ended; raises TimeoutError when neither happens."""

        async def watch() -> None:
            while len(self.calls) < count and (or_end_of is None or or_end_of.poll() is None):  # noqa: ASYNC110 - the record has no event to wait for
                await asyncio.sleep(0.01)

        asyncio.run_coroutine_threadsafe(asyncio.wait_for(watch(), seconds), self._loop).result()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        async with self._server:
            self._ready.set()
            await self._done.wait()
