"""One switch that ends a run early: every wait ends at once, every call in flight is let finish."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bulkcase.model import Stop


class Stopped(Exception):  # noqa: N818 - a signal between the parts of a run, not an error
    """The run is being stopped; whoever waited must not start anything new."""


class StopSwitch:
    """Set once, for one reason; the first reason stands."""

    def __init__(self) -> None:
        self._stop: Stop | None = None
        self._waiting: set[asyncio.Timeout] = set()

    @property
    def stop(self) -> Stop | None:
        """Why the run is being stopped, or None while it goes on."""
        return self._stop

    def set(self, stop: Stop) -> None:
        """End every interruptible wait, now and from now on."""
        if self._stop is not None:
            return
        self._stop = stop
        for scope in tuple(self._waiting):
            scope.reschedule(asyncio.get_running_loop().time())

    def check(self) -> None:
        """Raise Stopped where the run is being stopped."""
        if self._stop is not None:
            raise Stopped

    @asynccontextmanager
    async def interruptible(self) -> AsyncGenerator[None]:
        """Let the waits inside end with Stopped as soon as the switch is set."""
        self.check()
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._waiting.add(scope)
                try:
                    yield
                finally:
                    self._waiting.discard(scope)
        except TimeoutError:
            if scope.expired():
                raise Stopped from None
            raise
