"""Cases for a sandbox: whole ones, in the shape that getCases shows, the same for the same seed."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal

from bulkcase.sandbox.catalogue import (
    AGENTS,
    CHANNELS,
    CUSTOMERS,
    PRIORITIES,
    QUEUES,
    REGIONS,
    STATUSES,
    TAGS,
    TOPICS,
    object_id,
)
from bulkcase.sandbox.chance import Draws
from bulkcase.sandbox.moments import iso
from bulkcase.sandbox.store import FIRST_REFERENCE, Case, reference

_DAY = 86_400
_STATUSES = tuple(STATUSES.values())
_PRIORITIES = tuple(PRIORITIES.values())
_TEMPLATE = object_id("ctmp", "Support")
_NONE: list[Any] = []
_LISTS = "participants sessIds tasks taskIds attachments feedback activityIds commentIds resolutionCmts"
_CONSTANTS: dict[str, Any] = {
    "isActive": True,
    "isBreached": False,
    "accountId": "sandbox-account",
    "iId": "st-sandbox",
    "language": "en",
    "source": "web",
    "conversationType": "case",
    **dict.fromkeys(_LISTS.split(), _NONE),
}
"""What all cases have in common, shared between them: a hundred thousand cases are to fit into memory."""


def generate_cases(count: int, seed: int, now: float) -> list[Case]:
    """Return `count` cases of the months before `now` (seconds since the epoch)."""
    numbers = range(FIRST_REFERENCE, FIRST_REFERENCE + count)
    return [_case(f"ci-{Draws(seed, 'id', number).uuid()}", reference(number), seed, now) for number in numbers]


def cases_for_keys(keys: Iterable[str], seed: int, now: float, match: Literal["_id", "refId"] = "_id") -> list[Case]:
    """Return a case for each of the keys of an input, which are values of `match`; a repeated key has one case."""
    distinct = dict.fromkeys(keys)
    if match == "refId":
        return [_case(f"ci-{Draws(seed, 'id', key).uuid()}", key, seed, now) for key in distinct]
    return [_case(key, reference(number), seed, now) for number, key in enumerate(distinct, FIRST_REFERENCE)]


def _case(case_id: str, ref_id: str, seed: int, now: float) -> Case:
    draws = Draws(seed, "case", case_id)
    topic, desc = draws.pick(TOPICS)
    name = f"{topic}, order {10_000 + draws.below(90_000)}"
    created = now - _DAY - draws.below(120 * _DAY)
    updated = created + draws.below(int(now - created))
    due = _whole_hour(created) + (1 + draws.below(30)) * _DAY
    region = draws.pick(REGIONS)
    agent = draws.pick(AGENTS)
    return {
        "_id": case_id,
        "refId": ref_id,
        "caseTmp": _TEMPLATE,
        "name": name,
        "lname": name.lower(),
        "desc": desc,
        "tags": sorted({draws.pick(TAGS) for _ in range(draws.below(3))}),
        "userInfo": draws.pick(CUSTOMERS),
        "status": draws.pick(_STATUSES),
        "priority": draws.pick(_PRIORITIES),
        "fields": [_title(name), _description(desc), _due_date(iso(due)), _region(region)],
        "Region": region,
        "channel": [draws.pick(CHANNELS)],
        "dueDate": int(due * 1000),
        "ETA": iso(due),
        "createdAt": iso(created),
        "createdBy": agent,
        "updatedAt": iso(updated),
        "updatedBy": agent,
        "timestampValue": int(created * 1000),
        **_assignee(draws),
        **_CONSTANTS,
    }


def _assignee(draws: Draws) -> dict[str, Any]:
    """Return who has the case: nobody, a queue or an agent; the keys that go together."""
    kind = draws.pick(("unassigned", "queues", "agent"))
    queue = draws.pick(QUEUES) if kind == "queues" else None
    return {
        "assigneeType": kind,
        "queues": [queue] if queue else _NONE,
        "currQueue": queue,
        "currAssignee": draws.pick(AGENTS) if kind == "agent" else None,
    }


def _whole_hour(seconds: float) -> float:
    return seconds // 3600 * 3600


def _field(kind: str, meta_type: str, display_name: str, name: str, value: str, **more: Any) -> dict[str, Any]:
    return {
        "_id": object_id("fd", name),
        "show": True,
        "displayName": display_name,
        "lname": display_name.lower(),
        "desc": "",
        "isEnabled": True,
        "isActive": True,
        "metaData": {"type": meta_type, "displayName": display_name, "name": name, "isMulti": False, **more},
        "type": kind,
        "required": kind == "system",
        "dataType": "date" if meta_type == "datetime" else "string",
        "selectedValue": value,
    }


_TITLE = _field("system", "input", "Title", "title", "")


def _title(name: str) -> dict[str, Any]:
    return _TITLE | {"selectedValue": name}


@lru_cache(maxsize=len(TOPICS))
def _description(desc: str) -> dict[str, Any]:
    return _field("system", "textarea", "Description", "description", desc)


@lru_cache(maxsize=10_000)
def _due_date(due: str) -> dict[str, Any]:
    return _field("system", "datetime", "Due Date", "dueDate", due)


@lru_cache(maxsize=len(REGIONS))
def _region(region: str) -> dict[str, Any]:
    return _field("custom", "dropdown", "Region", "cf_region", region, values=list(REGIONS))
