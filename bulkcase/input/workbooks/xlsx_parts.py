"""Which part of an .xlsx is what, and how much each may hold.

ECMA-376 part 2, 9.3 (relationships); part 1, 12.3 (the parts of a workbook) and 18.4 (shared texts).
"""

import posixpath
import re
from array import array
from collections.abc import Iterator
from zipfile import ZipFile

from bulkcase.errors import InputError
from bulkcase.input.content import CHUNK
from bulkcase.input.encodings import MOST_CHARACTERS
from bulkcase.input.workbooks.archive import ANY, OTHER, SHEET, TEXTS, Limit, check_sizes
from bulkcase.input.workbooks.sheets import MOST_TEXT
from bulkcase.input.workbooks.xmlstream import Attributes, XmlError, walk

_ROOT, _WORKBOOK, _RELATIONS = "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_MOST_RELATIONS = 10_000
_OVERLAP = 256
_TEXT = re.compile(rb"<(?:\w+:)?si[\s/>]")
_SHARED = re.compile(rb"""\bt\s*=\s*["'](?:s["']|&#)""")
_SHARED_PLAINLY = re.compile(rb"""\bt\s*=\s*["']s["'][^<>]*>\s*<(?:\w+:)?v[^<>]*>\s*(\d{1,9})\s*</""")

Relations = list[tuple[str, str, str]]
"""The id, the last word of the type in small letters, and the target of each."""


def check_xlsx(name: str, archive: ZipFile) -> None:
    """Raise InputError for a workbook whose parts are not what they should be, before anything is read into memory.

    Raises XmlError or KeyError where it is not built as it should be, and what `zipfile` raises for a damaged archive.
    """
    parts = {part.lower(): part for part in archive.namelist()}
    for _, kind, target in relations(archive, parts.get(_ROOT)):
        # Another reader would go there, and see another workbook than is looked at here.
        if kind == "officedocument" and _joined("/", target) != _WORKBOOK:
            raise XmlError("its list of sheets is not where it should be")
    limits = {_WORKBOOK: OTHER, _RELATIONS: OTHER, _ROOT: OTHER}
    for _, kind, target in relations(archive, parts.get(_RELATIONS)):
        limit = {"worksheet": SHEET, "styles": OTHER}.get(kind, TEXTS)
        part = _joined("/xl", target)
        limits[part] = min(limit, limits.get(part, limit))

    def limit_of(part: str) -> Limit:
        return limits.get(part.replace("\\", "/").lower(), ANY)

    check_sizes(name, archive, limit_of)


def part_of(archive: ZipFile, sheet: str) -> str:
    """Return the part of a sheet; raises XmlError or KeyError where the workbook is not built as it should be."""
    parts = {name.lower(): name for name in archive.namelist()}
    ids: dict[str, str] = {}

    def on_sheet(name: str, attributes: Attributes) -> None:
        if name == "sheet":
            ids[attributes["name"]] = attributes["id"]

    with archive.open(parts[_WORKBOOK]) as stream:
        for _ in walk(stream, on_sheet):
            pass
    targets = {name: target for name, _, target in relations(archive, parts[_RELATIONS])}
    return parts[_joined("/xl", targets[ids[sheet]])]


def relations(archive: ZipFile, part: str | None) -> Relations:
    """Return what a part with relationships says; nothing where it is not there."""
    found: Relations = []
    if part is None:
        return found

    def on_relation(name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            kind = attributes.get("Type", "").rpartition("/")[2].lower()
            found.append((attributes["Id"], kind, attributes["Target"]))
            if len(found) > _MOST_RELATIONS:
                raise XmlError(f"it has more than {_MOST_RELATIONS:,} relationships")

    with archive.open(part) as stream:
        for _ in walk(stream, on_relation):
            pass
    return found


def check_texts(name: str, archive: ZipFile, sheet: str, part: str) -> None:
    """Raise InputError where the texts that the cells of a sheet share would take too much memory, one copy each.

    `part` is the sheet's. How long a text is, is taken from its XML, which is longer.
    """
    parts = {each.lower(): each for each in archive.namelist()}
    shared = {_joined("/xl", to) for _, kind, to in relations(archive, parts[_RELATIONS]) if kind == "sharedstrings"}
    lengths = array("Q")
    for each in shared & set(parts):
        lengths.extend(_lengths(archive, parts[each]))
    longest = max(lengths, default=0)
    if longest > MOST_CHARACTERS:
        raise InputError(
            f"{name}: a text of the workbook has more than {MOST_CHARACTERS:,} characters: "
            "shorten it, or save the sheet as CSV and look for it there"
        )
    # A cell that has a shared text takes sixteen bytes of XML at the least: most sheets are too small to matter.
    if archive.getinfo(part).file_size // 16 * longest <= MOST_TEXT:
        return
    if _text_of(archive, part, lengths, longest) > MOST_TEXT:
        raise InputError(
            f'{name}: the texts in the cells of the sheet "{sheet}" have more than {MOST_TEXT >> 20:,} MiB together, '
            "too much to be loaded: save it as CSV"
        )


def _lengths(archive: ZipFile, part: str) -> Iterator[int]:
    """Yield the bytes between a shared text and the next one, but for those of the tags that begin them."""
    length, tail = 0, b""
    with archive.open(part) as stream:
        is_over = False
        while not is_over:
            chunk = stream.read(CHUNK)
            is_over = not chunk
            # A tag that is cut in two is looked at with what comes next.
            text = tail + chunk
            cut = len(text) if is_over or b"<" not in text else text.rindex(b"<")
            tail = text[cut:]
            first, *more = _between(text[:cut])
            length += first
            if more:
                yield length
                yield from more[:-1]
                length = more[-1]
    yield length


def _between(text: bytes) -> list[int]:
    """Return the lengths of what stands before, between and behind the beginnings of shared texts."""
    is_plain = b":si" not in text and text.count(b"<si") == text.count(b"<si>")
    return list(map(len, text.split(b"<si>") if is_plain else _TEXT.split(text)))


def _text_of(archive: ZipFile, part: str, lengths: "array[int]", longest: int) -> int:
    """Return the bytes of the shared texts of a sheet, each counted as often as a cell has it; or too many."""
    total = 0
    for text in pieces(archive, part):
        many = len(_SHARED.findall(text))
        total += _exactly(text, many, lengths, longest) if many * longest > CHUNK else many * longest
        if total > MOST_TEXT:
            break
    return total


def _exactly(text: bytes, many: int, lengths: "array[int]", longest: int) -> int:
    plain = _SHARED_PLAINLY.findall(text)
    # The first length is that of what stands before all texts.
    known = sum(lengths[int(index) + 1] for index in plain if int(index) + 1 < len(lengths))
    return known + max(0, many - len(plain)) * longest


def pieces(archive: ZipFile, part: str) -> Iterator[bytes]:
    """Yield a part in pieces of whole cells; where none is to be seen, in pieces that overlap a little."""
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            text = tail + chunk
            last = text.rfind(b"<c")
            # What has no end in sight is cut: all of it would be held.
            is_whole = last > 0 and len(text) - last <= MOST_CHARACTERS
            yield text[:last] if is_whole else text
            tail = text[last:] if is_whole else text[-_OVERLAP:]
    yield tail


def _joined(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(folder, target.replace("\\", "/"))).lstrip("/").lower()
