"""The stop rules at work: hours, duration, failures; in virtual time."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from support.jobs import a_job
from support.virtual import EPOCH, VirtualClock, run

from bulkcase.errors import OutsideHours
from bulkcase.job import Job
from bulkcase.job.variants import rehearsal
from bulkcase.kore.door import Door
from bulkcase.model import Outcome, Result, StopReason
from bulkcase.operations.live.watch import refuse_outside_hours, stop_on_failures, watching
from bulkcase.stopping import Stopped, StopSwitch

# EPOCH is 2027-01-15 08:00 UTC, a Friday.
HOUR = 3600.0


@dataclass
class Held:
    """A door that notes for how long it is held."""

    clock: VirtualClock
    holds: list[tuple[float, float, str]] = field(default_factory=list)
    """When, until when, why."""

    def hold(self, until: float, why: str, opens_at: float) -> None:
        assert opens_at >= until - 1
        self.holds.append((self.clock.monotonic(), until, why))

    def is_held(self, at: float) -> bool:
        """Say whether calls were held back at a moment."""
        said = [until for when, until, _ in self.holds if when <= at]
        return bool(said) and said[-1] > at


def a_job_with(folder: Path, safety: str) -> Job:
    return a_job(folder, more=f"[safety]\n{safety}")


def watched(job: Job, seconds: float, *, wait: bool = False) -> tuple[StopSwitch, Held, float]:
    """Watch a job's rules for so long; return the switch, the door, and when that was over."""

    async def main() -> tuple[StopSwitch, Held, float]:
        clock, stop = VirtualClock(), StopSwitch()
        door = Held(clock)
        async with watching(job.safety, cast("Door", door), clock, stop, wait=wait):
            with suppress(TimeoutError, Stopped):
                async with asyncio.timeout(seconds), stop.interruptible():
                    await asyncio.Event().wait()
        return stop, door, clock.monotonic()

    return run(main())


@pytest.mark.parametrize(
    ("safety", "reason", "at"),
    [
        ('send_between = "07:00-09:30 UTC"', "safety.send_between is 07:00-09:30 UTC, and that is over", 1.5 * HOUR),
        ('max_duration = "40m"', "safety.max_duration is 40 min", 40 * 60.0),
        ('max_duration = "2h"\nsend_between = "07:00-09:00 UTC"', "safety.send_between", HOUR),
        ('max_duration = "30m"\nsend_between = "07:00-09:00 UTC"', "safety.max_duration", HOUR / 2),
    ],
)
def test_a_run_is_stopped_when_its_time_is_over(tmp_path: Path, safety: str, reason: str, at: float) -> None:
    """Whichever limit comes first stops the run to the second, says so, and can be resumed (exit code 5)."""
    stop, _, stopped_at = watched(a_job_with(tmp_path, safety), 10 * HOUR)

    assert stop.stop is not None
    assert (stop.stop.reason, stop.stop.exit_code) == (StopReason.HOURS, 5)
    assert stop.stop.message.startswith(reason)
    assert stopped_at == at


def test_without_a_limit_nothing_stops_a_run(tmp_path: Path) -> None:
    """A job that says nothing of time runs as long as it takes."""
    stop, door, _ = watched(a_job_with(tmp_path, 'max_failures = "off"'), 1000 * HOUR)
    assert (stop.stop, door.holds) == (None, [])


def test_a_run_that_waits_is_held_until_its_hours_begin_and_again_when_they_end(tmp_path: Path) -> None:
    """With --wait nothing leaves outside of the hours, everything may inside, and nothing is stopped."""
    job = a_job_with(tmp_path, 'send_between = "10:00-11:00 UTC"')
    stop, door, _ = watched(job, 30 * HOUR, wait=True)

    assert stop.stop is None
    closed = [0.0, 1.0, HOUR, 2 * HOUR - 1.5, 3 * HOUR + 1, 4 * HOUR, 26 * HOUR - 1.5]
    opened = [2 * HOUR + 1, 2.5 * HOUR, 3 * HOUR - 1, 26 * HOUR + 1, 27 * HOUR - 1]
    assert [at for at in closed if not door.is_held(at)] == []
    assert [at for at in opened if door.is_held(at)] == []
    assert {why.partition(" 2027")[0] for _, _, why in door.holds} == {
        f"waiting for {day}" for day in ("Fri", "Sat", "Sun")
    }


def test_the_duration_of_a_run_that_waits_begins_with_its_hours(tmp_path: Path) -> None:
    """A wait of hours before the first call does not use up the time of the run."""
    job = a_job_with(tmp_path, 'send_between = "10:00-18:00 UTC"\nmax_duration = "1h"')
    stop, _, stopped_at = watched(job, 30 * HOUR, wait=True)
    assert stop.stop is not None
    assert stopped_at == 3 * HOUR


def test_outside_of_its_hours_a_job_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    """The message says when they begin and how to wait, and the exit code is 5; inside, or with --wait, it goes on."""
    closed = a_job_with(tmp_path, 'send_between = "mon-thu 22:00-06:00 UTC"')

    async def main() -> None:
        clock = VirtualClock()
        with pytest.raises(OutsideHours, match=r"opens on Mon 2027-01-18 .*--wait") as raised:
            refuse_outside_hours(closed, clock, wait=False)
        assert raised.value.exit_code == 5
        refuse_outside_hours(closed, clock, wait=True)
        refuse_outside_hours(a_job_with(tmp_path, 'send_between = "07:00-09:00 UTC"'), clock, wait=False)
        refuse_outside_hours(a_job_with(tmp_path, ""), clock, wait=False)
        refuse_outside_hours(rehearsal(closed), clock, wait=False)

    run(main())
    assert EPOCH == 1_800_000_000.0


def test_too_many_failures_stop_the_run_with_their_reason(tmp_path: Path) -> None:
    """The first row in excess stops the run (exit code 3); those that settle after it are told all the same."""
    stop, seen = StopSwitch(), []
    job = a_job_with(tmp_path, "max_failures = 2")

    async def main() -> None:
        settled = stop_on_failures(job.safety, stop, lambda result, _: seen.append(result.outcome))
        for outcome in (Outcome.FAILED, Outcome.UPDATED, Outcome.UNKNOWN, Outcome.PENDING):
            settled(Result(outcome), 0.1)
        assert stop.stop is None
        settled(Result(Outcome.FAILED), 0.1)
        settled(Result(Outcome.UPDATED), 0.1)

    run(main())
    assert stop.stop is not None
    assert (stop.stop.exit_code, stop.stop.reason) == (3, StopReason.SAFETY)
    assert "safety.max_failures is 2" in stop.stop.message
    assert len(seen) == 6


def test_failures_stop_nothing_where_the_rule_is_off(tmp_path: Path) -> None:
    """A job may say that it wants to see every row fail."""
    stop = StopSwitch()
    settled = stop_on_failures(a_job_with(tmp_path, 'max_failures = "off"').safety, stop, lambda *_: None)
    for _ in range(1000):
        settled(Result(Outcome.FAILED), 0.1)
    assert stop.stop is None
