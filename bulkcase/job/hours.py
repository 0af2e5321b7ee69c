"""Hours in which a run may send, such as "mon-fri 22:00-06:00 Europe/Berlin". Pure: the time comes in as an argument.

A span belongs to the day on which it starts: Saturday 03:00 is open for "mon-fri 22:00-06:00", Monday 03:00 is not.
Where the clocks are changed:

    a time that does not exist   stands for the first moment after the gap
    a time that happens twice    starts a span the first time and ends one the second time
"""

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from math import inf
from typing import NoReturn
from zoneinfo import ZoneInfo

from bulkcase.job.zones import find_zone, nearest_zone
from bulkcase.nearest import nearest

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WHOLE_DAY = 24 * 60
_FORM = re.compile(
    r"(?:(?P<days>[^\d\s][^\d]*?)\s+)?"
    r"(?P<start>[0-9]{1,2}:[0-9]{2})\s*-\s*(?P<end>[0-9]{1,2}:[0-9]{2})"
    r"(?:\s+(?P<zone>\S.*))?"
)
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - compared with times that have no zone either

Span = tuple[float, float]
"""From a moment up to, and without, another; seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When sending is open: on these days, from one time of day to another, in a zone."""

    days: frozenset[int]
    """The days on which a span starts; Monday is 0."""
    start: int
    """Minutes from midnight to the start of a span."""
    end: int
    """Minutes from that midnight to its end: above 24 hours where it ends on the next day."""
    zone: ZoneInfo | None
    """None is the zone of this machine."""
    text: str = field(compare=False)
    """What was written, for messages."""

    def is_open(self, now: float) -> bool:
        """Say whether sending is open at a moment."""
        return self.opens_at(now) == now

    def opens_at(self, now: float) -> float:
        """Return the first moment from `now` on at which sending is open."""
        return next(max(start, now) for start, end in self._spans(now) if end > now)

    def closes_at(self, now: float) -> float:
        """Return when the hours that are open at `now` end: `now` itself where they are not, inf where they never do.

        Spans that touch are one.
        """
        if len(self.days) == len(_DAYS) and self.end - self.start == _WHOLE_DAY:
            return inf
        closing = now
        for start, end in self._spans(now):
            if start > closing:
                break
            closing = max(closing, end)
        return closing

    def done_at(self, now: float, seconds: float) -> float:
        """Return when so many seconds of open hours have passed, from `now` on."""
        at = self.opens_at(now)
        while (closes := self.closes_at(at)) - at < seconds:
            seconds -= closes - at
            at = self.opens_at(closes)
        return at + seconds

    def _spans(self, now: float) -> Iterator[Span]:
        """Yield the spans in their order, the first of them over before `now` or open then."""
        midnight = dt.datetime.combine(self._wall(now), dt.time()) - dt.timedelta(days=2)
        for later in count():
            day = midnight + dt.timedelta(days=later)
            if day.weekday() in self.days:
                start = self._moment(day + dt.timedelta(minutes=self.start), last=False)
                end = self._moment(day + dt.timedelta(minutes=self.end), last=True)
                if start < end:
                    yield start, end

    def _wall(self, moment: float) -> dt.datetime:
        """Return what a clock on the wall shows."""
        return dt.datetime.fromtimestamp(moment, self.zone).replace(tzinfo=None)

    def _moment(self, wall: dt.datetime, *, last: bool) -> float:
        """Return when a clock on the wall shows a time, for the first or the last time."""
        before, after = (wall.replace(tzinfo=self.zone, fold=fold).timestamp() for fold in (0, 1))
        if before > after:
            return self._end_of_gap(range(int(after), int(before) + 1))
        return after if last else before

    def _end_of_gap(self, around: range) -> float:
        """Return the moment in a range at which the clock is put forward."""
        return float(around[bisect_right(around, self._lead(around[0]), key=self._lead)])

    def _lead(self, moment: float) -> dt.timedelta:
        """Return how far the clock on the wall is ahead of UTC."""
        return self._wall(moment) - (_EPOCH + dt.timedelta(seconds=moment))


def hours(text: object) -> Hours:
    """Return the hours in a text such as "22:00-06:00", "mon-fri 22:00-06:00 Europe/Berlin", "sat,sun 00:00-24:00".

    Raises ValueError with a message for the person who wrote it.
    """
    found = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if not isinstance(text, str) or found is None:
        raise ValueError('must be hours such as "22:00-06:00 Europe/Berlin" or "mon-fri 22:00-06:00", or "off"')
    start, end = _minutes(found["start"], _WHOLE_DAY - 1), _minutes(found["end"], _WHOLE_DAY)
    if start == end:
        raise ValueError(f'starts and ends at {found["start"]}: write 00:00-24:00 for the whole day, or "off"')
    days = _days(found["days"]) if found["days"] else frozenset(range(len(_DAYS)))
    zone = _zone(found["zone"]) if found["zone"] else None
    return Hours(days, start, end if end > start else end + _WHOLE_DAY, zone, text.strip())


def _minutes(written: str, latest: int) -> int:
    """Return the minutes since midnight of a time of day."""
    hour, minute = map(int, written.split(":"))
    if minute > 59 or hour * 60 + minute > latest:
        raise ValueError(f"has {written}: must be from 00:00 to 23:59, or 24:00 for an end at midnight")
    return hour * 60 + minute


def _days(written: str) -> frozenset[int]:
    """Return the days of a list such as "mon-fri,sun"; "sat-mon" goes over the end of the week."""
    days: set[int] = set()
    for part in written.split(","):
        first, dash, last = part.partition("-")
        start = _day(first)
        end = _day(last) if dash else start
        days.update((start + later) % len(_DAYS) for later in range((end - start) % len(_DAYS) + 1))
    return frozenset(days)


def _day(written: str) -> int:
    word = written.strip().lower()
    if word not in _DAYS:
        near = word[:3] if word[:3] in _DAYS else nearest(word, [*_DAYS, *_LONG_DAYS])
        _refuse("weekday", written.strip(), near[:3] if near else None, f"there are {', '.join(_DAYS)}")
    return _DAYS.index(word)


def _zone(written: str) -> ZoneInfo:
    zone = find_zone(written)
    if zone is None:
        _refuse("time zone", written, nearest_zone(written), "write one such as Europe/Berlin, or UTC")
    return zone


def _refuse(what: str, written: str, near: str | None, otherwise: str) -> NoReturn:
    hint = f"did you mean {near}?" if near else otherwise
    raise ValueError(f"names the {what} {written!r}, which is not known: {hint}")
