"""The archive that a workbook is: looked through before anything in it is unpacked into memory.

A small file can inflate to any size, its directory can tell another size than a part has, and one part can stand there
twice, so that two readers see two workbooks. The reader of workbooks trusts all of that, so none of it gets that far.
"""

from collections.abc import Callable
from copy import copy
from typing import NamedTuple
from zipfile import ZipFile, ZipInfo

from bulkcase.cells import shown
from bulkcase.errors import InputError
from bulkcase.input.content import CHUNK, Content
from bulkcase.input.encodings import MOST_CHARACTERS

MOST_PARTS = 10_000
MOST_IN_ALL = 4 << 30
"""Bytes of all parts together, unpacked."""
_ENTRY = b"PK\x01\x02"
"""How an entry of the directory begins (APPNOTE 4.3.12)."""
_NO_END = 1 << 62
_SAVE = "open it in a spreadsheet program and save it again, or save it as CSV"


class Limit(NamedTuple):
    """How much a part may hold."""

    size: int
    """Bytes, unpacked."""
    tags: int = MOST_IN_ALL
    """Elements, each counted where it begins and where it ends."""
    run: int = MOST_IN_ALL
    """Bytes from one element to the next."""


ANY = Limit(1 << 30)
"""What nobody reads, such as a picture."""
SHEET = Limit(2 << 30, run=MOST_CHARACTERS)
"""A sheet: some forty million cells, read in pieces."""
TEXTS = Limit(512 << 20, 60_000_000, MOST_CHARACTERS)
"""The texts that the sheets of a workbook share, which are held in memory."""
OTHER = Limit(64 << 20, run=MOST_CHARACTERS)
"""What else is read whole: the list of sheets, the styles."""


def check_parts(content: Content) -> None:
    """Raise InputError for an archive with more parts than any workbook has, before its directory is read."""
    count, tail = 0, b""
    with content.open() as stream:
        while chunk := stream.read(CHUNK):
            text = tail + chunk
            count += text.count(_ENTRY)
            tail = text[1 - len(_ENTRY) :] if len(text) >= len(_ENTRY) else text
    if count > MOST_PARTS:
        raise InputError(f"{content.name}: the file has more than {MOST_PARTS:,} parts, as no workbook has: {_SAVE}")


def check_sizes(name: str, archive: ZipFile, limit_of: Callable[[str], Limit]) -> None:
    """Unpack every part, holding none, and raise InputError where one is not what it should be.

    `limit_of` tells how much a part may hold; one that nobody reads still counts for the whole. Raises what `zipfile`
    raises for an archive that is damaged.
    """
    parts = archive.infolist()
    _check_names(name, parts)
    left = MOST_IN_ALL
    for part in parts:
        limit = limit_of(part.filename)
        most = limit._replace(size=min(limit.size, left))
        size, tags, run = _measured(archive, part, most)
        if size > most.size:
            raise InputError(
                f"{name}: {_called(part)} inflates to more than {most.size >> 20:,} MiB: save the sheet as CSV"
            )
        if tags > most.tags:
            raise InputError(f"{name}: {_called(part)} has more than {most.tags:,} elements: save the sheet as CSV")
        if run > most.run:
            raise InputError(f"{name}: {_called(part)} has a text of more than {most.run:,} characters: {_SAVE}")
        if size != part.file_size:
            raise InputError(f"{name}: {_called(part)} has another size than the archive says: {_SAVE}")
        left -= size


def _measured(archive: ZipFile, part: ZipInfo, most: Limit) -> Limit:
    """Return how much a part holds; as soon as one of the three is too much, that is enough to know."""
    # What the directory says of the size is where zipfile would stop, and others would not.
    unbelieved = copy(part)
    unbelieved.file_size = _NO_END
    size = tags = run = 0
    # Three bytes make the shortest element. A part that says it is smaller, and is not, is refused for that.
    counts_tags = part.file_size > 3 * most.tags
    with archive.open(unbelieved) as stream:
        while size <= most.size and tags <= most.tags and run <= most.run and (chunk := stream.read(CHUNK)):
            size += len(chunk)
            if counts_tags:
                tags += chunk.count(b"<")
            if most.run < MOST_IN_ALL:
                run = 0 if b"<" in chunk else run + len(chunk)
    return Limit(size, tags, run)


def _check_names(name: str, parts: list[ZipInfo]) -> None:
    seen: set[str] = set()
    for part in parts:
        folded = part.filename.replace("\\", "/").lower()
        if folded in seen:
            raise InputError(f"{name}: {_called(part)} is there twice: {_SAVE}")
        seen.add(folded)


def _called(part: ZipInfo) -> str:
    return f"its part {shown(part.filename)}"
