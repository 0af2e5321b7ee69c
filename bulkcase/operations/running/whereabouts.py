"""Finding a case again in a list that has moved since it was read."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bulkcase.kore.pages import Paging
from bulkcase.ledger import Snapshot
from bulkcase.reading.reader import Reader, Reread

Case = Mapping[str, Any]
"""A case as the server shows it."""

_TRIES = 24
"""Pages that are looked at for one case: enough to halve a list of a million pages."""


class _Seen(NamedTuple):
    """A page that was read again: when, and which part of the list as it was is on it now."""

    read_at: float
    first: int
    last: int
    """Positions; behind everything where none of its cases was known."""


class Whereabouts:
    """Where the cases of a list are now: the order is that of before, so each page tells in which direction one is."""

    def __init__(self, reader: Reader, snapshot: Snapshot, now: Callable[[], float], max_age: float) -> None:
        self._reader = reader
        self._snapshot = snapshot
        self._now = now
        self._max_age = max_age
        self._pages: dict[int, _Seen] = {}
        self._moves = bool(snapshot.record().filter)
        """Whether what is sent takes cases out of the list, so that no page stays as it was."""
        self._shift = 0
        """By how many positions cases are before where they were, the last time that one was found."""

    async def find_all(self, places: Mapping[str, int], since: float) -> dict[str, Case]:
        """Return those of some cases that are found, whole, as they are after a moment; raises as `find`."""
        found: dict[str, Case] = {}

        def look_through(page: Reread) -> None:
            found.update({case: page.cases[case] for case in places if case in page.cases})

        for case_id, place in places.items():
            if case_id not in found:
                await self.find(case_id, place, since, look_through)
        return found

    async def search(self, case_id: str, name: str) -> Case | None:
        """Return a case by a search for its name, in no list; None where that does not show it. Raises as `find`."""
        return (await self._reader.search(name)).get(case_id)

    async def find(
        self, case_id: str, place: int, since: float = 0.0, seen: Callable[[Reread], None] = lambda _: None
    ) -> Reread | None:
        """Read the page again that has a case, whose place is known from before; None where it was not found.

        What was read before `since`, seconds since the epoch, is too old for it whatever the job says; `seen` is told
        of each page that is read. Raises Stopped, and EnvironmentFailed where pages cannot be read.
        """
        paging = Paging.of(self._snapshot.record().paging)
        size = paging.size or 1
        was = self._snapshot.positions([case_id]).get(case_id, place)
        low, high = 0, max((paging.total or 0) - 1, was) // size
        page = min(max(was - self._shift, 0) // size, high)
        for _ in range(_TRIES):
            known = self._pages.get(page)
            if known is None or self._moves or self._is_old(known, since):
                reread = await self._reader.read_again(self._snapshot, page * size)
                known = self._pages[page] = _seen(reread)
                seen(reread)
                if case_id in reread.now:
                    self._shift = was - reread.now[case_id]
                    return reread
            if was < known.first:
                high = page - 1
            elif was > known.last:
                low = page + 1
            else:
                # Its neighbours on both sides are there, and it is not between them.
                return None
            if low > high:
                return None
            if known.first == _BEHIND:
                page = (low + high + 1) // 2
            else:
                page = min(max(page + (was - (known.first + known.last) // 2) // size, low), high)
        return None

    def _is_old(self, seen: _Seen, since: float) -> bool:
        return seen.read_at <= since or self._now() - seen.read_at > self._max_age


def _seen(reread: Reread) -> _Seen:
    known = reread.before or [_BEHIND]
    return _Seen(reread.read_at, min(known), max(known))


_BEHIND = 2**62
