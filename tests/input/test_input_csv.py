"""CSV and TSV to rows."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulkcase.errors import InputError
from bulkcase.input import Source, open_table
from bulkcase.model import Row


def read(path: Path, text: str, encoding: str = "utf-8", **settings_: str) -> list[Row]:
    path.write_bytes(text.encode(encoding))
    with open_table(Source(path, **settings_)) as table:
        return list(table.rows())


def complaint(path: Path, content: str | bytes, **settings_: str) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        list(open_table(Source(path, **settings_)).rows())
    for problem in caught.value.problems:
        assert problem.startswith(f"{path}: ")
        assert not problem.endswith(".")
        assert "\n" not in problem
    return str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cases.csv"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1;2\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ('"a, or; so";"b, c"\n1;2\n', ";"),
        ('"a\n,,,"|b\n1|2\n', "|"),
        ("\n,,,\na,b\n1,2", ","),
        ("a\n1\n", ","),
    ],
)
def test_delimiter_is_the_one_that_divides_the_header(path: Path, text: str, delimiter: str) -> None:
    """Commas, semicolons, tabs and bars are told apart by the header, outside of its quotes."""
    path.write_text(text, encoding="utf-8")
    with open_table(Source(path)) as table:
        assert table.delimiter == delimiter
        assert [row.cells for row in table.rows()] == [("1", "2")[: len(table.header)]]


def test_delimiter_that_is_set_wins(path: Path) -> None:
    """The job's delimiter is taken, whatever the header looks like."""
    assert read(path, "a,b;c,d\n1;2\n", delimiter=";")[0].cells == ("1", "2")


def test_tsv_means_tab(tmp_path: Path) -> None:
    """The name's ending settles the delimiter."""
    assert read(tmp_path / "cases.TSV", "a,b,c\td\n1\t2\n")[0].cells == ("1", "2")


@pytest.mark.parametrize(
    ("content", "settings_", "expected"),
    [
        ("a,b;c\n", {}, "comma and semicolon, 1 each): set input.delimiter"),
        ("a,b\n", {"delimiter": ",,"}, 'input.delimiter = ",,"'),
        ("a,b\n", {"delimiter": '"'}, "input.delimiter"),
        ("a,b\n", {"encoding": "utf8x"}, "set another one, such as"),
        ("a,b\n", {"encoding": "cp125"}, 'input.encoding = "cp125"'),
        ("a,b\n", {"encoding": "base64"}, "is no known encoding"),
        ("a,b\n", {"encoding": "idna"}, "is no known encoding"),
        ("a,b\n", {"encoding": "no\0pe"}, "is no known encoding"),
        ("a,b\n", {"encoding": "utf-16"}, 'set input.encoding = "utf-16-le" or "utf-16-be"'),
        ("", {}, "the file is empty"),
        (b"\xef\xbb\xbf", {}, "no header"),
        ("\n , \n", {}, "no header"),
        ("a,b,a\n", {}, '2 columns are named "a" (A, C)'),
        (",b\n1,2\n", {}, "column A has no name in the header (row 1)"),
        ("\na, ,c\n", {}, "column B has no name in the header (row 2)"),
        ('"a"b,c\n', {}, "the header (line 1) cannot be read"),
        ('"a,b\n1,2\n', {}, "the header (line 2) cannot be read: a quote is opened and never closed"),
        ("a,b\nM\xfcller,2\n".encode("cp1252"), {}, "row 2 (byte offset 5) is not UTF-8"),
        (b"a\n" + b"x\n" * 1_000_000 + b"\xff\n", {}, "row 1000002 (byte offset 2,000,002)"),
        ('a;b\n\n1;"x\ny"\n\xff;2\n'.encode("latin-1"), {}, "row 4 (byte offset 13)"),
        (
            b"a,b\n1,\x81\n",
            {"encoding": "cp1252"},
            'row 2 (byte offset 6) cannot be read with input.encoding = "cp1252"',
        ),
        (b"\xef\xbb\xbfa,b\n1,\xff\n", {}, "row 2 (byte offset 9) is not UTF-8, though"),
        ("a,b\n1,ü\n".encode("utf-16-le")[:-1], {"encoding": "utf-16-le"}, "row 2 (byte offset 14)"),
        ("a,b\n1,2\n".encode("utf-16-le"), {}, 'set input.encoding = "utf-16-le"'),
        ("a,b\n1,2\n".encode("utf-16-be"), {}, 'set input.encoding = "utf-16-be"'),
        ("aü,b\n1,2\n".encode("utf-16-le"), {}, 'set input.encoding = "utf-16-le"'),
        ("a,b\n" + "1,2\n" * 9 + "1,\0\n", {}, "row 11 holds a NUL character; the file is damaged"),
    ],
)
def test_each_bad_file_gets_one_clear_line(
    path: Path, content: str | bytes, settings_: dict[str, str], expected: str
) -> None:
    """Nothing is guessed: what cannot be told is refused, with the place and what to do."""
    assert expected in complaint(path, content, **settings_)


