"""Custom fields: which item of a case's `fields` is meant, what its new value looks like, and what else has to follow.

the item                                        what a text becomes
takes several values (metaData.isMulti)         refused: how these look is documented nowhere
metaData.type "datetime"                        ISO 8601 in UTC, with milliseconds
metaData.type "dropdown", with values           the value of that list, as it is written there
dataType "number", or its live value is one     a number
any other                                       the text as it is
"""

import datetime as dt
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from bulkcase.cells import escaped, shown
from bulkcase.fields.equal import milliseconds, same
from bulkcase.mapping.faults import Fault, listed
from bulkcase.mapping.types.dates import date_converter, to_iso
from bulkcase.mapping.types.scalars import to_number
from bulkcase.nearest import nearest

_VALUE: Final = "selectedValue"
_TEXTS_OF_A_VALUE: Final = ("name", "value", "label")
_LENGTH_OF_A_DATE: Final = len("2026-11-30")
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_day_to_iso: Final = date_converter(to_iso, None, dt.UTC)
_moment_to_iso: Final = date_converter(to_iso, None, None)

_SHOWN_TWICE: Final = (("name", "title"), ("desc", "description"), ("dueDate", "due date"), ("ETA", "due date"))
"""Fields that a system item of `fields` shows as well, by its display name."""
_DATES: Final = frozenset({"dueDate", "ETA"})


class Change(NamedTuple):
    """A value for one item of `fields`."""

    place: int
    value: Any
    differs: bool
    """Whether the item does not have it yet."""


def change(fields: Sequence[Any], name: str, value: str | None) -> Change | Fault:
    """Return what gives a custom field a value (None clears it)."""
    place = _place(fields, name)
    if isinstance(place, Fault):
        return place
    item = fields[place]
    written = None if value is None else _written(item, value, f"custom field {shown(name)}")
    if isinstance(written, Fault):
        return written
    return Change(place, written, differs=not _has(item, written))


def apply(fields: list[Any], found: Change) -> None:
    """Put a change into a copy of the fields."""
    fields[found.place][_VALUE] = found.value


def align(fields: list[Any], changes: Mapping[str, Any], live: Mapping[str, Any]) -> None:
    """Let the system items in a copy of the fields follow what changes beside them, where they showed the old value.

    A server that takes `fields` for the truth would else put the old title, description or due date back.
    """
    for item in fields:
        for field in _shown_twice(item):
            if field in changes and same(field, item.get(_VALUE), live.get(field)):
                item[_VALUE] = _as_item(field, changes[field])
                break


def keep(fields: list[Any], alone: Container[str], live: Mapping[str, Any]) -> None:
    """Let the system items in a copy of the fields show what the live ones do, for what is left alone beside them.

    A server that takes `fields` for the truth would else put an old value over the one that is to stay.
    """
    every = live.get("fields")
    for item in fields:
        for field in _shown_twice(item):
            if field in alone:
                shown_so = [each for each in every if field in _shown_twice(each)] if isinstance(every, list) else []
                shown_so.sort(key=lambda each: each.get("_id") != item.get("_id"))
                item[_VALUE] = shown_so[0].get(_VALUE) if shown_so else _as_item(field, live.get(field))
                break


def _shown_twice(item: Any) -> list[str]:
    """Return the fields that an item shows as well, if it is one of the system."""
    if not isinstance(item, Mapping) or item.get("type") != "system":
        return []
    title = _folded(item.get("displayName"))
    return [field for field, twin in _SHOWN_TWICE if twin == title]


def _as_item(field: str, value: Any) -> Any:
    """Return the value of a field as the item shows it."""
    return _as_iso(value) if field in _DATES else value


