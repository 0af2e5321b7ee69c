"""Hostile OpenDocument sheets."""

# ruff: noqa: E501 - a piece of XML, or a file with how it ends, reads best on one line

from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from support.hostile import Hostile
from support.hostile_xlsx import LAUGHS, OUTSIDE, REMOTE

MEGA = 1 << 20
OPEN = "".join(  # noqa: FLY002 - four lines of one text
    (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"',
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"',
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>',
        '<table:table table:name="Cases">',
    )
)
CLOSE = "</table:table></office:spreadsheet></office:body></office:document-content>"


def cell(value: str, attributes: str = "") -> str:
    """Return a cell with a text in it."""
    return f'<table:table-cell office:value-type="string"{attributes}><text:p>{value}</text:p></table:table-cell>'


def row(*cells: str, attributes: str = "") -> str:
    """Return a row of these cells."""
    return f"<table:table-row{attributes}>{''.join(cells)}</table:table-row>"


HEADER = row(cell("Case ID"), cell("Notes"))


def ods(*rows: str, before: str = "", manifest: str = "") -> Callable[[Path], None]:
    """Return what writes a document with a header and these rows."""

    def write(path: Path) -> None:
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            archive.writestr("content.xml", f"{before}{OPEN}{HEADER}{''.join(rows)}{CLOSE}")
            if manifest:
                archive.writestr("META-INF/manifest.xml", manifest)

    return write


def swollen(head: str, piece: str, size: int, tail: str) -> Callable[[Path], None]:
    """Return what writes a document that inflates to `size` bytes."""

    def write(path: Path) -> None:
        block = piece.encode() * max(1, MEGA // len(piece))
        with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive, archive.open("content.xml", "w") as stream:
            stream.write(head.encode())
            for _ in range(size // len(block) + 1):
                stream.write(block)
            stream.write(tail.encode())

    return write


_KEY = cell("ci-1")
_MANY = ' table:number-columns-repeated="16384"'

DOCUMENTS = [
    Hostile("plain.ods", ods(row(_KEY, cell("x"))), 0),
    Hostile("bomb.ods", swollen(OPEN + HEADER, "<table:table-row/>", 1100 * MEGA, CLOSE), 2, "inflates", is_big=True),
    Hostile("spaces.ods", swollen(OPEN + HEADER, " ", 300 * MEGA, CLOSE), 2, "characters"),
    Hostile(
        "text-bomb.ods",
        swollen(
            OPEN + HEADER + "<table:table-row><table:table-cell><text:p>",
            "x",
            300 * MEGA,
            "</text:p></table:table-cell></table:table-row>" + CLOSE,
        ),
        2,
        "characters",
    ),
    Hostile(
        "paragraphs.ods",
        swollen(
            OPEN + HEADER + f"<table:table-row>{_KEY}<table:table-cell>",
            f"<text:p>{'x' * 99}</text:p>",
            40 * MEGA,
            f"</table:table-cell></table:table-row>{CLOSE}",
        ),
        2,
        "characters",
    ),
    *(
        Hostile(f"{name}.ods", ods(before=before), 2)
        for name, before in (("laughs", LAUGHS), ("outside", OUTSIDE), ("remote", REMOTE))
    ),
    Hostile(
        "rows-without-end.ods",
        ods(*[row(_KEY, cell("x"), attributes=' table:number-rows-repeated="1048576"')] * 50),
        2,
        "more than 1,048,576 rows",
    ),
    Hostile(
        "blank-rows-without-end.ods",
        ods(*[row(attributes=' table:number-rows-repeated="1048576"')] * 5000),
        2,
        "no rows",
    ),
    Hostile("columns-without-end.ods", ods(row(*[cell("x", _MANY)] * 2)), 2, "cells"),
    Hostile("wide-text.ods", ods(row(_KEY, cell("x" * 100_000, _MANY.replace("16384", "16383")))), 1, "characters"),
    Hostile("spaces-in-one.ods", ods(row(_KEY, cell('<text:s text:c="1000000000"/>'))), 2, "repeats"),
    Hostile("spaces-in-many.ods", ods(row(_KEY, cell('<text:s text:c="4000000"/>' * 300))), 2, "characters"),
    Hostile("repeated-never.ods", ods(row(_KEY, cell("x", ' table:number-columns-repeated="-1"'))), 2, "repeats"),
    Hostile("repeated-by-words.ods", ods(row(_KEY, cell("x", ' table:number-columns-repeated="many"'))), 2),
    Hostile("locked.ods", ods(manifest="<encryption-data/>"), 2, "password"),
    Hostile("deep.ods", ods("<a>" * 300_000 + "</a>" * 300_000), 2, "no rows"),
    Hostile(
        "script.ods",
        ods(
            row(
                _KEY,
                '<table:table-cell table:formula="of:=DDE(&quot;cmd&quot;;&quot;/C calc&quot;;0)" office:value-type="string"><text:p>x</text:p></table:table-cell>',
            )
        ),
        0,
    ),
]
