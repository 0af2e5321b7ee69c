"""Settings that this version accepts only as "off", with what to write instead."""

from collections.abc import Iterator
from typing import Any

_OFF: dict[str, Any] = {
    "snapshot.read": "never",
    "snapshot.filter": {},
    "safety.verify": "none",
    "safety.canary": 0,
    "report.formats": ["csv"],
    "report.private": [],
    "report.metrics": "off",
    "state.keep": "off",
    "notify.webhook": "off",
    "notify.email": "off",
    "notify.smtp": "off",
    "notify.on": "problem",
}


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return "{}" if value == {} else str(value).replace("'", '"')


def not_in_this_version(job: Any) -> Iterator[tuple[str, str]]:
    """Yield key and message for each setting of a validated job that this version cannot give effect to."""
    for key, off in _OFF.items():
        table, _, name = key.partition(".")
        if getattr(getattr(job, table), name) != off:
            yield key, f"is not in this version: write {_shown(off)}, or leave it out"
    if job.input.key.match != "_id":
        yield "input.key.match", 'is not in this version: give the column with the "ci-…" ids'
    for field, source in job.mapping.items():
        if "." in field:
            yield (
                f"mapping.{field}",
                "is a path into an object, which is not in this version: map the whole object",
            )
        if source.mode != "replace":
            yield f"mapping.{field}.mode", 'is not in this version: write "replace", or leave it out'
    for name, lookup in job.lookups.items():
        if lookup == "live":
            yield (
                f"lookups.{name}",
                "cannot be learnt from live cases in this version: give a table or a file",
            )
