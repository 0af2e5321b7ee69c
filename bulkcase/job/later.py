"""Settings that this version accepts only as "off", with what to write instead."""

from collections.abc import Iterator
from typing import Any

_OFF: dict[str, Any] = {"state.keep": "off"}


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).replace("'", '"')


def not_in_this_version(job: Any) -> Iterator[tuple[str, str]]:
    """Yield key and message for each setting of a validated job that this version cannot give effect to."""
    for key, off in _OFF.items():
        table, _, name = key.partition(".")
        if getattr(getattr(job, table), name) != off:
            yield key, f"is not in this version: write {_shown(off)}, or leave it out"
