"""One switch that ends a run early: every wait ends at once, every call in flight is let finish, or is cut off."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from bulkcase.model import Stop, StopReason


class Stopped(Exception):  # noqa: N818 - a signal between the parts of a run, not an error
    """The run is being stopped; whoever waited must not start anything new."""


class StopSwitch:
    """Set once, for one reason; the first reason stands. To be set in the event loop of the verb that is to end."""

    def __init__(self) -> None:
        self._stop: Stop | None = None
        self._waiting: set[asyncio.Timeout] = set()
        self._in_flight: set[Flight] = set()

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

    def interrupt(self, why: str = "interrupted") -> None:
        """Let calls in flight be finished and everything else stay as it is, to be gone on with."""
        self.set(Stop(StopReason.INTERRUPTED, why))

    def abandon(self, stop: Stop) -> None:
        """Set the switch if it is not set yet, and cut off every call in flight."""
        self.set(stop)
        for flight in tuple(self._in_flight):
            flight.cut_off()

    def check(self) -> None:
        """Raise Stopped where the run is being stopped."""
        if self._stop is not None:
            raise Stopped

    def flight(self) -> "Flight":
        """Return what the current task's next call in flight stands under."""
        return Flight(self._in_flight)

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


class Flight:
    """A call in flight, which can be cut off; a context manager, to be entered by the task that makes the call.

    As `asyncio.timeout` does, it tells its own cancellation of the task from anybody else's, which is never swallowed.
    """

    __slots__ = ("_all", "_cancels_before", "_is_cut", "_task", "was_cut_off")

    def __init__(self, in_flight: "set[Flight]") -> None:
        self._all = in_flight
        self._is_cut = False
        self.was_cut_off = False
        """Whether the body was ended by `cut_off`, known afterwards."""

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None, "calls are made by tasks"
        self._task = task
        self._cancels_before = task.cancelling()
        self._all.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._all.discard(self)
        if self._is_cut and self._task.uncancel() <= self._cancels_before:
            self.was_cut_off = kind is asyncio.CancelledError
        return self.was_cut_off

    def cut_off(self) -> None:
        """End the body now."""
        if not self._is_cut:
            self._is_cut = True
            self._task.cancel()
