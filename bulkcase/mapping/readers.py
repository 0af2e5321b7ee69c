"""From the cells of a row to the value of one field; compiled once, run for every row."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from bulkcase.cells import Cell, is_blank, is_excel_error, text_of
from bulkcase.mapping.faults import Fault, excel_error, joined, located
from bulkcase.mapping.signals import LEAVE, Clear

Convert = Callable[[Cell], Any]
"""Turns a cell that holds something into a value for the API, a Clear or a Fault."""

Read = Callable[[Sequence[Cell]], Any]
"""Turns the cells of a row into a value, LEAVE, a Clear or a Fault that names its column."""

Column = tuple[str, int]
"""A column's name and its index in the row."""

_REMEMBERED, _SHORT = 4096, 64
"""So many texts of a column are remembered, where they have no more characters than that."""


def column_reader(
    column: Column, clear: Clear | Fault, marker: str | None, convert: Convert, *, repeats: bool = False
) -> Read:
    """Return what reads one column: blank leaves the field alone, the clear marker stands for `clear`.

    Where a column `repeats` its texts, what becomes of them is remembered, and rows share it.
    """
    name, index = column

    def value_of(cell: Cell) -> Any:
        if isinstance(cell, str):
            text = cell.strip()
            if not text:
                return LEAVE
            if text == marker:
                return clear
            if text[0] == "#" and is_excel_error(text):
                return excel_error(cell)
        elif marker is not None and text_of(cell) == marker:
            return clear
        return convert(cell)

    def made_of(cell: Cell) -> Any:
        value = value_of(cell)
        return located((name,), value) if type(value) is Fault else value

    if not repeats:
        return lambda cells: made_of(cells[index])
    remembered = lru_cache(_REMEMBERED)(made_of)

    def read(cells: Sequence[Cell]) -> Any:
        cell = cells[index]
        # Texts alone: 1, 1.0 and True are equal, and not the same.
        return remembered(cell) if type(cell) is str and len(cell) <= _SHORT else made_of(cell)

    return read


def constant_reader(value: Any) -> Read:
    """Return what gives every row the same value."""
    return lambda _: value


def template_reader(parts: Sequence[str | Column], marker: str | None, convert: Convert) -> Read:
    """Return what fills a template; parts are literal texts and columns. One blank column leaves the field alone."""
    columns = [part for part in parts if not isinstance(part, str)]
    names = [name for name, _ in columns]

    def read(cells: Sequence[Cell]) -> Any:
        found = [(name, _unfit(cells[index], marker)) for name, index in columns]
        faults = [located((name,), fault) for name, fault in found if fault is not None]
        if faults:
            return joined(faults)
        if any(is_blank(cells[index]) for _, index in columns):
            return LEAVE
        value = convert("".join(part if isinstance(part, str) else text_of(cells[part[1]]) for part in parts))
        return located(names, value) if type(value) is Fault else value

    return read


def _unfit(cell: Cell, marker: str | None) -> Fault | None:
    """Return why a cell cannot be a part of a text, if so."""
    if marker is not None and text_of(cell).strip() == marker:
        return Fault("cannot_clear", "holds the clear marker, which says nothing about a part of a text")
    return excel_error(cell) if is_excel_error(cell) else None
