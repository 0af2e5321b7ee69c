"""Workbooks of Excel, made of XML by hand: what no program writes, somebody may."""

# ruff: noqa: E501 - a piece of XML, or a file with how it ends, reads best on one line

import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

MEGA = 1 << 20
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
SHEET, STRINGS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"


def text(place: str, value: str) -> str:
    """Return a cell with a text in it; one without a place stands behind the one before it."""
    where = f' r="{place}"' if place else ""
    return f'<c{where} t="inlineStr"><is><t>{value}</t></is></c>'


HEADER = f'<row r="1">{text("A1", "Case ID")}{text("B1", "Notes")}</row>'


def sheet(
    rows: str = f'<row r="2">{text("A2", "ci-1")}{text("B2", "one")}</row>', before: str = "", after: str = ""
) -> str:
    """Return the XML of a sheet with a header and these rows."""
    return f"{before}<worksheet {MAIN}><sheetData>{HEADER}{rows}</sheetData>{after}</worksheet>"


def workbook(
    sheets: str = '<sheet name="Cases" sheetId="1" r:id="rId1"/>', before: str = "", properties: str = ""
) -> str:
    """Return the XML of a workbook."""
    return f'{before}<workbook {MAIN} xmlns:r="{OFFICE}">{properties}<sheets>{sheets}</sheets></workbook>'


def relations(target: str = "worksheets/sheet1.xml", more: str = "", before: str = "", mode: str = "") -> str:
    """Return the XML that says where the parts of a workbook are."""
    ways = f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="{target}"{mode}/>' + "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{name}" Target="{name}.xml"/>'
        for name in ("sharedStrings", "styles")
    )
    return f'{before}<Relationships xmlns="{PACKAGE}">{ways}{more}</Relationships>'


def parts(more: Mapping[str, str | bytes]) -> dict[str, str | bytes]:
    """Return the parts of a workbook that is as it should be, but for these."""
    own: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        WORKBOOK: workbook(),
        RELATIONS: relations(),
        STRINGS: f"<sst {MAIN}/>",
        STYLES: f"<styleSheet {MAIN}/>",
        SHEET: sheet(),
    }
    return own | dict(more)


def xlsx(more: Mapping[str, str | bytes] | None = None, **named: str | bytes) -> Callable[[Path], None]:
    """Return what writes a workbook with these parts: by their names, or `sheet`, `strings`, `styles`, `workbook`, `rels`."""
    short = {"sheet": SHEET, "strings": STRINGS, "styles": STYLES, "workbook": WORKBOOK, "rels": RELATIONS}
    every = parts({**(more or {}), **{short[name]: part for name, part in named.items()}})

    def write(path: Path) -> None:
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for name, part in every.items():
                archive.writestr(name, part)

    return write


def swollen(part: str, head: str, piece: str, size: int, tail: str) -> Callable[[Path], None]:
    """Return what writes a workbook one part of which inflates to `size` bytes."""

    def write(path: Path) -> None:
        block = piece.encode() * max(1, MEGA // len(piece))
        with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            for name, content in parts({}).items():
                if name != part:
                    archive.writestr(name, content)
            with archive.open(part, "w", force_zip64=True) as stream:
                stream.write(head.encode())
                for _ in range(size // len(block) + 1):
                    stream.write(block)
                stream.write(tail.encode())

    return write


def lying(part: str, make: Callable[[], bytes], told: int) -> Callable[[Path], None]:
    """Return what writes a workbook that tells a smaller size of one part than it inflates to, with a sum that fits."""

    def write(path: Path) -> None:
        content = make()
        xlsx({part: content})(path)
        data = bytearray(path.read_bytes())
        with ZipFile(path) as archive:
            offset = archive.getinfo(part).header_offset
        central = data.index(part.encode(), data.index(b"PK\x01\x02")) - 46
        while data[central : central + 4] != b"PK\x01\x02":
            central = data.index(part.encode(), central + 47) - 46
        for place in (offset + 14, central + 16):
            struct.pack_into("<I", data, place, zlib.crc32(content[:told]))
        for place in (offset + 22, central + 24):
            struct.pack_into("<I", data, place, told)
        path.write_bytes(data)

    return write


def twice(part: str, first: str, second: str) -> Callable[[Path], None]:
    """Return what writes a workbook that has one part two times."""

    def write(path: Path) -> None:
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for name, content in parts({part: first}).items():
                archive.writestr(name, content)
            archive.writestr(ZipInfo(part.swapcase()), second)

    return write


def overlapping(path: Path, size: int = 64 * MEGA, count: int = 500) -> None:
    """Write a workbook with many entries that are all the same bytes of the file."""
    swollen("xl/media/image1.png", "", "x", size, "")(path)
    data = path.read_bytes()
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", data, end + 16)[0]
    central = data[start:end]
    one = central[central.rindex(b"PK\x01\x02") :]
    copies = b"".join(one.replace(b"image1.png", b"%06d.png" % number) for number in range(count))
    total = struct.unpack_from("<H", data, end + 10)[0] + count
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, total, total, len(central) + len(copies))
    path.write_bytes(data[:end] + copies + tail)


def many_parts(path: Path, count: int) -> None:
    """Write a workbook with so many more parts."""
    xlsx({f"xl/media/{number}": b"" for number in range(count)})(path)


def with_values(kind: str, values: str) -> str:
    """Return a sheet with one row of a key and this cell."""
    return sheet(f'<row r="2">{text("A2", "ci-1")}<c r="B2"{kind}>{values}</c></row>')


def dates(*serials: str) -> str:
    """Return a sheet whose notes are these numbers, formatted as dates."""
    return sheet(
        "".join(
            f'<row r="{row}">{text(f"A{row}", f"ci-{row}")}<c r="B{row}" s="1"><v>{serial}</v></c></row>'
            for row, serial in enumerate(serials, 2)
        )
    )


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>'
REMOTE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'
DATE_STYLES = f'<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
