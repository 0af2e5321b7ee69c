"""Fields that are set to and fro: what the changes of one case, night after night, show together.

Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from bulkcase.fields.parts import parts, shown

_MOST_VALUES: Final = 6
_LONGEST: Final = 40


class Changed(NamedTuple):
    """What one night changed of a case."""

    night: int
    sent: Mapping[str, Any]
    before: Mapping[str, Any]
    """What the case showed of these fields before; one that it did not show is not here."""


class Flip(NamedTuple):
    """A field of a case that a night set to a value which the case had in an earlier night, and had lost since."""

    field: str
    values: tuple[str, ...]
    """The last values it was seen to have, the oldest first, as people know them; long ones are cut."""
    nights: int
    """In how many nights it was changed."""


class _Seen(NamedTuple):
    value: str
    night: int


def flips(changes: Iterable[Changed]) -> Iterator[Flip]:
    """Yield the fields of one case that were set back, from its changes in the order of their nights."""
    seen: dict[str, list[_Seen]] = {}
    nights: dict[str, set[int]] = {}
    flipped: dict[str, None] = {}
    for night, sent, before in changes:
        for field, old, new in parts(sent, before):
            values = seen.setdefault(field, [])
            nights.setdefault(field, set()).add(night)
            if _root(field) in before:
                _see(values, _Seen(shown(old, field), night))
            now = _Seen(shown(new, field), night)
            if _see(values, now) and any(one.value == now.value and one.night < night for one in values[:-1]):
                flipped[field] = None
    for field in flipped:
        last = seen[field][-_MOST_VALUES:]
        yield Flip(field, tuple(_cut(value) for value, _ in last), len(nights[field]))


def _see(values: list[_Seen], one: _Seen) -> bool:
    """Add what a field was seen to have, where that is another value than before; say whether it is."""
    if values and values[-1].value == one.value:
        return False
    values.append(one)
    return True


def _root(field: str) -> str:
    root = field.partition(".")[0]
    return "fields" if root == "custom" else root


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
