"""What a row may say of a field other than a value: leave it alone, or empty it."""

from dataclasses import dataclass
from typing import Any, Final

from bulkcase.fields import Kind
from bulkcase.mapping.faults import Fault

LEAVE: Final = object()
"""The row says nothing about the field: it is left alone."""


@dataclass(frozen=True, slots=True)
class Clear:
    """The row empties the field; `value` is what the API is sent for that."""

    value: Any


EMPTY_LIST: Final = Clear([])
_NULL: Final = Clear(None)
_CANNOT: Final = Fault("cannot_clear", "holds the clear marker, and true or false cannot be cleared")


def clearing(kind: Kind) -> Clear | Fault:
    """Return what clearing a field of this kind means."""
    if kind is Kind.BOOLEAN:
        return _CANNOT
    return EMPTY_LIST if kind in {Kind.LIST, Kind.TEXTS} else _NULL
