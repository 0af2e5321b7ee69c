"""The forms that settings are written in, in JSON Schema, for editors; what is taken is for the readers to decide."""

from typing import Any, Final

_NUMBER: Final = r"[0-9]{1,9}(\.[0-9]{1,9})?"
_TIME: Final = rf"(?=[0-9.]*[1-9]){_NUMBER}\s*(ms|s|m|h|d)"
_PERCENT: Final = r"(100|[0-9]{1,2}(\.[0-9]{1,3})?)\s*%"
_CLOCK: Final = "[0-9]{1,2}:[0-9]{2}"


def text(pattern: str) -> dict[str, Any]:
    """Return the form of a text that is like a pattern, blanks around it apart."""
    return {"type": "string", "pattern": rf"^\s*({pattern})\s*$"}


def or_off(*forms: dict[str, Any]) -> dict[str, Any]:
    """Return the form of a setting that can be switched off."""
    return {"anyOf": [*forms, {"const": "off"}]}


DURATION: Final = text(_TIME)
WINDOW: Final = text(rf"(?=[0-9]*[1-9])[0-9]{{1,9}}\s*/\s*{_TIME}")
ROWS: Final[dict[str, Any]] = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
FAILURES: Final = (text(rf"{_PERCENT}\s*of\s*[0-9]{{1,6}}"), text("(?=[0-9]*[1-9])[0-9]{1,9}"), ROWS)
CHANGES: Final = (text(_PERCENT), text("[0-9]{1,9}"), ROWS | {"minimum": 0})
HOURS: Final = text(rf"([A-Za-z][A-Za-z,\s-]*\s+)?{_CLOCK}\s*-\s*{_CLOCK}(\s+\S.*)?")
HOST: Final = text(r"(https?://)?([A-Za-z0-9_.:-]+|\[[0-9A-Fa-f:.]+\](:[0-9]+)?)/*")
REFERENCE: Final[dict[str, Any]] = {"type": "string", "pattern": r"^((env|file):\s*\S|keyring:[^/]+/.)"}
"""Where a secret is; a secret itself is none."""
PROXY: Final[dict[str, Any]] = {"type": "string", "pattern": r"^((env|file):\s*\S|keyring:[^/]+/.|https?://[^\s/:])"}
HEADERS: Final[dict[str, Any]] = {
    "type": "object",
    "propertyNames": {"pattern": r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},
    "additionalProperties": {"type": "string"},
}
ADDRESS: Final[dict[str, Any]] = {"type": "string", "pattern": r"""^[^@\s,;<>"\\]+@[^@\s,;<>"\\]+$"""}
ADDRESSES: Final = or_off(ADDRESS, {"type": "array", "items": ADDRESS})
SERVER: Final[dict[str, Any]] = {"type": "string", "minLength": 1, "pattern": r"^([A-Za-z0-9_.-]*|[0-9A-Fa-f:.]+)$"}
FILE: Final[dict[str, Any]] = {"type": "string", "pattern": r"^(.*/)?(?!\.{1,2}$)[^/]+$"}
SHEET: Final[dict[str, Any]] = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1}]}
LOOKUP: Final[dict[str, Any]] = {
    "anyOf": [
        {"const": "live"},
        {"type": "string", "pattern": r"^file:\s*\S"},
        {"type": "object", "additionalProperties": {"type": "object"}},
    ]
}
_TEXTS: Final[dict[str, Any]] = {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
_DATE: Final[dict[str, Any]] = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"}
_FLAG: Final[dict[str, Any]] = {"type": "boolean"}
FILTER: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "searchText": {"type": "string", "minLength": 1},
        **dict.fromkeys(("unresolved", "unassigned", "mycase"), _FLAG),
        **dict.fromkeys(("priority", "status", "channel", "queues"), _TEXTS),
        **dict.fromkeys(("startDate", "endDate", "dueDate"), _DATE),
    },
}
