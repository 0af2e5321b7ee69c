"""What reads live cases: a session of its own, in which nothing is sent, or a part of a run."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from bulkcase.errors import NotPlanned
from bulkcase.job import Job
from bulkcase.job.needs import live_lookups
from bulkcase.kore.door import Door
from bulkcase.ledger import Journal, RunRecord, Snapshot
from bulkcase.operations.common.desk import Desk
from bulkcase.operations.common.options import Options
from bulkcase.operations.common.progress import PageTally, reporting
from bulkcase.operations.common.runtime import Runtime, account_name, target_name
from bulkcase.operations.live.compare import kept_fields
from bulkcase.operations.live.credentials import check_credentials, disclose
from bulkcase.operations.live.target import left_by_earlier, open_door, open_target
from bulkcase.operations.live.watch import watching
from bulkcase.planning.forecast import Forecast
from bulkcase.reading.reader import Reader, Wanted
from bulkcase.stopping import Stopped, StopSwitch


@dataclass(frozen=True, slots=True)
class AtReader:
    """What is at hand while live cases are read."""

    desk: Desk
    reader: Reader
    tally: PageTally

    def snapshot(self, fields: Sequence[str], lookups: Sequence[str]) -> Snapshot:
        """Return the snapshot to read, with what an interrupted command left of it, or a new one.

        It keeps these fields of each case, and the objects of these lookups.
        """
        job, ledger, now = self.desk.job, self.desk.ledger, self.desk.runtime.clock.now()
        wanted = (target_name(job), job.snapshot.filter, [*fields, *(f"lookups.{name}" for name in lookups)])
        left = ledger.left_snapshot(*wanted, now - job.snapshot.max_age)
        return ledger.new_snapshot(*wanted, now) if left is None else left

    async def read(self, snapshot: Snapshot) -> None:
        """Read what is left of a snapshot."""
        await self.reader.read_on(snapshot, self.tally.read)


@dataclass(slots=True)
class Look:
    """A session that sends nothing, while it goes on."""

    journal: Journal
    """Records its calls."""
    waited: Mapping[str, float] = field(default_factory=dict)
    """Seconds for which its calls waited, by what for; a door has them."""


@contextmanager
def recorded_look(desk: Desk, run: RunRecord | None = None) -> Iterator[Look]:
    """Yield a session that sends nothing, of a run where it has one, whose calls count in the quota from now on."""
    ledger, runtime = desk.ledger, desk.runtime
    began = runtime.instant()
    session = ledger.look(target_name(desk.job), account_name(desk.job), runtime.worker, began, run)
    look = Look(Journal(lambda _, made: ledger.record_calls(session, made)))
    try:
        yield look
    finally:
        look.journal.flush()
        now = runtime.instant()
        ledger.end_look(session, now, {**look.waited, "worked": now.steady - began.steady})


@asynccontextmanager
async def opened_reader(
    desk: Desk,
    keys: Iterable[str],
    options: Options,
    *,
    run: RunRecord | None = None,
    wanted: Wanted | None = None,
    keeps_hours: bool = False,
) -> AsyncGenerator[AtReader]:
    """Open what reads live cases, in a session of its own that sends nothing; `keys` are what a sandbox has cases for.

    `wanted` says what is read and kept, where that is not what the job is about. Raises NotPlanned where the reading is
    stopped.
    """
    job, runtime = desk.job, desk.runtime
    check_credentials(job, runtime)
    disclose(job, options)
    stop = options.get("stop") or StopSwitch()
    guard = options.get("guard") or (lambda _: nullcontext())
    # An even pace is kept where it is asked for; what the reading costs is known only when it has begun.
    forecast = Forecast(0, job.quota.windows, job.quota.pace, job.quota.max_in_flight)
    try:
        with recorded_look(desk, run) as session, guard(stop):
            async with (
                open_target(job, runtime, keys, left_by_earlier(desk, run)) as target,
                open_door(desk, target, forecast, stop, session.journal) as door,
                _hours(job, door, runtime, stop, options, keeps_hours=keeps_hours),
            ):
                session.waited = door.waited
                tally = PageTally(job.quota.windows, runtime.clock, door.pause)
                async with reporting(tally, options.get("on_progress"), runtime.clock):
                    yield AtReader(desk, a_reader(job, door, runtime, session.journal, stop, wanted=wanted), tally)
    except Stopped:
        raise _not_planned(stop) from None


def a_reader(
    job: Job,
    door: Door,
    runtime: Runtime,
    journal: Journal,
    stop: StopSwitch,
    *,
    wanted: Wanted | None = None,
) -> Reader:
    """Return what reads the live cases of a job, or what else is `wanted`, through a door."""
    wanted = wanted or wanted_of(job)
    return Reader(
        door,
        wanted,
        job.retry,
        journal=journal,
        clock=runtime.clock,
        chance=runtime.chance,
        stop=stop,
        is_private=bool(job.report.private),
    )


def wanted_of(job: Job, filters: Mapping[str, Any] | None = None) -> Wanted:
    """Return what a job reads of the live cases; `filters` are those of a list that is read again."""
    return Wanted(job.snapshot.filter if filters is None else filters, kept_fields(job), live_lookups(job))


@asynccontextmanager
async def _hours(
    job: Job, door: Door, runtime: Runtime, stop: StopSwitch, options: Options, *, keeps_hours: bool
) -> AsyncGenerator[None]:
    if not keeps_hours:
        yield
        return
    async with watching(job.safety, door, runtime.clock, stop, wait=options.get("wait", False)):
        yield


def _not_planned(stop: StopSwitch) -> NotPlanned:
    assert stop.stop is not None, "nothing else raises Stopped"
    again = "nothing was sent; what was read is kept for snapshot.max_age: the same command goes on from there"
    return NotPlanned(stop.stop.exit_code, f"while live cases were read: {stop.stop.message}; {again}")