def _place(fields: Sequence[Any], name: str) -> int | Fault:
    """Return where the custom field of a name is: one so named, else one whose name differs in case or outer spaces."""
    names = {place: list(_names(item)) for place, item in enumerate(fields) if _is_custom(item)}
    places = [place for place, known in names.items() if name in known]
    places = places or [place for place, known in names.items() if _folded(name) in map(_folded, known)]
    if len(places) == 1:
        return places[0]
    if places:
        return Fault("ambiguous_custom_field", f"the case has {len(places)} custom fields named {shown(name)}")
    known = list(dict.fromkeys(each for several in names.values() for each in several))
    if not known:
        return Fault("no_custom_field", f"the case shows no custom fields, so none named {shown(name)}")
    return Fault("no_custom_field", f"the case has no custom field {shown(name)}: {_hint(name, known)}")


def _is_custom(item: Any) -> bool:
    return isinstance(item, Mapping) and item.get("type") in (None, "custom")


def _names(item: Mapping[str, Any]) -> Iterator[str]:
    for name in (item.get("displayName"), _meta(item).get("name")):
        if isinstance(name, str) and name:
            yield name


def _meta(item: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = item.get("metaData")
    return meta if isinstance(meta, Mapping) else {}


def _written(item: Mapping[str, Any], value: str, called: str) -> Any:
    """Return a value as this item takes it, or the Fault that it does not."""
    meta = _meta(item)
    if meta.get("isMulti") is True:
        reason = f"{called} takes several values, and how these look is documented nowhere"
        return Fault("custom_field_kind", reason)
    live = item.get(_VALUE)
    if isinstance(live, list | Mapping | bool):
        return Fault("custom_field_kind", f"{called} shows something else than a text, and how it is sent is unknown")
    if meta.get("type") == "datetime":
        return _date(value, called)
    options = list(_options(meta.get("values"))) if meta.get("type") == "dropdown" else []
    if options:
        return _option(value, options, called)
    if item.get("dataType") == "number" or _is_number(live):
        number = to_number(value)
        return Fault(number.code, f"{called}: {number.reason}") if isinstance(number, Fault) else number
    return value


def _has(item: Mapping[str, Any], written: Any) -> bool:
    """Say whether an item shows a value already; an instant, or a number that it shows as text, in whatever form."""
    live = item.get(_VALUE)
    if _is_number(written) and isinstance(live, str):
        return bool(to_number(live) == written)
    return same("ETA" if _meta(item).get("type") == "datetime" else _VALUE, written, live)


def _date(value: str, called: str) -> str | Fault:
    """Return a date-time as the API writes it; a date alone is its first moment in UTC."""
    text = value.strip()
    found = (_day_to_iso if len(text) == _LENGTH_OF_A_DATE else _moment_to_iso)(text)
    if isinstance(found, str):
        return found
    reason = "is no ISO 8601 date, nor a date-time with its offset"
    return Fault("bad_date", f"{called}: {shown(value)} {reason}: set format and timezone in the job")


def _options(values: Any) -> Iterator[str]:
    """Yield the texts of a dropdown's list, whose items are texts or objects."""
    for item in values if isinstance(values, list) else []:
        texts = [item.get(name) for name in _TEXTS_OF_A_VALUE] if isinstance(item, Mapping) else [item]
        yield from (text for text in texts if isinstance(text, str) and text.strip())


def _option(value: str, options: Sequence[str], called: str) -> str | Fault:
    if value in options:
        return value
    found = list(dict.fromkeys(option for option in options if _folded(option) == _folded(value)))
    if len(found) == 1:
        return found[0]
    if found:
        return Fault("ambiguous_name", f"{called}: {shown(value)} may mean {listed(found)}: write it as one of them")
    return Fault("unknown_name", f"{called} has no {shown(value)}: {_hint(value, options)}")


def _hint(written: str, known: Sequence[str]) -> str:
    near = nearest(written, known)
    return f"did you mean {escaped(near)}?" if near else f"there are {listed(dict.fromkeys(known))}"


def _as_iso(value: Any) -> Any:
    """Return an instant as the API writes it; what is none, or none that a calendar has, as it is."""
    moment = milliseconds(value)
    try:
        return value if moment is None else to_iso(_EPOCH + dt.timedelta(milliseconds=moment))
    except OverflowError:
        return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _folded(name: Any) -> str:
    return name.strip().casefold() if isinstance(name, str) else ""
