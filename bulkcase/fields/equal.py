"""When a value to be sent and the value that the live case shows are the same."""

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any, Final

from bulkcase.fields.catalogue import FIELDS, Kind

_ORDER_FREE: Final = frozenset({"tags", "queues", "participants", "channel"})
"""Lists whose order says nothing."""

# The id of a status says all about it: it is a reference. A customer, a field of the case or a comment is data: one
# that keeps its id and gets another address, value or text has changed, and taking it for the same would lose that.
_DATA: Final = frozenset({"userInfo", "fields", "attachments", "feedback", "resolutionCmts"})

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
_ISO: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
).fullmatch


class _Rule(Enum):
    """What makes two objects the same."""

    REFERENCE = auto()
    """Their `_id`, where both have one; else as DATA."""
    DATA = auto()
    """Every key of the wanted one; the server may add others."""
    WHOLE = auto()
    """Every key of either."""


def same(field: str, wanted: Any, live: Any) -> bool:
    """Say whether a live case has a field's wanted value already; absent, null and empty are the same."""
    kind = FIELDS.get(field)
    if kind is None:
        return _alike(wanted, live, _Rule.WHOLE)
    if kind in {Kind.MILLISECONDS, Kind.ISO_DATE}:
        moments = milliseconds(wanted), milliseconds(live)
        if None not in moments:
            return moments[0] == moments[1]
    if field in _ORDER_FREE and isinstance(wanted, list) and isinstance(live, list):
        return _pair_up(wanted, live)
    return _alike(wanted, live, _Rule.DATA if field in _DATA else _Rule.REFERENCE)


def same_item(wanted: Any, live: Any) -> bool:
    """Say whether two items of lists are the same: objects by their `_id`, where both have one."""
    return _alike(wanted, live, _Rule.REFERENCE)


def milliseconds(value: Any) -> int | None:
    """Return the instant of a number of milliseconds or of an ISO 8601 text, in UTC where that says none; else None.

    What is finer than a millisecond is dropped, as a server that counts in them does.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return math.floor(value) if math.isfinite(value) else None
    if not isinstance(value, str) or not _ISO(value):
        return None
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)) - _EPOCH) // _MILLISECOND


def _alike(wanted: Any, live: Any, rule: _Rule) -> bool:
    if _is_empty(wanted) or _is_empty(live):
        return _is_empty(wanted) and _is_empty(live)
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        ids = wanted.get("_id"), live.get("_id")
        if rule is _Rule.REFERENCE and all(ids):
            return bool(ids[0] == ids[1])
        keys = wanted.keys() | live.keys() if rule is _Rule.WHOLE else wanted.keys()
        return all(_alike(wanted.get(key), live.get(key), rule) for key in keys)
    if isinstance(wanted, list) and isinstance(live, list):
        return len(wanted) == len(live) and all(_alike(*pair, rule) for pair in zip(wanted, live, strict=True))
    if isinstance(wanted, bool) or isinstance(live, bool):
        return wanted is live
    return bool(wanted == live)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | Mapping) and not value)


def _pair_up(wanted: list[Any], live: list[Any]) -> bool:
    """Say whether the items of two lists are the same in some order, each with one partner.

    An object without `_id` may be the same as several others, so that an earlier choice may have to give way.
    """
    if len(wanted) != len(live):
        return False
    if all(isinstance(item, str) for item in (*wanted, *live)):
        return Counter(wanted) == Counter(live)
    fits = [[place for place, item in enumerate(live) if same_item(each, item)] for each in wanted]
    return partners(fits) is not None


def unchanged(field: str, before: Any, now: Any) -> bool:
    """Say whether a live value is still the one seen before: the same, and data with nothing added to it either."""
    if field in _DATA:
        return _alike(before, now, _Rule.WHOLE)
    return same(field, before, now) and same(field, now, before)


def is_order_free(field: str) -> bool:
    """Say whether a field is a list whose order says nothing."""
    return field in _ORDER_FREE


def is_reference(field: str) -> bool:
    """Say whether the objects of a field are known by their `_id`."""
    return field in FIELDS and field not in _DATA


def partners(fits: Sequence[Sequence[int]]) -> list[int] | None:
    """Return a place for each number, all different, of those that fit it, the preferred first; None if that fails.

    An earlier choice may have to give way to a later one.
    """
    holders: dict[int, int] = {}

    def seat(number: int, tried: set[int]) -> bool:
        for place in sorted(fits[number], key=holders.__contains__):
            if place not in tried:
                tried.add(place)
                if place not in holders or seat(holders[place], tried):
                    holders[place] = number
                    return True
        return False

    if not all(seat(number, set()) for number in range(len(fits))):
        return None
    return sorted(holders, key=holders.__getitem__)