def test_windows_text_is_refused_with_a_suggestion(path: Path) -> None:
    """A file of a Windows code page names the row, and the setting that would read it."""
    text = "Name;Straße\n" + "Jürgen Müller;Königsallee größer für später\n" * 20
    message = complaint(path, text.encode("cp1252"))
    assert "row 1 (byte offset 9)" in message
    assert 'set input.encoding = "cp1252"' in message


@pytest.mark.parametrize(
    ("encoding", "setting", "used"),
    [
        ("utf-8", None, "utf-8"),
        ("utf-8-sig", None, "utf-8"),
        ("utf-8-sig", "cp1252", "utf-8"),
        ("utf-16", None, "utf-16-le"),
        ("utf-16-le", "UTF-16LE", "utf-16-le"),
        ("utf-32", None, "utf-32-le"),
        ("cp1252", "windows-1252", "cp1252"),
        ("cp1251", "cp1251", "cp1251"),
        ("gb18030", "gb18030", "gb18030"),
    ],
)
def test_encodings_are_read_as_marked_or_set(path: Path, encoding: str, setting: str | None, used: str) -> None:
    """A byte order mark wins over the setting, the setting over UTF-8."""
    word = {"cp1251": "жук", "gb18030": "案例"}.get(encoding, "Müller")
    path.write_bytes(f"a,b\r\n1,{word}\r\n".encode(encoding))
    with open_table(Source(path, encoding=setting)) as table:
        assert table.header == ("a", "b")
        assert table.encoding == used
        assert list(table.rows()) == [Row(2, ("1", word))]


def test_a_character_across_pieces_is_read(path: Path) -> None:
    """The first pass decodes in pieces, and a character may lie across two of them."""
    rows = read(path, "a\n" + "x" * ((1 << 20) - 3) + "ü\n")
    assert rows[0].cells[0] == "x" * ((1 << 20) - 3) + "ü"


def test_row_numbers_are_those_of_a_spreadsheet(path: Path) -> None:
    """Blank rows are no rows and are counted; a line break inside of quotes is not."""
    rows = read(path, '\na,b\n1,"x\ny"\n\n , \n,,,,\n2,z\n')
    assert rows == [Row(3, ("1", "x\ny")), Row(7, ("2", "z"))]


