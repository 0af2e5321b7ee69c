"""A small list server for tests of paging, and a list that is read from it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bulkcase.kore.pages import Paging, parse_page

BEGAN = 1_795_000_000.0
"""The server's moment of its first answer."""
EVERY = 10.0
"""Seconds from one answer to the next."""
ALL = frozenset({"limit", "hasMore", "totalResults"})

Case = Mapping[str, Any]


def a_case(name: object, made: float | None = -3600.0, changed: float | None = -1800.0) -> Case:
    """Return a case that was made and changed so many seconds after the first answer; None where it does not say."""
    marks = {"createdAt": made, "updatedAt": changed}
    return {"_id": f"ci-{name}"} | {mark: _iso(BEGAN + at) for mark, at in marks.items() if at is not None}


def _iso(moment: float) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat()


def ids(cases: Sequence[Case]) -> list[str]:
    return [case["_id"] for case in cases]


def some(count: int) -> list[Case]:
    return [a_case(number) for number in range(count)]


@dataclass(frozen=True)
class Server:
    """What a server makes of the question for a page."""

    skips: bool = True
    pages: bool = False
    cap: int = 2
    """The most cases that it puts on a page."""
    shows: frozenset[str] = ALL
    sorts: bool = True
    """Whether it lets itself be asked for an order."""

    def answer(self, cases: Sequence[Case], body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the answer to a question, or None where it is refused."""
        if not self.sorts and "sortBy" in body:
            return None
        size = min(body["limit"], self.cap)
        start = body.get("skip", 0) if self.skips else 0
        if self.pages:
            start = (body.get("page", 1) - 1) * size
        shown = cases[start : start + size]
        more = start + len(shown) < len(cases)
        told = {"limit": size, "hasMore": more, "totalResults": len(cases)}
        return {"results": shown} | {key: value for key, value in told.items() if key in self.shows}


@dataclass
class Reading:
    """A list as it was read, page by page."""

    paging: Paging = field(default_factory=Paging)
    seen: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    lists: list[set[str]] = field(default_factory=list)
    """What was there at each answer."""

    def missed(self) -> set[str]:
        """Return the cases that were there from the first answer to the last, and were not seen."""
        return set.intersection(*self.lists) - set(self.seen)


def read(server: Server, *lists: Sequence[Case], is_filtered: bool = False) -> Reading:
    """Read a list to its end as the reading room does; each answer is about the next of the lists."""
    reading = Reading()
    while not reading.paging.is_over:
        assert len(reading.asked) < 200, "it never ends"
        body = reading.paging.asked({})
        reading.asked.append(body)
        cases = lists[min(len(reading.lists), len(lists) - 1)]
        page = parse_page(server.answer(cases, body))
        if page is None:
            plainer = reading.paging.refused()
            assert plainer is not None
            reading.paging = plainer
            continue
        reading.lists.append(set(ids(cases)))
        if reading.paging.repeats(page):
            reading.paging = reading.paging.otherwise()
        else:
            shown = ids(page.cases)
            new = set(shown) - set(reading.seen)
            reading.seen += [one for one in shown if one in new]
            now = BEGAN + EVERY * (len(reading.lists) - 1)
            reading.paging = reading.paging.after(page, new, now, is_filtered=is_filtered)
    return reading
