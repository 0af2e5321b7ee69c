"""The canary: the first rows of a run are sent and checked before all the others."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Literal, NamedTuple

import orjson

from bulkcase.clock import Clock
from bulkcase.ledger.rows import Sendable
from bulkcase.ledger.sent import SentRow, SentRows
from bulkcase.model import Outcome, Result, Stop, StopReason
from bulkcase.operations.prove import Prover
from bulkcase.operations.runtime import near
from bulkcase.operations.supply import Supply
from bulkcase.operations.whereabouts import Case
from bulkcase.planning.aside import Aside, changed_aside
from bulkcase.planning.landed import Landed
from bulkcase.planning.sample import Sample
from bulkcase.reporting.files import whole_file
from bulkcase.sending import Pool
from bulkcase.sending.pool import OnSettled, Source
from bulkcase.stopping import StopSwitch

_log = logging.getLogger(__name__)

FILE: Final = "canary.json"
"""What a report has of cases that changed beside what was sent: as they were, and as they are."""
_LOOKED_THROUGH: Final = 20_000
"""Rows among which the kinds of change are looked for."""
_NAMED: Final = 3
"""Rows that a reason names."""
_FIELDS: Final = 5
"""Fields of a row that it names."""
_GOOD: Final = frozenset({Outcome.UPDATED, Outcome.CONFLICT})
"""What becomes of a row that the server took; a conflict, where an undo left something of it alone."""

_UNLIKE: Final = frozenset({Landed.NOT_APPLIED, Landed.CHANGED_SINCE})

How = Literal["cases", "answers"]
_PASSED: Final[Mapping[How, str]] = {
    "cases": "canary: %d rows were sent, their cases read back and compared: all is well",
    "answers": "canary: %d rows were sent and their answers checked: all is well; their cases could not be read back",
}


@dataclass(frozen=True, slots=True)
class Canary:
    """Sends the first rows of a supply and looks what has become of their cases."""

    supply: Supply
    pool: Callable[[Source, OnSettled], Pool]
    sent: SentRows
    prover: Prover | None
    """Reads cases back; None where they were not read before."""
    clock: Clock
    stop: StopSwitch
    folder: Path
    """Where the report of the run is."""

    async def try_out(self, size: int, workers: int) -> How | None:
        """Send so many rows and check them; return by what, or None where none was sent, or the run is stopped for it.

        Raises Stopped, and EnvironmentFailed where cases cannot be read any more.
        """
        while numbers := self._chosen(size):
            places = {row.case_id: row.place for row in self._waiting(numbers) if row.place is not None}
            before = await self._whole(places)
            results = await self._sent_now(numbers, workers)
            since = self.clock.now()  # pages that were read while they were sent do not show all of them
            if self.stop.stop is not None:
                return None
            sent = [row for number in numbers for page in self.sent.beside(is_new=False, number=number) for row in page]
            if sent or results:
                return await self._checked(sent, results, before, since)
            # All of them turned out to need no call: the next ones tell more.
        return None

    async def _sent_now(self, numbers: Sequence[int], workers: int) -> list[Result]:
        """Send rows; return what became of those that were sent indeed."""
        results: list[Result] = []

        def note(result: Result, _: float) -> None:
            results.append(result)

        await self.pool(self.supply.only(numbers), note).run(min(workers, len(numbers)))
        return results

    def _waiting(self, numbers: Sequence[int]) -> list[Sendable]:
        found = (self.supply.rows.one(number, self.supply.outcomes) for number in numbers)
        return [row for row in found if row is not None]

    def _chosen(self, size: int) -> list[int]:
        sample = Sample(size)
        waiting = (row for row in self.supply.first() if row.number not in self.supply.done)
        for row in islice(waiting, _LOOKED_THROUGH):
            sample.see(row.number, orjson.loads(row.body))
        return sample.chosen()

    async def _whole(self, places: Mapping[str, int]) -> Mapping[str, Case]:
        """Return the cases at these places, whole, as they are now."""
        whereabouts = self.supply.whereabouts
        return {} if whereabouts is None else await whereabouts.find_all(places, self.clock.now())

    async def _checked(
        self, sent: Sequence[SentRow], results: Sequence[Result], before: Mapping[str, Case], since: float
    ) -> How | None:
        """Return how the rows were checked that were sent; None, and the run is stopped, where they are not well."""
        after: Mapping[str, Case] = {}
        unlike = {row.number: row.message for row in sent if row.state is Outcome.MISMATCH}
        if self.prover is not None:
            landings, after = await self.prover.some([row.number for row in sent], since)
            seen = {number: one for number, one in landings.items() if one.landed is not Landed.NOT_SEEN}
            unlike = {number: text for number, text in unlike.items() if number not in seen}
            unlike |= {number: one.message for number, one in seen.items() if one.landed in _UNLIKE}
        touched = [
            _Touched(row, before[row.case_id], after[row.case_id], aside)
            for row in sent
            if row.case_id in before and row.case_id in after
            if (aside := changed_aside(row.sent, before[row.case_id], after[row.case_id]))
        ]
        self._keep(touched)
        landed = [row for row in sent if row.state is Outcome.UPDATED and row.number not in unlike]
        reasons = [
            *(f"{_named(row)}: {unlike[row.number]}" for row in sent if row.number in unlike),
            *(f"{_named(one.row)}: {_told(one.aside)}" for one in touched),
        ]
        reasons = [*reasons[:_NAMED], *([f"and {len(reasons) - _NAMED} more rows"] if reasons[_NAMED:] else [])]
        if touched:
            reasons.append(f"{near(self.folder / FILE)} has these cases as they were")
        if not landed and not any(result.outcome in _GOOD for result in results):
            reasons = reasons or ["none of them was accepted"]
        if reasons:
            count = len(sent) or len(results)
            self.stop.set(Stop(StopReason.SAFETY, f"the canary of {count} rows stopped the run: {'; '.join(reasons)}"))
            return None
        how: How = "cases" if landed and all(row.case_id in after for row in landed) else "answers"
        _log.info(_PASSED[how], len(landed) or len(results))
        return how

    def _keep(self, touched: Sequence["_Touched"]) -> None:
        """Note which cases changed beside what was sent, and write what they were: nobody else knows."""
        if not touched:
            return
        self.sent.note({one.row.number: _told(one.aside) for one in touched}, "changed_aside")
        cases = [
            {
                "row": one.row.number,
                "case_id": one.row.case_id,
                "sent": one.row.sent,
                "before": one.before,
                "after": one.after,
            }
            for one in touched
        ]
        with whole_file(self.folder / FILE) as file:
            file.write(orjson.dumps(cases, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())


class _Touched(NamedTuple):
    """A case that changed beside what was sent."""

    row: SentRow
    before: Case
    after: Case
    aside: Sequence[Aside]


def _named(row: SentRow) -> str:
    return f"row {row.number} ({row.case_id})"


def _told(aside: Sequence[Aside]) -> str:
    names = [f"{field} (gone)" if new in (None, "", [], {}) else field for field, _, new in aside]
    more = f" and {len(names) - _FIELDS} more" if len(names) > _FIELDS else ""
    return f"changed without being sent: {', '.join(names[:_FIELDS])}{more}"
