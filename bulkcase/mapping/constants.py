"""Constants: what a job file gives every row, held to the types that TOML has."""

import datetime as dt
from typing import Any

from bulkcase.fields import Kind
from bulkcase.job.strict_json import check_sendable
from bulkcase.mapping.faults import Fault, joined
from bulkcase.mapping.places import Place
from bulkcase.mapping.readers import Convert
from bulkcase.mapping.signals import Clear
from bulkcase.mapping.types.lookups import Lookup
from bulkcase.mapping.types.structures import list_problem, object_problem

_TYPES: dict[Kind, tuple[tuple[type, ...], str]] = {
    Kind.TEXT: ((str,), "a text in quotes"),
    Kind.NUMBER: ((int, float), "a number, without quotes"),
    Kind.BOOLEAN: ((bool,), "true or false, without quotes"),
    Kind.MILLISECONDS: ((dt.date, str, int), "a date, or milliseconds since 1970"),
    Kind.ISO_DATE: ((dt.date, str), "a date"),
    Kind.LIST: ((list,), "a list in brackets"),
    Kind.TEXTS: ((list,), "a list of texts in brackets"),
    Kind.OBJECT: ((str, dict), "an inline table, or a name of its lookups"),
}


def constant(place: Place, written: Any, convert: Convert, lookup: Lookup | None) -> Any:
    """Return the value that a constant stands for, or a Clear; `convert` is what cells of this place go through.

    Raises ValueError, in words for the person who wrote it, for one of a wrong type or without meaning.
    """
    kind = place.kind
    if place.do == "path" and not isinstance(written, str | dt.date):
        return _sound(written, "")
    _check_type(kind, written)
    if isinstance(written, list):
        value = _list(kind, written, lookup)
    elif isinstance(written, dict):
        value = _sound(written, object_problem(written))
    else:
        value = convert(written)
    if isinstance(value, Fault):
        raise ValueError(value.reason)  # noqa: TRY004 - a fault of the job file, reported as every other
    if value == [] and place.do in {"add", "remove"}:
        raise ValueError("has no item: give the list at least one")
    if value == "" and place.do in {"path", "custom"}:
        return Clear(None)
    return Clear(value) if value in ("", []) else value


def _check_type(kind: Kind, written: Any) -> None:
    types, called = _TYPES[kind]
    if not isinstance(written, types) or (isinstance(written, bool) and kind is not Kind.BOOLEAN):
        raise ValueError(f"must be {called}")


def _list(kind: Kind, written: list[Any], lookup: Lookup | None) -> Any:
    if lookup is not None:
        found = [lookup.find(item) if isinstance(item, str) else item for item in written]
        faults = [item for item in found if isinstance(item, Fault)]
        return joined(faults) if faults else _sound(found, "")
    return _sound(written, list_problem(kind, written))


def _sound(value: Any, problem: str) -> Any:
    if problem:
        raise ValueError(problem)
    check_sendable(value)
    return value
