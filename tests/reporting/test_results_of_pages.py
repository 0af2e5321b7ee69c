"""results.csv of rows that come a page at a time is what one would write row by row."""

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cells import cells
from support.ledgers import NOW, begin, good_row, new_run, stored
from support.records import HEADER

from bulkcase.cells import Cell, text_of
from bulkcase.errors import LedgerError
from bulkcase.formulas import defuse
from bulkcase.ledger import Ledger, RowRecord
from bulkcase.ledger.changes import decision, intent, outcome
from bulkcase.ledger.queries.shown import RowPage
from bulkcase.model import CaseUpdate, Outcome, Rejection, Result, Row
from bulkcase.reporting import write_results
from bulkcase.reporting.formats.results import COLUMNS

plain_cells = st.text(alphabet='abc "=-,\n', max_size=4)
lines = st.lists(cells, min_size=2, max_size=2) | st.lists(plain_cells, max_size=3)
keys = st.none() | st.sampled_from(["ci-1", "-x", "=1", 'a"b', "a,b", ""])
said = st.sampled_from(["", "=HYPERLINK()", "it is said, twice", 'a "b"\nc', "Größe"])
results = st.builds(
    Result,
    st.sampled_from([Outcome.UPDATED, Outcome.FAILED, Outcome.MISMATCH, Outcome.UNKNOWN, Outcome.PENDING]),
    st.integers(0, 3),
    st.none() | st.sampled_from([200, 412, 500]),
    st.sampled_from(["", "http_412", "timeout"]),
    said,
    st.sampled_from(["", "equal", "not_shown"]),
    st.none(),
)
moments = st.floats(NOW, NOW + 5)


@st.composite
def files(draw: st.DrawFn) -> list[tuple[Row, CaseUpdate | Rejection, Result | None, float]]:
    """Return rows with whatever they can hold, and what became of each; None for one whose call has left."""
    found: list[tuple[Row, CaseUpdate | Rejection, Result | None, float]] = []
    for number in range(2, 2 + draw(st.integers(0, 6))):
        row = Row(number, tuple(draw(lines)))
        if draw(st.integers(0, 3)):
            mapped: CaseUpdate | Rejection = CaseUpdate(f"ci-{number}", {"desc": "x", "name": "y"})
        else:
            mapped = Rejection("bad_key", draw(said), draw(keys))
        found.append((row, mapped, draw(st.none() | results), draw(moments)))
    return found


def plain_line(row: RowRecord) -> list[str]:
    """Return the line of a row, each of its cells made alone."""
    result = row.result
    was_sent = result.attempts > 0 and result.outcome is not Outcome.PENDING
    texts = [defuse(text_of(cell)) for cell in row.cells[: len(HEADER)]]
    finished = "" if row.finished_at is None else dt.datetime.fromtimestamp(row.finished_at, dt.UTC)
    return [
        *texts,
        *[""] * (len(HEADER) - len(texts)),
        str(row.number),
        defuse(row.case_key),
        result.outcome.value,
        result.verified,
        "" if result.http_status is None else str(result.http_status),
        str(result.attempts),
        result.code,
        defuse(result.message),
        row.fields if was_sent or result.outcome is Outcome.UNKNOWN else "",
        finished if isinstance(finished, str) else f"{finished:%Y-%m-%dT%H:%M:%S}.{finished.microsecond // 1000:03d}Z",
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(files())
def test_every_byte_is_that_of_lines_made_one_by_one(
    tmp_path: Path, ledger: Ledger, rows_of: list[tuple[Row, CaseUpdate | Rejection, Result | None, float]]
) -> None:
    """Whatever the cells, keys, messages and outcomes are, and however rows with odd ones stand between plain ones."""
    run = new_run(ledger)
    rows = begin(ledger, run)
    rows.add([(row, mapped) for row, mapped, _, _ in rows_of], NOW)
    for row, mapped, result, at in rows_of:
        if isinstance(mapped, CaseUpdate):
            rows.apply([intent(row.number)])
            rows.apply([outcome(row.number, result, at)] if result else [])
    write_results(tmp_path, HEADER, rows.pages())
    plain = tmp_path / "plain.csv"
    with plain.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        csv.writer(file).writerows([[*HEADER, *COLUMNS], *map(plain_line, rows.all())])
    assert (tmp_path / "results.csv").read_bytes() == plain.read_bytes().replace(b"\0", "\ufffd".encode())


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("count", [0, 1, 249, 250, 251, 500])
def test_pages_have_every_row_once(ledger: Ledger, count: int, *, odd: bool) -> None:
    """In input order, however many there are."""
    rows = ledger.rows(new_run(ledger))
    values: list[Cell] = ["Closed", dt.date(2026, 11, 18) if odd else "x"]
    rows.add([good_row(number, cells=("ci", values[number % 2])) for number in range(2, count + 2)], NOW)
    rows.apply([decision(number, Result(Outcome.UNCHANGED), NOW + number) for number in range(2, count + 2, 7)])
    found = list(columns(rows.pages()))
    assert found == list(columns([RowPage.of(rows.all())]))
    assert [number for _, number, *_ in found] == list(range(2, count + 2))


def columns(pages: Iterator[RowPage] | list[RowPage]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of pages."""
    for page in pages:
        for row_cells, *more in zip(*page, strict=True):
            yield tuple(row_cells), *more


@pytest.mark.parametrize("content", [b'["a"', b"[]]", b"", b'["a"],["b"]'])
def test_a_row_whose_cells_are_damaged_is_named(ledger: Ledger, content: bytes) -> None:
    """The database knows the form of its pages only; of many rows that are read together it is told which."""
    rows = ledger.rows(new_run(ledger))
    rows.add([good_row(number) for number in range(2, 12)], NOW)
    stored(ledger.path, "UPDATE rows SET cells = ? WHERE number = 7", content)
    with pytest.raises(LedgerError, match="is damaged, row 7 cannot be read: restore it from a backup"):
        list(rows.pages())
