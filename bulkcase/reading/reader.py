"""Reading pages of live cases into a snapshot, one at a time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from tenacity import AsyncRetrying, retry_if_result

from bulkcase.clock import Clock
from bulkcase.errors import CasesRefused, EnvironmentFailed
from bulkcase.fields.private import WITHHELD
from bulkcase.job.settings import Retry
from bulkcase.kore.backoff import last_verdict, wait_after
from bulkcase.kore.door import Door
from bulkcase.kore.endpoints import get_cases
from bulkcase.kore.pages import CasePage, Paging, parse_page
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.ledger import Journal
from bulkcase.ledger.snapshots import Learnt, LiveCase, Snapshot
from bulkcase.reading.kept import kept_of, learnt_from
from bulkcase.stopping import StopSwitch

Cases = Mapping[str, Mapping[str, Any]]
"""Whole cases by their ids."""

OnPage = Callable[[int, int | None], None]
"""Told of each page: how many were read, and how many there are where that is known."""

_SOME = 50
"""Cases that are looked at for one name."""

_WORTH_ANOTHER = frozenset({Kind.TRANSIENT, Kind.NOT_SENT, Kind.UNANSWERED})
"""Reading twice changes nothing, so an answer that got lost is asked for again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are read, and what of them is kept."""

    filter: Mapping[str, Any]
    fields: Collection[str]
    """The fields that are kept."""
    lookups: Collection[str]
    """The fields whose objects are learnt."""


@dataclass(frozen=True, slots=True)
class Reread:
    """A page that was read once more."""

    now: Mapping[str, int]
    """Where the cases are that are on it now."""
    before: Sequence[int]
    """Where those of them were that were known."""
    cases: Cases
    """These cases, whole."""
    read_at: float
    """When it was asked for, in seconds since the epoch: what landed since need not be on it."""


class Reader:
    """Reads live cases; time, chance and the door are handed in."""

    def __init__(
        self,
        door: Door,
        wanted: Wanted,
        retry: Retry,
        *,
        journal: Journal,
        clock: Clock,
        chance: Callable[[], float],
        stop: StopSwitch,
        is_private: bool = False,
    ) -> None:
        """Take what it works with; with `is_private`, what a server says instead of cases is told to nobody."""
        self._door = door
        self._wanted = wanted
        self._journal = journal
        self.clock = clock
        self._stop = stop
        self._retry = retry
        self._chance = chance
        self._is_private = is_private

    async def next_page(self, snapshot: Snapshot, on_cases: Callable[[Cases], None] = lambda _: None) -> Paging:
        """Read the next page of a list into its snapshot; return where its reading stands then.

        `on_cases` is told of the cases on it. Raises CasesRefused where the server does not show its cases,
        EnvironmentFailed where it cannot be had at all, and Stopped when the run is stopped.
        """
        record = snapshot.record()
        paging = Paging.of(record.paging)
        while not paging.is_over:
            verdict, asked_at = await self._ask(paging.asked(self._wanted.filter))
            plainer = paging.refused() if verdict.kind is Kind.REFUSED else None
            if plainer is not None:
                paging = plainer
                continue
            page = self._page_in(verdict)
            if paging.repeats(page):
                paging = paging.otherwise()
                continue
            start = paging.position
            ids = [case["_id"] for case in page.cases]
            new = set(ids) - snapshot.seen(ids, record.started_at)
            filtered = bool(self._wanted.filter)
            paging = paging.after(page, new, self._server_time(verdict), is_filtered=filtered)
            self._keep(snapshot, page, range(start, start + len(page.cases)), asked_at, paging)
            on_cases(dict(zip(ids, page.cases, strict=True)))
            break
        if paging.is_over:
            snapshot.end(paging.gaps())
        return paging

    async def read_on(self, snapshot: Snapshot, on_page: OnPage) -> None:
        """Read the pages of a list that are left; raises as `next_page`."""
        while not snapshot.record().is_over:
            paging = await self.next_page(snapshot)
            on_page(snapshot.record().pages, paging.pages)

    async def read_again(self, snapshot: Snapshot, position: int) -> Reread:
        """Read the page that holds a position once more; raises as `next_page`."""
        paging = Paging.of(snapshot.record().paging).at(position)
        verdict, asked_at = await self._ask(paging.asked(self._wanted.filter))
        page = self._page_in(verdict)
        ids = [str(case["_id"]) for case in page.cases]
        now = {case: paging.position + index for index, case in enumerate(ids)}
        before = snapshot.positions(ids)
        # The positions stay those of the first reading: the places of the rows go by them.
        read_at = self._keep(snapshot, page, [before.get(case, now[case]) for case in ids], asked_at, None)
        return Reread(now, list(before.values()), dict(zip(ids, page.cases, strict=True)), read_at)

    async def search(self, name: str) -> Cases:
        """Return the first cases that a search for a name shows, in whichever list; raises as `next_page`."""
        page = self._page_in((await self._ask({"searchText": name, "limit": _SOME}))[0])
        return {str(case["_id"]): case for case in page.cases}

    async def find(self, snapshot: Snapshot, field: str, name: str) -> None:
        """Learn the objects that some cases show for the name of a status or a priority; raises as `next_page`.

        A name of two objects is told where a page shows both: nothing that is read this way can prove that it has one.
        """
        page = self._page_in((await self._ask({field: [name], "limit": _SOME}))[0])
        found = [one for case in page.cases for one in learnt_from(case, [field])]
        snapshot.add([], found, self.clock.now(), None)

    def _keep(
        self, snapshot: Snapshot, page: CasePage, positions: Sequence[int], asked_at: float, paging: Paging | None
    ) -> float:
        """Write cases of a page as they were when it was asked for; return that time, as it is written."""
        cases: list[tuple[int, LiveCase]] = []
        names: dict[tuple[Any, ...], Learnt] = {}
        for position, case in zip(positions, page.cases, strict=True):
            cases.append((position, kept_of(case, self._wanted.fields)))
            # Objects without an id are told apart by all that they say.
            names |= {(*one[:3], one.id or repr(one.object)): one for one in learnt_from(case, self._wanted.lookups)}
        # Never before the list was begun, even where the clock was set back since: that would say that it was not seen.
        read_at = max(asked_at, snapshot.record().started_at)
        snapshot.add(cases, names.values(), read_at, None if paging is None else paging.as_json())
        return read_at

    async def _ask(self, body: Mapping[str, Any]) -> tuple[Verdict, float]:
        """Return the verdict on a question, put again where that may help, and when it was put.

        That is a moment before its last call left, in seconds since the epoch: an update that lands while an answer is
        on its way is not on it. The verdict is recorded on the disk by then. So is whatever waits to be written before:
        an answer may take its time, and the quota more.
        """
        await self._journal.write()
        request = get_cases(orjson.dumps(body))
        counted, asked_at = 0, 0.0

        async def once() -> Verdict:
            nonlocal counted, asked_at
            await self._door.slot()
            asked_at = self.clock.now()
            verdict = await self._door.call(request)
            counted += verdict.counts
            return verdict

        retrying = AsyncRetrying(
            sleep=self._sleep,
            stop=lambda _: counted >= self._retry.attempts,
            wait=lambda state: wait_after(counted, last_verdict(state), self._retry.max_wait, self._chance()),
            retry=retry_if_result(lambda verdict: verdict.kind in _WORTH_ANOTHER),
            retry_error_callback=last_verdict,
        )
        verdict: Verdict = await retrying(once)
        await self._journal.write()
        return verdict, asked_at

    async def _sleep(self, seconds: float) -> None:
        async with self._stop.interruptible():
            await self.clock.sleep(seconds)

    def _server_time(self, verdict: Verdict) -> float:
        return self.clock.now() if verdict.date is None else verdict.date

    def _page_in(self, verdict: Verdict) -> CasePage:
        """Return the page that a verdict brought; raises CasesRefused or EnvironmentFailed where it brought none."""
        if verdict.kind is not Kind.ACCEPTED:
            said = verdict.message or verdict.code
            if verdict.code == "answer_too_large":
                way = 'let snapshot.filter leave out the cases that are so large, or write snapshot.read = "never"'
                raise EnvironmentFailed(f"live cases cannot be read: {said}: {way}")
            if self._is_private and verdict.status is not None:
                # Whose names it repeats, a search for one of them among others, nobody knows.
                said = f"HTTP {verdict.status}, its words {WITHHELD}"
            if verdict.kind is Kind.REFUSED:
                raise CasesRefused(f"the server does not show them ({said})")
            raise EnvironmentFailed(f"live cases cannot be read: {said}: try again when the server answers")
        page = parse_page(verdict.answer)
        if page is None:
            raise CasesRefused("the server's answer holds no list of cases")
        return page
