"""What `undo` sends for a field of a case: what stood there before the run, where nobody has changed it since. Pure.

the case shows                                   what is done
what the run left                                the value before is sent, exactly
the value before                                 nothing
another list whose order says nothing            what the run added goes and what it took out returns, item by item
another list of custom and system fields         the values before are put back, but for those that somebody changed
anything else                                    it is left alone, and why is told
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import is_
from typing import Any, Final, NamedTuple

from bulkcase.fields import FIELDS, Kind, parts
from bulkcase.fields.equal import is_order_free, same_item, unchanged
from bulkcase.fields.proof import Proven, prove
from bulkcase.mapping import faults
from bulkcase.mapping.faults import Fault
from bulkcase.mapping.signals import clearing

_VALUE: Final = "selectedValue"
_SHOWN: Final = frozenset({Proven.EQUAL, Proven.NORMALISED})


_Likeness = Callable[[Any, Any], bool]


class Restored(NamedTuple):
    """What a field comes to."""

    value: Any = None
    """What is to be sent, where the field differs."""
    differs: bool = False
    """Whether anything is to be sent."""
    kept: tuple[Fault, ...] = ()
    """What is left alone, and why."""
    is_merged: bool = False
    """Whether the value is the live list with changes in it, rather than the whole value before."""


def restored(field: str, live: Mapping[str, Any], image: Mapping[str, Any]) -> Restored:
    """Return what gives a field of a live case the value back that it had before a run.

    The image has what the case showed before as "was", if anything, and as "left" what it showed right after; where
    that is not known, what was sent as "sent".
    """
    was, now = image.get("was"), live.get(field)
    if _is_as_left(field, live, image):
        return _back(field, now, image)
    if unchanged(field, was, now):
        return Restored()
    after = _after(image)
    lists = [_as_list(value) for value in (was, after, now)]
    if is_order_free(field) and None not in lists:
        return _item_by_item(*map(_items, lists), is_one=_is_one if "left" in image else partial(_is_sent, field))
    if field == "fields" and None not in lists:
        return _value_by_value(*map(_items, lists), is_known="left" in image)
    return Restored(kept=(_changed(field, field, after, now),))


def _is_as_left(field: str, live: Mapping[str, Any], image: Mapping[str, Any]) -> bool:
    now = live.get(field)
    if "left" in image:
        return unchanged(field, image["left"], now)
    sent = image.get("sent")
    if field == "fields" and isinstance(sent, list) and isinstance(now, list) and len(sent) < len(now):
        return False  # The server kept items beside those that were sent, and somebody may have changed these since.
    return prove({field: sent}, live, is_whole=True).verified in _SHOWN


def _after(image: Mapping[str, Any]) -> Any:
    return image["left"] if "left" in image else image.get("sent")


def _back(field: str, now: Any, image: Mapping[str, Any]) -> Restored:
    """Return the value before, for a field that nobody has changed since."""
    target = image.get("was")
    if unchanged(field, target, now) and not _differs_inside(target, _after(image), now):
        return Restored()
    if target is None:
        target = _emptied(field, now)
    return Restored(kept=(target,)) if isinstance(target, Fault) else Restored(target, differs=True)


def _differs_inside(target: Any, after: Any, now: Any) -> bool:
    """Say whether the run changed something within an object that is known by its `_id`, which a path can do."""
    return isinstance(target, Mapping) and _is_exactly(after, now) and not _is_exactly(target, now)


def _emptied(field: str, now: Any) -> Any:
    """Return what is sent to empty a field; one that is documented nowhere has the kind that its value shows."""
    kind = FIELDS.get(field)
    if kind is None:
        kind = Kind.BOOLEAN if isinstance(now, bool) else Kind.LIST if isinstance(now, list) else Kind.TEXT
    found = clearing(kind)
    if isinstance(found, Fault):
        return Fault("cannot_clear", f"{field}: had no value before, and true or false cannot be emptied")
    return found.value


def _item_by_item(was: Sequence[Any], after: Sequence[Any], now: Sequence[Any], *, is_one: _Likeness) -> Restored:
    """Return a live list without what the run added and with what it took out; all else stays as it is."""

    def has(items: Sequence[Any], item: Any) -> bool:
        return any(is_one(each, item) for each in items)

    def old_form(item: Any) -> Any:
        """Return what an item was before the run put another with its `_id` there, where it is still that one."""
        is_the_runs = any(_is_exactly(each, item) for each in after)
        if not is_the_runs or any(_is_exactly(each, item) for each in was):
            return item
        return next((each for each in was if is_one(each, item)), item)

    added = [item for item in after if not has(was, item)]
    taken = [item for item in was if not has(after, item)]
    found = [old_form(item) for item in now if has(was, item) or not has(added, item)]
    found += [item for item in taken if not has(now, item)]
    if len(found) == len(now) and all(map(is_, found, now)):
        return Restored()
    return Restored(found, differs=True, is_merged=True)


def _is_one(item: Any, other: Any) -> bool:
    # Of two objects without `_id` either may have the fewer keys: a server adds some, and so does a run.
    return same_item(item, other) or same_item(other, item)


def _is_sent(field: str, item: Any, other: Any) -> bool:
    """Say whether two items are one where only what was sent is known: a server may have written it otherwise."""
    if _is_one(item, other):
        return True
    pairs = (item, other), (other, item)
    return any(prove({field: [one]}, {field: [another]}, is_whole=True).verified in _SHOWN for one, another in pairs)


def _is_exactly(one: Any, other: Any) -> bool:
    return unchanged("", one, other)


def _value_by_value(was: Sequence[Any], after: Sequence[Any], now: Sequence[Any], *, is_known: bool) -> Restored:
    """Return the live fields with those values put back that the run changed and nobody else since."""
    every, kept, differs = list(now), [], False
    for old, left in _pairs(was, after):
        item: Mapping[str, Any] = old or left
        place = next((place for place, each in enumerate(every) if _is_called(item, each)), None)
        values = old.get(_VALUE), left.get(_VALUE)
        if place is None:
            if not _is_same_value(item, *values):
                kept.append(Fault("changed_since", f"{_named(item)}: the case has no such field any more"))
        elif not left and not is_known:
            continue  # What was sent did not name it and the case still has it: the server merged, and took none out.
        elif not _is_same_value(every[place], *values):
            live = every[place].get(_VALUE)
            if _is_same_value(every[place], values[0], live):
                continue
            if _is_still(every[place], values[1], is_known=is_known):
                every[place] = {**every[place], _VALUE: values[0]}
                differs = True
            else:
                kept.append(_changed(_named(item), _VALUE, values[1], live))
    return Restored(every if differs else None, differs, tuple(kept), is_merged=differs)


def _pairs(was: Sequence[Any], after: Sequence[Any]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return each field as it was before and after the run; empty where it was not there."""
    pairs = [(old, _found(after, old)) for old in was if isinstance(old, Mapping)]
    return pairs + [({}, left) for left in after if isinstance(left, Mapping) and not _found(was, left)]


