"""What the API refuses: bodies that are no object, and documented fields of the wrong JSON type."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from bulkcase.sandbox.moments import parse_iso

Problem = dict[str, str]
"""One entry of the list `error` of a refused call: its `property` and `message`."""

Check = tuple[str, Callable[[Any], bool]]
"""What a value has to be, in words, and whether one is."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    try:
        parse_iso(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_whole(value: Any, lowest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= lowest


_TEXT: Check = ("must be a string", lambda value: isinstance(value, str))
_LIST: Check = ("must be an array", lambda value: isinstance(value, list))
_TEXTS: Check = ("must be an array of strings", _is_list_of_texts)
_OBJECT: Check = ("must be an object", lambda value: isinstance(value, dict))
_BOOLEAN: Check = ("must be a boolean", lambda value: isinstance(value, bool))
_NUMBER: Check = ("must be a number", _is_number)
_DATE: Check = ("must be an ISO 8601 date", _is_date)
_NOT_NEGATIVE: Check = ("must be a whole number from 0", lambda value: _is_whole(value, 0))
_POSITIVE: Check = ("must be a whole number from 1", lambda value: _is_whole(value, 1))
_ORDER: Check = ("must be a string or an object", lambda value: isinstance(value, str | dict))


def _checks(kinds: Mapping[str, Check]) -> dict[str, Check]:
    return {name: check for names, check in kinds.items() for name in names.split()}


UPDATE_CASE = _checks(
    {
        "caseTmp name lname desc accountId lid orgId language source conversationType refId assigneeType": _TEXT,
        "createdAt updatedAt ETA": _TEXT,
        "tags": _TEXTS,
        "sessIds convIds fields participants queues taskIds attachments feedback activityIds commentIds": _LIST,
        "resolutionCmts channel": _LIST,
        "userInfo status priority createdBy updatedBy currAssignee": _OBJECT,
        "isActive isBreached supportCustomTasks": _BOOLEAN,
        "timestampValue dueDate": _NUMBER,
    }
)
"""The documented fields of updateCase."""

CREATE_CASE = UPDATE_CASE | {"dueDate": _DATE}
"""The documented fields of createCase, which wants the due date as ISO text."""

GET_CASES = _checks(
    {
        "searchText": _TEXT,
        "unresolved unassigned mycase": _BOOLEAN,
        "priority status channel queues": _TEXTS,
        "startDate endDate dueDate": _DATE,
        "sortBy": _ORDER,
        "skip": _NOT_NEGATIVE,
        "limit page": _POSITIVE,
    }
)
"""The documented filters of getCases, and its paging."""


class InvalidBody(Exception):  # noqa: N818 - named after what it tells
    """A body that the API refuses with 412; `problems` is the list `error` of its answer."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


def parse_object(raw: bytes) -> dict[str, Any]:
    """Return a body's JSON object; raises InvalidBody for anything else."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise InvalidBody([{"property": "body", "message": "must be a JSON object"}])
    return body


def validate(body: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Raise InvalidBody where a documented field has the wrong type; null passes, it clears."""
    problems = [
        {"property": name, "message": checks[name][0]}
        for name, value in body.items()
        if name in checks and value is not None and not checks[name][1](value)
    ]
    if problems:
        raise InvalidBody(problems)


def check_supported(body: Mapping[str, Any], *, refuse_sort: bool, refuse_limit_above: int | None) -> None:
    """Raise InvalidBody for what a valid body of getCases asks for and this server does not do."""
    problems = []
    if refuse_sort and body.get("sortBy") is not None:
        problems.append({"property": "sortBy", "message": "is not allowed"})
    if refuse_limit_above is not None and (body.get("limit") or 0) > refuse_limit_above:
        problems.append({"property": "limit", "message": f"must be at most {refuse_limit_above}"})
    if problems:
        raise InvalidBody(problems)
