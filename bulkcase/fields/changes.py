"""What a plan would change, in groups: "status: Open → Closed, 3,412 cases".

Pure; its memory does not grow with the rows.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from bulkcase.fields.parts import parts, shown
from bulkcase.fields.private import Private

_DISTINCT: Final = 50
"""Changes of a field that are counted one by one; a field with more of them (notes, titles) is counted as a whole."""
_AT_ONCE: Final = 1000
_BYTES_AT_ONCE: Final = 2_000_000
"""Different updates that are held in memory to be told apart, and their bytes."""

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

    def __init__(self, private: Private | None = None) -> None:
        """Take what is private: its values are counted, and not told."""
        self._private = private or Private()
        self._values: dict[str, Counter[_Change]] = {}
        self._by_new: set[str] = set()
        """Fields with many changes to few values."""
        self._many = Counter[str]()

    def see_all(self, updates: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Count the fields of updates: for each the JSON of its body and of what its case shows, see `see`."""
        # Many rows bring the same, so that most of them cost no more than to be told apart.
        alike: dict[tuple[bytes, bytes | None], int] = {}
        size = 0
        for update in updates:
            count = alike.get(update, 0)
            alike[update] = count + 1
            if not count:
                size += len(update[0]) + len(update[1] or b"")
                if len(alike) >= _AT_ONCE or size >= _BYTES_AT_ONCE:
                    self._see_counted(alike)
                    alike, size = {}, 0
        self._see_counted(alike)

    def _see_counted(self, alike: Mapping[tuple[bytes, bytes | None], int]) -> None:
        for (body, before), count in alike.items():
            self.see(orjson.loads(body), None if before is None else orjson.loads(before), count)

    def see(self, body: Mapping[str, Any], before: Mapping[str, Any] | None = None, count: int = 1) -> None:
        """Count the fields of so many equal updates.

        `before` is what their cases show, None where that was not read.
        """
        for field, old, new in parts(body, before):
            if field in self._many:
                self._many[field] += count
                continue
            values = self._values.get(field)
            if values is None:
                values = self._values[field] = Counter()
            to = shown(new, field)
            if self._private.hides(field):
                change: _Change = None, self._private.value(field, to)
            else:
                is_lone = before is None or field in self._by_new
                change = None if is_lone else shown(old, field), to
            values[change] += count
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
