"""What is wrong with a job's mapping before the first row: one problem a line, each with its key."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bulkcase.cells import escaped, shown
from bulkcase.fields import FIELDS, READ_ONLY, SHOWN_ONLY, Kind
from bulkcase.job.needs import CUSTOM, LEARNABLE
from bulkcase.job.settings import Job
from bulkcase.job.sources import FieldSource
from bulkcase.job.zones import find_zone, nearest_zone
from bulkcase.mapping.constants import constant
from bulkcase.mapping.faults import listed
from bulkcase.mapping.places import Place, place_of
from bulkcase.mapping.templates import parse_template
from bulkcase.mapping.types.converters import DATES, LISTS, Surroundings, converter
from bulkcase.mapping.types.dates import check_format
from bulkcase.mapping.types.lookups import table_problems
from bulkcase.nearest import nearest

_LOOKED_UP = frozenset({Kind.LIST, Kind.OBJECT})


def mapping_problems(job: Job, tables: Mapping[str, Mapping[str, Any]], around: Surroundings) -> Iterator[str]:
    """Yield every problem of a job's mapping, lookups and what they need, in the order of the job file."""
    yield from _column("input.key", job.input.key.column, around.header)
    if job.input.timezone and around.zone is None:
        yield f"input.timezone: {_zone(job.input.timezone)}"
    if around.marker == "":
        yield "input.clear_marker: is blank, and a blank cell always leaves the field alone: choose a word"
    for key, source in job.mapping.items():
        place = place_of(key, source)
        yield from _place(place, job.safety.allow_read_only)
        yield from _columns(key, source, around.header)
        if place.root in FIELDS:
            yield from _settings(place, source)
            yield from _constant(place, source, around)
        if place.do in {"path", "custom"} and source.mode != "replace":
            yield f"mapping.{key}.mode: is of lists, and nobody documents that this is one: take it out"
    yield from _collisions(job.mapping)
    for name, table in tables.items():
        yield from _lookup(name, table)
    for name in job.safety.allow_read_only:
        if name not in FIELDS:
            yield f"safety.allow_read_only: {shown(name)} {_unknown(name)}"
    yield from (
        f"report.private: {shown(name)} {found}" for name in job.report.private if (found := _private(name, job))
    )


def _private(name: str, job: Job) -> str:
    """Return what keeps a name from being one of something private; empty where nothing does."""
    if name.startswith(CUSTOM):
        return _private_custom(name, [key for key in job.mapping if key.startswith(CUSTOM)])
    if name in {"_id", job.input.key.match}:
        return "says which case a row is about, and stands in every report: take it out"
    if not all(map(str.strip, name.split("."))):
        return "is no name: write a field, or a path with one dot between its names"
    known = {**FIELDS, **dict.fromkeys(sorted(SHOWN_ONLY - {"_id"})), **dict.fromkeys(job.mapping)}
    if name in known or name.partition(".")[0] in known:
        return ""
    near = nearest(name, known)
    return "is no field of a case: " + (f"did you mean {escaped(near)}?" if near else f"there are {', '.join(known)}")


def _private_custom(name: str, mapped: Sequence[str]) -> str:
    if not name.removeprefix(CUSTOM).strip():
        return "has no name of a custom field: write custom.NAME"
    if name in mapped or not mapped:
        return ""
    near = nearest(name, mapped)
    hint = f"did you mean {escaped(near)}?" if near else f"there are {', '.join(map(escaped, mapped))}"
    return f"is no custom field of the mapping: {hint}"


