"""JSON that is taken only where it has one reading, and can be sent as it stands."""

import json
from typing import Any, NoReturn

import orjson


def parse_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises ValueError, in words for the person who wrote it, for what is no JSON, for NaN and infinity, for a key that
    an object has twice, and for numbers and texts that cannot be sent; json.JSONDecodeError where the place is known.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("is nested too deeply: make it flatter") from None
    check_sendable(value)
    return value


def check_sendable(value: Any) -> None:
    """Raise ValueError, in words for the person who wrote it, for a value that JSON cannot carry."""
    try:
        json.dumps(value, allow_nan=False)
        orjson.dumps(value)
    except (TypeError, ValueError, RecursionError):
        raise ValueError(
            "holds what JSON cannot carry: a date, a number out of range, half a character, or deep nesting"
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise ValueError(f"has the key {json.dumps(twice)} twice: keep one of them")
    return found


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"has {word}, which is no JSON: write a number or null")
