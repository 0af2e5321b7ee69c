"""In which ways a value that a case shows is still the one that was sent, though a server wrote it otherwise."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, partial, reduce
from typing import Any, Final, NamedTuple
from unicodedata import normalize

from bulkcase.fields.catalogue import FIELDS, Kind
from bulkcase.fields.equal import is_order_free, is_reference, milliseconds, partners, same, same_item

Ways = frozenset[str]
"""Ways in which a value was written otherwise; none where nothing was, or the server only added keys."""
_Known = Callable[[Any], Any]

_NONE: Final[Ways] = frozenset()
_EMPTY: Final[Ways] = frozenset({"empty in another form"})
LEFT_OUT: Final[Ways] = frozenset({"empty is left out"})
_DATE, _TO_THE_SECOND, _NUMBER = (Ways({way}) for way in ("date written otherwise", "to the second", "number as text"))
_OUTER, _ORDER, _REPEATS, _SAME_ID = (Ways({way}) for way in ("outer spaces", "order", "repeats dropped", "same _id"))

_DATES: Final = frozenset(field for field, kind in FIELDS.items() if kind in {Kind.ISO_DATE, Kind.MILLISECONDS})
_FEW: Final = 200
"""Items that are compared each with each; of longer lists those go together first that are known to."""
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
    if field in _DATES and (dates := _as_dates(sent, there)) is not None:
        return dates
    if isinstance(sent, list) and isinstance(there, list) and sent and there:
        if field == "fields":
            return _matched(sent, there, partial(_fit, sent, there), lambda _: None)
        if is_order_free(field):
            return _in_any_order(sent, there, _reading(field))
    return _ways(sent, there, _reading(field))


def contradicting(field: str, sent: Any, there: Any) -> tuple[Any, Any]:
    """Return what of a different field is different, on both sides; all of it where that cannot be told apart."""
    whole = sent, there
    if field == "userInfo" and isinstance(sent, dict) and isinstance(there, dict):
        keys = _contradicting_keys(sent, there, _reading(field))
        return ({key: sent[key] for key in keys}, {key: there[key] for key in keys if key in there}) if keys else whole
    if field == "fields" and isinstance(sent, list) and isinstance(there, list) and min(len(sent), len(there)) <= _FEW:
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
    elif key == "selectedValue" and how.selected_as_dates:
        how = how._replace(as_dates=True)
    return _ways(sent[key], there[key], how)


def _in_texts(sent: str, there: str, how: _Reading) -> Ways | None:
    if how.as_dates and (dates := _as_dates(sent, there)) is not None:
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
    return reduce(lambda made, step: _STEPS[step](made), steps, text)


def _is_trimmed(sent: str, there: str) -> bool:
    """Say whether a text has no more outer spaces than the one that was sent: a server adds none."""
    one, other = _with_plain_breaks(sent), _with_plain_breaks(there)
    return all(len(other) - len(cut(other)) <= len(one) - len(cut(one)) for cut in (str.lstrip, str.rstrip))


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
    if not isinstance(text, str) or type(number) not in {int, float} or not -math.inf < number < math.inf:
        return None
    plain = str(int(number)) if number == int(number) else format(Decimal(repr(number)), "f")
    if text == plain:
        return _NUMBER
    return _NUMBER | _OUTER if text is sent and text.strip() == plain else None


def _pairwise(sent: list[Any], there: list[Any], how: _Reading) -> Ways | None:
    return _union(_ways(*pair, how) for pair in zip(sent, there, strict=True)) if len(sent) == len(there) else None


def _in_any_order(sent: list[Any], there: list[Any], how: _Reading) -> Ways | None:
    def is_alike(one: Any, other: Any) -> bool:
        return _ways(one, other, how) is not None and _ways(other, one, how) is not None

    def in_some_order(items: list[Any]) -> Ways | None:
        ways = _pairwise(items, there, how)
        if ways is not None or len(items) != len(there):
            return ways
        return _matched(items, there, lambda number, place: _ways(items[number], there[place], how), known)

    # All steps make one text of two that are the same; what is no text may be the same as anything.
    are_texts = all(isinstance(item, str) for items in (sent, there) for item in items)
    known: _Known = partial(_through, tuple(_STEPS)) if are_texts else lambda _: None
    if len(sent) <= len(there):
        return in_some_order(sent)
    by = _identity if not are_texts and len(sent) > _FEW else known
    found = (in_some_order(_distinct(sent, is_repeat, by)) for is_repeat in (is_literally, is_alike))
    return next((ways | _REPEATS for ways in found if ways is not None), None)


def _distinct(items: list[Any], is_repeat: Callable[[Any, Any], bool], known: _Known) -> list[Any]:
    kept: list[Any] = []
    groups: dict[Any, list[Any]] = {}
    for item in items:
        group = groups.setdefault(known(item), [])
        if len(group) > _FEW or not any(is_repeat(item, other) for other in group):
            group.append(item)
            kept.append(item)
    return kept


def _fit(sent: list[Any], there: list[Any], number: int, place: int) -> Ways | None:
    """Return the ways of two items of `fields`; None where they are not the same."""
    one, other = sent[number], there[place]
    if _named(one) is None:
        return _ways(one, other, _Reading()) if number == place else None
    return _ways(one, other, _item_reading(one, other)) if isinstance(other, dict) else None


def _named(item: Any) -> str | None:
    """Return the key by which an item of `fields` is known; None where it has none."""
    return next((key for key in _NAMING[:2] if item.get(key)), None) if isinstance(item, dict) else None


def _item_reading(sent: dict[str, Any], there: dict[str, Any]) -> _Reading:
    metas = sent.get("metaData"), there.get("metaData")
    return _Reading(selected_as_dates=any(isinstance(meta, dict) and meta.get("type") == "datetime" for meta in metas))


def _identity(item: Any) -> Any:
    """Return the text or number that an item is, or has as `_id`; None where there is none."""
    known = item.get("_id") if isinstance(item, dict) else item
    return known if isinstance(known, str | int | float) else None


def _matched(sent: list[Any], there: list[Any], fit: Callable[[int, int], Ways | None], known: _Known) -> Ways | None:
    """Return the ways in which the items of one list are in another, each with a partner of its own."""
    numbers, places, pairs = list(range(len(sent))), list(range(len(there))), dict[int, int]()
    for by in (_identity, known) if min(len(sent), len(there)) > _FEW else ():
        free: dict[Any, list[int]] = {}
        for place in reversed(places):
            free.setdefault(by(there[place]), []).append(place)
        free[None] = []
        for number in numbers:
            waiting = free.get(by(sent[number]))
            if waiting and fit(number, waiting[-1]) is not None:
                pairs[number] = waiting.pop()
        numbers = [number for number in numbers if number not in pairs]
        places = sorted({*places} - {*pairs.values()})
    if len(numbers) > min(_FEW, len(places)):
        return None
    keys = [known(there[place]) for place in places]
    fits = []
    for number, key in [(number, known(sent[number])) for number in numbers]:
        row = {seat: fit(number, places[seat]) for seat, other in enumerate(keys) if other == key}
        found = {seat: len(ways) for seat, ways in row.items() if ways is not None}
        fits.append(sorted(found, key=found.__getitem__))
    seats = partners(fits)
    if seats is None:
        return None
    pairs |= {number: places[seat] for number, seat in zip(numbers, seats, strict=True)}
    order = [pairs[number] for number in range(len(sent))]
    ways = _union(fit(*pair) for pair in enumerate(order))
    return ways if ways is None or order == sorted(order) else ways | _ORDER
