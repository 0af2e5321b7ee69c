"""Compiling a job's mapping against a header, once, so that a row costs little."""

from collections.abc import Mapping, Sequence
from typing import Any

from bulkcase.errors import JobError
from bulkcase.fields import FIELDS
from bulkcase.job.settings import Job
from bulkcase.job.sources import FieldSource
from bulkcase.job.zones import find_zone
from bulkcase.mapping.checks import mapping_problems
from bulkcase.mapping.constants import constant
from bulkcase.mapping.converters import Surroundings, converter
from bulkcase.mapping.faults import escaped
from bulkcase.mapping.lookups import LookupTable
from bulkcase.mapping.mapper import Mapper
from bulkcase.mapping.readers import Read, column_reader, constant_reader, template_reader
from bulkcase.mapping.templates import parse_template


def compile_mapping(
    job: Job, header: Sequence[str], lookup_files: Mapping[str, Mapping[str, Any]], *, fed_back: bool = False
) -> Mapper:
    """Return what turns the rows under a header into case updates.

    `lookup_files` holds, for each lookup that the job keeps in a file, the table of that file; `fed_back` says that
    the header is that of one of bulkcase's own results files.
    Raises JobError with one line a problem, each naming the job file and the key.
    """
    tables = {name: lookup if isinstance(lookup, dict) else lookup_files[name] for name, lookup in job.lookups.items()}
    around = Surroundings(
        header=header,
        zone=find_zone(job.input.timezone) if job.input.timezone else None,
        marker=None if job.input.clear_marker is None else job.input.clear_marker.strip(),
        lookups={name: LookupTable(name, table) for name, table in tables.items()},
        fed_back=fed_back,
    )
    problems = [f"{job.file}: {escaped(problem)}" for problem in mapping_problems(job, tables, around)]
    if problems:
        raise JobError(*problems)
    key = job.input.key.column
    compiled = [(field, *_compiled(field, source, around)) for field, source in job.mapping.items()]
    return Mapper(
        key=(key, header.index(key)),
        columns=[name for _, names, _ in compiled for name in names],
        readers=[(field, read) for field, _, read in compiled],
    )


def _compiled(field: str, source: FieldSource, around: Surroundings) -> tuple[list[str], Read]:
    """Return the columns that a field's value comes from, and what reads it."""
    kind = FIELDS[field]
    convert = converter(field, kind, source, around)
    if source.column is not None:
        place = (source.column, around.header.index(source.column))
        return [source.column], column_reader(place, kind, around.marker, convert)
    if source.template is not None:
        parts = parse_template(source.template)
        names = [text for is_column, text in parts if is_column]
        places = [(text, around.header.index(text)) if is_column else text for is_column, text in parts]
        return names, template_reader(places, around.marker, convert)
    return [], constant_reader(constant(kind, source.value, convert, around.lookups.get(field)))
