"""The stop rules of a job at work: too many failures, hours, duration."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

from bulkcase.clock import Clock
from bulkcase.errors import OutsideHours
from bulkcase.job import Job
from bulkcase.job.settings import Safety
from bulkcase.kore.door import Door
from bulkcase.model import Result, Stop, StopReason
from bulkcase.said import seconds_text
from bulkcase.sending.failures import FailureRule
from bulkcase.sending.pool import OnSettled
from bulkcase.stopping import StopSwitch

_STEP = 30.0
"""Seconds after which the clock on the wall is looked at again: it may have been set, the machine may have slept."""


def refuse_outside_hours(job: Job, clock: Clock, *, wait: bool) -> None:
    """Raise OutsideHours where a job may not send now and is not to wait for it."""
    hours, now = job.safety.send_between, clock.now()
    if hours is not None and not wait and not hours.is_open(now):
        opens = _local(hours.opens_at(now))
        raise OutsideHours(
            f"{job.file}: safety.send_between is {hours.text}, which opens on {opens}: start it then, or add --wait"
        )


def stop_on_failures(safety: Safety, stop: StopSwitch, settled: OnSettled) -> OnSettled:
    """Return what tells `settled` of each row, and stops the run where too many of them failed."""
    if safety.max_failures is None:
        return settled
    rule = FailureRule(safety.max_failures)

    def judged(result: Result, seconds: float) -> None:
        settled(result, seconds)
        message = rule.note(result.outcome)
        if message is not None:
            stop.set(Stop(StopReason.SAFETY, message))

    return judged


@asynccontextmanager
async def watching(safety: Safety, door: Door, clock: Clock, stop: StopSwitch, *, wait: bool) -> AsyncGenerator[None]:
    """Keep the hours and the duration of a job while the body runs: stop it, or hold its calls back where it waits."""
    if safety.send_between is None and safety.max_duration is None:
        yield
        return
    task = asyncio.create_task(_watch_or_stop(safety, door, clock, stop, wait=wait), name="hours")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _watch_or_stop(safety: Safety, door: Door, clock: Clock, stop: StopSwitch, *, wait: bool) -> None:
    """Watch, and never let a run go on that nobody watches."""
    try:
        await _watch(safety, door, clock, stop, wait=wait)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the hours are not kept any more
        stop.set(Stop(StopReason.FAULT, f"a fault of bulkcase ({type(fault).__name__}: {fault}): please report it"))


async def _watch(safety: Safety, door: Door, clock: Clock, stop: StopSwitch, *, wait: bool) -> None:
    hours, longest = safety.send_between, safety.max_duration
    began: float | None = None
    while True:
        now, steady = clock.now(), clock.monotonic()
        if hours is not None and not hours.is_open(now):
            if not wait:
                return stop.set(Stop(StopReason.HOURS, f"safety.send_between is {hours.text}, and that is over"))
            opens = hours.opens_at(now)
            pause = min(opens - now, _STEP)
            # A little longer than the pause, so that nothing slips out before the next look.
            until = steady + pause + (1.0 if pause == _STEP else 0.0)
            door.hold(until, f"waiting for {_local(opens)}", steady + opens - now)
        else:
            began = steady if began is None else began
            if longest is not None and steady - began >= longest:
                return stop.set(Stop(StopReason.HOURS, f"safety.max_duration is {seconds_text(longest)}"))
            closes = _STEP if hours is None else hours.closes_at(now) - now
            ends = _STEP if longest is None else began + longest - steady
            pause = min(_STEP, closes, ends)
        await clock.sleep(pause)


def _local(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%a %Y-%m-%d %H:%M %Z")
