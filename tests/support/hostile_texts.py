"""Hostile CSV files, and files that only say that they are CSV."""

import gzip
import os
import sqlite3
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from support.hostile import ROWS, Hostile, bytes_of, read, refused, repeated

MEGA = 1 << 20


def _utf8_then_latin(path: Path) -> None:
    with path.open("wb") as stream:
        stream.write(b"Case ID,Notes\n")
        stream.write(b"".join(b"ci-%d,x\n" % number for number in range(2, 900_001)))
        stream.write("ci-9,Größe\n".encode("latin-1"))


def _sqlite(path: Path) -> None:
    base = sqlite3.connect(path)
    base.execute("create table cases (id, notes)")
    base.commit()
    base.close()


def _zip(path: Path) -> None:
    with ZipFile(path, "w") as archive:
        archive.writestr("cases.csv", ROWS)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _columns(count: int) -> bytes:
    return b"Case ID,Notes," + b",".join(b"c%d" % number for number in range(count)) + b"\nci-1,x\n"


_BIDI = "\u202e\u2066\u200b\u200f"
_NUMBERS = ("1e400", "nan", "inf", "-0", "0x10", "١٢٣", "-1e-400", "1_000", "\uff11\uff12", "1,5", "9" * 400)

TEXTS = [
    refused("nul.csv", ROWS, b"ci-2,\0\n", says="row 3 holds a NUL"),
    refused("utf-16-without-mark.csv", ROWS.decode().encode("utf-16-le"), says='set input.encoding = "utf-16-le"'),
    refused("utf-16-be-without-mark.csv", ROWS.decode().encode("utf-16-be"), says='set input.encoding = "utf-16-be"'),
    refused("random.csv", bytes(range(256)) * 4000, says="is not UTF-8"),
    refused("zeros.csv", bytes(3 * MEGA), says="NUL"),
    Hostile("one-line.csv", repeated(b"Case ID,Notes", b"x", 80 * MEGA), 2, "row 1"),
    Hostile("one-line-600-mb.csv", repeated(b"Case ID,Notes", b"x", 600 * MEGA), 2, "row 1", is_big=True),
    Hostile("one-row.csv", repeated(ROWS + b"ci-2,", b"x", 40 * MEGA, b"\nci-3,y\n"), 2, "row 3"),
    Hostile("one-row-of-commas.csv", repeated(ROWS + b"ci-2", b",", 60 * MEGA, b"\nci-3,y\n"), 2, "row 3"),
    Hostile(
        "open-quote.csv", repeated(ROWS + b'ci-2,"', b"ci-3,y\n", 8 * MEGA), 2, "row 3: a quote that opens on line 3"
    ),
    Hostile(
        "open-quote-400-mb.csv",
        repeated(ROWS + b'ci-2,"', b"ci-3,y\n", 400 * MEGA),
        2,
        "row 3: a quote that opens on line 3",
        is_big=True,
    ),
    Hostile("open-quote-in-header.csv", repeated(b'"Case ID,Notes\n', b"ci-3,y\n", 8 * MEGA), 2, "the header"),
    Hostile("quotes-without-end.csv", repeated(ROWS + b'ci-2,"', b'\n","', 40 * MEGA), 2, "row 3"),
    Hostile("quotes-without-end-400-mb.csv", repeated(ROWS + b'ci-2,"', b'\n","', 400 * MEGA), 2, "row 3", is_big=True),
    Hostile("quotes-without-end-in-header.csv", repeated(b'Case ID,"', b'\n","', 40 * MEGA), 2, "header"),
    Hostile("long-lines-in-header.csv", repeated(b'Case ID,"', b"x" * 1000 + b"\n", 40 * MEGA), 2, "header"),
    refused("columns-100000.csv", _columns(100_000), says="columns"),
    Hostile("columns-3000000.csv", lambda path: path.write_bytes(_columns(3_000_000)), 2, "row 1"),
    Hostile("header-of-commas.csv", repeated(b"", b",", 20_000_000, b"\n"), 2, "row 1"),
    read("header-of-10000-characters.csv", b"Case ID,Notes,", b"h" * 10_000, b"\nci-1,one,x\n"),
    refused("header-twice-10000.csv", b"Case ID," + b",".join([b"h" * 10_000] * 2) + b"\nci-1,a,b\n", says="2 columns"),
    Hostile("latin-1-at-row-900001.csv", _utf8_then_latin, 2, "row 900001 (byte offset"),
    read("mark-in-the-middle.csv", ROWS, "\ufeffci-2,x\n".encode(), code=1, says="\\ufeff"),
    read("two-marks.csv", b"\xef\xbb\xbf" * 2 + ROWS, code=2, says="\\ufeff"),
    refused("utf-32-mark-alone.csv", b"\xff\xfe\0\0", says="header"),
    refused("lone-surrogate.csv", ROWS, b"ci-2,\xed\xa0\xbd\n", says="row 3 (byte offset"),
    refused(
        "utf-16-lone-surrogate.csv",
        b"\xff\xfe",
        "Case ID,Notes\nci-1,".encode("utf-16-le"),
        b"\x3d\xd8\n\0",
        says="row 2",
    ),
    read("bidi-key.csv", ROWS, f"ci-{_BIDI}2,x\n".encode(), code=1, says="\\u202e"),
    refused("bidi-header.csv", f"Case ID,N{_BIDI}otes\nci-1,x\n".encode(), says="\\u202e"),
    refused("bidi-header-twice.csv", f"Case ID,Notes,{_BIDI},{_BIDI}\nci-1,x,1,2\n".encode(), says="\\u202e"),
    refused("escape-header-twice.csv", b"Case ID,Notes,\x1b[2J,\x1b[2J\nci-1,x,1,2\n", says="\\x1b"),
    read("bidi-cell.csv", f"Case ID,Notes\nci-1,{_BIDI}x\n".encode()),
    read("zero-width-key.csv", ROWS, "ci-\u200b2,x\n".encode(), code=1, says="\\u200b"),
    read("emoji-header.csv", "Case ID,Notes,👩‍👩‍👧‍👦,e\u0301\nci-1,x,1,2\n".encode()),
    read("cr-only.csv", ROWS.replace(b"\n", b"\r")),
    read("mixed-line-ends.csv", b"Case ID,Notes\r\nci-1,a\rci-2,b\nci-3,c\r\r\n"),
    read("other-separators.csv", "Case ID,Notes\nci-1,a\u2028b\u0085c\x0bd\x1ce\n".encode()),
    read("numbers.csv", b"Case ID,Notes\n", *(f'ci-1{n},"{text}"\n'.encode() for n, text in enumerate(_NUMBERS))),
    refused("header-twice.csv", b"Case ID,Notes,Notes\nci-1,a,b\n", says='2 columns are named "Notes"'),
    refused("header-empty.csv", b"Case ID,,Notes\nci-1,a,b\n", says="column B has no name"),
    read("header-empty-at-end.csv", b"Case ID,Notes,,\nci-1,a,,\n"),
    refused("header-alone-twice-many.csv", b"Case ID,Notes," + b"a,b," * 8000 + b"z\n", says="columns are named"),
    refused("only-blank-lines.csv", b"\n" * MEGA, says="no header"),
    refused("only-quotes.csv", b'"' * 3_000_001, says="header"),
    refused("empty.csv", says="empty"),
    refused("formula.csv", b"=cmd|' /C calc'!A0,Notes\nci-1,x\n", says="set input.delimiter"),
    read("formula-cell.csv", b"Case ID,Notes\nci-1,=cmd|' /C calc'!A0\n"),
    Hostile("folder.csv", lambda path: path.mkdir(), 2, "folder"),
    Hostile("loop.csv", _loop, 2, "symbolic links"),
    Hostile("pipe.csv", os.mkfifo, 2, "nobody wrote", is_big=True),
    Hostile("zero.csv", lambda path: path.symlink_to("/dev/zero"), 2, "device"),
    Hostile("null.csv", lambda path: path.symlink_to("/dev/null"), 2, "device"),
    Hostile("dangling.csv", lambda path: path.symlink_to("nowhere"), 2, "no such file"),
    refused("gzip.csv", gzip.compress(ROWS), says="packed"),
    Hostile("zip.csv", _zip, 2, "archive"),
    refused("html.csv", b"<!DOCTYPE html><html><table><tr><td>Case ID</td></tr></table></html>", says="web page"),
    refused("html.xlsx", b"\n<html><table><tr><td>Case ID</td></tr></table></html>", says="web page"),
    refused("html.xls", b"<table><tr><th>Case ID</th></tr></table>", says="web page"),
    refused("xml.xls", b'<?xml version="1.0"?><Workbook></Workbook>', says="XML"),
    refused("json.csv", b'[{"Case ID": "ci-1", "Notes": "x"}]', says="JSON"),
    refused("json-lines.csv", b'{"Case ID": "ci-1", "Notes": "x"}\n' * 3, says="JSON"),
    refused("pdf.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", says="PDF"),
    Hostile("sqlite.csv", _sqlite, 2, "database"),
    refused("csv.xlsx", ROWS, says="no workbook"),
    refused("csv.ods", ROWS, says="no workbook"),
    refused("png.csv", b"\x89PNG\r\n\x1a\n" + bytes(99), says="picture"),
    refused("parquet.csv", b"PAR1" + bytes(99) + b"PAR1", says="Parquet"),
    refused("half-zip.xlsx", b"PK\x03\x04" + bytes(200), says="damaged"),
    refused("half-ole.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), says="damaged"),
    refused("two-delimiters.csv", b"Case ID,a;b\nci-1,x;y\n", says="set input.delimiter"),
    read("delimiter-of-the-job.csv", b"Case ID|Notes\nci-1|x\n", settings='delimiter = "|"'),
    refused(
        "wrong-encoding.csv", ROWS, b"ci-2,\x81\n", settings='encoding = "cp1252"', says='input.encoding = "cp1252"'
    ),
    read("escapes-encoding.csv", ROWS, settings='encoding = "utf-7"'),
    refused("code-encoding.csv", ROWS, settings='encoding = "unicode_escape"', says="no known encoding"),
]


def _gzip_in(size: int) -> bytes:
    packed = BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as stream:
        stream.write(bytes(size))
    return packed.getvalue()


TEXTS.append(Hostile("gzip-bomb.csv", bytes_of(_gzip_in(32 * MEGA)), 2, "packed"))
