"""The cases of a sandbox: merged by top-level key, never changed in place."""

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

from bulkcase.sandbox.catalogue import PRIORITIES, STATUSES
from bulkcase.sandbox.chance import Draws
from bulkcase.sandbox.moments import iso, parse_iso

Case = dict[str, Any]
"""A case as the API shows it. Its values may be shared with other cases: replace them, do not change them."""

_OWN = frozenset({"_id", "lname", "updatedAt"})
"""Keys that the server sets itself, whatever is sent."""

_REFERENCE = re.compile(r"CS(\d+)")
FIRST_REFERENCE = 100
_MILLISECOND = 0.001


def reference(number: int) -> str:
    """Return the `refId` of the case with this number."""
    return f"CS{number:06d}"


class Store:
    """Cases by id, in order of creation. Each change makes a new dict, so that one read before stays as it was."""

    def __init__(self, cases: Iterable[Mapping[str, Any]], seed: int) -> None:
        self.cases: dict[str, Case] = {case["_id"]: dict(case) for case in cases}
        self._seed = seed
        self._next_number = _next_number(self.cases.values())

    def update(self, case_id: str, body: Mapping[str, Any], now: float, *, kept: Container[str] | None = None) -> Case:
        """Merge a body into a case: a key that is sent replaces its whole value; raises KeyError for no such case.

        Of the other keys those in `kept` stay, all of them where it is None.
        """
        before = self.cases[case_id]
        sent = {key: value for key, value in body.items() if key not in _OWN}
        rest = before if kept is None else {key: value for key, value in before.items() if key in kept}
        case = rest | sent | {"updatedAt": _moment_other_than(before.get("updatedAt"), now)}
        if "name" in sent:
            case["lname"] = _lowered(sent["name"])
        self.cases[case_id] = case
        return case

    def create(self, body: Mapping[str, Any], now: float) -> Case:
        """Add a case, whose `dueDate` is ISO text in the body and milliseconds in the case."""
        number = self._next_number
        self._next_number += 1
        due = body.get("dueDate")
        case: Case = {
            "status": STATUSES["Open"],
            "priority": PRIORITIES["Medium"],
            "tags": [],
            "fields": [],
            "assigneeType": "unassigned",
            "isActive": True,
            **body,
            "dueDate": None if due is None else _milliseconds(parse_iso(due)),
            "ETA": due if due is not None else body.get("ETA"),
            "_id": f"ci-{Draws(self._seed, 'created', number).uuid()}",
            "refId": reference(number),
            "lname": _lowered(body.get("name")),
            "createdAt": iso(now),
            "updatedAt": iso(now),
            "timestampValue": _milliseconds(now),
        }
        self.cases[case["_id"]] = case
        return case

    def add(self, case: Mapping[str, Any]) -> Case:
        """Add a whole case as the newest; raises ValueError where there is one with its `_id`."""
        added = dict(case)
        if added["_id"] in self.cases:
            raise ValueError(f"there is a case {added['_id']} already")
        self.cases[added["_id"]] = added
        self._next_number = max(self._next_number, _next_number([added]))
        return added


def _next_number(cases: Iterable[Case]) -> int:
    matches = (_REFERENCE.fullmatch(str(case.get("refId"))) for case in cases)
    return max((int(match[1]) + 1 for match in matches if match), default=FIRST_REFERENCE)


def _lowered(name: str | None) -> str | None:
    return None if name is None else name.lower()


def _moment_other_than(before: Any, now: float) -> str:
    """Return the moment now, or the next one: `updatedAt` is how a change is seen, so it has to change."""
    moment = iso(now)
    return moment if moment != before else iso(now + _MILLISECOND)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
