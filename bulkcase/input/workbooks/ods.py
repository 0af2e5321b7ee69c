"""OpenDocument sheets to rows, streaming.

Calamine is not used for them: it returns error values as blank cells (or as 0), and drops tabs and line breaks inside
of texts. The format: OASIS OpenDocument 1.3, part 3, chapters 9 (tables), 6.1 (text) and 19.385 (office:value-type).
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO
from zipfile import BadZipFile, ZipFile

from bulkcase.errors import InputError
from bulkcase.input.content import Content, Source
from bulkcase.input.table import Table
from bulkcase.input.workbooks.archive import ANY, SHEET, check_sizes
from bulkcase.input.workbooks.ods_cells import SheetParser
from bulkcase.input.workbooks.sheets import Line, SheetName, chosen_sheet, sheet_header, sheet_rows
from bulkcase.input.workbooks.xmlstream import Attributes, walk


def table_of_ods(content: Content, source: Source) -> Table:
    """Open a sheet of an .ods document; raise InputError where it cannot be read as it stands."""
    digest = content.sha256()
    with _archive(content) as archive:
        check_sizes(content.name, archive, lambda part: SHEET if part == "content.xml" else ANY)
    lines_of = partial(_lines, content)
    name = chosen_sheet(content.name, _sheets(content), source.sheet, lines_of)
    header, first = sheet_header(content.name, name, lines_of(name))
    return Table(
        content=content,
        header=header,
        sha256=digest,
        rows=lambda: sheet_rows(header, first, lines_of(name)),
        sheet=name,
    )


def _sheets(content: Content) -> list[SheetName]:
    style = ""
    hidden: set[str] = set()
    tables: list[tuple[str, str]] = []

    def start(name: str, attributes: Attributes) -> None:
        nonlocal style
        if name == "style":
            style = attributes.get("name", "")
        elif name == "table-properties" and attributes.get("display") == "false":
            hidden.add(style)
        elif name == "table" and "name" in attributes:
            tables.append((attributes["name"], attributes.get("style-name", "")))

    with _document(content) as document:
        for _ in walk(document, start):
            pass
    return [SheetName(name, used not in hidden) for name, used in tables]


def _lines(content: Content, sheet: str) -> Iterator[Line]:
    parser = SheetParser(sheet)
    with _document(content) as document:
        for _ in walk(document, parser.start, parser.end, parser.data):
            yield from parser.taken()
    content.check_unchanged()


@contextmanager
def _document(content: Content) -> Iterator[IO[bytes]]:
    """Open the part with the cells."""
    with _archive(content) as archive, archive.open("content.xml") as document:
        yield document


@contextmanager
def _archive(content: Content) -> Iterator[ZipFile]:
    """Open the document; whatever is found to be wrong with it becomes one InputError."""
    try:
        with content.open() as stream, ZipFile(stream) as archive:
            yield archive
    # What zipfile raises for an archive that is damaged, locked, or packed in a way that it does not know.
    except (BadZipFile, KeyError, NotImplementedError, OSError, RuntimeError, ValueError, zlib.error) as error:
        raise InputError(
            f"{content.name}: the document is damaged and cannot be read ({error}): "
            "open it in a spreadsheet program and save it again"
        ) from error
