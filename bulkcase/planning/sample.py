"""Which rows a canary sends: some of each kind of change, the most frequent kinds first. Pure."""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from bulkcase.fields import FIELDS, Kind
from bulkcase.fields.explained import is_empty

_KINDS: Final = 1000
"""Kinds that are told apart; no canary is as large."""
_BY_ID: Final = frozenset({"status", "priority"})
"""Fields of few values, each of which is a kind of change."""

_ChangeKind = tuple[str, ...]


class Sample:
    """Rows by the kind of their change: which fields are sent, which of them are emptied, and to which status."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._counts = Counter[_ChangeKind]()
        self._first: dict[_ChangeKind, list[int]] = {}
        # Many rows of a mass change send the same.
        self._kind_of = lru_cache(maxsize=100)(_kind_of)

    def see(self, number: int, sent: bytes) -> None:
        """Take note of a row and what would be sent for it, as JSON."""
        kind = self._kind_of(sent)
        if kind not in self._counts and len(self._counts) >= _KINDS:
            return
        self._counts[kind] += 1
        first = self._first.setdefault(kind, [])
        if len(first) < self._size:
            first.append(number)

    def chosen(self) -> list[int]:
        """Return the numbers of the rows to send first, one of each kind before a second of any."""
        kinds = [self._first[kind] for kind, _ in self._counts.most_common()]
        rounds = [numbers[turn] for turn in range(self._size) for numbers in kinds if turn < len(numbers)]
        return rounds[: self._size]


def _kind_of(sent: bytes) -> _ChangeKind:
    """Return the kind of a change, from its JSON."""
    return tuple(sorted(_said(field, value) for field, value in orjson.loads(sent).items()))


def _said(field: str, value: Any) -> str:
    if is_empty(value):
        return f"{field} emptied"
    if FIELDS.get(field) is Kind.BOOLEAN:
        return f"{field} {value}"
    if field in _BY_ID and isinstance(value, Mapping):
        return f"{field} {value.get('_id')}"
    return field
