"""Any bytes, and any damage to sound files: rows or one clear line, never anything else."""

import struct
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter
import xlwt
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.hostile_documents import cell, ods, row
from support.hostile_xlsx import SHEET, STRINGS, WORKBOOK, parts

from bulkcase.errors import InputError
from bulkcase.input import Source, open_table

fuzzing = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CSV = 'Case ID,Notes,Due\nci-1,"a, ""b""\nc",2026-01-02\nci-2;x\n\nci-3,ü,1e5\n'.encode()
SEEDS = [
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\0\0\xfe\xff",
]
pieces = st.sampled_from(
    [*SEEDS, b'"', b'""', b",", b";", b"\t", b"|", b"\r", b"\n", b"\0", b"Case ID", b"bulkcase_row"]
)
any_bytes = st.lists(
    st.binary(max_size=20) | pieces | st.text(max_size=9).map(lambda text: text.encode("utf-8", "replace"))
)
harm = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from(["flip", "cut", "drop", "put"]), st.integers(0, 255), st.binary(max_size=6)
    ),
    min_size=1,
    max_size=6,
)
splices = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from(
            [
                *(
                    "<c/>",
                    "<row>",
                    "</row>",
                    "<c>",
                    "</c>",
                    "<v>",
                    "</v>",
                    "<f>1</f>",
                    '<c r="XFE9"/>',
                    "<!--",
                    "-->",
                    "&x;",
                ),
                *(
                    '<row r="0">',
                    '<c t="s"><v>9</v></c>',
                    '<c t="e"><v>#N/A</v></c>',
                    "<![CDATA[",
                    "]]>",
                    "<x:c/>",
                    "\0",
                ),
                *(
                    '<c r="A4294967296"><v>1</v></c>',
                    '<c t="d"><v>1e9</v></c>',
                    '<row r="99999999999999999999"/>',
                    "<?a?>",
                ),
                *(
                    " r='B7'",
                    ' t="b"',
                    ' s="9"',
                    ' xmlns="x"',
                    "<si/>",
                    "<si><t>x</t></si>",
                    "<!DOCTYPE x>",
                    "&#0;",
                    "&#x41;",
                ),
            ]
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


def damaged(data: bytes, harms: list[tuple[float, str, int, bytes]]) -> bytes:
    """Return bytes with these harms done to them."""
    for where, how, number, more in harms:
        place = int(where * len(data))
        after = {"flip": place + 1, "cut": len(data), "drop": place + number, "put": place}[how]
        put = {"flip": bytes([number]), "put": more}.get(how, b"")
        data = data[:place] + put + data[after:]
    return data


@cache
def sound(ending: str) -> bytes:
    """Return a file of a kind that is as it should be."""
    file = BytesIO()
    if ending == "xls":
        old = xlwt.Workbook()
        page = old.add_sheet("Cases")
        for number, values in enumerate((("Case ID", "Notes"), ("ci-1", "5"), ("ci-2", "x"))):
            for column, value in enumerate(values):
                page.write(number, column, value)
        page.row(2).set_cell_error(3, "#DIV/0!")
        old.save(file)
    elif ending == "xlsx":
        with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
            new = book.add_worksheet("Cases")
            new.write_row(0, 0, ["Case ID", "Notes"])
            new.write_row(1, 0, ["ci-1", 5])
            new.write_formula(2, 1, "=1/0", None, "#DIV/0!")
    else:
        written = Path(file.name) if hasattr(file, "name") else None
        assert written is None
        ods(row(cell("ci-1"), cell("x")))(file)  # type: ignore[arg-type]  # a file does as well as a path
    return file.getvalue()


def ends_well(path: Path, data: bytes) -> None:
    """Open a file and read all of it: rows, or an InputError whose lines are clear."""
    path.write_bytes(data)
    try:
        with open_table(Source(path)) as table:
            for found in table.rows():
                assert found.rejection is not None or len(found.cells) == len(table.header)
    except InputError as error:
        for problem in error.problems:
            assert problem.startswith(f"{path}: ")
            assert problem.isprintable()
            assert len(problem) < 3000


@fuzzing
@given(any_bytes)
@example([b"\xff\xfe", b"\0\xd8"])
@example([b'"', b"\r", b'"', b"x"])
def test_any_bytes_end_in_rows_or_clear_lines(tmp_path: Path, chunks: list[bytes]) -> None:
    """Whatever a file named .csv holds, nothing but an InputError comes of it."""
    ends_well(tmp_path / "cases.csv", b"".join(chunks))


@fuzzing
@given(harm)
def test_a_damaged_csv_ends_in_rows_or_clear_lines(tmp_path: Path, harms: list[tuple[float, str, int, bytes]]) -> None:
    """Bytes that are lost, changed or put in between reject rows or the file."""
    ends_well(tmp_path / "cases.csv", damaged(CSV, harms))


@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods"])
@fuzzing
@given(harms=harm)
def test_a_damaged_workbook_ends_in_rows_or_clear_lines(
    tmp_path: Path, ending: str, harms: list[tuple[float, str, int, bytes]]
) -> None:
    """No library's error, and no panic of it, gets past the reader of any kind of workbook."""
    ends_well(tmp_path / f"cases.{ending}", damaged(sound(ending), harms))


@pytest.mark.parametrize("part", [SHEET, STRINGS, WORKBOOK, "content.xml"])
@fuzzing
@given(cuts=splices)
def test_spliced_xml_ends_in_rows_or_clear_lines(
    tmp_path: Path, part: str, cuts: list[tuple[float, str, bool]]
) -> None:
    """Elements where none belong, and pieces of elements, reject cells, rows or the file."""
    ending = "ods" if part == "content.xml" else "xlsx"
    with ZipFile(BytesIO(sound("ods"))) as archive:
        every: dict[str, str | bytes] = parts({}) if ending == "xlsx" else {part: archive.read(part)}
    content = every[part]
    text = content if isinstance(content, str) else content.decode()
    for where, more, at_an_element in cuts:
        place = int(where * len(text))
        place = max(0, text.find("<", place)) if at_an_element else place
        text = text[:place] + more + text[place:]
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as made:
        for name, whole in (every | {part: text}).items():
            made.writestr(name, whole)
    ends_well(tmp_path / f"cases.{ending}", packed.getvalue())


@fuzzing
@given(size=st.integers(0, 2**32 - 1), crc=st.booleans(), where=st.sampled_from([18, 22, 26]))
def test_a_directory_that_lies_ends_in_rows_or_clear_lines(tmp_path: Path, size: int, crc: bool, where: int) -> None:
    """What an archive says of the sizes of its first part is believed nowhere."""
    data = bytearray(sound("xlsx"))
    struct.pack_into("<I", data, where, size)
    central = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, central + where + 2, size)
    if crc:
        struct.pack_into("<I", data, central + 16, zlib.crc32(b""))
    ends_well(tmp_path / "cases.xlsx", bytes(data))


def test_harm_is_done_as_it_is_told() -> None:
    """Each way to damage bytes does what it says."""
    ways: list[tuple[tuple[float, str, int, bytes], bytes]] = [
        ((0.5, "flip", 65, b""), b"abAd"),
        ((0.5, "cut", 0, b""), b"ab"),
        ((0.5, "drop", 1, b""), b"abd"),
        ((0.5, "put", 0, b"xy"), b"abxycd"),
    ]
    does: Callable[[bytes, list[tuple[float, str, int, bytes]]], bytes] = damaged
    assert [does(b"abcd", [way]) for way, _ in ways] == [done for _, done in ways]


@pytest.mark.parametrize("place", [1586, 1591])
def test_an_old_sheet_that_lies_about_its_size_is_refused(tmp_path: Path, place: int) -> None:
    """A bit of its record of dimensions made the reader of workbooks end the process: found by the test above."""
    data = bytearray(sound("xls"))
    data[place] = 216
    path = tmp_path / "cases.xls"
    path.write_bytes(data)
    with pytest.raises(InputError, match="reach too far"):
        open_table(Source(path))
