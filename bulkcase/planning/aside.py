"""What has changed of a case beside what was sent: nothing should, but the API documents no merge. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bulkcase.fields.equal import unchanged

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
"""Fields that a server may let follow others: the due date is kept twice, who is in charge of a case four times."""
_SHOWN_TWICE: Final = ("name", "desc", "dueDate", "ETA")
"""What a system item of `fields` shows as well."""

_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})


def changed_aside(sent: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Aside]:
    """Return the fields of a case that were not sent and are others than before, or gone."""
    return list(_changed(sent, before, after))


def _changed(sent: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Aside]:
    follows = _KEPT_BY_SERVER.union(*(_FOLLOW.get(key, ()) for key in sent))
    if "fields" in sent:
        follows |= {*_SHOWN_TWICE, *_mirrors(before), *_mirrors(after)}
    for field in {**before, **after}:
        if field in sent or field == "_id":
            continue
        old, new = before.get(field), after.get(field)
        if field == "fields" and not sent.keys().isdisjoint(_SHOWN_TWICE):
            old, new = _custom_items(old), _custom_items(new)
        if old == new or unchanged(field, old, new):
            continue
        if field not in follows or (field in _KEPT_BY_SERVER and field not in after and old not in _EMPTY):
            yield field, old, new


def _custom_items(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [item for item in value if not (isinstance(item, Mapping) and item.get("type") == "system")]


def _mirrors(case: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names under which a case shows its custom fields once more."""
    items = case.get("fields")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, Mapping) and isinstance(item.get("displayName"), str):
            yield item["displayName"]
