"""Which converter the cells of a field go through."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bulkcase.cells import Cell
from bulkcase.fields import Kind
from bulkcase.job.sources import FieldSource
from bulkcase.job.zones import find_zone
from bulkcase.mapping.places import Place
from bulkcase.mapping.readers import Convert
from bulkcase.mapping.types.dates import Output, date_converter, to_iso, to_milliseconds
from bulkcase.mapping.types.lookups import Lookup
from bulkcase.mapping.types.scalars import to_boolean, to_number, to_text
from bulkcase.mapping.types.structures import list_converter, object_converter

DATES: Mapping[Kind, Output] = {Kind.MILLISECONDS: to_milliseconds, Kind.ISO_DATE: to_iso}
"""The kinds that are dates, and how the API wants each written."""

LISTS = frozenset({Kind.LIST, Kind.TEXTS})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all fields of a job share."""

    header: Sequence[str]
    zone: dt.tzinfo | None
    """For dates without one, in fields without one."""
    marker: str | None
    """The clear marker, without outer spaces."""
    lookups: Mapping[str, Lookup]
    fed_back: bool = False
    """The file is one of bulkcase's own results files."""


def converter(place: Place, source: FieldSource, around: Surroundings) -> Convert:
    """Return what turns a cell into a value for a place."""
    kind = place.kind
    if place.do in {"path", "custom"}:
        return _loose(source, around)
    if kind in DATES:
        zone = find_zone(source.timezone) if source.timezone else around.zone
        return date_converter(DATES[kind], source.format, zone, fed_back=around.fed_back)
    if kind in LISTS:
        return list_converter(kind, source.split, around.lookups.get(place.key))
    if kind is Kind.OBJECT:
        return object_converter(around.lookups.get(place.key))
    return {Kind.TEXT: to_text, Kind.NUMBER: to_number, Kind.BOOLEAN: to_boolean}[kind]


def _loose(source: FieldSource, around: Surroundings) -> Convert:
    """Return what turns a cell into a text where nothing documents a type: dates where the job or the cell says so."""
    zone = find_zone(source.timezone) if source.timezone else around.zone
    to_date = date_converter(to_iso, source.format, zone, fed_back=around.fed_back)
    if source.format is not None or source.timezone is not None:
        return to_date

    def convert(cell: Cell) -> Any:
        return to_date(cell) if isinstance(cell, dt.date) else to_text(cell)

    return convert
