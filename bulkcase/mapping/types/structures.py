"""Lists and objects: from cells to what the API takes."""

from collections.abc import Callable
from typing import Any

from bulkcase.cells import Cell, shown, text_of
from bulkcase.fields import Kind
from bulkcase.job.strict_json import parse_json
from bulkcase.mapping.faults import Fault, joined
from bulkcase.mapping.signals import EMPTY_LIST
from bulkcase.mapping.types.lookups import Lookup
from bulkcase.mapping.types.scalars import to_text


def list_converter(kind: Kind, split: str | None, lookup: Lookup | None) -> Callable[[Cell], Any]:
    """Return what turns a cell into a list: JSON, or items between separators, looked up where there is a table."""

    def convert(cell: Cell) -> Any:
        text = text_of(cell).strip()
        if text.startswith("["):
            value = _json(text, "bad_list", lambda found: list_problem(kind, found))
            return EMPTY_LIST if value == [] else value
        if split is None:
            return Fault("bad_list", f"{shown(cell)} is no JSON list, and the job sets no split for it")
        items = [item for item in map(str.strip, text.split(split)) if item]
        if not items:
            return Fault(
                "bad_list", f"{shown(cell)} has only separators: leave it blank, or write [] to empty the list"
            )
        values = [to_text(item) if lookup is None else lookup.find(item) for item in items]
        faults = [value for value in values if isinstance(value, Fault)]
        return joined(faults) if faults else values

    return convert


def object_converter(lookup: Lookup | None) -> Callable[[Cell], Any]:
    """Return what turns a cell into an object: JSON, or a name that is looked up where there is a table."""

    def convert(cell: Cell) -> Any:
        text = text_of(cell).strip()
        if text.startswith("{"):
            return _json(text, "bad_object", object_problem)
        if lookup is None:
            return Fault("bad_object", f"{shown(cell)} is no JSON object, and the job has no lookups for it")
        return lookup.find(text)

    return convert


def list_problem(kind: Kind, value: list[Any]) -> str:
    """Return what keeps a list from being one of this kind; empty where nothing does."""
    mixed = kind is Kind.TEXTS and not all(isinstance(item, str) for item in value)
    return "must be a list of texts only" if mixed else ""


def object_problem(value: dict[str, Any]) -> str:
    """Return what keeps an object from being sent; empty where nothing does."""
    return "" if value else "is an empty object, which may empty the field or not: write its keys"


def _json(text: str, code: str, problem_of: Callable[[Any], str]) -> Any:
    try:
        value = parse_json(text)
    except ValueError as error:
        return Fault(code, f"{shown(text)} is no JSON that can be sent: {error}")
    problem = problem_of(value)
    return Fault(code, f"{shown(text)} {problem}") if problem else value
