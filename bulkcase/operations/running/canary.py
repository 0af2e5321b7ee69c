"""The canary: the first rows of a run are sent and checked before all the others."""

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from bulkcase.clock import Clock
from bulkcase.fields.proof import STANDS
from bulkcase.job.paths import near
from bulkcase.ledger.rows import Sendable
from bulkcase.ledger.sent import SentRow, SentRows
from bulkcase.model import Outcome, Result, Stop, StopReason
from bulkcase.operations.running.prove import Prover
from bulkcase.operations.running.supply import Supply
from bulkcase.operations.running.touched import FILE, Touched, keep_touched, named, told
from bulkcase.operations.running.whereabouts import Case
from bulkcase.planning.aside import changed_aside
from bulkcase.planning.landed import Landed, Landing
from bulkcase.planning.sample import Sample
from bulkcase.said import number
from bulkcase.sending import Pool
from bulkcase.sending.pool import OnSettled, Source
from bulkcase.stopping import StopSwitch

_log = logging.getLogger(__name__)

_LOOKED_THROUGH: Final = 20_000
"""Rows among which the kinds of change are looked for."""
_NAMED: Final = 3
"""Rows that a reason names."""
_GOOD: Final = frozenset({Outcome.UPDATED, Outcome.CONFLICT})
"""What becomes of a row that the server took; a conflict, where an undo left something of it alone."""

_UNLIKE: Final = frozenset({Landed.NOT_APPLIED, Landed.CHANGED_SINCE})

How = Literal["cases", "answers"]
FindAnew = Callable[[Collection[str]], Awaitable[Mapping[str, Case]]]
_SAID: Final = {
    "cases": "canary: %s sent, their cases read back and compared: all is well",
    "answers": "canary: %s sent, their answers are as they should be; the cases were not read back",
    "unseen": "canary: %s sent, and nothing could be checked: the answers do not show it, and the cases "
    "were not read back",
}


@dataclass(frozen=True, slots=True)
class Canary:
    """Sends the first rows of a supply and looks what has become of their cases."""

    supply: Supply
    pool: Callable[[Source, OnSettled], Pool]
    sent: SentRows
    prover: Prover | None
    """Reads cases back; None where they were not read before."""
    find_anew: FindAnew
    """Finds cases that are not in the list any more."""
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
            known = {row.number: row.attempts for row in self._rows(numbers)}
            results = await self._sent_now(numbers, workers)
            since = self.clock.now()  # pages that were read while they were sent do not show all of them
            if self.stop.stop is not None:
                return None
            # A row in doubt from before may have been settled by a look: that says nothing of what is sent now.
            sent = [row for row in self._rows(numbers) if row.attempts > known.get(row.number, 0)]
            if sent or any(result.attempts for result in results):
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

    def _rows(self, numbers: Iterable[int]) -> list[SentRow]:
        return [row for number in numbers for page in self.sent.beside(is_new=False, number=number) for row in page]

    def _waiting(self, numbers: Sequence[int]) -> list[Sendable]:
        found = (self.supply.rows.one(number, self.supply.outcomes) for number in numbers)
        return [row for row in found if row is not None]

    def _chosen(self, size: int) -> list[int]:
        sample = Sample(size)
        waiting = (row for row in self.supply.first() if row.number not in self.supply.done)
        for row in islice(waiting, _LOOKED_THROUGH):
            sample.see(row.number, row.body)
        return sample.chosen()

    async def _whole(self, places: Mapping[str, int]) -> Mapping[str, Case]:
        """Return the cases at these places, whole, as they are now."""
        whereabouts = self.supply.whereabouts
        return {} if whereabouts is None else await whereabouts.find_all(places, self.clock.now())

    async def _checked(
        self, sent: Sequence[SentRow], results: Sequence[Result], before: Mapping[str, Case], since: float
    ) -> How | None:
        """Return how the rows were checked that were sent; None, and the run is stopped, where they are not well."""
        unlike = {row.number: row.message for row in sent if row.state is Outcome.MISMATCH}
        landings, after = await self._read_back(sent, before, since)
        seen = {number: one for number, one in landings.items() if one.landed is not Landed.NOT_SEEN}
        in_doubt = {row.number for row in sent if row.state is Outcome.UNKNOWN}
        unlike = {number: text for number, text in unlike.items() if number not in seen}
        # A row whose answer got lost need not have landed: that is no fault of what was sent.
        unlike |= {n: one.message for n, one in seen.items() if one.landed in _UNLIKE and n not in in_doubt}
        lost = [row for row in sent if row.case_id in before and row.case_id not in after]
        touched = [
            Touched(row, before[row.case_id], after[row.case_id], aside)
            for row in sent
            if row.case_id in before and row.case_id in after
            if (aside := changed_aside(row.sent, before[row.case_id], after[row.case_id]))
        ]
        keep_touched(self.folder, self.sent, touched, self._rows(one.row.number for one in touched))
        good = [row for row in sent if row.state in _GOOD and row.number not in unlike]
        reasons = [
            *(f"{named(row)}: {unlike[row.number]}" for row in sent if row.number in unlike),
            *(f"{named(one.row)}: {told(one.aside)}" for one in touched),
            *(f"{named(row)}: its case cannot be found any more" for row in lost),
        ]
        reasons = [*reasons[:_NAMED], *([f"and {len(reasons) - _NAMED} more"] if reasons[_NAMED:] else [])]
        if touched:
            reasons.append(f"{near(self.folder / FILE)} has these cases as they were")
        if not good and not any(result.outcome in _GOOD for result in results):
            reasons = reasons or ["none of them was accepted"]
        if reasons:
            count = max(len(sent), len(results))
            message = f"the canary of {count} rows stopped the run: {'; '.join(reasons)}"
            self.stop.set(Stop(StopReason.SAFETY, message, holds=True))
            return None
        return self._passed(good, results, before, after)

    def _passed(
        self, good: Sequence[SentRow], results: Sequence[Result], before: Mapping[str, Case], after: Mapping[str, Case]
    ) -> How:
        how: How = "answers"
        if good and all(row.case_id in before and row.case_id in after for row in good):
            how = "cases"
        shown = [result for result in results if result.verified in STANDS]
        said = "unseen" if how == "answers" and not shown else how
        _log.info(_SAID[said], number(len(good) or len(results), "row was", "rows were"))
        return how

    async def _read_back(
        self, sent: Sequence[SentRow], before: Mapping[str, Case], since: float
    ) -> tuple[Mapping[int, Landing], Mapping[str, Case]]:
        """Return what the cases tell, and the cases: by their places, by a search, or by reading the list anew."""
        whereabouts = self.supply.whereabouts
        if self.prover is None or whereabouts is None:
            return {}, {}
        landings, after = await self.prover.some([row.number for row in sent], since)
        elsewhere: dict[str, Case] = {}
        for row in sent:
            if row.case_id in before and row.case_id not in after:
                name = row.sent.get("name") or before[row.case_id].get("name")
                found = await whereabouts.search(row.case_id, name) if isinstance(name, str) else None
                elsewhere |= {} if found is None else {row.case_id: found}
        lost = [row.case_id for row in sent if row.case_id in before and row.case_id not in {**after, **elsewhere}]
        if lost:
            _log.info("canary: %d of its cases have left the list: all cases are read to find them", len(lost))
            elsewhere |= await self.find_anew(lost)
        numbers = [row.number for row in sent if row.case_id in elsewhere]
        return {**landings, **self.prover.in_cases(numbers, elsewhere, since)}, {**after, **elsewhere}
