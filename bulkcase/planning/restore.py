"""What `undo` sends for a field of a case: what stood there before the run, where nobody has changed it since. Pure.

the case shows                                   what is done
what the run left                                the value before is sent, exactly
the value before                                 nothing
another list whose order says nothing            what the run added goes and what it took out returns, item by item
another list of custom and system fields         the values before are put back, but for those that somebody changed
any of these, and a newer run has sent it        it is left alone, and that is told
anything else                                    it is left alone, and why is told
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from operator import is_
from typing import Any, Final, NamedTuple

from bulkcase.cells import escaped, shown
from bulkcase.fields import FIELDS, Kind, parts
from bulkcase.fields.equal import is_order_free, is_reference, partners, same_item, unchanged
from bulkcase.fields.proof import STANDS, prove
from bulkcase.mapping.faults import Fault
from bulkcase.mapping.signals import clearing

_VALUE: Final = "selectedValue"

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
    that is not known, what was sent as "sent". What earlier attempts may have left is in "others", each as one of the
    two; "later" is the newer run that has sent the field.
    """
    is_left = is_as_left(field, live, image)
    found = _back(field, live.get(field), image) if is_left else _in_part(field, live, image)
    if image.get("later") and (found.differs or (is_left and found.kept)):
        fault = Fault("changed_since", f"{field}: run {image['later']}, which is newer, has sent it")
        return Restored(kept=(fault,) if is_left else (*found.kept, fault))
    return found


def is_as_left(field: str, live: Mapping[str, Any], image: Mapping[str, Any]) -> bool:
    """Say whether a field of a live case is as the run of an image left it, with any of its attempts.

    Where only what was sent is known, a server may have written it otherwise; but what an object shows beside that,
    and did not show before, somebody has put there.
    """
    return any(_is_as_one_left(field, live, each, image.get("was")) for each in _attempts(image))


