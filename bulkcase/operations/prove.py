"""Reading back the cases of rows that were sent, and writing down what they tell."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from bulkcase.clock import Clock
from bulkcase.ledger.changes import Change
from bulkcase.ledger.sent import CHECKED, Proving, SentRow, SentRows
from bulkcase.model import Result
from bulkcase.operations.whereabouts import Case, Whereabouts
from bulkcase.planning.landed import Landed, Landing, judge_landing
from bulkcase.stopping import StopSwitch

_LAGS: Final = (1.0, 4.0)
"""Seconds after which a case is read again that does not show yet what was sent: a list may lag behind."""
_MAY_LAG: Final = 60.0
"""Seconds after an update in which that may be so."""
_AT_ONCE: Final = 50

Later = Callable[[int], str | None]
"""Tells the run that has changed the case of a row, by its number, after this one."""


class Prover:
    """Compares rows that were sent with their cases. Without whereabouts the cases are all read by then."""

    def __init__(
        self, sent: SentRows, whereabouts: Whereabouts | None, *, clock: Clock, stop: StopSwitch, later: Later
    ) -> None:
        self._sent = sent
        self._whereabouts = whereabouts
        self._clock = clock
        self._stop = stop
        self._later = later

    async def all(self, *, since: float, is_new: bool) -> Counter[Landed]:
        """Read the cases of all rows after a moment, and count what they tell; see `SentRows.beside` for `is_new`.

        Raises Stopped, and EnvironmentFailed or CasesRefused where the cases cannot be read.
        """
        if self._whereabouts is not None:
            for case_id, place in self._sent.places(is_new=is_new):
                await self._whereabouts.find(case_id, place, since)
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

    def _judged(self, row: SentRow, since: float) -> Landing:
        landing = judge_landing(row, since)
        if landing.landed in {Landed.NOT_APPLIED, Landed.CHANGED_SINCE} and (later := self._later(row.number)):
            return judge_landing(row, since, later)
        return landing

    def _may_lag(self, row: SentRow, landing: Landing) -> bool:
        """Say whether a case that does not show what was sent may show it in a moment."""
        if self._whereabouts is None or landing.landed is not Landed.NOT_APPLIED or row.verified == "different":
            return False
        return row.read_at is not None and row.read_at - (row.finished_at or 0.0) < _MAY_LAG

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


def none_later(_: int) -> None:
    """Say that no later run has changed a case: this one is the latest."""


def later_in(overtaken: Callable[..., Iterable[tuple[int, object, str]]]) -> Later:
    """Return what tells the later run of a row, by `RunRows.overtaken`."""

    def later(number: int) -> str | None:
        return next((run for _, _, run in overtaken(CHECKED, number)), None)

    return later
