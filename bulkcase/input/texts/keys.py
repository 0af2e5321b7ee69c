"""A plain list of keys to rows, streaming: one key a line, no header, and the same texts beside every key."""

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePath

from bulkcase.cells import is_blank
from bulkcase.errors import InputError
from bulkcase.input.content import Content, hold
from bulkcase.input.encodings import Encoding, encoding_of, open_text, prove
from bulkcase.input.header import Header
from bulkcase.input.table import Table
from bulkcase.model import Rejection, Row

_WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_HEAD = 8
"""Bytes that tell a workbook, and the byte order mark of a text."""
_DELIMITERS = frozenset(",;\t")
_quoted = re.compile(r'"((?:[^"]+|"")*)"').fullmatch


def open_keys(path: Path, columns: Mapping[str, str], key_column: str = "Case ID") -> Table:
    """Open a list of keys; each key is a row that also has the texts of `columns`, numbered by its line.

    `Path("-")` is standard input. The file is UTF-8, or what its byte order mark says; blank lines are no rows. Raises
    InputError where the file cannot be read as it stands, and ValueError where `key_column` is among the columns.
    """
    if key_column in columns:
        raise ValueError(f'the column "{key_column}" is the one with the keys')
    with _advice_for_a_list():
        content = hold(path)
        try:
            head = content.head(_HEAD)
            _refuse_workbook(content.name, head)
            encoding = encoding_of(content.name, head, None)
            digest = prove(content, encoding)
        except BaseException:
            content.discard()
            raise
    return Table(
        content=content,
        header=Header(0, (key_column, *columns), 1 + len(columns)),
        sha256=digest,
        rows=partial(_rows, content, encoding, tuple(columns.values())),
        encoding=encoding.codec,
    )


def _refuse_workbook(name: str, head: bytes) -> None:
    # An .xls that holds text is most often a page of HTML, whose lines would all be taken for keys.
    if head.startswith(_WORKBOOK_STARTS) or PurePath(name).suffix.lower() in _WORKBOOK_SUFFIXES:
        raise InputError(
            f"{name}: this is a workbook, or named like one, and a list of keys is plain text: "
            "save the column with the keys as text, one key a line, and name that file"
        )


def _rows(content: Content, encoding: Encoding, constants: Sequence[str]) -> Iterator[Row]:
    with open_text(content, encoding) as lines:
        try:
            for number, line in enumerate(lines, 1):
                if row := _row(content.name, number, line, constants):
                    yield row
        except UnicodeDecodeError:
            # The whole file was decoded before, so it is another file now.
            content.check_unchanged()
            raise
    content.check_unchanged()


def _row(name: str, number: int, line: str, constants: Sequence[str]) -> Row | None:
    """Return a line as a row, None where it is blank; raise InputError where it has more than one column."""
    # Other white space stays: where it is no ASCII, the mapping refuses the key and says what does not show.
    key = line.strip(string.whitespace)
    rejection = None
    if quoted := _quoted(key):
        key = quoted[1].replace('""', '"').strip(string.whitespace)
    elif not _DELIMITERS.isdisjoint(key):
        raise InputError(
            f"{name}: row {number} has more than one column: "
            "give a list with one key a line, or write a job with [input]"
        )
    elif key.startswith('"'):
        why = "the line opens a quote that does not go around all of it: write the key without quotes"
        rejection = Rejection("row_unreadable", why)
    return None if is_blank(key) else Row(number, (key, *constants), rejection)


@contextmanager
def _advice_for_a_list() -> Iterator[None]:
    """Exchange advice that speaks of a CSV or of the job's [input], which a list of keys does not have."""
    try:
        yield
    except InputError as error:
        raise InputError(*map(_advised, error.problems)) from error


def _advised(problem: str) -> str:
    finding, _, advice = problem.rpartition(": ")
    if finding and ("input." in advice or "CSV" in advice):
        return f"{finding}: give a text file in UTF-8, with one key a line"
    return problem
