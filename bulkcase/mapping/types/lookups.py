"""Lookups: from a human name to the object that the API wants."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from bulkcase.cells import escaped, shown
from bulkcase.fields.equal import same_item
from bulkcase.job.strict_json import check_sendable
from bulkcase.mapping.faults import Fault, listed
from bulkcase.mapping.signals import Sought
from bulkcase.nearest import nearest

_FAULTS_KEPT = 1024
"""Finding the nearest name is slow, and a wrong name is mostly wrong in many rows."""
_SHOWN = 5


class Lookup(Protocol):
    """Finds what a name stands for."""

    def find(self, name: str) -> Any:
        """Return the object of a name, or a Fault."""
        ...


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
        return _unknown(name, f"in lookups.{self._name}", self._names)


class LiveLookup:
    """A lookup that is not known yet: what it finds is the name itself, to be found among the live cases."""

    def find(self, name: str) -> Any:
        """Return the name without outer spaces, marked."""
        return Sought(name.strip())


class LearntTable:
    """What the live cases showed of one field; names are compared without regard to case and outer spaces."""

    def __init__(self, field: str, learnt: Iterable[tuple[str, Any]], *, is_whole: bool, made_up: bool = False) -> None:
        """Take names with their objects.

        `is_whole` says that no case was left out, `made_up` that they are the sandbox's: no user's own names.
        """
        self._field = field
        self._is_whole = is_whole
        self._more = f"; these are the sandbox's: {self._remedy()}, to rehearse with others" if made_up else ""
        self._names: dict[str, None] = {}
        self._objects: dict[str, list[Any]] = {}
        for name, entry in learnt:
            self._names[name] = None
            same = self._objects.setdefault(_folded(name), [])
            if not any(same_item(entry, other) for other in same):
                same.append(entry)
        self._fault = lru_cache(_FAULTS_KEPT)(self._fault_of)

    def find(self, name: str) -> Any:
        """Return the object of a name, or the Fault that no case or more than one kind of case shows it."""
        found = self._objects.get(_folded(name), [])
        return found[0] if len(found) == 1 else self._fault(name)

    def _fault_of(self, name: str) -> Fault:
        found = self._objects.get(_folded(name))
        if found:
            ids = ", ".join(escaped(str(entry.get("_id", "without an _id"))) for entry in found[:_SHOWN])
            return Fault(
                "ambiguous_name",
                f"{shown(name)} is the {self._field} of {len(found)} different objects ({ids}): "
                f"give lookups.{self._field} a table or a file with the one that is meant",
            )
        where = f"the {self._field} of any case" if self._is_whole else f"the {self._field} of any case that was seen"
        if not self._names:
            reason = f"{shown(name)} is not known, as no case shows a {self._field}: {self._remedy()}"
            return Fault("unknown_name", reason)
        return _unknown(name, where, tuple(self._names), self._more)

    def _remedy(self) -> str:
        return f"give lookups.{self._field} a table or a file"


def _unknown(name: str, where: str, names: Sequence[str], more: str = "") -> Fault:
    near = nearest(name, names)
    hint = f"did you mean {escaped(near)}?" if near else f"there are {listed(names)}{more}"
    return Fault("unknown_name", f"{shown(name)} is not {where}: {hint}")


def table_problems(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a lookup table, in words for the person who wrote it."""
    if not table:
        yield "is empty: add the names that the input uses"
    for name, many in Counter(map(_folded, table)).items():
        if not name:
            yield "has a blank name: take it out"
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
