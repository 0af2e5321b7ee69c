"""What the sandbox answers, whole: status, body, headers, or silence."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any

import orjson

from bulkcase.sandbox.chance import Draws
from bulkcase.sandbox.faults import Fault
from bulkcase.sandbox.tokens import BAD_TOKEN
from bulkcase.sandbox.validation import Problem
from bulkcase.sandbox.wire import is_of_wire

ELSEWHERE = "http://127.0.0.2:1/"
"""Where the fault `redirect` points: a host that nobody listens on."""

ABSURD = (
    *("", "0", "-5", "1e99", "NaN", "Infinity", "soon", "1000000000", "9" * 400, "1.5", "0x10", "1, 2", "٣"),
    *("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"),
    *("Thu, 32 Jan 2026 25:61:61 GMT", "Thu, 01 Jan 2026 00:00:00 +99999999"),
)
"""What the fault `throttle_absurd` says in Retry-After."""

_THROTTLES = frozenset({Fault.THROTTLE_RETRY_AFTER, Fault.THROTTLE_DATE, Fault.THROTTLE_ABSURD})
"""Those that say Retry-After."""
_DEFAULT_RETRY_AFTER = 1.0
_THROTTLED = "Rate limit for this API has been reached"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Without a status there is none: the connection is closed, or left hanging."""

    status: int | None
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    spoiled_by: Fault | None = None
    """What is done to its bytes when it leaves."""


DROPPED = Reply(None)
HANGING = Reply(None, hangs=True)


def success(value: Any) -> Reply:
    """Return an answer that holds a value, with no envelope."""
    return Reply(200, orjson.dumps(value))


def refused(status: int, text: str, code: int | None = None, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an error in the platform's envelope; the code is the status where none is given."""
    return Reply(status, _envelope(text, status if code is None else code), headers=headers or {})


def throttled(text: str, retry_after: str | None) -> Reply:
    """Return a 429, with Retry-After where there is one."""
    return refused(429, text, headers=None if retry_after is None else {"Retry-After": retry_after})


def invalid(problems: list[Problem]) -> Reply:
    """Return a 412 that names each property."""
    return Reply(412, _envelope("Validation errors/ Invalid arguments", 412, {"error": problems}))


def fault_reply(fault: Fault, case_id: str, honest: Reply, *, retry_after: float | None, now: float) -> Reply:
    """Return what the caller sees of a fault; `honest` is the answer that it spoils."""
    if is_of_wire(fault):
        return replace(honest, spoiled_by=fault)
    if fault in _THROTTLES:
        return throttled(_THROTTLED, _asked(fault, case_id, retry_after or _DEFAULT_RETRY_AFTER, now))
    if fault is Fault.OTHER_CASE:
        return success({"_id": f"{case_id}-other", "name": "Another case"})
    if fault is Fault.GARBAGE:
        return Reply(200, honest.body[: len(honest.body) // 2])
    return _FIXED[fault]


def _asked(fault: Fault, case_id: str, seconds: float, now: float) -> str:
    """Return what a throttle says in Retry-After: so many seconds as a number or as a date, or something absurd."""
    if fault is Fault.THROTTLE_ABSURD:
        return Draws("absurd", case_id).pick(ABSURD)
    if fault is Fault.THROTTLE_DATE:
        return formatdate(math.ceil(now + seconds), usegmt=True)
    return f"{seconds:g}"


def _envelope(text: str, code: int, more: Mapping[str, Any] | None = None) -> bytes:
    return orjson.dumps({"errors": [{"msg": text, "code": code}], **(more or {})})


_FIXED: dict[Fault, Reply] = {
    Fault.THROTTLE: throttled(_THROTTLED, None),
    Fault.THROTTLE_TEXT: refused(400, _THROTTLED),
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
