"""Where the bytes come from, and that they stay as they were."""

import os
import sys
from hashlib import sha256
from pathlib import Path
from threading import Thread
from zipfile import ZipFile

import pytest
from support.stdin import Stdin

from bulkcase.errors import InputError
from bulkcase.input import Source, open_table
from bulkcase.model import Row


def complaint(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        open_table(Source(path))
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")
    assert not problem.endswith(".")
    return problem


def test_standard_input_is_kept_privately_and_deleted(monkeypatch: pytest.MonkeyPatch, spool: Path) -> None:
    """A stream can be read twice, only by its owner, and leaves nothing behind."""
    monkeypatch.setattr(sys, "stdin", Stdin(b"a;b\n1;2\n"))
    with open_table(Source(Path("-"))) as table:
        (copy,) = spool.iterdir()
        assert table.name == "standard input"
        assert (table.size, table.sha256) == (8, sha256(b"a;b\n1;2\n").hexdigest())
        assert list(table.rows()) == list(table.rows()) == [Row(2, ("1", "2"))]
        if os.name == "posix":
            assert copy.stat().st_mode & 0o077 == 0
    assert not list(spool.iterdir())


@pytest.mark.parametrize(
    ("stdin", "expected"),
    [
        (Stdin(b""), "the file is empty"),
        (Stdin(b"", terminal=True), "it is a terminal"),
        (Stdin(b"\xffa"), "is not UTF-8"),
        (Stdin(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "a stream must be CSV"),
    ],
)
def test_a_bad_stream_is_refused_and_deleted(
    monkeypatch: pytest.MonkeyPatch, spool: Path, stdin: Stdin, expected: str
) -> None:
    """Nothing of a refused stream stays on the disk."""
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(InputError, match=expected):
        open_table(Source(Path("-")))
    assert not list(spool.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="named pipes are a thing of POSIX")
def test_a_named_pipe_is_read_like_standard_input(tmp_path: Path, spool: Path) -> None:
    """What can be read only once is copied, under the name that was given."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(b"a\n1\n",))
    writer.start()
    with open_table(Source(pipe)) as table:
        writer.join()
        assert table.name == str(pipe)
        assert list(table.rows()) == list(table.rows()) == [Row(2, ("1",))]
    assert not list(spool.iterdir())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message says which file is missing."""
    assert "there is no such file" in complaint(tmp_path / "none.csv")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder is told from a file."""
    assert "this is a folder" in complaint(tmp_path)


def test_a_forbidden_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing rights are told from a missing file."""
    path = tmp_path / "cases.csv"
    path.write_text("a\n1\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert "ask for permission" in complaint(path)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("cases.xlsx", b"a,b\n1,2\n", "no workbook, though its name ends in .xlsx"),
        ("cases.ods", b"a,b\n1,2\n", "no workbook"),
        ("cases.xlsx", b"PK\x03\x04 and no more", "damaged"),
        ("cases.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged or unusual"),
        ("cases.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Excel workbook"),
        (
            "cases.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes((1 << 20) - 20) + "EncryptedPackage".encode("utf-16-le"),
            "has a password",
        ),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    """The bytes are looked at, and the message says what the file is."""
    path = tmp_path / name
    path.write_bytes(content)
    assert expected in complaint(path)


@pytest.mark.parametrize(
    ("name", "members", "expected"),
    [
        ("cases.xlsx", {"other.txt": "x"}, "this is an archive"),
        ("cases.csv", {"xl/workbook.xml": "x"}, "an Excel workbook"),
        ("cases.xlsx", {"xl/workbook.xml": "x"}, "damaged or unusual"),
        ("cases.ods", {"content.xml": "x"}, "the document is damaged"),
        ("cases.ods", {"content.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}, "declares a type of its own"),
        ("cases.ods", {"content.xml": "x", "META-INF/manifest.xml": "<encryption-data/>"}, "has a password"),
    ],
)
def test_an_archive_is_told_by_what_is_in_it(tmp_path: Path, name: str, members: dict[str, str], expected: str) -> None:
    """Workbooks are archives, and only some archives are workbooks."""
    path = tmp_path / name
    with ZipFile(path, "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    assert expected in complaint(path)


@pytest.mark.parametrize("when", ["before", "during"])
@pytest.mark.parametrize("added", [b"3\n", b"\xff\n"])
def test_a_file_that_changes_is_noticed(tmp_path: Path, when: str, added: bytes) -> None:
    """Rows of two states of a file are never mixed in silence, and what is no text any more is no traceback."""
    path = tmp_path / "cases.csv"
    path.write_bytes(b"a\n" + b"1\n" * 100_000)
    with open_table(Source(path)) as table:
        rows = table.rows()
        if when == "during":
            next(rows)
        with path.open("ab") as file:
            file.write(added)
        with pytest.raises(InputError, match="the file changed while it was read"):
            list(rows)
