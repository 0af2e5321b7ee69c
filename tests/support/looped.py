"""What serves in a thread of its own, with an event loop of its own, while it is entered."""

import asyncio
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Looped(ABC):
    """Runs `serve` in a thread until it is left; `ready` is set by it, `done` when it is to end."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.ready, self.done = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    @abstractmethod
    async def serve(self) -> None:
        """Open, set `ready`, wait for `done`, and close."""

    def __enter__(self) -> Self:
        self._thread.start()
        self.ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.loop.call_soon_threadsafe(self.done.set)
        self._thread.join()
        self.loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.serve())
