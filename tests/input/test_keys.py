"""Plain lists of keys to rows."""

import sys
import tracemalloc
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.stdin import Stdin

from bulkcase.errors import InputError
from bulkcase.input import open_keys
from bulkcase.model import Row

COLUMNS = {"Status": "Closed", "Notes": "old, done"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.txt"


def read(path: Path, content: bytes) -> list[Row]:
    path.write_bytes(content)
    with open_keys(path, {}) as table:
        return list(table.rows())


def complaint(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        list(open_keys(path, COLUMNS).rows())
    (problem,) = caught.value.problems
    assert problem.startswith(f"{'standard input' if path == Path('-') else path}: ")
    assert not problem.endswith(".")
    assert "\n" not in problem
    assert "input." not in problem
    return problem


def test_each_key_stands_beside_the_same_texts(path: Path) -> None:
    """A row is a line of the list and what is the same for all, under a header that the file does not have."""
    content = b"ci-1\nci-2\n"
    path.write_bytes(content)
    with open_keys(path, COLUMNS, "Ref") as table:
        assert table.header == ("Ref", "Status", "Notes")
        assert (table.name, table.size, table.fed_back) == (str(path), len(content), False)
        assert table.sha256 == sha256(content).hexdigest()
        assert table.modified_at == path.stat().st_mtime_ns / 1e9
        assert (table.encoding, table.delimiter, table.sheet) == ("utf-8", None, None)
        rows = [Row(1, ("ci-1", "Closed", "old, done")), Row(2, ("ci-2", "Closed", "old, done"))]
        assert list(table.rows()) == list(table.rows()) == rows
    assert path.exists()


def test_the_column_of_the_keys_has_a_name_and_can_have_no_other_value(path: Path) -> None:
    """The key has the usual column unless it is given one, and a constant under the same name is a caller's mistake."""
    path.write_text("ci-1\n", encoding="utf-8")
    with open_keys(path, {}) as table:
        assert table.header == ("Case ID",)
    with pytest.raises(ValueError, match='"Case ID" is the one with the keys'):
        open_keys(path, {"Case ID": "ci-2"})


LINES: list[tuple[str, bytes, list[tuple[int, str]]]] = [
    ("no line end at the end", b"a\nb", [(1, "a"), (2, "b")]),
    ("Windows", b"a\r\nb\r\n", [(1, "a"), (2, "b")]),
    ("old Mac", b"a\rb\r", [(1, "a"), (2, "b")]),
    ("blank lines", b'\n \t\na\n\n""\n"  "\nb\n\n', [(3, "a"), (7, "b")]),
    ("only blank lines", b"\n\r\n ", []),
    ("white space around", b" a\t\n\tb \n", [(1, "a"), (2, "b")]),
    ("white space that does not show stays", "a\u00a0\n".encode(), [(1, "a\u00a0")]),
    ("a mark alone", b"\xef\xbb\xbf", []),
    ("a mark and a key", b"\xef\xbb\xbfa\n", [(1, "a")]),
    ("UTF-16 with a mark", "a\r\nb".encode("utf-16"), [(1, "a"), (2, "b")]),
    ("UTF-32 with a mark", "a\nb".encode("utf-32"), [(1, "a"), (2, "b")]),
    ("quotes around", b'"a"\r\n "b" \n" c "\n', [(1, "a"), (2, "b"), (3, "c")]),
    ("quotes around what would divide", b'"a,b"\n"a;b"\n"a\tb"\n', [(1, "a,b"), (2, "a;b"), (3, "a\tb")]),
    ("quotes inside of quotes", b'"a""b"\n', [(1, 'a"b')]),
    ("a quote inside alone", b'a"b\n', [(1, 'a"b')]),
    ("other words than keys", "Case ID\nü|=1+1\n".encode(), [(1, "Case ID"), (2, "ü|=1+1")]),
]


@pytest.mark.parametrize(("content", "expected"), [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_lines_are_keys_numbered_from_one(path: Path, content: bytes, expected: list[tuple[int, str]]) -> None:
    """Each line of the table says which keys a file holds, and on which lines."""
    assert read(path, content) == [Row(number, (key,)) for number, key in expected]


@pytest.mark.parametrize("line", ['"a', '"a"b', '"a"b"', '"'])
def test_a_broken_quote_rejects_its_line_alone(path: Path, line: str) -> None:
    """What was meant cannot be told, so the line is kept and not sent; its neighbours are rows as ever."""
    path.write_text(f"x\n{line}\ny\n", encoding="utf-8")
    with open_keys(path, {"Status": "Closed"}) as table:
        before, bad, after = table.rows()
    assert (before, after) == (Row(1, ("x", "Closed")), Row(3, ("y", "Closed")))
    assert (bad.number, bad.cells) == (2, (line, "Closed"))
    assert bad.rejection is not None
    assert bad.rejection.code == "row_unreadable"


@pytest.mark.parametrize("line", ["a,b", "a;b", "a\tb", "a,", ";a", '"a","b"', '"a";b', '"a\tb'])
def test_a_line_with_more_than_one_column_stops_the_list(path: Path, line: str) -> None:
    """A table is not a list of keys, and the message says what to do with it."""
    path.write_text(f"x\n\n{line}\ny\n", encoding="utf-8")
    expected = "row 3 has more than one column: give a list with one key a line, or write a job with [input]"
    assert complaint(path) == f"{path}: {expected}"


GIVE = ": give a text file in UTF-8, with one key a line"

BAD: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "the file is empty"),
    ("Windows text", b"ci-1\nM\xfcller\n", "row 2 (byte offset 6) is not UTF-8; it looks like cp1252" + GIVE),
    ("far down", b"x\n" * 1_000_000 + b"\xff\n", "row 1000001 (byte offset 2,000,000) is not UTF-8; it looks like "),
    ("not as marked", b"\xef\xbb\xbfa\n\xff\n", "row 2 (byte offset 5) is not UTF-8, though the file begins as such"),
    (
        "UTF-16 without a mark",
        "a\nb\n".encode("utf-16-le"),
        "row 1 holds a NUL character; the file looks like UTF-16" + GIVE,
    ),
    ("a NUL", b"a\n" * 9 + b"b\0\n", "row 10 holds a NUL character; the file is damaged or no text"),
    ("a picture", b"\x89PNG\r\n\x1a\n\0\0", "row 1 (byte offset 0) is not UTF-8; its encoding is not known" + GIVE),
    ("no line breaks", b"a" * ((1 << 22) + 1), "row 1 has more than 4,194,304 characters without a line break" + GIVE),
]


@pytest.mark.parametrize(("content", "expected"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_file_that_is_no_text_gets_one_clear_line(path: Path, content: bytes, expected: str) -> None:
    """What cannot be told is refused, with its place, and no advice speaks of a job's [input]."""
    path.write_bytes(content)
    assert expected in complaint(path)


def test_a_file_that_is_not_there_or_forbidden_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file, a folder and a file without rights are told apart."""
    path = tmp_path / "a; b.txt"
    assert complaint(path) == f"{path}: there is no such file: check the path"
    assert "this is a folder" in complaint(tmp_path)
    path.write_text("ci-1\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "ask for permission" in complaint(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("keys.xlsx", b"PK\x03\x04 and more"),
        ("keys.txt", b"PK\x03\x04 and more"),
        ("keys.ods", b"PK\x03\x04 and more"),
        ("keys.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("keys.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("keys.XLS", b"<html>\n<table>\n"),
    ],
)
def test_a_workbook_is_refused_by_its_bytes_or_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    """The message says how a workbook's column becomes a list."""
    path = tmp_path / name
    path.write_bytes(content)
    assert "save the column with the keys as text, one key a line" in complaint(path)


def test_standard_input_is_a_list_too(monkeypatch: pytest.MonkeyPatch, spool: Path) -> None:
    """A stream can be read twice, has no time of change, and leaves nothing behind."""
    monkeypatch.setattr(sys, "stdin", Stdin(b"ci-1\nci-2\n"))
    with open_keys(Path("-"), {"Status": "Closed"}) as table:
        assert len(list(spool.iterdir())) == 1
        assert (table.name, table.modified_at) == ("standard input", None)
        assert table.sha256 == sha256(b"ci-1\nci-2\n").hexdigest()
        assert list(table.rows()) == list(table.rows())
        assert [row.cells for row in table.rows()] == [("ci-1", "Closed"), ("ci-2", "Closed")]
    assert not list(spool.iterdir())


@pytest.mark.parametrize(
    ("stdin", "expected"),
    [
        (Stdin(b""), "the file is empty"),
        (Stdin(b"", terminal=True), "it is a terminal and no file comes in" + GIVE),
        (Stdin(b"\xffa"), "is not UTF-8"),
        (Stdin(b"PK\x03\x04"), "this is a workbook"),
    ],
)
def test_a_bad_stream_is_refused_and_deleted(
    monkeypatch: pytest.MonkeyPatch, spool: Path, stdin: Stdin, expected: str
) -> None:
    """Nothing of a refused stream stays on the disk."""
    monkeypatch.setattr(sys, "stdin", stdin)
    assert expected in complaint(Path("-"))
    assert not list(spool.iterdir())


@pytest.mark.parametrize("when", ["before", "during"])
@pytest.mark.parametrize("added", [b"3\n", b"\xff\n"])
def test_a_list_that_changes_is_noticed(path: Path, when: str, added: bytes) -> None:
    """Keys of two states of a file are never mixed in silence, and what is no text any more is no traceback."""
    path.write_bytes(b"1\n" * 100_000)
    with open_keys(path, {}) as table:
        rows = table.rows()
        if when == "during":
            next(rows)
        with path.open("ab") as file:
            file.write(added)
        with pytest.raises(InputError, match="the file changed while it was read"):
            list(rows)


def test_memory_does_not_grow_with_the_list(path: Path) -> None:
    """A list of 40 MB is opened and read in a fraction of that."""
    path.write_bytes((b"k" * 100_000 + b"\n") * 400)
    tracemalloc.start()
    try:
        with open_keys(path, {}) as table:
            assert sum(1 for _ in table.rows()) == 400
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    words=st.lists(st.text("abcäß-_0|'=", min_size=1, max_size=12), max_size=12),
    quoted=st.booleans(),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)
def test_every_key_that_is_written_comes_back(
    tmp_path: Path, words: list[str], quoted: bool, ending: str, encoding: str
) -> None:
    """Line ends, encodings and quotes make no difference to the keys."""
    lines = [f'"{word}"' if quoted else word for word in words]
    content = "".join(line + ending for line in ["", *lines]).encode(encoding)
    assert read(tmp_path / "keys.txt", content) == [Row(number, (word,)) for number, word in enumerate(words, 2)]
