"""Looking once more for cases that were not seen, before their rows are sent again."""

from collections.abc import Collection

from bulkcase.job import Job
from bulkcase.job.needs import live_lookups
from bulkcase.kore.pages import Paging
from bulkcase.ledger import ComparedRows, Snapshot
from bulkcase.model import Outcome, Result
from bulkcase.operations.deciding.duplicates import decide_duplicates
from bulkcase.operations.deciding.overtaken import supersede_overtaken
from bulkcase.operations.live.compare import compare_rows, look_of, resolve_references
from bulkcase.reading.reader import OnPage, Reader

_FAILED = frozenset({Outcome.FAILED})
_SAID_SOMETHING = frozenset(Outcome) - {Outcome.INVALID, Outcome.SUPERSEDED}
"""What becomes of rows that count when another one is about their case."""


async def look_for_unseen(
    rows: ComparedRows, outcomes: Collection[Outcome], job: Job, reader: Reader, snapshot: Snapshot, told: OnPage
) -> set[int]:
    """Read the list of cases once more where failed rows are about cases that were not seen in it; decide about them.

    Also where names are learnt and what was learnt is not there any more, or half of it. Return the rows that are to be
    left alone from now on. Raises Stopped, and EnvironmentFailed where the list cannot be read; then the next one goes
    on with its reading.
    """
    record, now = snapshot.record(), reader.clock.now
    is_asked = Outcome.FAILED in outcomes and rows.unseen() > 0
    misses_names = bool(live_lookups(job)) and not (record.is_over and record.pages)
    if not is_asked and not misses_names:
        return set()
    if record.is_over:
        snapshot.begin_again(Paging.of(record.paging).again().as_json(), now())
    await reader.read_on(snapshot, told)
    left: set[int] = set()
    if not is_asked:
        return left
    if job.input.key.match == "refId":
        resolve_references(rows, snapshot, now(), _FAILED)
        supersede_overtaken(rows, _FAILED, now())
        rule = job.input.duplicates
        decide_duplicates(rows, rule, now(), beside=_SAID_SOMETHING, about=Outcome.FAILED)

    def note(number: int, _: Result) -> None:
        left.add(number)

    compare_rows(rows, look_of(job, snapshot), now(), _FAILED, told=note)
    return left
