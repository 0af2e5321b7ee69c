"""What has changed of a case beside what was sent: nothing should, but the API documents no merge. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from bulkcase.fields import FIELDS, SHOWN_ONLY
from bulkcase.fields.equal import unchanged
from bulkcase.fields.explained import is_empty

Aside = tuple[str, Any, Any]
"""A field, its value before and its value after."""

_KEPT_BY_SERVER: Final = frozenset(
    {
        *("updatedAt", "updatedBy", "activityIds", "commentIds", "tasks", "taskIds", "isBreached", "lname"),
        *("currQueue", "timestampValue"),
    }
)
"""What a server may write with every update; that it is gone is a change all the same."""

_ASSIGNED: Final = ("assigneeType", "queues", "currAssignee", "participants")
_FOLLOW: Final[Mapping[str, tuple[str, ...]]] = {
    "dueDate": ("ETA",),
    "ETA": ("dueDate",),
    **dict.fromkeys(_ASSIGNED, _ASSIGNED),
}
"""Fields that a server may let follow others: the due date is kept twice, who is in charge of a case four times.

They follow to another value; to none only where there is none to follow any more, or another type of assignee.
"""
_SHOWN_TWICE: Final = ("name", "desc", "dueDate", "ETA")
"""What a system item of `fields` shows as well."""


def changed_aside(sent: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Aside]:
    """Return the fields of a case that were not sent and are others than before, or gone."""
    return list(_changed(sent, before, after))


def _changed(sent: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Aside]:
    may_change, may_go = _followers(sent), _followers(_emptying(sent))
    if "fields" in sent:
        may_go |= {*_mirrors(before), *_mirrors(after)}
        may_change |= may_go.union(_SHOWN_TWICE)
    for field in {**before, **after}:
        if field in sent or field == "_id":
            continue
        old, new = before.get(field), after.get(field)
        if field == "fields" and not sent.keys().isdisjoint(_SHOWN_TWICE):
            old, new = _custom_items(old), _custom_items(new)
        if old == new or unchanged(field, old, new):
            continue
        follows = may_go if is_empty(new) else may_change
        if field not in follows and not (field in _KEPT_BY_SERVER and field in after):
            yield field, old, new


def _followers(sent: Iterable[str]) -> frozenset[str]:
    return frozenset(follower for field in sent for follower in _FOLLOW.get(field, ()))


def _emptying(sent: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields that were sent and may leave those that follow them without a value."""
    for field, value in sent.items():
        if field == "assigneeType" or is_empty(value):
            yield field


def _custom_items(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [item for item in value if not (isinstance(item, Mapping) and item.get("type") == "system")]


def _mirrors(case: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names under which a case shows its custom fields once more; no field of its own is a mirror."""
    items = _custom_items(case.get("fields"))
    for item in items if isinstance(items, list) else []:
        name = item.get("displayName") if isinstance(item, Mapping) else None
        if isinstance(name, str) and name not in FIELDS and name not in SHOWN_ONLY:
            yield name
