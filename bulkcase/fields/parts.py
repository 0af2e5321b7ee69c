"""The parts of a change of a case, and how a person is shown a value.

Pure.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from bulkcase.fields.catalogue import FIELDS, Kind

_NAMES: Final = ("name", "emailId", "_id")
"""What a person knows an object by, the first that it has."""
_SELECTED: Final = "selectedValue"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def parts(body: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, old and new value of each change: inside of objects and custom fields only what is new there."""
    for field, new in body.items():
        old = None if before is None else before.get(field)
        if field == "fields" and isinstance(old, list) and isinstance(new, list):
            yield from _items_changed(old, new)
        elif field == "userInfo" and isinstance(old, dict) and isinstance(new, dict):
            keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
            yield from ((f"{field}.{key}", old.get(key), new.get(key)) for key in keys)
        else:
            yield field, old, new


def shown(value: Any, field: str = "") -> str:
    """Return a value of a field as a person knows it; empty where it is nothing. A date is shown in UTC."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join([shown(item) for item in value])
    if FIELDS.get(field) is Kind.MILLISECONDS and isinstance(value, int | float):
        return _date(value)
    if isinstance(value, Mapping):
        named = [value[name] for name in _NAMES if isinstance(value.get(name), str)]
        if named:
            return str(named[0])
    return "" if value in (None, {}) else orjson.dumps(value).decode()


def _date(milliseconds: float) -> str:
    try:
        moment = _EPOCH + dt.timedelta(milliseconds=milliseconds)
    except OverflowError:
        return str(milliseconds)
    exact = "minutes" if milliseconds % 60_000 == 0 else "milliseconds"
    return moment.isoformat(sep=" ", timespec=exact).replace("+00:00", " UTC")


def _items_changed(old: list[Any], new: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    known = {_called(item): item for item in old if isinstance(item, dict)}
    kept = {_called(item) for item in new if isinstance(item, dict)}
    for name, item in known.items():
        if name not in kept:
            yield f"fields.{_shown_name(item)}", item, None
    for item in new:
        if not isinstance(item, dict):
            if item not in old:
                yield "fields", None, item
            continue
        before = known.get(_called(item), {})
        if item.get(_SELECTED) != before.get(_SELECTED):
            kind = "fields" if item.get("type") == "system" else "custom"
            yield f"{kind}.{_shown_name(item)}", before.get(_SELECTED), item.get(_SELECTED)
        elif item != before:
            yield f"fields.{_shown_name(item)}", before, item


def _shown_name(item: Mapping[str, Any]) -> str:
    return str(item.get("displayName") or item.get("_id"))


def _called(item: Mapping[str, Any]) -> str:
    return str(item.get("_id") or item.get("displayName"))
