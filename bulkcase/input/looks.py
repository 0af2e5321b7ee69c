"""What a file is that is no table, told by how it begins: its name may promise a CSV all the same.

The beginnings are those that the formats' documents tell: gzip RFC 1952 2.3.1, PDF ISO 32000 7.5.2, SQLite's format
1.3, PNG 3rd edition 5.2, zstd RFC 8878 3.1.1; Parquet, 7z and xz by their descriptions.
"""

import re

_PACKED = "a packed file: unpack it, and name the table that is in it"
_PICTURE = "a picture: name the file with the table"
_BEGINNINGS = (
    (b"\x1f\x8b", _PACKED),
    (b"BZh", _PACKED),
    (b"\xfd7zXZ\0", _PACKED),
    (b"\x28\xb5\x2f\xfd", _PACKED),
    (b"7z\xbc\xaf\x27\x1c", _PACKED),
    (b"Rar!\x1a\x07", _PACKED),
    (b"%PDF-", "a PDF: export the table itself as CSV"),
    (b"SQLite format 3\0", "a database of SQLite: export the table as CSV"),
    (b"PAR1", "a Parquet file: export it as CSV"),
    (b"\x89PNG\r\n\x1a\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
)
_MARKUP = (
    (
        re.compile(rb"<!doctype html|<(?:html|head|body|table|meta|div|style)\b", re.IGNORECASE),
        "a web page, as some programs export for a spreadsheet: open it in one, and save it as CSV or .xlsx",
    ),
    (
        re.compile(rb"<\?xml\b|<!--|<\w+:?\w*\s+xmlns"),
        "an XML file: open it in a spreadsheet, and save it as CSV or .xlsx",
    ),
    (re.compile(rb'\[\s*[\[{"]|\{\s*"'), "JSON: export the table as CSV"),
)
_MARKS = b"\xef\xbb\xbf"
HEAD = 512
"""Bytes that are enough to tell."""


def what_else(head: bytes) -> str | None:
    """Return what a file that begins so is, and what to do about it; None where it may be text with cells."""
    for beginning, what in _BEGINNINGS:
        if head.startswith(beginning):
            return what
    text = head.removeprefix(_MARKS).lstrip()
    return next((what for look, what in _MARKUP if look.match(text)), None)
