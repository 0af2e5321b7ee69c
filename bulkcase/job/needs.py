"""For what a job needs to read the live cases. Pure."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from bulkcase.job.settings import Job
from bulkcase.job.sources import LIVE

CUSTOM: Final = "custom."
"""How the key of a custom field starts, behind `mapping.`."""

FOUND_BY_FILTER: Final = frozenset({"status", "priority"})
"""The fields whose objects one call with a filter may find."""

LEARNABLE: Final = ("status", "priority", "queues", "currAssignee")
"""The fields whose objects can be learnt from live cases."""


_MINUTES: Final = 120.0
"""Seconds in which the rows of a page are sent at the default quota."""


class Need(NamedTuple):
    """Something that cannot be done without the live cases."""

    key: str
    """Of the job file; empty where the command needs it."""
    what: str


def needs(job: Job) -> Iterator[Need]:
    """Yield why a job cannot do without the live cases; nothing where it can."""
    if job.undoes is not None:
        yield Need("", "only what nobody has changed since is put back")
    if job.input.key.match != "_id":
        yield Need("input.key.match", "keys are references")
    yield from _needs_of_mapping(job)
    for name in live_lookups(job):
        if name not in FOUND_BY_FILTER:
            yield Need(f"lookups.{name}", "names are learnt from the live cases")
    if job.safety.on_conflict == "leave":
        yield Need("safety.on_conflict", "cases that somebody changed are left alone")
    if job.safety.verify == "live":
        yield Need("safety.verify", "cases are read back")


def _needs_of_mapping(job: Job) -> Iterator[Need]:
    for key, source in job.mapping.items():
        if key.startswith(CUSTOM):
            yield Need(f"mapping.{key}", "custom fields are changed and sent whole")
        elif "." in key:
            yield Need(f"mapping.{key}", "the object is changed and sent whole")
        elif source.mode != "replace":
            yield Need(f"mapping.{key}.mode", "the list is changed and sent whole")


def oldest_look(job: Job) -> float:
    """Return how old a look at a case may be, in seconds, when its row is sent.

    What is sent whole takes with it whatever was added since; and where somebody's changes are to be left alone, they
    have to be seen. So for these a page is good for the rows on it and no longer.
    """
    is_whole = any(
        key.startswith(CUSTOM) or "." in key or source.mode != "replace" for key, source in job.mapping.items()
    )
    is_minded = is_whole or job.safety.on_conflict == "leave" or job.undoes is not None
    return min(job.snapshot.max_age, _MINUTES) if is_minded else job.snapshot.max_age


def live_lookups(job: Job) -> tuple[str, ...]:
    """Return the mapped fields whose lookups are learnt from the live cases."""
    return tuple(name for name, lookup in job.lookups.items() if lookup == LIVE and name in job.mapping)


def problems_of_needs(job: Job) -> Iterator[tuple[str, str]]:
    """Yield key and message where a job forbids what it needs, or wants to learn what no live case tells."""
    if job.snapshot.read == "never":
        for need in needs(job):
            yield need.key, f'needs the live cases ({need.what}), and snapshot.read is "never": write "auto" there'
    for name, lookup in job.lookups.items():
        if lookup == LIVE and name not in LEARNABLE:
            learnable = ", ".join(LEARNABLE)
            yield f"lookups.{name}", f"only {learnable} can be learnt from live cases: give a table or a file"
