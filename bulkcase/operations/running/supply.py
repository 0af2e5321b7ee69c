"""Where a run takes its rows from: in input order, or in that of the live cases."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from bulkcase.job.needs import oldest_look
from bulkcase.ledger import ComparedRows, Journal, RunRows
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Outcome
from bulkcase.operations.common.desk import Desk
from bulkcase.operations.live.compare import OnDecided, look_of
from bulkcase.operations.running.fresh import Freshness, FreshRows
from bulkcase.operations.running.unseen import look_for_unseen
from bulkcase.operations.running.whereabouts import Whereabouts
from bulkcase.reading.reader import Reader
from bulkcase.sending import InOrder
from bulkcase.sending.pool import Source
from bulkcase.stopping import StopSwitch


@dataclass(frozen=True, slots=True)
class Supply:
    """The rows that a session is to send."""

    rows: RunRows
    outcomes: Collection[Outcome]
    source: Source
    whereabouts: Whereabouts | None = None
    """Where their cases are; None where these were not read."""
    done: set[int] = field(default_factory=set)
    """Rows that are not handed out any more, whatever their outcome."""

    def first(self) -> Iterator[Sendable]:
        """Yield the rows in the order in which they would be handed out, as the ledger has them."""
        if not isinstance(self.rows, ComparedRows):
            yield from self.rows.sendable(self.outcomes)
            return
        last = (-1, -1)
        while page := self.rows.next_by_place(self.outcomes, last):
            yield from page
            assert page[-1].place is not None, "they are in the order of their places"
            last = (page[-1].place, page[-1].number)

    def only(self, numbers: Collection[int]) -> Source:
        """Return these rows and no others, as a source of their own; the other one does not hand them out then."""
        self.done.update(numbers)
        return _Chosen(self, list(numbers))


class _Chosen:
    """Some rows of a supply, by their numbers."""

    def __init__(self, supply: Supply, numbers: list[int]) -> None:
        self._supply = supply
        self._numbers = numbers
        self.is_fresh = supply.source.is_fresh
        self.again = supply.source.again

    async def next(self) -> Sendable | None:
        """Return the next of them that still is to be sent."""
        while self._numbers:
            found = self._supply.rows.one(self._numbers.pop(0), self._supply.outcomes)
            if found is not None and not self.is_fresh(found):
                found = await self.again(found)
            if found is not None:
                return found
        return None


def in_order(rows: RunRows, outcomes: Collection[Outcome]) -> Supply:
    """Return the rows in input order, as nothing is known of their cases."""
    done: set[int] = set()
    return Supply(rows, outcomes, InOrder(row for row in rows.sendable(outcomes) if row.number not in done), done=done)


async def by_place(
    rows: ComparedRows,
    outcomes: Collection[Outcome],
    desk: Desk,
    reader: Reader,
    *,
    journal: Journal,
    stop: StopSwitch,
    told: OnDecided,
    counted: Callable[[int], None],
) -> Supply:
    """Return the rows in the order of their cases, after a look at those that were not seen before.

    `counted` is told how many there are. Raises Stopped, and EnvironmentFailed where cases cannot be read.
    """
    job, ledger, clock = desk.job, desk.ledger, desk.runtime.clock
    snapshot = ledger.snapshot(rows.snapshot)
    record = snapshot.record()
    done = await look_for_unseen(rows, outcomes, job, reader, snapshot, lambda *_: None)
    counts = rows.counts()
    counted(sum(counts[outcome] for outcome in outcomes) - rows.unplaced(outcomes) - len(done))
    max_age = oldest_look(job)
    whereabouts = Whereabouts(reader, snapshot, clock.now, max_age)
    source = FreshRows(
        rows,
        outcomes,
        whereabouts=whereabouts,
        look=look_of(job, snapshot),
        freshness=Freshness(max_age, ledger.others_since(rows.run, record.started_at), done),
        clock=clock,
        stop=stop,
        told=told,
        written=journal.write,
    )
    return Supply(rows, outcomes, source, whereabouts, done)
