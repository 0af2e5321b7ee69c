"""Workbooks for tests: written, changed behind the back of their writer, and read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import xlsxwriter

from bulkcase.errors import InputError
from bulkcase.input import Source, open_table
from bulkcase.model import Row


def rows_of(path: Path, sheet: str | int | None = None) -> list[Row]:
    with open_table(Source(path, sheet=sheet)) as table:
        return list(table.rows())


def complaint(path: Path, sheet: str | int | None = None) -> str:
    with pytest.raises(InputError) as caught:
        open_table(Source(path, sheet=sheet))
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")
    assert not problem.endswith(".")
    return problem


def xlsx(path: Path, fill: Callable[[Any], object], name: str = "Cases") -> Path:
    with xlsxwriter.Workbook(path) as book:
        fill(book.add_worksheet(name))
    return path


def rewrite(path: Path, *changes: bytes) -> None:
    """Replace texts in the first sheet of an .xlsx: old, new, old, new …"""
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    part = "xl/worksheets/sheet1.xml"
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in members[part]
        members[part] = members[part].replace(old, new)
    with ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
