"""Compiling a job's mapping against a header, once, so that a row costs little."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from bulkcase.cells import escaped
from bulkcase.errors import JobError
from bulkcase.job.settings import Job
from bulkcase.job.sources import LIVE, FieldSource
from bulkcase.job.zones import find_zone
from bulkcase.mapping.checks import mapping_problems
from bulkcase.mapping.constants import constant
from bulkcase.mapping.keys import read_key, read_reference
from bulkcase.mapping.mapper import Mapper
from bulkcase.mapping.places import Place, place_of
from bulkcase.mapping.readers import Read, column_reader, constant_reader, template_reader
from bulkcase.mapping.signals import clearing
from bulkcase.mapping.templates import parse_template
from bulkcase.mapping.types.converters import Surroundings, converter
from bulkcase.mapping.types.lookups import LiveLookup, LookupTable
from bulkcase.mapping.types.scalars import to_text


def compile_mapping(
    job: Job, header: Sequence[str], lookup_files: Mapping[str, Mapping[str, Any]], *, fed_back: bool = False
) -> Mapper:
    """Return what turns the rows under a header into case updates.

    `lookup_files` holds, for each lookup that the job keeps in a file, the table of that file; `fed_back` says that
    the header is that of one of bulkcase's own results files.
    Raises JobError with one line a problem, each naming the job file and the key.
    """
    tables = {
        name: lookup if isinstance(lookup, dict) else lookup_files[name]
        for name, lookup in job.lookups.items()
        if lookup != LIVE
    }
    learnt = {name: LiveLookup() for name, lookup in job.lookups.items() if lookup == LIVE}
    around = Surroundings(
        header=header,
        zone=find_zone(job.input.timezone) if job.input.timezone else None,
        marker=None if job.input.clear_marker is None else job.input.clear_marker.strip(),
        lookups=learnt | {name: LookupTable(name, table) for name, table in tables.items()},
        fed_back=fed_back,
    )
    problems = [f"{job.file}: {escaped(problem)}" for problem in mapping_problems(job, tables, around)]
    if problems:
        raise JobError(*problems)
    key = job.input.key
    places = [place_of(name, source) for name, source in job.mapping.items()]
    compiled = [(place, *_compiled(place, job.mapping[place.key], around)) for place in places]
    return Mapper(
        key=(key.column, header.index(key.column)),
        read_key=read_key if key.match == "_id" else read_reference,
        columns=[name for _, names, _ in compiled for name in names],
        readers=[(place.key, read) for place, _, read in compiled if not _is_edit(place, learnt)],
        editors=[(place, read) for place, _, read in compiled if _is_edit(place, learnt)],
        fields=tuple(place.key for place in places),
    )


def _is_edit(place: Place, learnt: Container[str]) -> bool:
    return place.waits_for_the_case or place.key in learnt


def _compiled(place: Place, source: FieldSource, around: Surroundings) -> tuple[list[str], Read]:
    """Return the columns that a value comes from, and what reads it."""
    convert = converter(place, source, around)
    if source.column is not None:
        column = (source.column, around.header.index(source.column))
        clear = clearing(place.kind, place.do)
        # A text costs less to read than to remember, and is mostly another one in every row.
        return [source.column], column_reader(column, clear, around.marker, convert, repeats=convert is not to_text)
    if source.template is not None:
        parts = parse_template(source.template)
        names = [text for is_column, text in parts if is_column]
        columns = [(text, around.header.index(text)) if is_column else text for is_column, text in parts]
        return names, template_reader(columns, around.marker, convert)
    return [], constant_reader(constant(place, source.value, convert, around.lookups.get(place.key)))
