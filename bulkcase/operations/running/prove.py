"""Reading back the cases of rows that were sent, and writing down what they tell."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from bulkcase.clock import Clock
from bulkcase.fields.proof import Proven
from bulkcase.ledger import Ledger, RunRecord, Snapshot
from bulkcase.ledger.changes import Change
from bulkcase.ledger.sent import Proving, SentRow, SentRows
from bulkcase.ledger.storage.stored import root_of
from bulkcase.model import Result
from bulkcase.operations.running.whereabouts import Case, Whereabouts
from bulkcase.planning.landed import PROMPT, Landed, Landing, Later, judge_landing
from bulkcase.reading.reader import OnPage, Reader, Reread
from bulkcase.stopping import StopSwitch

_LAGS: Final = (1.0, 4.0, 15.0)
"""Seconds after which a case is read again that does not show yet what was sent: a list may lag behind."""
_AT_ONCE: Final = 50

Newer = Callable[[int], Later]
"""Tells the runs that have changed the case of a row, by its number, after this one."""


class Prover:
    """Compares rows that were sent with their cases. Without whereabouts the cases are all read by then.

    `newer` is None where the run itself looks, right after it has sent.
    """

    def __init__(
        self, sent: SentRows, whereabouts: Whereabouts | None, *, clock: Clock, stop: StopSwitch, newer: Newer | None
    ) -> None:
        self._sent = sent
        self._whereabouts = whereabouts
        self._clock = clock
        self._stop = stop
        self._newer = newer

    async def all(self, *, since: float, is_new: bool) -> Counter[Landed]:
        """Read the cases of all rows after a moment, and count what they tell; see `SentRows.beside` for `is_new`.

        Raises Stopped, and EnvironmentFailed or CasesRefused where the cases cannot be read.
        """
        if self._whereabouts is not None:
            read: Reread | None = None
            for case_id, place in self._sent.places(is_new=is_new):
                # The rows come by their places, so the next one is most likely on the page that was just read.
                if read is None or case_id not in read.now:
                    read = await self._whereabouts.find(case_id, place, since) or read
        counts = Counter[Landed]()
        late: list[int] = []
        for page in self._sent.beside(is_new=is_new):
            judged = {row.number: (row, self._judged(row, since)) for row in page}
            waiting = [number for number, (row, landing) in judged.items() if self._may_lag(row, landing)]
            self._write(judged[number] for number in judged.keys() - set(waiting))
            counts.update(landing.landed for number, (_, landing) in judged.items() if number not in waiting)
            late += waiting
        lags: Sequence[float] = _LAGS
        for start in range(0, len(late), _AT_ONCE):
            landings, _ = await self.some(late[start : start + _AT_ONCE], since, lags)
            counts.update(landing.landed for landing in landings.values())
            # Where none of so many has come since, the others need not be waited for.
            lags = lags if any(one.landed is not Landed.NOT_APPLIED for one in landings.values()) else ()
        return counts

    async def some(
        self, numbers: Sequence[int], since: float, lags: Sequence[float] = _LAGS
    ) -> tuple[dict[int, Landing], dict[str, Case]]:
        """Read the cases of some rows after a moment; return what they tell, and the cases that were found.

        What is not there yet is looked for again after each of the `lags`, in seconds. Raises as `all`.
        """
        cases = await self._read(numbers, since)
        judged = self._looked_at(numbers, since)
        for lag in lags:
            late = [number for number, (row, landing) in judged.items() if self._may_lag(row, landing)]
            if not late:
                break
            async with self._stop.interruptible():
                await self._clock.sleep(lag)
            again = self._clock.now()
            cases |= await self._read(late, again)
            judged |= self._looked_at(late, again)
        self._write(judged.values())
        return {number: landing for number, (_, landing) in judged.items()}, cases

    async def _read(self, numbers: Iterable[int], since: float) -> dict[str, Case]:
        if self._whereabouts is None:
            return {}
        places = {row.case_id: row.place for row in self._rows(numbers) if row.place is not None}
        return await self._whereabouts.find_all(places, since)

    def _rows(self, numbers: Iterable[int]) -> list[SentRow]:
        return [row for number in numbers for page in self._sent.beside(is_new=False, number=number) for row in page]

    def _looked_at(self, numbers: Iterable[int], since: float) -> dict[int, tuple[SentRow, Landing]]:
        return {row.number: (row, self._judged(row, since)) for row in self._rows(numbers)}

    def in_cases(self, numbers: Iterable[int], cases: Mapping[str, Case], since: float) -> dict[int, Landing]:
        """Compare some rows with cases that were found elsewhere, just now; return what they tell."""
        now = self._clock.now()
        rows = [row._replace(live=cases[row.case_id], read_at=now) for row in self._rows(numbers)]
        judged = {row.number: (row, self._judged(row, since)) for row in rows}
        self._write(judged.values())
        return {number: landing for number, (_, landing) in judged.items()}

    def _judged(self, row: SentRow, since: float) -> Landing:
        if self._newer is None:
            return judge_landing(row, since, is_ours=True)
        landing = judge_landing(row, since)
        if landing.landed in {Landed.NOT_APPLIED, Landed.CHANGED_SINCE} and (newer := self._newer(row.number)):
            return judge_landing(row, since, newer)
        return landing

    def _may_lag(self, row: SentRow, landing: Landing) -> bool:
        """Say whether a case that does not show what was sent may show it in a moment."""
        if self._whereabouts is None or landing.landed is not Landed.NOT_APPLIED or row.verified == Proven.DIFFERENT:
            return False
        return row.read_at is not None and row.read_at - (row.finished_at or 0.0) < PROMPT

    def _write(self, judged: Iterable[tuple[SentRow, Landing]]) -> None:
        self._sent.prove(
            Proving(
                Change(row.number, landing.event, row.state, Result(row.state, 0, None, landing.code, landing.message)),
                landing.verified,
                landing.left,
                row.read_at or 0.0,
            )
            for row, landing in judged
            if landing.event is not None
        )


async def listed_anew(
    ledger: Ledger, run: RunRecord, reader: Reader, *, now: float, told: OnPage = lambda *_: None
) -> Snapshot:
    """Read all cases, which `reader` does not filter: nothing that was read before tells what is there now."""
    snapshot = ledger.new_snapshot(run.target, {}, list(dict.fromkeys(map(root_of, run.fields))), now)
    await reader.read_on(snapshot, told)
    return snapshot


async def found_anew(
    ledger: Ledger, run: RunRecord, reader: Reader, wanted: Collection[str], *, now: float
) -> dict[str, Case]:
    """Read all cases, which `reader` does not filter, until some are found; return these, whole."""
    snapshot = ledger.new_snapshot(run.target, {}, (), now)
    found: dict[str, Case] = {}

    def look_through(cases: Mapping[str, Case]) -> None:
        found.update({case: cases[case] for case in wanted if case in cases})

    while len(found) < len(wanted) and not snapshot.record().is_over:
        await reader.next_page(snapshot, look_through)
    return found
