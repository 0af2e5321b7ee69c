"""In which ways a value that a case shows is still the one that was sent, though a server wrote it otherwise."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple
from unicodedata import normalize

from bulkcase.fields.catalogue import FIELDS, Kind
from bulkcase.fields.equal import is_order_free, is_reference, milliseconds, partners, same, same_item

Ways = frozenset[str]
"""Ways in which a value was written otherwise; none where nothing was, or the server only added keys."""

_NONE: Final[Ways] = frozenset()
_EMPTY: Final[Ways] = frozenset({"empty in another form"})
LEFT_OUT: Final[Ways] = frozenset({"empty is left out"})
_DATE: Final[Ways] = frozenset({"date written otherwise"})
_TO_THE_SECOND: Final[Ways] = frozenset({"to the second"})
_NUMBER: Final[Ways] = frozenset({"number as text"})
_OUTER: Final[Ways] = frozenset({"outer spaces"})
_ORDER: Final[Ways] = frozenset({"order"})
_REPEATS: Final[Ways] = frozenset({"repeats dropped"})
_SAME_ID: Final[Ways] = frozenset({"same _id"})

_DATES: Final = frozenset(field for field, kind in FIELDS.items() if kind in {Kind.ISO_DATE, Kind.MILLISECONDS})
_SELECTED: Final = "selectedValue"
_NAMING: Final = ("_id", "displayName", "type")
"""What says which item of `fields` is meant, and what of it a message needs."""


def _with_plain_breaks(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


_CASE: Final = "letter case"
# The steps are taken in this order, and the first that is not needed is left out: of a text that ends in another line
# break, an outer space as well, the line break is told.
_STEPS: Final[Mapping[str, Callable[[str], str]]] = {
    "outer spaces": str.strip,
    "line breaks": _with_plain_breaks,
    _CASE: str.lower,
    "Unicode form": partial(normalize, "NFC"),
}


class _Reading(NamedTuple):
    """How the values of a field are read."""

    by_id: bool = False
    """Objects are known by their `_id`."""
    in_any_case: bool = False
    as_dates: bool = False
    """Two ISO texts are the same where they are the same instant."""
    selected_as_dates: bool = False
    """They are so under `selectedValue`."""


def joined(ways: Ways) -> str:
    """Return ways as a message names them."""
    return ", ".join(sorted(ways))


def is_literally(sent: Any, there: Any) -> bool:
    """Say whether two values are equal as JSON: the order of keys says nothing, 1 is 1.0, and true is no number."""
    if sent != there:
        return False
    if isinstance(sent, str) or sent is None:
        return True
    # What Python takes for equal and JSON does not is a truth value and a number.
    if isinstance(sent, dict):
        for key, value in sent.items():
            if not isinstance(value, str) and not is_literally(value, there[key]):
                return False
    elif isinstance(sent, list):
        for value, other in zip(sent, there, strict=True):
            if not isinstance(value, str) and not is_literally(value, other):
                return False
    return isinstance(sent, bool) == isinstance(there, bool)


def is_empty(value: Any) -> bool:
    """Say whether a value is null or has nothing in it."""
    return same("", value, None)


def explained(field: str, sent: Any, there: Any) -> Ways | None:
    """Return the ways in which a field was written otherwise; None where they do not explain what the case shows."""
    if field in _DATES:
        ways = _as_dates(sent, there)
        if ways is not None:
            return ways
    if isinstance(sent, list) and isinstance(there, list) and sent and there:
        if field == "fields":
            return _in_fields(sent, there)
        if is_order_free(field):
            return _in_any_order(sent, there, _reading(field))
    return _ways(sent, there, _reading(field))


def contradicting(field: str, sent: Any, there: Any) -> tuple[Any, Any]:
    """Return what of a different field is different, on both sides; all of it where that cannot be told apart."""
    whole = sent, there
    if field == "userInfo" and isinstance(sent, dict) and isinstance(there, dict):
        keys = _contradicting_keys(sent, there, _reading(field))
        return ({key: sent[key] for key in keys}, {key: there[key] for key in keys if key in there}) if keys else whole
    if field == "fields" and isinstance(sent, list) and isinstance(there, list):
        places = range(len(there))
        lost = [item for number, item in enumerate(sent) if all(_fit(sent, there, number, p) is None for p in places)]
        pairs = [_contradicting_item(item, there) for item in lost]
        return ([item for item, _ in pairs], [item for _, item in pairs if item is not None]) if pairs else whole
    return whole


def _contradicting_item(sent: Any, there: list[Any]) -> tuple[Any, Any]:
    """Return what is different of an item of `fields` and of the shown one that it names; None where there is none."""
    known = _named(sent)
    other = next((item for item in there if known and isinstance(item, dict) and item.get(known) == sent[known]), None)
    if other is None:
        return sent, None
    keys = _contradicting_keys(sent, other, _item_reading(sent, other))
    naming = {key: sent[key] for key in _NAMING if key in sent}
    return naming | {key: sent[key] for key in keys}, naming | {key: other[key] for key in keys if key in other}


def _contradicting_keys(sent: dict[str, Any], there: dict[str, Any], how: _Reading) -> list[str]:
    return [key for key in sent if _under(key, sent, there, how) is None]


@lru_cache(maxsize=256)
def _reading(field: str) -> _Reading:
    return _Reading(by_id=is_reference(field), in_any_case=field in {"tags", "lname", "emailId"})


def _ways(sent: Any, there: Any, how: _Reading) -> Ways | None:
    if is_literally(sent, there):
        return _NONE
    if isinstance(sent, str) and isinstance(there, str) and sent:
        return _in_texts(sent, there, how)
    if isinstance(sent, dict) and isinstance(there, dict) and sent:
        found = _union(_under(key, sent, there, how) for key in sent)
        return _SAME_ID if found is None and how.by_id and same_item(sent, there) else found
    if is_empty(sent):
        return _EMPTY if is_empty(there) else None
    if isinstance(sent, list) and isinstance(there, list):
        return _pairwise(sent, there, how)
    return _as_number(sent, there)


def _union(found: Iterator[Ways | None]) -> Ways | None:
    """Return all ways, or None as soon as something is not explained."""
    every = _NONE
    for ways in found:
        if ways is None:
            return None
        every |= ways
    return every


def _under(key: str, sent: dict[str, Any], there: dict[str, Any], how: _Reading) -> Ways | None:
    """Return the ways of one key of two objects."""
    if key not in there:
        return LEFT_OUT if is_empty(sent[key]) else None
    if key == "emailId":
        how = how._replace(in_any_case=True)
    elif key == _SELECTED and how.selected_as_dates:
        how = how._replace(as_dates=True)
    return _ways(sent[key], there[key], how)


def _in_texts(sent: str, there: str, how: _Reading) -> Ways | None:
    dates = _as_dates(sent, there) if how.as_dates else None
    if dates is not None:
        return dates
    needed = [step for step in _STEPS if how.in_any_case or step != _CASE]
    if _through(needed, sent) != _through(needed, there):
        return None
    for step in tuple(needed):
        fewer = [other for other in needed if other != step]
        if _through(fewer, sent) == _through(fewer, there):
            needed = fewer
    ways = frozenset(needed)
    return None if ways >= _OUTER and not _is_trimmed(sent, there) else ways


def _through(steps: Sequence[str], text: str) -> str:
    for step in steps:
        text = _STEPS[step](text)
    return text


def _is_trimmed(sent: str, there: str) -> bool:
    """Say whether a text has no more outer spaces than the one that was sent: a server adds none."""
    one, other = _with_plain_breaks(sent), _with_plain_breaks(there)
    return all(
        len(other) - len(stripped(other)) <= len(one) - len(stripped(one)) for stripped in (str.lstrip, str.rstrip)
    )


def _as_dates(sent: Any, there: Any) -> Ways | None:
    one, other = milliseconds(sent), milliseconds(there)
    if one is None or other is None:
        return None
    if one == other:
        return _DATE
    if other not in {one // 1000 * 1000, (one + 500) // 1000 * 1000}:
        return None
    return _TO_THE_SECOND if isinstance(sent, str) == isinstance(there, str) else _TO_THE_SECOND | _DATE


def _as_number(sent: Any, there: Any) -> Ways | None:
    """Return that one is the plain decimal form of the other, which is a number."""
    text, number = (sent, there) if isinstance(sent, str) else (there, sent)
    if not isinstance(text, str) or not isinstance(number, int | float) or isinstance(number, bool):
        return None
    if isinstance(number, float) and not math.isfinite(number):
        return None
    plain = str(int(number)) if number == int(number) else format(Decimal(repr(number)), "f")
    if text == plain:
        return _NUMBER
    return _NUMBER | _OUTER if text is sent and text.strip() == plain else None


def _pairwise(sent: list[Any], there: list[Any], how: _Reading) -> Ways | None:
    if len(sent) != len(there):
        return None
    return _union(_ways(*pair, how) for pair in zip(sent, there, strict=True))


def _in_any_order(sent: list[Any], there: list[Any], how: _Reading) -> Ways | None:
    def is_alike(one: Any, other: Any) -> bool:
        return _ways(one, other, how) is not None and _ways(other, one, how) is not None

    if len(sent) <= len(there):
        return _in_some_order(sent, there, how)
    for is_repeat in (is_literally, is_alike):
        ways = _in_some_order(_distinct(sent, is_repeat), there, how)
        if ways is not None:
            return ways | _REPEATS
    return None


def _in_some_order(sent: list[Any], there: list[Any], how: _Reading) -> Ways | None:
    ways = _pairwise(sent, there, how)
    if ways is not None or len(sent) != len(there):
        return ways
    return _matched([[_ways(each, other, how) for other in there] for each in sent])


def _distinct(items: list[Any], is_repeat: Callable[[Any, Any], bool]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if not any(is_repeat(item, other) for other in kept):
            kept.append(item)
    return kept


def _in_fields(sent: list[Any], there: list[Any]) -> Ways | None:
    places = range(len(there))
    return _matched([[_fit(sent, there, number, place) for place in places] for number in range(len(sent))])


def _fit(sent: list[Any], there: list[Any], number: int, place: int) -> Ways | None:
    """Return the ways of two items of `fields`; None where they are not the same."""
    one, other = sent[number], there[place]
    known = _named(one)
    if known is None:
        return _ways(one, other, _Reading()) if number == place else None
    return _ways(one, other, _item_reading(one, other)) if isinstance(other, dict) else None


def _named(item: Any) -> str | None:
    """Return the key by which an item of `fields` is known; None where it has none."""
    return next((key for key in _NAMING[:2] if item.get(key)), None) if isinstance(item, dict) else None


def _item_reading(sent: dict[str, Any], there: dict[str, Any]) -> _Reading:
    metas = sent.get("metaData"), there.get("metaData")
    return _Reading(selected_as_dates=any(isinstance(meta, dict) and meta.get("type") == "datetime" for meta in metas))


def _matched(found: list[list[Ways | None]]) -> Ways | None:
    """Return the ways in which the items of one list are in another, each with a partner of its own."""
    fits = [
        sorted((place for place, ways in enumerate(row) if ways is not None), key=lambda place: len(row[place] or ()))
        for row in found
    ]
    places = partners(fits)
    if places is None:
        return None
    ways = _union(row[place] for row, place in zip(found, places, strict=True))
    return ways if ways is None or places == sorted(places) else ways | _ORDER
