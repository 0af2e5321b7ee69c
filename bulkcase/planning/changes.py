"""What a plan would change, in groups: "status → Closed: 3,412 cases". Pure; its memory does not grow with the rows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

_DISTINCT: Final = 50
"""Values of a field that are counted one by one; a field with more of them (notes, titles) is counted as a whole."""
_NAMES: Final = ("name", "emailId", "_id")
"""What a person knows an object by, the first that it has."""


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Rows that set one field to one value."""

    field: str
    to: str | None
    """The value as a person knows it; None for many different ones. Empty where the field is cleared."""
    count: int


class ChangeCounter:
    """Counts what the rows of a plan set."""

    def __init__(self) -> None:
        self._values: dict[str, Counter[str]] = {}
        self._many = Counter[str]()

    def see(self, body: Mapping[str, Any]) -> None:
        """Count the fields of one update."""
        for field, value in body.items():
            if field in self._many:
                self._many[field] += 1
                continue
            values = self._values.setdefault(field, Counter())
            values[shown(value)] += 1
            if len(values) > _DISTINCT:
                self._many[field] = values.total()
                del self._values[field]

    def groups(self) -> list[ChangeGroup]:
        """Return the groups, the largest first."""
        found = sorted(self._all(), key=lambda group: (-group.count, group.field, group.to or ""))
        return list(found)

    def _all(self) -> Iterator[ChangeGroup]:
        for field, count in self._many.items():
            yield ChangeGroup(field, None, count)
        for field, values in self._values.items():
            for value, count in values.items():
                yield ChangeGroup(field, value, count)


def shown(value: Any) -> str:
    """Return a value of a field as a person knows it; empty where it is nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        named = [value[name] for name in _NAMES if isinstance(value.get(name), str)]
        if named:
            return str(named[0])
    return "" if value in (None, [], {}) else orjson.dumps(value).decode()
