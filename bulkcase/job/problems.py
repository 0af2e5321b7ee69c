"""What is wrong with a job file, in words for the person who wrote it."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from bulkcase.job.settings import Job
from bulkcase.nearest import nearest

_Part = str | int
_LENGTH_OF_A_PATH = 3

_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing: add it",
    "value_error": lambda facts: str(facts["error"]),
    "string_pattern_mismatch": lambda _: "must be letters, digits, '-' and '_' only: copy it again",
    "string_type": lambda _: "must be a text in quotes",
    "string_too_short": lambda _: "must not be empty",
    "int_type": lambda _: "must be a whole number, without quotes",
    "bool_type": lambda _: "must be true or false, without quotes",
    "greater_than_equal": lambda facts: f"must be {facts['ge']} or more",
    "less_than_equal": lambda facts: f"must be {facts['le']} or less",
    "model_type": lambda _: "must be a table",
    "dict_type": lambda _: "must be a table",
    "tuple_type": lambda _: "must be a list in brackets",
    "too_short": lambda _: "is empty: add at least one field",
}


def _otherwise(_: Mapping[str, Any]) -> str:
    return "cannot be used as it is written"


def readable(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Yield key and message for each problem that pydantic found, never its own words nor the value."""
    for problem in error.errors(include_url=False):
        path, facts = problem["loc"], problem.get("ctx", {})
        if problem["type"] == "extra_forbidden":
            yield _key(path), _unknown(path)
        elif problem["type"] == "literal_error":
            yield _key(path), _one_of(str(facts["expected"]), problem["input"])
        else:
            yield _key(path), _WORDS.get(problem["type"], _otherwise)(facts)


def _one_of(expected: str, written: object) -> str:
    near = nearest(written, re.findall("'(.+?)'", expected)) if isinstance(written, str) else None
    return f"must be {expected}".replace("'", '"') + (f": did you mean {near}?" if near else "")


def _key(path: tuple[_Part, ...]) -> str:
    """Return a path as a person counts: entries of a list from 1 on."""
    return "".join(f", entry {part + 1}" if isinstance(part, int) else f".{part}" for part in path)[1:]


def _unknown(path: tuple[_Part, ...]) -> str:
    known = _known_keys(path[:-1])
    near = nearest(str(path[-1]), known)
    if near:
        return f"is not known: did you mean {near}?"
    if path[0] == "mapping" and len(path) == _LENGTH_OF_A_PATH and isinstance(path[1], str):
        return f'is not known: a path into an object stands in quotes: "{path[1]}.{path[2]}" = …'
    return f"is not known: there are {', '.join(known)}"


def _known_keys(path: tuple[_Part, ...]) -> list[str]:
    """Return the keys of the table at a path of the job file."""
    model: type[BaseModel] = Job
    for part in path:
        annotation = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        candidates = [annotation, *_inner(annotation)]
        model = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), model)
    return list(model.model_fields)


def _inner(annotation: Any) -> Iterator[Any]:
    for argument in get_args(annotation):
        yield argument
        yield from _inner(argument)
