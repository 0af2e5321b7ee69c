"""What the sandbox answers, whole: status, body, headers, or silence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from bulkcase.sandbox.faults import Fault
from bulkcase.sandbox.tokens import BAD_TOKEN
from bulkcase.sandbox.validation import Problem

ELSEWHERE = "http://127.0.0.2:1/"
"""Where the fault `redirect` points: a host that nobody listens on."""

_DEFAULT_RETRY_AFTER = 1.0


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Without a status there is none: the connection is closed, or left hanging."""

    status: int | None
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False


DROPPED = Reply(None)
HANGING = Reply(None, hangs=True)


def success(value: Any) -> Reply:
    """Return an answer that holds a value, with no envelope."""
    return Reply(200, orjson.dumps(value))


def refused(status: int, text: str, code: int | None = None, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an error in the platform's envelope; the code is the status where none is given."""
    return Reply(status, _envelope(text, status if code is None else code), headers=headers or {})


def throttled(text: str, retry_after: float | None) -> Reply:
    """Return a 429, with Retry-After (seconds) where there is one."""
    return refused(429, text, headers=None if retry_after is None else {"Retry-After": f"{retry_after:g}"})


def invalid(problems: list[Problem]) -> Reply:
    """Return a 412 that names each property."""
    return Reply(412, _envelope("Validation errors/ Invalid arguments", 412, {"error": problems}))


def fault_reply(fault: Fault, case_id: str, landed: bytes, retry_after: float | None) -> Reply:
    """Return what the caller sees of a fault; `landed` is the answer that it spoils."""
    if fault is Fault.THROTTLE_RETRY_AFTER:
        return throttled("Rate limit for this API has been reached", retry_after or _DEFAULT_RETRY_AFTER)
    if fault is Fault.OTHER_CASE:
        return success({"_id": f"{case_id}-other", "name": "Another case"})
    if fault is Fault.GARBAGE:
        return Reply(200, landed[: len(landed) // 2])
    return _FIXED[fault]


def _envelope(text: str, code: int, more: Mapping[str, Any] | None = None) -> bytes:
    return orjson.dumps({"errors": [{"msg": text, "code": code}], **(more or {})})


_FIXED: dict[Fault, Reply] = {
    Fault.THROTTLE: throttled("Rate limit for this API has been reached", None),
    Fault.THROTTLE_TEXT: refused(400, "Rate limit for this API has been reached"),
    Fault.SERVER_ERROR: refused(500, "Internal Server Error"),
    Fault.UNAVAILABLE: refused(503, "Service Unavailable"),
    Fault.DROP_BEFORE: DROPPED,
    Fault.DROP_AFTER: DROPPED,
    Fault.HANG: HANGING,
    Fault.HANG_AFTER: HANGING,
    Fault.HTML: Reply(200, b"<!doctype html><title>Sign in</title>", "text/html"),
    Fault.ERRORS: Reply(200, _envelope("The case could not be updated", 500)),
    Fault.UNAUTHORIZED: refused(401, BAD_TOKEN.text, BAD_TOKEN.code),
    Fault.REFUSE: invalid([{"property": "body", "message": "is not accepted"}]),
    Fault.REDIRECT: Reply(302, headers={"Location": ELSEWHERE}),
    Fault.NOT_JSON_OBJECT: success([]),
}
