"""What a row may say of a field other than a value: leave it alone, or empty it."""

from dataclasses import dataclass
from typing import Any, Final

from bulkcase.fields import Kind
from bulkcase.mapping.faults import Fault

LEAVE: Final = object()
"""The row says nothing about the field: it is left alone."""


class Sought(str):
    """A name whose object is to be found among the live cases."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Clear:
    """The row empties the field; `value` is what the API is sent for that."""

    value: Any


EMPTY_LIST: Final = Clear([])
_NULL: Final = Clear(None)
_CANNOT: Final = Fault("cannot_clear", "holds the clear marker, and true or false cannot be cleared")


_NO_ITEM: Final = Fault("cannot_clear", "holds the clear marker, which is no item of a list")


def clearing(kind: Kind, do: str = "set") -> Clear | Fault:
    """Return what clearing a field of this kind means."""
    if do in {"add", "remove"}:
        return _NO_ITEM
    if kind is Kind.BOOLEAN:
        return _CANNOT
    return EMPTY_LIST if kind in {Kind.LIST, Kind.TEXTS} else _NULL