def _found(fields: Sequence[Any], item: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((each for each in fields if _is_called(item, each)), {})


def _is_called(item: Mapping[str, Any], other: Any) -> bool:
    """Say whether two are one field: by their `_id`, where both have one, else by their display name."""
    if not isinstance(other, Mapping):
        return False
    names = [(item.get(name), other.get(name)) for name in ("_id", "displayName")]
    return next((one == another for one, another in names if one and another), False)


def _is_same_value(item: Mapping[str, Any], one: Any, other: Any) -> bool:
    meta = item.get("metaData")
    is_date = isinstance(meta, Mapping) and meta.get("type") == "datetime"
    return unchanged("ETA" if is_date else _VALUE, one, other)


def _is_still(item: Mapping[str, Any], value: Any, *, is_known: bool) -> bool:
    """Say whether a live item has the value that the run left, or that was sent where no more is known."""
    if _is_same_value(item, value, item.get(_VALUE)):
        return True
    return (
        not is_known
        and prove({"fields": [{**item, _VALUE: value}]}, {"fields": [item]}, is_whole=True).verified in _SHOWN
    )


def _named(item: Mapping[str, Any]) -> str:
    """Return what messages call a field, as its changes are called."""
    name = faults.escaped(str(item.get("displayName") or item.get("_id")))
    return f"{'fields' if item.get('type') == 'system' else 'custom'}.{name}"


def _changed(name: str, field: str, after: Any, now: Any) -> Fault:
    texts = [parts.shown(value, field) for value in (after, now)]
    if texts[0] == texts[1] and isinstance(after, Mapping) and isinstance(now, Mapping):
        # The name of a customer whose address somebody changed would tell nothing.
        key = next((key for key in {**after, **now} if not _is_exactly(after.get(key), now.get(key))), None)
        if key is not None:
            return _changed(f"{name}.{faults.escaped(key)}", "", after.get(key), now.get(key))
    left, live = (faults.shown(text) if text else "nothing" for text in texts)
    return Fault("changed_since", f"{name}: the run left {left}, the case shows {live}")


def _as_list(value: Any) -> list[Any] | None:
    """Return a list, which nothing is too; None for something else."""
    return value if isinstance(value, list) else [] if _is_exactly(value, None) else None


def _items(found: list[Any] | None) -> list[Any]:
    return found or []
