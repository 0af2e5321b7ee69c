"""What is wrong with a job's mapping before the first row: one problem a line, each with its key."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bulkcase.fields import FIELDS, READ_ONLY, SHOWN_ONLY, Kind, nearest
from bulkcase.job.settings import Job
from bulkcase.job.sources import FieldSource
from bulkcase.job.zones import find_zone
from bulkcase.mapping.constants import constant
from bulkcase.mapping.converters import DATES, LISTS, Surroundings, converter
from bulkcase.mapping.dates import check_format
from bulkcase.mapping.faults import listed, shown
from bulkcase.mapping.lookups import table_problems
from bulkcase.mapping.templates import parse_template

_LOOKED_UP = frozenset({Kind.LIST, Kind.OBJECT})
_ZONE = 'is no time zone of the IANA database, such as "Europe/Berlin" or "UTC"'


def mapping_problems(job: Job, tables: Mapping[str, Mapping[str, Any]], around: Surroundings) -> Iterator[str]:
    """Yield every problem of a job's mapping, lookups and what they need, in the order of the job file."""
    yield from _column("input.key", job.input.key.column, around.header)
    if job.input.timezone and around.zone is None:
        yield f"input.timezone: {shown(job.input.timezone)} {_ZONE}"
    if around.marker == "":
        yield "input.clear_marker: is blank, and a blank cell always leaves the field alone: choose a word"
    for field, source in job.mapping.items():
        yield from _field(field, job.safety.allow_read_only)
        yield from _columns(field, source, around.header)
        if field in FIELDS:
            yield from _settings(field, source)
            yield from _constant(field, source, around)
    for name, table in tables.items():
        yield from _lookup(name, table)
    for name in job.safety.allow_read_only:
        if name not in FIELDS:
            yield f"safety.allow_read_only: {shown(name)} {_unknown(name)}"


def _field(field: str, allowed: Sequence[str]) -> Iterator[str]:
    if field not in FIELDS:
        yield f"mapping.{field}: {_unknown(field)}"
    elif field in READ_ONLY and field not in allowed:
        yield (
            f"mapping.{field}: is read-only by prudence, the server sets it: "
            "take it out, or name it in safety.allow_read_only"
        )


def _unknown(field: str) -> str:
    if field in SHOWN_ONLY:
        return "is no field of updateCase, only shown with a case: it cannot be sent"
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


def _settings(field: str, source: FieldSource) -> Iterator[str]:
    kind = FIELDS[field]
    if source.split is not None and kind not in LISTS:
        yield f"mapping.{field}.split: {field} is {kind.value}, no list: take it out"
    for name, written in (("format", source.format), ("timezone", source.timezone)):
        if written is not None and kind not in DATES:
            yield f"mapping.{field}.{name}: {field} is {kind.value}, no date: take it out"
    if kind in DATES and source.timezone is not None and find_zone(source.timezone) is None:
        yield f"mapping.{field}.timezone: {shown(source.timezone)} {_ZONE}"
    if kind in DATES and source.format is not None:
        try:
            check_format(source.format)
        except ValueError as error:
            yield f"mapping.{field}.format: {shown(source.format)} {error}"


def _constant(field: str, source: FieldSource, around: Surroundings) -> Iterator[str]:
    if source.is_constant:
        kind = FIELDS[field]
        try:
            constant(kind, source.value, converter(field, kind, source, around), around.lookups.get(field))
        except ValueError as error:
            yield f"mapping.{field}.value: {error}"


def _lookup(name: str, table: Mapping[str, Any]) -> Iterator[str]:
    if name not in FIELDS:
        yield f"lookups.{name}: {_unknown(name)}"
    elif FIELDS[name] not in _LOOKED_UP:
        yield f"lookups.{name}: {name} is {FIELDS[name].value}: only objects, and lists of them, are looked up"
    for problem in table_problems(table):
        yield f"lookups.{name}: {problem}"
