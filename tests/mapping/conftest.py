"""A mapping of a few lines, compiled, and what it makes of a cell."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bulkcase.job import parse
from bulkcase.mapping import Mapper, compile_mapping
from bulkcase.model import CaseUpdate, Rejection, Row


def _mapper(
    mapping: str,
    *,
    options: str = "",
    lookups: str = "",
    safety: str = "",
    header: Sequence[str] = ("Id", "A", "B"),
    files: Mapping[str, Mapping[str, Any]] | None = None,
    fed_back: bool = False,
) -> Mapper:
    text = f"""
        [connection]
        host = "sandbox"
        [input]
        path = "cases.csv"
        key = "Id"
        {options}
        [mapping]
        {mapping}
        [lookups]
        {lookups}
        [safety]
        {safety}
    """
    return compile_mapping(parse(text, Path("night.toml")), header, files or {}, fed_back=fed_back)


@pytest.fixture(scope="session")
def mapper() -> Callable[..., Mapper]:
    """Compile a mapping, given as lines of TOML, against a header of Id, A and B."""
    return _mapper


@pytest.fixture(scope="session")
def mapped() -> Callable[..., CaseUpdate | Rejection]:
    """Map one row, its key first, with a mapping given as lines of TOML."""

    def run(mapping: str, *cells: Any, **settings: Any) -> CaseUpdate | Rejection:
        row = ("ci-1", *cells, *[""] * (2 - len(cells)))
        return _mapper(mapping, **settings).map(Row(2, row))

    return run