def _attempts(image: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [image, *(image.get("others") or ())]


def _is_as_one_left(field: str, live: Mapping[str, Any], attempt: Mapping[str, Any], was: Any) -> bool:
    now = live.get(field)
    if "left" in attempt:
        return unchanged(field, attempt["left"], now)
    sent = attempt.get("sent")
    if field == "fields" and isinstance(sent, list) and isinstance(now, list):
        # Where the server kept items beside those that were sent, somebody may have changed these since.
        return len(sent) == len(now) and _are_as_sent(sent, _items(_as_list(was)), now)
    return _stands(field, sent, live) and next(_added(field, sent, was, now), None) is None


def _stands(field: str, sent: Any, live: Mapping[str, Any]) -> bool:
    return prove({field: sent}, live, is_whole=True).verified in STANDS


def _are_as_sent(sent: Sequence[Any], was: Sequence[Any], now: Sequence[Any]) -> bool:
    """Say whether each item of `fields` that was sent has a place of its own there, with nothing added to it."""

    def is_there(number: int, place: int) -> bool:
        one, other = sent[number], now[place]
        if number != place and not (isinstance(one, Mapping) and _is_called(one, other)):
            return False
        old = _found(was, other) if isinstance(other, Mapping) else None
        return _stands("fields", [one], {"fields": [other]}) and next(_added("fields", one, old, other), None) is None

    places = range(len(now))
    return partners([[place for place in places if is_there(number, place)] for number in places]) is not None


def _added(field: str, sent: Any, was: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield what was not sent and is not as before either: its name, and its values before and now.

    What is known by its `_id` is what that says: a server shows more of it.
    """
    if is_reference(field):
        return
    if isinstance(sent, Mapping) and isinstance(now, Mapping):
        old = was if isinstance(was, Mapping) else {}
        for key, value in now.items():
            name = f"{field}.{escaped(key)}"
            if key in sent:
                yield from _added(name, sent[key], old.get(key), value)
            elif not _is_exactly(value, None) and not _is_exactly(value, old.get(key)):
                yield name, old.get(key), value
    elif isinstance(sent, list) and isinstance(now, list):
        olds = [*_items(_as_list(was)), *(None for _ in now)]
        for one, old, other in zip(sent, olds, now, strict=False):
            yield from _added(field, one, old, other)


def _in_part(field: str, live: Mapping[str, Any], image: Mapping[str, Any]) -> Restored:
    """Return what can be put back of a field that is not as the run left it."""
    was, after, now = image.get("was"), _after(image), live.get(field)
    if unchanged(field, was, now):
        return Restored()
    lists = [_as_list(value) for value in (was, after, now)]
    if is_order_free(field) and None not in lists:
        is_one = _is_one if "left" in image else partial(_is_sent, field)
        return _item_by_item(field, *map(_items, lists), is_one=is_one, is_known="left" in image)
    if field == "fields" and None not in lists:
        return _value_by_value(*map(_items, lists), is_known="left" in image)
    is_written_so = "left" not in image and _stands(field, after, live)
    added = next(_added(field, after, was, now), None) if is_written_so else None
    name, *values = (field, after, now) if added is None else added
    return Restored(kept=(_changed(name, field if added is None else "", *values),))


def _after(image: Mapping[str, Any]) -> Any:
    return image["left"] if "left" in image else image.get("sent")


def _back(field: str, now: Any, image: Mapping[str, Any]) -> Restored:
    """Return the value before, for a field that nobody has changed since."""
    target = image.get("was")
    if unchanged(field, target, now) and not _differs_inside(target, image, now):
        return Restored()
    if target is None:
        target = _emptied(field, now)
    return Restored(kept=(target,)) if isinstance(target, Fault) else Restored(target, differs=True)


def _differs_inside(target: Any, image: Mapping[str, Any], now: Any) -> bool:
    """Say whether the run changed something within an object that is known by its `_id`, which a path can do."""
    is_the_runs = any(_is_exactly(_after(each), now) for each in _attempts(image))
    return isinstance(target, Mapping) and is_the_runs and not _is_exactly(target, now)


def _emptied(field: str, now: Any) -> Any:
    """Return what is sent to empty a field; one that is documented nowhere has the kind that its value shows."""
    kind = FIELDS.get(field)
    if kind is None:
        kind = Kind.BOOLEAN if isinstance(now, bool) else Kind.LIST if isinstance(now, list) else Kind.TEXT
    found = clearing(kind)
    if isinstance(found, Fault):
        return Fault("cannot_clear", f"{field}: had no value before, and true or false cannot be emptied")
    return found.value


def _item_by_item(
    field: str, was: Sequence[Any], after: Sequence[Any], now: Sequence[Any], *, is_one: _Likeness, is_known: bool
) -> Restored:
    """Return a live list without what the run added and with what it took out; all else stays as it is.

    `is_known` says that `after` is what the case showed: an object without an id that is another by now is somebody's.
    """

    def has(items: Sequence[Any], item: Any) -> bool:
        return any(is_one(each, item) for each in items)

    def old_form(item: Any) -> Any:
        """Return what an item was before the run put another with its `_id` there, where it is still that one."""
        is_the_runs = any(_is_exactly(each, item) for each in after)
        if not is_the_runs or any(_is_exactly(each, item) for each in was):
            return item
        return next((each for each in was if is_one(each, item)), item)

    def is_touched(item: Any) -> bool:
        # What has an id is known by it, whatever else the server shows of it.
        is_plain = is_known and isinstance(item, Mapping) and not item.get("_id")
        return is_plain and not any(_is_exactly(each, item) for each in after)

    added = [item for item in after if not has(was, item)]
    taken = [item for item in was if not has(after, item)]
    theirs = [item for item in now if not has(was, item) and has(added, item) and is_touched(item)]
    kept = tuple(_changed(field, field, [], [item]) for item in theirs)
    found = [old_form(item) for item in now if has(was, item) or not has(added, item) or is_touched(item)]
    found += [item for item in taken if not has(now, item)]
    if len(found) == len(now) and all(map(is_, found, now)):
        return Restored(kept=kept)
    return Restored(found, differs=True, is_merged=True, kept=kept)


def _is_one(item: Any, other: Any) -> bool:
    # Of two objects without `_id` either may have the fewer keys: a server adds some, and so does a run.
    return same_item(item, other) or same_item(other, item)


def _is_sent(field: str, item: Any, other: Any) -> bool:
    """Say whether two items are one where only what was sent is known: a server may have written it otherwise."""
    if _is_one(item, other):
        return True
    pairs = (item, other), (other, item)
    return any(_stands(field, [one], {field: [another]}) for one, another in pairs)


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
            if _is_still(every[place], *values, is_known=is_known):
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


def _is_still(item: Mapping[str, Any], old: Any, value: Any, *, is_known: bool) -> bool:
    """Say whether a live item has the value that the run left, or that was sent where no more is known."""
    live = item.get(_VALUE)
    if is_known or _is_same_value(item, value, live):
        return _is_same_value(item, value, live)
    is_written_so = _stands("fields", [{**item, _VALUE: value}], {"fields": [item]})
    return is_written_so and next(_added(_VALUE, value, old, live), None) is None


def _named(item: Mapping[str, Any]) -> str:
    """Return what messages call a field, as its changes are called."""
    name = escaped(str(item.get("displayName") or item.get("_id")))
    return f"{'fields' if item.get('type') == 'system' else 'custom'}.{name}"


def _changed(name: str, field: str, after: Any, now: Any) -> Fault:
    texts = [parts.shown(value, field) for value in (after, now)]
    if texts[0] == texts[1] and isinstance(after, Mapping) and isinstance(now, Mapping):
        # The name of a customer whose address somebody changed would tell nothing.
        key = next((key for key in {**after, **now} if not _is_exactly(after.get(key), now.get(key))), None)
        if key is not None:
            return _changed(f"{name}.{escaped(key)}", "", after.get(key), now.get(key))
    left, live = (shown(text) if text else "nothing" for text in texts)
    return Fault("changed_since", f"{name}: the run left {left}, the case shows {live}")


def _as_list(value: Any) -> list[Any] | None:
    """Return a list, which nothing is too; None for something else."""
    return value if isinstance(value, list) else [] if _is_exactly(value, None) else None


def _items(found: list[Any] | None) -> list[Any]:
    return found or []
