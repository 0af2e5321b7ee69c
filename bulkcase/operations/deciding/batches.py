"""Many rows, a transaction's worth at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_BATCH = 5000
_T = TypeVar("_T")


def batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield items in lists of a size that one transaction takes well."""
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
