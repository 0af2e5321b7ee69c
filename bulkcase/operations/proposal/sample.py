"""A file as `init` looks at it: its header and its first rows, through the same room as every other command."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from bulkcase.cells import escaped, shown
from bulkcase.errors import InputError
from bulkcase.input import Source, Table, open_table
from bulkcase.input.workbooks.sheets import ManySheets
from bulkcase.model import Row
from bulkcase.operations.proposal.options import Ask
from bulkcase.proposing import Column, about_sheet, look_at

_ROWS: Final = 1000
_CELLS: Final = 1_000_000
"""So many are looked at, at the most; a sheet may have thousands of columns."""
_SETTING: Final = re.compile(r"input\.(sheet|encoding|delimiter)(?: = )?")


@dataclass(frozen=True, slots=True)
class Sample:
    """The header and the first rows of a file."""

    source: Source
    """With the name of the sheet, where it was told or asked for."""
    header: Sequence[str]
    fed_back: bool
    """It is one of bulkcase's own results files."""
    rows: Sequence[Row]
    """Those that could be read."""
    is_whole: bool
    """Whether the file has no further row."""
    columns: Sequence[Column]
    """What the values of each column look like."""


def sampled(source: Source, ask: Ask | None) -> Sample:
    """Return the sample of a file; a person is asked for the sheet where a workbook has several.

    Raises InputError in words for whoever has no job yet.
    """
    if _is_stream(source.path):
        what = "standard input" if source.path == Path("-") else "a stream"
        raise InputError(
            f"{escaped(str(source.path))}: {what} is read only once, and a job reads it again: save it to a file, and "
            "name it"
        )
    with _in_words_of_options():
        try:
            return _read(source)
        except ManySheets as error:
            if ask is None or not error.names:
                raise
            question = about_sheet(str(source.path), error.names)
            answer = ask(question)
            if answer is None:
                raise
            chosen = error.names[question.answers.index(answer)]
        return _read(replace(source, sheet=chosen))


def _is_stream(path: Path) -> bool:
    """Say whether a path is there for this process alone, as `<(…)` and /dev/stdin are, or is a pipe."""
    own = path.absolute().as_posix().startswith(("/dev/std", "/dev/fd/", "/proc/"))
    return path == Path("-") or path.is_fifo() or (own and path.exists())


def _read(source: Source) -> Sample:
    with _opened(source) as table:
        most = max(1, min(_ROWS, _CELLS // len(table.header)))
        found = list(islice(table.rows(), most + 1))
        rows = [row for row in found[:most] if row.rejection is None]
        if not rows:
            raise InputError(f"{table.name}: {_why_none(table, found)}")
        # The job names the sheet that was found.
        read = replace(source, sheet=None if source.sheet is None else table.sheet)
        columns = [Column(name, look_at(row.cells[at] for row in rows)) for at, name in enumerate(table.header)]
        return Sample(read, table.header, table.fed_back, rows, len(found) <= most, columns)


def _why_none(table: Table, found: Sequence[Row]) -> str:
    """Return why no row can be read, and what to do."""
    names, wide = len(table.header), next((row for row in found if len(row.cells) > len(table.header)), None)
    if wide is not None:
        has = "1 name" if names == 1 else f"{names} names"
        return (
            f"row {table.header_row} is taken for the header and has {has}; row {wide.number} has {len(wide.cells)} "
            "cells: delete what stands above the header"
        )
    what = "no row that can be read" if found else "a header and no rows"
    return f"has {what}, so nothing shows what its columns hold: check the export"


def _opened(source: Source) -> Table:
    """Open a table; a sheet that is written in digits may be its name, or else its number."""
    try:
        return open_table(source)
    except InputError:
        if not (isinstance(source.sheet, str) and source.sheet.isdecimal()):
            raise
    return open_table(replace(source, sheet=int(source.sheet)))


@contextmanager
def _in_words_of_options() -> Iterator[None]:
    """Let messages name the options of the command where they name the settings of a job."""
    try:
        yield
    except InputError as error:
        problems = [_SETTING.sub(r"--\1 ", each).replace("--sheet .", "--sheet.") for each in error.problems]
        problems = [re.sub(r" ([.,; ]|$)", r"\1", each.replace("input.path", "the path")) for each in problems]
        if isinstance(error, ManySheets) and error.names:
            problems = [f"{each} {shown(error.names[0])}" for each in problems]
        raise InputError(*problems) from None
