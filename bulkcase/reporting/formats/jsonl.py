"""results.jsonl: every row's fate beside what the row was, one JSON object a line, for programs."""

from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

import orjson

from bulkcase.causes import tip
from bulkcase.cells import Cell, text_of
from bulkcase.clock import iso_utc
from bulkcase.ledger.queries.shown import RowRecord
from bulkcase.ledger.storage.stored import storable
from bulkcase.reporting.files import make_folder, whole_file
from bulkcase.reporting.formats.results import changed_fields

FILE: Final = "results.jsonl"

_INTEGERS: Final = range(-(2**63), 2**64)
"""What orjson writes as a number."""


def write_lines(folder: Path, header: Sequence[str], rows: Iterable[RowRecord]) -> str:
    """Write results.jsonl and return the file's name; raises EnvironmentFailed where it cannot be written."""
    make_folder(folder)
    names = _told_apart(header)
    with whole_file(folder / FILE, None) as file:
        for row in rows:
            if len(row.cells) > len(names):
                names = _told_apart([*names, *(f"column {n}" for n in range(len(names) + 1, len(row.cells) + 1))])
            file.write(_line(_entry(names, row)))
    return file.path.name


def _entry(names: Sequence[str], row: RowRecord) -> dict[str, Any]:
    result = row.result
    return {
        "row": row.number,
        "case_id": row.case_key,
        "outcome": result.outcome.value,
        "verified": result.verified,
        "http_status": result.http_status,
        "attempts": result.attempts,
        "error_code": result.code,
        "error": result.message,
        "tip": tip(result.code),
        "changed": changed_fields(row).split(),
        "finished_at": iso_utc(row.finished_at) or None,
        "cells": dict(zip(names, map(_value, row.cells), strict=False)),
    }


def _told_apart(header: Sequence[str]) -> list[str]:
    """Return the columns' names, each of them another: two cells of one name would be one in an object."""
    names: dict[str, None] = {}
    for written in map(storable, header):
        tries = (f"{written} ({number})" for number in count(2))
        name = written
        while name in names:
            name = next(tries)
        names[name] = None
    return list(names)


def _value(cell: Cell) -> Any:
    """Return a cell as JSON has it: text, number or boolean; anything else is text, as in a CSV."""
    kind = type(cell)
    if kind is str or kind is bool or (kind is int and cell in _INTEGERS):
        return cell
    # What is no number of JSON is not equal to itself, or not within these.
    if isinstance(cell, float) and -float("inf") < cell < float("inf"):
        return cell
    return text_of(cell)


def _line(entry: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half a character, which JSON in UTF-8 cannot carry
        return orjson.dumps(_mended(entry), option=orjson.OPT_APPEND_NEWLINE)


def _mended(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _mended(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_mended(each) for each in value]
    return storable(value) if isinstance(value, str) else value
