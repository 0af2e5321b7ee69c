"""Looking at the live cases while a run is planned: whether at all, and what is read of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkcase.errors import CasesRefused, JobError
from bulkcase.fields.private import Private
from bulkcase.job import Job
from bulkcase.job.needs import live_lookups, needs
from bulkcase.kore.pages import Paging
from bulkcase.ledger import RunRecord, Snapshot
from bulkcase.mapping.faults import listed
from bulkcase.operations.common.desk import Desk
from bulkcase.operations.common.options import Options
from bulkcase.operations.common.runtime import target_name
from bulkcase.operations.live.compare import kept_fields
from bulkcase.planning.worth import Choice, Question, at_once, by_pages

if TYPE_CHECKING:
    from bulkcase.operations.live.reader import AtReader

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
        # Counting them goes over all rows, and nobody asks where nothing may be read.
        cases=rows.cases_waiting() if names or job.snapshot.read != "never" else 0,
        names=sum(map(len, names.values())),
        share=desk.ledger.share_that_changes(run),
    )
    choice = at_once(question)
    if question.names > _MOST_NAMES and job.snapshot.read == "never":
        raise _too_many_names(job, names)
    if choice is not None and not choice.read and not (question.names and question.cases):
        return Glance(choice)
    from bulkcase.operations.live.reader import opened_reader  # noqa: PLC0415 - all that calls take, for those that make them

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


async def _look(at: "AtReader", question: Question, choice: Choice | None, names: Names) -> Glance:
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