@pytest.mark.parametrize(
    ("line", "code", "message", "cells"),
    [
        ("1,2", "row_too_short", "the row has 2 cells, the header has 3", ("1", "2")),
        ("1", "row_too_short", "the row has 1 cell, the header has 3", ("1",)),
        ("1,2,3,4", "row_too_long", "the row has 4 cells, the header has 3", ("1", "2", "3", "4")),
        ("1,2,3,", "row_too_long", "the row has 4 cells, the header has 3", ("1", "2", "3", "")),
        ('1,"2"x,3', "row_unreadable", "goes on after its closing quote (line 3 of the file)", ('1,"2"x,3',)),
        ('1,"2\nx"y,3', "row_unreadable", "lines 3 to 4 of the file were taken for this one row", ('x"y,3',)),
        (f"1,{'x' * (1 << 21)},3", "row_unreadable", "more than 1,048,576 characters", (f"1,{'x' * (1 << 21)},3",)),
    ],
)
def test_a_bad_row_is_rejected_and_the_rest_goes_on(
    path: Path, line: str, code: str, message: str, cells: tuple[str, ...]
) -> None:
    """A misshapen row keeps its cells and says what is wrong; its neighbours are rows as ever."""
    before, bad, after = read(path, f"a,b,c\n1,2,3\n{line}\n4,5,6\n")
    assert (before.cells, after.cells) == (("1", "2", "3"), ("4", "5", "6"))
    assert (before.number, bad.number, after.number) == (2, 3, 4)
    assert bad.rejection is not None
    assert bad.rejection.code == code
    assert message in bad.rejection.message
    assert bad.cells == cells


def test_a_quote_open_in_the_last_line_rejects_that_row(path: Path) -> None:
    """A truncated last row is one rejected row."""
    good, bad = read(path, 'a,b\n1,2\n3,"4\n')
    assert good.rejection is None
    assert bad.number == 3
    assert bad.rejection is not None
    assert "never closed" in bad.rejection.message


@pytest.mark.parametrize("lines", [3, 300_000])
def test_a_quote_that_swallows_further_lines_stops_the_file(path: Path, lines: int) -> None:
    """Rows that were swallowed would be missing in silence, so the file is refused, naming where the quote opened."""
    message = complaint(path, "a,b\n1,2\n" + '3,"4\n' + "5,6\n" * lines)
    assert "row 3: a quote that opens on line 3 is not closed" in message


def test_trailing_columns_without_a_name_are_dropped_while_empty(path: Path) -> None:
    """A value under no name rejects its row, and an empty cell there is none."""
    path.write_text("a,b,,\n1,2,,\n3,4,,x\n5,6\n", encoding="utf-8")
    with open_table(Source(path)) as table:
        assert table.header == ("a", "b")
        fine, stray, short = table.rows()
    assert fine == Row(2, ("1", "2"))
    assert stray.cells == ("3", "4", "", "x")
    assert stray.rejection is not None
    assert "column D, which has no name" in stray.rejection.message
    assert short.rejection is not None
    assert short.rejection.code == "row_too_short"


def test_a_header_alone_is_no_rows(path: Path) -> None:
    """Zero rows are for the caller to judge."""
    assert read(path, "a,b\n") == []


def test_rows_can_be_read_again(path: Path) -> None:
    """Each call of rows starts at the first row."""
    path.write_text("a\n1\n", encoding="utf-8")
    with open_table(Source(path)) as table:
        assert list(table.rows()) == list(table.rows()) == [Row(2, ("1",))]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    records=st.lists(st.lists(cells, min_size=3, max_size=3), max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_csv_writes_comes_back_cell_for_cell(
    tmp_path: Path, records: list[list[str]], delimiter: str, quoting: int, ending: str, encoding: str
) -> None:
    """Any dialect and encoding gives the same cells, with the row numbers of a spreadsheet."""
    if any(character in cell for record in records for cell in record for character in "\r\n"):
        # The writer of Python 3.11 leaves a break unquoted that is not its own line ending.
        quoting = csv.QUOTE_ALL
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=ending)  # type: ignore[arg-type] # drawn from constants
    writer.writerows([["first", "second", "third"], *records])
    expected = [
        Row(number, tuple(record)) for number, record in enumerate(records, 2) if any(cell.strip() for cell in record)
    ]
    assert read(tmp_path / "cases.csv", text.getvalue(), encoding) == expected