def _place(place: Place, allowed: Sequence[str]) -> Iterator[str]:
    root, key = place.root, f"mapping.{place.key}"
    if root not in FIELDS:
        yield f"{key}: {_unknown(root)}"
    elif root in READ_ONLY and root not in allowed:
        yield f"{key}: is read-only by prudence, the server sets it: take it out, or name it in safety.allow_read_only"
    elif place.do == "path" and FIELDS[root] is not Kind.OBJECT:
        yield f"{key}: {root} is {FIELDS[root].value}, and a path leads into an object: write {root} alone"
    elif place.do == "path" and root in LEARNABLE:
        yield f"{key}: {root} is a whole object of the platform, never changed inside: map it by its name"
    elif place.do == "custom" and not place.key.partition(".")[2].strip():
        yield f"{key}: has no name of a custom field: write custom.NAME"
    elif place.do == "path" and not all(place.key.split(".")):
        yield f"{key}: is no path: write names with one dot between them"
    elif place.do in {"add", "remove"} and place.kind not in LISTS:
        yield f"{key}.mode: {root} is {place.kind.value}, no list: take it out"


def _collisions(mapping: Mapping[str, FieldSource]) -> Iterator[str]:
    """Yield where two keys of a mapping are about the same thing, one of them a part of the other."""
    places = [place_of(key, source) for key, source in mapping.items()]
    for place in places:
        whole = next((other for other in places if place.key.startswith(f"{other.key}.")), None)
        if place.do == "custom":
            whole = next((other for other in places if other.key == place.root), None)
        if whole is not None:
            yield f"mapping.{place.key}: mapping.{whole.key} is mapped whole too: keep one of them"


def _zone(written: str) -> str:
    near = nearest_zone(written)
    hint = f"did you mean {near}?" if near else 'write one such as "Europe/Berlin", or "UTC"'
    return f"{shown(written)} is no time zone of the IANA database: {hint}"


def _unknown(field: str) -> str:
    if field in SHOWN_ONLY:
        return "is no field of updateCase, only shown with a case: it cannot be sent, so take it out"
    near = nearest(field, FIELDS)
    known = ", ".join(name for name in FIELDS if name not in READ_ONLY)
    return "is no field of updateCase: " + (f"did you mean {near}?" if near else f"there are {known}")


def _columns(field: str, source: FieldSource, header: Sequence[str]) -> Iterator[str]:
    if source.column is not None:
        yield from _column(f"mapping.{field}", source.column, header)
    if source.template is not None:
        key = f"mapping.{field}.template"
        try:
            parts = parse_template(source.template)
        except ValueError as error:
            yield f"{key}: {error}"
        else:
            for name in dict.fromkeys(text for is_column, text in parts if is_column):
                yield from _column(key, name, header)


def _column(key: str, name: str, header: Sequence[str]) -> Iterator[str]:
    if name not in header:
        near = nearest(name, header)
        hint = f"did you mean {shown(near)}? " if near else ""
        yield f"{key}: the input has no column {shown(name)}: {hint}it has {listed(header)}"


def _settings(place: Place, source: FieldSource) -> Iterator[str]:
    field, kind = place.key, place.kind
    may_be_date = kind in DATES or place.do in {"path", "custom"}
    if source.split is not None and kind not in LISTS:
        yield f"mapping.{field}.split: {field} is {kind.value}, no list: take it out"
    for name, written in (("format", source.format), ("timezone", source.timezone)):
        if written is not None and not may_be_date:
            yield f"mapping.{field}.{name}: {field} is {kind.value}, no date: take it out"
    if may_be_date and source.timezone is not None and find_zone(source.timezone) is None:
        yield f"mapping.{field}.timezone: {_zone(source.timezone)}"
    if may_be_date and source.format is not None:
        try:
            check_format(source.format)
        except ValueError as error:
            yield f"mapping.{field}.format: {shown(source.format)} {error}"


def _constant(place: Place, source: FieldSource, around: Surroundings) -> Iterator[str]:
    if source.is_constant:
        try:
            constant(place, source.value, converter(place, source, around), around.lookups.get(place.key))
        except ValueError as error:
            yield f"mapping.{place.key}.value: {error}"


def _lookup(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    if name not in FIELDS:
        yield f"lookups.{name}: {_unknown(name)}"
    elif FIELDS[name] not in _LOOKED_UP:
        yield f"lookups.{name}: {name} is {FIELDS[name].value}, and only objects and lists are looked up: take it out"
    for problem in table_problems(table):
        yield f"lookups.{name}: {problem}"
