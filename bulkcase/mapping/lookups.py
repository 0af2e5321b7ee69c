"""Lookups: from a human name to the object that the API wants."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from bulkcase.fields import nearest
from bulkcase.job.strict_json import check_sendable
from bulkcase.mapping.faults import Fault, escaped, listed, shown

_FAULTS_KEPT = 1024
"""Finding the nearest name is slow, and a wrong name is mostly wrong in many rows."""


class LookupTable:
    """A table from names to objects; names are compared without regard to case and outer spaces."""

    def __init__(self, name: str, table: Mapping[str, Any]) -> None:
        """Prepare what the job calls lookups.`name`; whether it is sound is `table_problems`' business."""
        self._name = name
        self._names = tuple(table)
        self._objects = {_folded(each): entry for each, entry in table.items()}
        self._unknown = lru_cache(_FAULTS_KEPT)(self._fault)

    def find(self, name: str) -> Any:
        """Return the object of a name, or the Fault that it is unknown."""
        found = self._objects.get(_folded(name))
        return self._unknown(name) if found is None else found

    def _fault(self, name: str) -> Fault:
        near = nearest(name, self._names)
        hint = f"did you mean {escaped(near)}?" if near else f"there are {listed(self._names)}"
        return Fault("unknown_name", f"{shown(name)} is not in lookups.{self._name}: {hint}")


def table_problems(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a lookup table, in words for the person who wrote it."""
    if not table:
        yield "is empty: add the names that the input uses"
    for name, many in Counter(map(_folded, table)).items():
        if not name:
            yield "has a blank name"
        elif many > 1:
            same = [each for each in table if _folded(each) == name]
            yield f"has names that differ only in case or outer spaces: {listed(same)}"
    for name, entry in table.items():
        problem = _entry_problem(entry)
        if problem:
            yield f"{shown(name)} {problem}"


def _entry_problem(entry: Any) -> str:
    if not isinstance(entry, dict) or not entry:
        return "is empty: give it the object that the API wants"
    try:
        check_sendable(entry)
    except ValueError as error:
        return str(error)
    return ""


def _folded(name: str) -> str:
    return name.strip().casefold()
