"""Cases for a sandbox: whole ones, in the shape that getCases shows, the same for the same seed."""

import itertools
from collections.abc import Iterable, Sequence
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
_ID_PREFIX = "ci-"
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
    return [_case(_id_of(seed, number), reference(number), seed, now) for number in numbers]


def cases_for_keys(
    keys: Iterable[str],
    seed: int,
    now: float,
    match: Literal["_id", "refId"] = "_id",
    custom: Iterable[str] = (),
) -> list[Case]:
    """Return a case for each of the keys of an input, which are values of `match`; a repeated key has one case.

    Among references, a key that starts with "ci-" is an id. `custom` are names of custom fields: where a case has no
    field of that name, it gets an empty one and its mirror. Of `now` only the day counts (UTC), so that a plan and a
    run of the same day see the same cases.
    """
    today = now // _DAY * _DAY
    names = tuple(custom)
    identities = _identities(keys, seed, match)
    return [_with_custom(_case(case_id, ref_id, seed, today), names) for case_id, ref_id in identities.items()]


def _identities(keys: Iterable[str], seed: int, match: Literal["_id", "refId"]) -> dict[str, str]:
    """Return the references of the cases by their ids; no case gets a reference that is the key of another."""
    distinct = dict.fromkeys(keys)
    free = (text for text in map(reference, itertools.count(FIRST_REFERENCE)) if text not in distinct)
    known: dict[str, str] = {}
    for key in distinct:
        if match == "refId" and not key.startswith(_ID_PREFIX):
            known[_id_of(seed, key)] = key
        elif key not in known:
            known[key] = next(free)
    return known


def _id_of(seed: int, part: object) -> str:
    return f"{_ID_PREFIX}{Draws(seed, 'id', part).uuid()}"


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


def _with_custom(case: Case, names: Sequence[str]) -> Case:
    """Add the fields that a new case does not have yet, by display name or internal name, and their mirrors."""
    if not names:
        return case
    fields = case["fields"]
    known = {text.lower() for item in fields for text in (item["displayName"], item["metaData"]["name"])}
    for name in names:
        if name.lower() not in known:
            item = _empty_field(name)
            fields.append(item)
            known |= {name.lower(), item["metaData"]["name"]}
            # A name such as "desc" is that of a documented field too, which keeps its value.
            case.setdefault(name, "")
    return case


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


@lru_cache(maxsize=1000)
def _empty_field(name: str) -> dict[str, Any]:
    internal = "".join(character if character.isalnum() else "_" for character in name.lower())
    return _field("custom", "input", name, internal, "")
