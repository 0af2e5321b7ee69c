"""What the answer to an update proves of it: each field that was sent, compared with what the case shows.

Pure, and once a row: a field that is shown as it was sent costs next to nothing.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from bulkcase.fields.explained import LEFT_OUT, Ways, contradicting, explained, is_empty, is_literally, joined
from bulkcase.fields.told import told


class Proven(StrEnum):
    """How a case shows what was sent."""

    EQUAL = "equal"
    NORMALISED = "normalised"
    """In a form that the server may well have given it."""
    NOT_SHOWN = "not_shown"
    DIFFERENT = "different"


STANDS: Final = frozenset({Proven.EQUAL, Proven.NORMALISED})
"""How a case shows what it has taken."""


class Proof(NamedTuple):
    """What is proven of one update."""

    verified: Proven
    """The weakest of its fields."""
    message: str
    """What a person should know of it; empty where all fields are equal."""
    left: Mapping[str, Any]
    """What the case shows of the fields that were sent, for those that it does not show literally as they were sent."""
    fields: Mapping[str, Proven]

    @property
    def seen(self) -> Mapping[str, Any] | None:
        """What the case shows where that is not to the letter what was sent; None unless it shows every field."""
        return None if Proven.NOT_SHOWN in self.fields.values() else self.left


_WEAKEST_FIRST: Final = (Proven.DIFFERENT, Proven.NOT_SHOWN, Proven.NORMALISED, Proven.EQUAL)


def prove(sent: Mapping[str, Any], shown: Mapping[str, Any], *, is_whole: bool) -> Proof:
    """Compare each field that was sent with what a case shows: the answer of updateCase, or a case read whole.

    A whole case may leave out what is empty; nothing can be said of what an answer leaves out.
    """
    try:
        for field, value in sent.items():
            if field not in shown or not is_literally(value, shown[field]):
                return _compared(sent, shown, is_whole=is_whole)
    except RecursionError:
        return _too_deep(sent, shown)
    return _all_equal(tuple(sent))


@lru_cache(maxsize=64)
def _all_equal(fields: tuple[str, ...]) -> Proof:
    return Proof(Proven.EQUAL, "", {}, dict.fromkeys(fields, Proven.EQUAL))


def _too_deep(sent: Mapping[str, Any], shown: Mapping[str, Any]) -> Proof:
    fields = {field: Proven.DIFFERENT if field in shown else Proven.NOT_SHOWN for field in sent}
    left = {field: shown[field] for field in sent if field in shown}
    return Proof(_weakest(fields), "nested too deeply to be compared", left, fields)


def _compared(sent: Mapping[str, Any], shown: Mapping[str, Any], *, is_whole: bool) -> Proof:
    fields: dict[str, Proven] = {}
    left: dict[str, Any] = {}
    ways: dict[str, Ways] = {}
    for field, value in sent.items():
        if field not in shown:
            fields[field] = Proven.NOT_SHOWN
            if is_whole and is_empty(value):
                fields[field], ways[field] = Proven.NORMALISED, LEFT_OUT
            continue
        there = shown[field]
        fields[field] = Proven.EQUAL
        if not is_literally(value, there):
            left[field] = there
            found = explained(field, value, there)
            if found is None:
                fields[field] = Proven.DIFFERENT
            elif found:
                fields[field], ways[field] = Proven.NORMALISED, found
    verified = _weakest(fields)
    message = "" if verified is Proven.EQUAL else "; ".join(_sentences(sent, left, fields, ways))
    return Proof(verified, message, left, fields)


def _weakest(fields: Mapping[str, Proven]) -> Proven:
    found = fields.values()
    return next((proven for proven in _WEAKEST_FIRST if proven in found), Proven.EQUAL)


def _sentences(
    sent: Mapping[str, Any], left: Mapping[str, Any], fields: Mapping[str, Proven], ways: Mapping[str, Ways]
) -> Iterator[str]:
    """Yield what is worth knowing, the weakest first."""
    for field, proven in fields.items():
        if proven is Proven.DIFFERENT:
            yield from told(field, *contradicting(field, sent[field], left[field]))
    absent = [field for field, proven in fields.items() if proven is Proven.NOT_SHOWN]
    if absent:
        yield f"not shown: {', '.join(absent)}"
    for field, found in ways.items():
        yield f"{field}: {joined(found)}"
