"""What a run was made from: the parts of a job that its rows have already been mapped by."""

from collections.abc import Collection, Iterator, Mapping
from hashlib import blake2b
from typing import Any

import orjson

from bulkcase.errors import JobError
from bulkcase.job import Job
from bulkcase.ledger import RunRecord
from bulkcase.operations.assign import said_by

_SHOWN = 60
_DECIDED = ("duplicates",)
"""What has been given effect to when a run starts."""


def definition_of(job: Job, lookups: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return key, mapping and lookups of a job as texts, by the keys of the job file.

    `lookups` are the tables that the job keeps in files. A table is told by a hash of it.
    """
    texts: dict[str, Any] = {"input.key": job.input.key.model_dump(exclude_defaults=True)}
    texts |= {f"mapping.{field}": source.model_dump(exclude_defaults=True) for field, source in job.mapping.items()}
    texts |= {f"lookups.{name}": _hash(lookups.get(name, lookup)) for name, lookup in job.lookups.items()}
    texts |= said_by(job)
    texts |= {f"input.{name}": getattr(job.input, name) for name in ("timezone", "clear_marker", *_DECIDED)}
    return {key: value if isinstance(value, str) else _text(value) for key, value in texts.items()}


def refuse_changes(
    job: Job, lookups: Mapping[str, Mapping[str, Any]], run: RunRecord, also: Collection[str] = ()
) -> None:
    """Raise JobError, naming each change, where a job no longer says what a run of it was made from.

    `also` are keys that count for a run that has not started, and not for one whose rows were decided about.
    """
    now = definition_of(job, lookups)
    passed_over = {f"input.{name}" for name in _DECIDED} - set(also)
    problems = [
        f"{job.file}: {key} {change} since run {run.id} was planned: put it back, or plan anew: run with --new"
        for key, change in _changes(run.definition, now)
        if key not in passed_over
    ]
    if problems:
        raise JobError(*problems)


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) == now.get(key):
            continue
        if key not in now:
            yield key, "was taken out"
        elif key not in before:
            yield key, "was added"
        elif key.startswith("lookups."):
            yield key, "has other content"
        else:
            yield key, f"was {_short(before[key])} and is {_short(now[key])}"


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()


def _hash(value: Any) -> str:
    return blake2b(_text(value).encode(), digest_size=12).hexdigest()


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
