"""Which encoding a text file has: told by its byte order mark or the job, proven by a pass over all of it."""

import codecs
import re
from dataclasses import dataclass
from difflib import get_close_matches
from encodings.aliases import aliases
from hashlib import sha256
from io import TextIOWrapper
from typing import TextIO

from bulkcase.cells import shown
from bulkcase.errors import InputError
from bulkcase.input.content import CHUNK, Content

_MARKS = (
    # UTF-32 first: its little-endian mark starts with the one of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NEED_A_MARK = frozenset({"utf-16", "utf-32"})
_NO_FILE_HAS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
_LIKELY = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "cp932", "gb18030", "big5", "cp949")
"""What spreadsheets and exports write where they do not write Unicode, the most frequent first."""
_SAMPLE = 1 << 16
MOST_CHARACTERS = 1 << 22
"""Of one row: 128 cells that are as long as a spreadsheet lets them be. More than that is no row of a table."""
_BREAK = re.compile(r"[\r\n]")
_NUL = "\0"


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec, and the length of the byte order mark in front of the text."""

    codec: str
    mark: int = 0
    is_set: bool = False
    """The job names it."""


def encoding_of(name: str, head: bytes, setting: str | None) -> Encoding:
    """Return the file's encoding: its byte order mark, else the job's setting, else UTF-8.

    Raises InputError for a setting that is no encoding, or one that means nothing without a mark.
    """
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return Encoding(codec, len(mark))
    if setting is None:
        return Encoding("utf-8")
    codec = _codec_of(name, setting)
    if codec in _NEED_A_MARK:
        raise InputError(
            f"{name}: input.encoding = {shown(setting)} needs a byte order mark, and the file has none: "
            f'set input.encoding = "{codec}-le" or "{codec}-be"'
        )
    return Encoding(codec, is_set=True)


def open_text(content: Content, encoding: Encoding, errors: str = "strict") -> TextIO:
    """Open the text behind the byte order mark, line breaks as they are."""
    stream = content.open()
    stream.seek(encoding.mark)
    return TextIOWrapper(stream, encoding.codec, errors=errors, newline="")


def prove(content: Content, encoding: Encoding) -> str:
    """Decode the whole file strictly, in pieces, and return the SHA-256 of its bytes.

    Raises InputError, naming the row, where the bytes are not text of this encoding.
    """
    digest = sha256()
    decoder = codecs.getincrementaldecoder(encoding.codec)("strict")
    characters = since_break = 0
    position = encoding.mark
    with content.open() as stream:
        digest.update(stream.read(encoding.mark))
        while True:
            chunk = stream.read(CHUNK)
            digest.update(chunk)
            position += len(chunk)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                offset = position - len(error.object) + error.start
                before = error.object[: error.start].decode(encoding.codec, "replace")
                raise InputError(
                    _not_text(content, encoding, offset, characters + len(before), error.object)
                ) from error
            if _NUL in text:
                raise InputError(_holds_nul(content, encoding, characters + text.index(_NUL), chunk))
            first = _BREAK.search(text)
            if since_break + (first.start() if first else len(text)) > MOST_CHARACTERS:
                raise InputError(_too_long(content, encoding, characters - since_break))
            characters += len(text)
            since_break = len(text) - 1 - max(map(text.rfind, "\r\n")) if first else since_break + len(text)
            if not chunk:
                break
    content.check_unchanged()
    return digest.hexdigest()


def _codec_of(name: str, setting: str) -> str:
    try:
        "".encode(setting)
        codec = codecs.lookup(setting).name
    except (LookupError, ValueError):
        codec = ""
    if codec and codec.replace("_", "-") not in _NO_FILE_HAS:
        return codec
    known = {*aliases, *aliases.values()}
    wanted = setting.lower().replace("-", "_")
    near = get_close_matches(wanted, known, n=1, cutoff=0.5)
    suggestion = near[0] if near else "cp1252"
    raise InputError(
        f"{name}: input.encoding = {shown(setting)} is no known encoding: "
        f'set another one, such as input.encoding = "{suggestion}"'
    )


def _too_long(content: Content, encoding: Encoding, start: int) -> str:
    """Say which row is too long; its line starts with the character of this index."""
    row = _row_at(content, encoding, start - 1) + 1 if start else 1
    return (
        f"{content.name}: row {row} has more than {MOST_CHARACTERS:,} characters without a line break: "
        "export the file again as CSV, with a line for each row"
    )


def _not_text(content: Content, encoding: Encoding, offset: int, characters: int, sample: bytes) -> str:
    where = f"{content.name}: row {_row_at(content, encoding, characters)} (byte offset {offset:,})"
    if encoding.is_set:
        return (
            f'{where} cannot be read with input.encoding = "{encoding.codec}": '
            "set the encoding that the file was written with"
        )
    if encoding.mark:
        return (
            f"{where} is not {encoding.codec.upper()}, though the file begins as such; "
            "the file is damaged: export it again"
        )
    start = max(0, offset - _SAMPLE // 2)
    with content.open() as stream:
        head = stream.read(_SAMPLE)
        stream.seek(start)
        near = stream.read(_SAMPLE)
    if (endian := _wide(sample[:_SAMPLE])) is not None:
        return f'{where} is not UTF-8; it looks like UTF-16: set input.encoding = "{endian}"'
    likely = _likely(head + near)
    looks = f"it looks like {likely}" if likely else "its encoding is not known"
    return (
        f"{where} is not UTF-8; {looks}: save it as CSV UTF-8, "
        f'or set input.encoding = "{likely or _LIKELY[0]}" and look at the result of a check'
    )


def _holds_nul(content: Content, encoding: Encoding, characters: int, chunk: bytes) -> str:
    where = f"{content.name}: row {_row_at(content, encoding, characters)} holds a NUL character"
    endian = _wide(chunk[:_SAMPLE])
    if endian is not None and endian != encoding.codec and not encoding.mark:
        return f'{where}; the file looks like UTF-16: set input.encoding = "{endian}"'
    return f"{where}; the file is damaged or no text: export it again"


def _wide(sample: bytes) -> str | None:
    """Name the UTF-16 of a text in which about every other byte is NUL."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 5 < len(sample):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _likely(sample: bytes) -> str | None:
    # Takes a tenth of a second to import, and only this error needs it.
    from charset_normalizer import from_bytes  # noqa: PLC0415 - see above

    best = from_bytes(sample, cp_isolation=list(_LIKELY)).best()
    if best is None:
        return None
    same = {best.encoding, *best.could_be_from_charset}
    return next((codec for codec in _LIKELY if codec in same), best.encoding)


def _row_at(content: Content, encoding: Encoding, characters: int) -> int:
    """Return the number of the row that holds the character with this index.

    The delimiter is not known yet, so a line break counts where the quotes before it are in pairs.
    """
    row, seen, quotes = 1, 0, 0
    with open_text(content, encoding, errors="replace") as text:
        for line in text:
            seen += len(line)
            if seen > characters:
                break
            quotes += line.count('"')
            row += quotes % 2 == 0
    return row
