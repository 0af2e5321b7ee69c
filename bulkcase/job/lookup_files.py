"""Reading the lookups that a job keeps in files of their own."""

import json
from pathlib import Path
from typing import Any

from bulkcase.errors import JobError
from bulkcase.job.paths import nearest_file
from bulkcase.job.settings import Job
from bulkcase.job.sources import FILE
from bulkcase.job.strict_json import parse_json

_FORM = "must be a JSON object from names to objects, or a list of objects that each have a name"


def load_lookup_files(job: Job) -> dict[str, dict[str, Any]]:
    """Return, for each lookup that the job keeps in a file, its table from names to objects.

    A file holds a JSON object from names to objects, or a list of objects that each have a "name".
    Raises JobError with one line a problem: the job file, the key, the lookup file and, where known, the place in it.
    """
    tables: dict[str, dict[str, Any]] = {}
    problems = []
    for name, lookup in job.lookups.items():
        if isinstance(lookup, str) and lookup.startswith(FILE):
            written = lookup.removeprefix(FILE).strip()
            try:
                tables[name] = _table(_parsed(job.path(written)))
            except ValueError as error:
                problems.append(f"{job.file}: lookups.{name}: {written}{_place(error)}")
    if problems:
        raise JobError(*problems)
    return tables


def _parsed(path: Path) -> Any:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        found = nearest_file(path)
        advice = "check the path" if found is None else f"did you mean {found.name}?"
        raise ValueError(f"cannot be read ({error.strerror}): {advice}") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8: save it as UTF-8") from None
    return parse_json(text)


def _place(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f", line {error.lineno}, column {error.colno}: is no JSON: {error.msg}"
    return f": {error}"


def _table(content: Any) -> dict[str, Any]:
    if isinstance(content, list):
        return _by_name(content)
    if not isinstance(content, dict):
        raise ValueError(_FORM)  # noqa: TRY004 - a fault of the file, reported as every other
    for name, entry in content.items():
        if not isinstance(entry, dict):
            raise ValueError(f"has an entry that is no object: {json.dumps(name)}: write {{ … }}")  # noqa: TRY004 - as above
    return content


def _by_name(entries: list[Any]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for number, entry in enumerate(entries, start=1):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            raise ValueError(f'has no object with a "name" as its entry {number}: give it one')  # noqa: TRY004 - as above
        if name in table:
            raise ValueError(f"has the name {json.dumps(name)} twice: keep one of them")
        table[name] = entry
    return table
