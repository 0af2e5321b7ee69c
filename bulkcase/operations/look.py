"""Looking at the live cases while a run is planned: whether at all, then page by page into a snapshot."""

from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from bulkcase.errors import CasesRefused, JobError, NotPlanned
from bulkcase.fields.private import Private
from bulkcase.job import Job
from bulkcase.job.needs import live_lookups, needs
from bulkcase.kore.door import Door
from bulkcase.kore.pages import Paging
from bulkcase.ledger import Journal, RunRecord, Snapshot
from bulkcase.ledger.stored import root_of
from bulkcase.mapping.faults import listed
from bulkcase.operations.desk import Desk
from bulkcase.operations.options import Options
from bulkcase.operations.progress import PageTally, reporting
from bulkcase.operations.runtime import Runtime, account_name, target_name
from bulkcase.operations.target import left_by_earlier, open_door, open_target
from bulkcase.operations.watch import watching
from bulkcase.planning.forecast import Forecast
from bulkcase.planning.worth import Choice, Question, at_once, by_pages
from bulkcase.reading.reader import Reader, Wanted
from bulkcase.stopping import Stopped, StopSwitch

_MOST_NAMES = 50
"""Names that are looked for by a call each: no account has so many statuses."""

Names = Mapping[str, Collection[str]]
"""Names that rows use, by the field whose objects they stand for."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What of the live cases a plan goes by."""

    choice: Choice
    snapshot: Snapshot | None = None
    """The cases; None where they were not read."""
    lookups: Snapshot | None = None
    """The objects of names, where the cases were not read."""


async def look(desk: Desk, run: RunRecord, names: Names, options: Options, *, keeps_hours: bool) -> Glance:
    """Read the live cases for a run that is being planned, where that is needed or pays.

    `names` are those that a call each may find; `keeps_hours` says that safety.send_between and max_duration hold.
    Raises NotPlanned where it is stopped meanwhile, CredentialsError or EnvironmentFailed where it cannot be done.
    """
    job, rows = desk.job, desk.ledger.rows(run)
    need = next(needs(job), None)
    question = Question(
        setting=job.snapshot.read,
        need="" if need is None else f"{need.what} ({need.key})" if need.key else need.what,
        cases=rows.cases_waiting(),
        names=sum(map(len, names.values())),
        share=desk.ledger.share_that_changes(run),
    )
    choice = at_once(question)
    if question.names > _MOST_NAMES and job.snapshot.read == "never":
        raise _too_many_names(job, names)
    if choice is not None and not choice.read and not (question.names and question.cases):
        return Glance(choice)
    async with opened_reader(desk, rows.case_keys(), options, run=run, keeps_hours=keeps_hours) as at:
        try:
            return await _look(at, question, choice, names)
        except CasesRefused as error:
            why = f"are needed ({question.need}), and" if question.need else "cannot be read:"
            advice = "" if question.need else ', or write snapshot.read = "never"'
            raise CasesRefused(
                f"{job.file}: live cases {why} {error}: see that the app may call getCases{advice}"
            ) from None


def _too_many_names(job: Job, names: Names) -> JobError:
    field = max(names, key=lambda name: len(names[name]))
    some = "" if Private(job.report.private).hides(field) else f" ({listed(names[field], 5)})"
    return JobError(
        f"{job.file}: lookups.{field}: the input has {len(names[field]):,} different names{some}, "
        'each of which would cost a call: is that the right column? Else write snapshot.read = "auto"'
    )


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


async def _look(at: AtReader, question: Question, choice: Choice | None, names: Names) -> Glance:
    snapshot = None
    if choice is None or choice.read:
        snapshot = at.snapshot(kept_fields(at.desk.job), live_lookups(at.desk.job))
    if choice is None and snapshot is not None:
        try:
            record = snapshot.record()
            paging = Paging.of(record.paging) if record.pages else await at.reader.next_page(snapshot)
            choice = by_pages(question, paging.pages)
        except CasesRefused as error:
            choice = Choice(read=False, why=str(error))
    assert choice is not None, "it was made before or just now"
    if snapshot is not None and choice.read:
        await at.read(snapshot)
        return Glance(choice, snapshot)
    if not names:
        return Glance(choice)
    job, now = at.desk.job, at.desk.runtime.clock.now()
    lookups = at.desk.ledger.new_snapshot(target_name(job), {}, (), now)
    for field, wanted in names.items():
        for name in wanted:
            await at.reader.find(lookups, field, name)
    return Glance(choice, lookups=lookups)


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
    job, runtime, ledger = desk.job, desk.runtime, desk.ledger
    stop = options.get("stop") or StopSwitch()
    guard = options.get("guard") or (lambda _: nullcontext())
    # An even pace is kept where it is asked for; what the reading costs is known only when it has begun.
    forecast = Forecast(0, job.quota.windows, job.quota.pace, job.quota.max_in_flight)
    began = runtime.instant()
    session = ledger.look(target_name(job), account_name(job), runtime.worker, began, run)
    journal = Journal(lambda _, made: ledger.record_calls(session, made))
    waited: Mapping[str, float] = {}
    try:
        with guard(stop):
            async with (
                open_target(job, runtime, keys, left_by_earlier(desk, run)) as target,
                open_door(desk, target, forecast, stop, journal) as door,
                _hours(job, door, runtime, stop, options, keeps_hours=keeps_hours),
            ):
                waited = door.waited
                tally = PageTally(job.quota.windows, runtime.clock, door.pause)
                async with reporting(tally, options.get("on_progress"), runtime.clock):
                    yield AtReader(desk, a_reader(job, door, runtime, journal, stop, wanted=wanted), tally)
    except Stopped:
        raise _not_planned(stop) from None
    finally:
        journal.flush()
        now = runtime.instant()
        ledger.end_look(session, now, {**waited, "worked": now.steady - began.steady})


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
    return Reader(door, wanted, job.retry, journal=journal, clock=runtime.clock, chance=runtime.chance, stop=stop)


def wanted_of(job: Job, filters: Mapping[str, Any] | None = None) -> Wanted:
    """Return what a job reads of the live cases; `filters` are those of a list that is read again."""
    return Wanted(job.snapshot.filter if filters is None else filters, kept_fields(job), live_lookups(job))


def kept_fields(job: Job) -> tuple[str, ...]:
    """Return the fields of a case that a job is about."""
    return tuple(dict.fromkeys(map(root_of, job.mapping)))


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
    return NotPlanned(stop.stop.exit_code, f"{stop.stop.message}, while live cases were read: {again}")
