"""Pages of live cases: what is asked for next, and what an answer of getCases says. Pure.

Paging is not in the vendor's table of filters; a sample of the sister call sends `skip` and `limit`, and the answer
says `limit`, `hasMore` and `totalResults`. So each is tried and none is relied on:

    the server                            what is done
    refuses the order or the page size    asked once more as the samples ask
    answers with a smaller page           that is the size
    shows the first page again            skip is unknown to it: `page` is tried
    and once more                         it shows no other: the reading is over, and has gaps
    shows nothing new three times         the same

Oldest first is asked for, because new cases then appear behind what was read. A case that is not seen is only known not
to be there where nothing speaks against it: see `gaps`.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

_LIMIT: Final = 100
_SAMPLE_LIMIT: Final = 50
"""What the samples ask for."""
_ORDER: Final = {"createdAt": "asc"}
_SECOND: Final = 2
"""The number of the next page after the first one."""
_NOTHING_NEW: Final = 3
"""Pages in a row without a new case after which nothing more is expected."""
_SAME_MOMENT: Final = 2.0
"""Seconds within which nobody can tell whether something was before the reading began: a Date has whole ones."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """One answer of getCases."""

    cases: Sequence[Mapping[str, Any]]
    """Those that have an id."""
    limit: int | None
    has_more: bool | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a reading of the list stands."""

    plain: bool = False
    """Asked for as the samples do: without an order."""
    by_page: bool = False
    position: int = 0
    """Where the next page starts."""
    page: int = 1
    """The number of the next page, from 1 on."""
    size: int = 0
    """Cases a page; 0 before the first answer."""
    first_id: str = ""
    """Of the last page."""
    began: float = 0.0
    """When the first answer was made, by the server's clock; seconds since the epoch."""
    first_total: int | None = None
    total: int | None = None
    seen: int = 0
    """Different cases."""
    sure: int = 0
    """Of these, in the list when the reading began, beyond doubt."""
    undated: int = 0
    """Of these, without a date of their making."""
    nothing_new: int = 0
    """Pages in a row that had no new case."""
    is_stuck: bool = False
    is_over: bool = False

    @property
    def pages(self) -> int | None:
        """The pages that the whole list has; None where the server does not say."""
        return None if self.total is None or not self.size else -(-self.total // self.size)

    def as_json(self) -> dict[str, Any]:
        """Return what `of` takes."""
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `as_json` gave; where nothing was stored, the start."""
        return cls(**stored)

    def asked(self, filters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body that asks for the next page."""
        limit = self.size or (_SAMPLE_LIMIT if self.plain else _LIMIT)
        place = {"page": self.page} if self.by_page else {"skip": self.position}
        order = {} if self.plain else {"sortBy": _ORDER}
        return {**filters, **order, **place, "limit": limit}

    def at(self, position: int) -> Self:
        """Return where a page that holds a position is asked for again."""
        start = position // (self.size or 1) * self.size
        return replace(self, position=start, page=start // self.size + 1)

    def again(self) -> Self:
        """Return where a reading from the start stands that asks as this one learnt to ask."""
        return type(self)(plain=self.plain, by_page=self.by_page, size=self.size)

    def refused(self) -> Self | None:
        """Return how to ask when the server refuses the first question; None where there is no other way."""
        return None if self.plain or self.size else replace(self, plain=True)

    def repeats(self, page: CasePage) -> bool:
        """Say whether the server showed its first page again, as it does where it does not know how it was asked."""
        first = str(page.cases[0]["_id"]) if page.cases else ""
        return self.page == _SECOND and first != "" and first == self.first_id

    def otherwise(self) -> Self:
        """Return how to ask when it did: by page, or not any more."""
        if self.by_page:
            return replace(self, is_stuck=True, is_over=True)
        return replace(self, by_page=True)

    def after(self, page: CasePage, new: Collection[str], now: float, *, is_filtered: bool = False) -> Self:
        """Return where the reading stands after a page; `new` are the ids of it that were not seen before.

        `now` is the server's moment of the answer. Cases may come into a list that is filtered, and leave it, by every
        change of theirs.
        """
        began = self.began or now
        marks = ("createdAt", "updatedAt") if is_filtered else ("createdAt",)
        sure = [case for case in page.cases if case["_id"] in new and _is_before(case, marks, began)]
        size = self.size or min(page.limit or len(page.cases), _LIMIT)
        nothing_new = 0 if new or not page.cases else self.nothing_new + 1
        position = self.position + len(page.cases)
        return replace(
            self,
            position=position,
            page=self.page + 1,
            size=size,
            first_id=str(page.cases[0]["_id"]) if page.cases else "",
            began=began,
            first_total=page.total if self.first_total is None else self.first_total,
            total=page.total,
            seen=self.seen + len(new),
            sure=self.sure + len({case["_id"] for case in sure}),
            undated=self.undated + len({case["_id"] for case in page.cases if _date(case.get("createdAt")) is None}),
            nothing_new=nothing_new,
            is_stuck=nothing_new >= _NOTHING_NEW,
            is_over=nothing_new >= _NOTHING_NEW or _is_last(page, position, size),
        )

    def gaps(self) -> str:
        """Return why the list may hold cases that were not seen; empty where it cannot.

        A case that leaves the list moves those behind it, and one of them is missed at the next page. Another one that
        comes hides that from the total, so every case of the first total has to be found again: by its dates, it was
        there when the reading began. One page alone cannot move while it is read.
        """
        if self.is_stuck:
            return "the server shows the same page again and again"
        if self.total is None or self.first_total is None:
            return "the server does not say how many cases there are"
        if self.seen != self.total:
            return f"{self.seen:,} different cases were seen, and the server says that there are {self.total:,}"
        if self.page > _SECOND and self.sure != self.first_total:
            if self.undated:
                return "not every case says when it was made, so one that came may hide one that went"
            return "cases came and went while the list was read"
        return ""


def parse_page(answer: Mapping[str, Any] | None) -> CasePage | None:
    """Return the page in an answer; None where it shows no list of cases."""
    results = None if answer is None else answer.get("results")
    if answer is None or not isinstance(results, list):
        return None
    has_more = answer.get("hasMore")
    return CasePage(
        cases=[case for case in results if isinstance(case, dict) and isinstance(case.get("_id"), str)],
        limit=_count(answer.get("limit")) or None,
        has_more=has_more if isinstance(has_more, bool) else None,
        total=_count(answer.get("totalResults")),
    )


def _is_last(page: CasePage, position: int, size: int) -> bool:
    if not page.cases or page.has_more is False:
        return True
    if page.has_more:
        return False
    return position >= page.total if page.total is not None else len(page.cases) < size


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _is_before(case: Mapping[str, Any], marks: Sequence[str], moment: float) -> bool:
    """Say whether all these dates of a case are before a moment, beyond doubt."""
    return all(date is not None and date < moment - _SAME_MOMENT for date in (_date(case.get(mark)) for mark in marks))


def _date(text: Any) -> float | None:
    try:
        date = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return date.replace(tzinfo=date.tzinfo or dt.UTC).timestamp()
