"""What a server makes of an update that it takes: what it stores of the body, and what its answer shows of the case."""

from collections.abc import Mapping
from typing import Any

from bulkcase.sandbox.catalogue import PRIORITIES, STATUSES
from bulkcase.sandbox.moments import iso, parse_iso
from bulkcase.sandbox.settings import SandboxSettings
from bulkcase.sandbox.store import Case

KEPT = frozenset({"_id", "refId", "createdAt", "createdBy", "accountId", "iId", "caseTmp", "updatedAt"})
"""What a server that replaces whole cases keeps of one in any case."""

SAMPLED = frozenset(
    {
        *("_id", "refId", "name", "status", "priority", "updatedAt", "createdAt", "isActive"),
        *("assigneeType", "source", "language", "conversationType", "caseTmp", "accountId"),
    }
)
"""What a trimmed answer has of a case: about what the documented samples of the API show."""

CUT_TO = 10
"""How many characters of a text are left that the server reshapes."""

_CATALOGUES = {
    "status": {item["_id"]: item for item in STATUSES.values()},
    "priority": {item["_id"]: item for item in PRIORITIES.values()},
}


def stored(before: Case, body: Mapping[str, Any], settings: SandboxSettings) -> dict[str, Any]:
    """Return what is written to a case for a valid body.

    A field that is not to change gets its old value, rather than being left out: so it stays where the whole case is
    replaced, too.
    """
    unmoved = settings.ignores | settings.pretends
    written = {}
    for name, value in body.items():
        if name not in unmoved:
            written[name] = _made(name, value, settings)
        elif name in before:
            written[name] = before[name]
    return {**written, **settings.touches}


def shown(case: Case, body: Mapping[str, Any], settings: SandboxSettings) -> Case:
    """Return what the answer to a body shows of the case that it made."""
    pretended = {name: value for name, value in body.items() if name in settings.pretends}
    answer = case | pretended
    return {name: answer[name] for name in answer if name in SAMPLED} if settings.trims_answers else answer


def _made(name: str, value: Any, settings: SandboxSettings) -> Any:
    made = _normal(name, value) if settings.normalises else value
    return made[:CUT_TO] if name in settings.reshapes and isinstance(made, str) else made


def _normal(name: str, value: Any) -> Any:
    """Return the value of a field as a tidy server writes it; null stays null."""
    tidy = _tidy(value)
    if name == "tags" and isinstance(tidy, list):
        return sorted({tag.lower() for tag in tidy})
    if name == "ETA" and isinstance(tidy, str):
        return _in_utc(tidy)
    if name == "userInfo" and isinstance(tidy, dict) and isinstance(tidy.get("emailId"), str):
        return tidy | {"emailId": tidy["emailId"].lower()}
    if name in _CATALOGUES and isinstance(tidy, dict) and isinstance(tidy.get("_id"), str):
        return _CATALOGUES[name].get(tidy["_id"], tidy)
    return tidy


def _tidy(value: Any) -> Any:
    """Return a value with its texts tidied, at whatever depth they are."""
    match value:
        case str():
            return value.replace("\r\n", "\n").strip()
        case list():
            return [_tidy(item) for item in value]
        case dict():
            return {name: _tidy(item) for name, item in value.items()}
        case _:
            return value


def _in_utc(text: str) -> str:
    """Return an ISO date as the API writes it; any other text, which the API takes too, as it is."""
    try:
        return iso(parse_iso(text))
    except (ValueError, OverflowError):
        return text
