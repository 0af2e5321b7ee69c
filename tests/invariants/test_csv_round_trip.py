"""What a run has reported is the same input again: the same keys, the same updates, the same fingerprints."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.cells import cells
from support.depth import examples
from support.job_texts import SANDBOX
from support.records import record, write_results
from support.reports import a_summary

from bulkcase.cells import Cell, text_of
from bulkcase.errors import InputError
from bulkcase.input import Source, Table, open_table
from bulkcase.job import parse
from bulkcase.mapping import Mapper, compile_mapping
from bulkcase.model import CaseUpdate, Outcome, Rejection, Result, Row
from bulkcase.reporting.formats.excel import is_moment
from bulkcase.reporting.formats.workbook import write_workbook

JOB = """
[input]
path = "cases.csv"
key = "Case ID"
timezone = "UTC"
{input}
[mapping]
desc = "A"
tags = {{ column = "B", split = ";", mode = "add" }}
dueDate = "C"
isActive = "D"
"custom.Other" = "E"
name = {{ template = "{{A}} of {{E}}" }}
"userInfo.emailId" = "B"
"""
NAMES = ("Case ID", "A", "B", "C", "D", "E")
MIDNIGHT = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - as a cell is

odd = st.sampled_from(
    [
        "007",
        "1e5",
        "-5",
        "=1+1",
        "'=1+1",
        "''",
        "'",
        "@x",
        "+49",
        "\t",
        "\tx",
        "\r",
        "a\r\nb",
        'a"b',
        '"',
        "\ufeffx",
        "\0",
        "\u202efdp.exe",
        "👩‍👩‍👧",
        "x" * 40_000,
        "#N/A",
        "[]",
        "{",
        "TRUE",
        "2026-11-30",
        "30/11/2026",
        "a;b;;c",
        "\u2028",
        "_x000D_",
    ]
)
texts = odd | st.text(max_size=20) | st.text(alphabet="',;\t|\"\r\n=+-@ a1", max_size=8)
keys = st.from_regex(r"\A[A-Za-z0-9_-]{1,12}\Z") | odd
lines = st.lists(st.tuples(keys, texts, texts, texts, texts, texts), min_size=1, max_size=5)
typed = st.lists(st.tuples(keys, *[cells | odd] * 5), min_size=1, max_size=4)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]


def mapper_of(table: Table, options: str = "") -> Mapper:
    job = parse(SANDBOX + JOB.format(input=options), Path("night.toml"))
    return compile_mapping(job, table.header, {}, fed_back=table.fed_back)


def said(table: Table, rows: Sequence[Row], options: str = "") -> list[tuple[object, ...]]:
    """Return what each row says: its key, its update and its fingerprint, or why it says nothing."""
    mapper = mapper_of(table, options)
    found: list[tuple[object, ...]] = []
    for row in rows:
        mapped = mapper.map(row)
        if isinstance(mapped, Rejection):
            found.append((mapped.code, mapped.key))
        else:
            assert isinstance(mapped, CaseUpdate)
            found.append((mapped.key, mapped.body, mapped.edits, mapped.fingerprint))
    return found


def report(folder: Path, header: Sequence[str], rows: Sequence[Row]) -> list[Path]:
    """Write the report of rows of which each needs a person; return the files that hold all of them."""
    failed = Result(Outcome.FAILED, 1, 412, "http_412", "=no")
    records = [record(row.number, cells=row.cells, result=failed) for row in rows]
    write_results(folder, header, records)
    return [folder / "results.csv", folder / "failed.csv", folder / "failed" / "http_412.csv"]


@settings(max_examples=examples(40), deadline=None)
@given(lines, st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(ENCODINGS), st.permutations(NAMES))
def test_a_text_file_goes_through_its_report_unharmed(
    written: list[tuple[str, ...]], delimiter: str, encoding: str, names: list[str]
) -> None:
    """Whatever is in the cells, and however the input was encoded and divided: each CSV of the report says the same."""
    text = io.StringIO(newline="")
    order = [NAMES.index(name) for name in names]
    csv.writer(text, delimiter=delimiter).writerows([names, *([line[place] for place in order] for line in written)])
    options = f'encoding = "{encoding}"\ndelimiter = {delimiter!r}'.replace("'", '"')
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "cases.csv").write_bytes(text.getvalue().encode(encoding, "replace"))
        try:
            with open_table(Source(folder / "cases.csv", encoding=encoding, delimiter=delimiter)) as table:
                rows = list(table.rows())
                before = said(table, rows, options)
        except InputError:
            return  # refused before it is a run: there is no report of it
        assert [row for row in rows if row.rejection] == []
        for path in report(folder, table.header, rows)[: 3 if rows else 2]:
            with open_table(Source(path, encoding=encoding, delimiter=delimiter, sheet="Other")) as again:
                fed_back = list(again.rows())
                assert again.header == table.header
                assert [row.cells for row in fed_back] == [row.cells for row in rows]
                assert said(again, fed_back, options) == before


@settings(max_examples=examples(40), deadline=None)
@given(typed)
@example([("ci-1", "a\0b", "", "", "", ""), ("ci-2", "\0", "", "", "", "")])
def test_cells_of_a_workbook_go_through_its_report_unharmed(written: list[tuple[Cell, ...]]) -> None:
    """Numbers, dates, times and booleans too: what a CSV of the report says is what the cells said as texts."""
    rows = [Row(number, line) for number, line in enumerate(written, 2)]
    # A row of which every cell is blank is none, in a report as in any file; half a character is none in any file.
    rows = [row for row in rows if any(text_of(cell).strip() for cell in row.cells)]
    with TemporaryDirectory() as place:
        paths = report(Path(place), NAMES, rows)
        rows = [Row(row.number, tuple(map(whole, row.cells))) for row in rows]
        for path in paths if rows else paths[:2]:
            with open_table(Source(path)) as again:
                fed_back = list(again.rows())
                as_texts = [Row(row.number, tuple(map(text_of, row.cells))) for row in rows]
                assert [row.cells for row in fed_back] == [row.cells for row in as_texts]
                assert said(again, fed_back) == said(again, as_texts)


def whole(cell: Cell) -> Cell:
    """Return a cell as a text file can hold it."""
    return cell.encode("utf-8", "replace").decode().replace("\0", "\ufffd") if isinstance(cell, str) else cell


@settings(max_examples=examples(40), deadline=None)
@given(typed)
@example([("007", "", "", "", "", MIDNIGHT), ("008", "", "", "", "", dt.date(1800, 1, 1))])
def test_the_workbook_of_a_report_says_what_its_rows_said(written: list[tuple[Cell, ...]]) -> None:
    """The same keys and updates, but for rows with a text that no cell of a workbook can hold, which are rejected."""
    rows = [Row(number, tuple(map(kept, line))) for number, line in enumerate(written, 2)]
    failed = Result(Outcome.FAILED, 1, 412, "http_412", "=no")
    with TemporaryDirectory() as place:
        records = [record(row.number, cells=row.cells, result=failed) for row in rows]
        write_workbook(Path(place), NAMES, records, a_summary())
        with open_table(Source(Path(place) / "results.xlsx")) as again:
            fed_back = list(again.rows())
            assert len(fed_back) == len(rows)
            before = said(again, rows)
            for row, was, now in zip(rows, before, said(again, fed_back), strict=True):
                is_long = any(isinstance(cell, str) and len(cell) > 32_767 for cell in row.cells)
                assert now[0] == "row_unreadable" if is_long else now == was


def kept(cell: Cell) -> Cell:
    """Return a cell as a workbook can hold it: a date or time that no sheet has is a text there, as in a CSV."""
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        return cell if is_moment(cell) else text_of(cell)
    if not isinstance(cell, str):
        return cell
    return str(whole(cell)).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


OWN = [
    "bulkcase_row",
    "bulkcase_outcome",
    "bulkcase_verified",
    "bulkcase_x",
    "Bulkcase_row",
    " bulkcase_row",
    "bulkcase_",
]
headers = st.lists(st.sampled_from(OWN) | texts, min_size=2, max_size=5)


@settings(max_examples=examples(60), deadline=None)
@given(headers, st.lists(texts, min_size=5, max_size=5))
@example(["\n0;\n", "Bulkcase_row"], ["007"] * 5)
def test_a_header_comes_back_or_is_refused(names: list[str], line: list[str]) -> None:
    """Columns that look like bulkcase's own, or twice alike, are never read as others than they are."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([names, line[: len(names)]])
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "cases.csv").write_bytes(text.getvalue().encode())
        try:
            with open_table(Source(folder / "cases.csv", encoding="utf-8", delimiter=",")) as table:
                rows = list(table.rows())
        except InputError:
            return  # refused, in one line a problem
        assert len(set(table.header)) == len(table.header)
        if table.fed_back or any(name.startswith("bulkcase_") for name in table.header):
            return
        rows = [row for row in rows if row.rejection is None]
        for path in report(folder, table.header, rows)[: 3 if rows else 2]:
            with open_table(Source(path)) as again:
                assert again.header == table.header
                assert [row.cells for row in again.rows()] == [row.cells for row in rows]


def test_half_a_character_is_refused() -> None:
    """No file carries it, so it is told of its row before anything of it is sent."""
    with TemporaryDirectory() as place:
        (path,) = report(Path(place), NAMES, [])[:1]
        with open_table(Source(path)) as table:
            mapped = mapper_of(table).map(Row(2, ("ci-1", "\ud83d", "", "", "", "")))
    assert isinstance(mapped, Rejection)
    assert "half a character" in mapped.message
