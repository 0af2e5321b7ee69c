"""What a plan would change, in groups: "status: Open → Closed, 3,412 cases".

Pure; its memory does not grow with the rows.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from bulkcase.fields import FIELDS, Kind

_DISTINCT: Final = 50
"""Changes of a field that are counted one by one; a field with more of them (notes, titles) is counted as a whole."""
_NAMES: Final = ("name", "emailId", "_id")
"""What a person knows an object by, the first that it has."""
_SELECTED: Final = "selectedValue"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_Change = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Rows that change one field from one value to another."""

    field: str
    before: str | None
    """The value before as a person knows it, empty where there is none; None for different ones, or where it was not
    read."""
    to: str | None
    """The value as a person knows it; None for many different ones. Empty where the field is cleared."""
    count: int


class ChangeCounter:
    """Counts what the rows of a plan change."""

    def __init__(self) -> None:
        self._values: dict[str, Counter[_Change]] = {}
        self._by_new: set[str] = set()
        """Fields with many changes to few values."""
        self._many = Counter[str]()

    def see(self, body: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> None:
        """Count the fields of one update; `before` is what their case shows, None where that was not read."""
        for field, old, new in parts(body, before):
            if field in self._many:
                self._many[field] += 1
                continue
            values = self._values.setdefault(field, Counter())
            is_lone = before is None or field in self._by_new
            values[None if is_lone else shown(old, field), shown(new, field)] += 1
            if len(values) > _DISTINCT:
                self._merge(field, values)

    def groups(self) -> list[ChangeGroup]:
        """Return the groups, the largest first."""
        found = sorted(self._all(), key=lambda group: (-group.count, group.field, group.to or "", group.before or ""))
        return list(found)

    def _merge(self, field: str, values: Counter[_Change]) -> None:
        """Count a field with many changes by its new values alone, or as a whole where there are many of these too."""
        by_new = Counter[_Change]()
        for (_, new), count in values.items():
            by_new[None, new] += count
        if len(by_new) <= _DISTINCT // 2:
            self._values[field] = by_new
            self._by_new.add(field)
        else:
            self._many[field] = values.total()
            del self._values[field]

    def _all(self) -> Iterator[ChangeGroup]:
        for field, count in self._many.items():
            yield ChangeGroup(field, None, None, count)
        for field, values in self._values.items():
            for (before, to), count in values.items():
                yield ChangeGroup(field, before, to, count)


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
    if FIELDS.get(field) is Kind.MILLISECONDS and isinstance(value, int | float):
        return _date(value)
    if isinstance(value, Mapping):
        named = [value[name] for name in _NAMES if isinstance(value.get(name), str)]
        if named:
            return str(named[0])
    if isinstance(value, list) and value:
        return ", ".join(shown(item) for item in value)
    return "" if value in (None, [], {}) else orjson.dumps(value).decode()


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
