"""OpenDocument sheets to rows."""

import datetime as dt
from pathlib import Path
from zipfile import ZipFile

import pytest

from bulkcase.cells import Cell
from bulkcase.errors import InputError
from bulkcase.input import Source, open_table
from bulkcase.model import Row

NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }.items()
)


def ods(path: Path, **tables: str) -> Path:
    styles = (
        '<office:automatic-styles><style:style style:name="hidden"><style:table-properties table:display="false"/>'
        "</style:style></office:automatic-styles>"
    )
    body = "".join(
        f"<table:table table:name='{name}' table:style-name='{name.lower()}'>{rows}</table:table>"
        for name, rows in tables.items()
    )
    with ZipFile(path, "w") as archive:
        archive.writestr(
            "content.xml",
            f"<office:document-content {NAMESPACES}>{styles}<office:body><office:spreadsheet>{body}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def row(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


def cell(attributes: str = "", content: str = "") -> str:
    return f"<table:table-cell {attributes}>{content}</table:table-cell>"


def text(shown: str) -> str:
    return cell('office:value-type="string"', f"<text:p>{shown}</text:p>")


HEADER = row(text("id"), text("x"))


def rows_of(path: Path) -> list[Row]:
    with open_table(Source(path)) as table:
        return list(table.rows())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (cell('office:value-type="float" office:value="42"', "<text:p>42</text:p>"), 42),
        (cell('office:value-type="percentage" office:value="0.5"', "<text:p>50 %</text:p>"), 0.5),
        (cell('office:value-type="float" office:value="1234567890123456"'), 1234567890123456.0),
        (cell('office:value-type="boolean" office:boolean-value="true"'), True),
        (cell('office:value-type="date" office:date-value="2026-01-02"'), dt.date(2026, 1, 2)),
        (cell('office:value-type="date" office:date-value="2026-01-02T03:04:05"'), dt.datetime(2026, 1, 2, 3, 4, 5)),  # noqa: DTZ001 - cells have no zone
        (cell('office:value-type="time" office:time-value="PT03H04M05S"'), dt.time(3, 4, 5)),
        (cell('office:value-type="time" office:time-value="PT30H00M00.5S"'), dt.timedelta(hours=30, seconds=0.5)),
        (
            cell(
                'office:value-type="string"', '<text:p>a<text:s text:c="2"/>b<text:tab/>c<text:line-break/>d</text:p>'
            ),
            "a  b\tc\nd",
        ),
        (
            cell(
                'office:value-type="string"', "<text:p>one\n  <text:span>bold</text:span></text:p><text:p>two</text:p>"
            ),
            "one bold\ntwo",
        ),
        (
            cell(
                'office:value-type="string"',
                "<office:annotation><text:p>note</text:p></office:annotation><text:p>body</text:p>",
            ),
            "body",
        ),
        (cell('office:value-type="string"', "<text:p>a<draw:frame><text:p>b</text:p></draw:frame>c</text:p>"), "ac"),
        (
            cell(
                'table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error"',
                "<text:p>#DIV/0!</text:p>",
            ),
            "#DIV/0!",
        ),
        (
            cell('table:formula="of:=1/0" office:value-type="float" office:value="0"', "<text:p>#DIV/0!</text:p>"),
            "#DIV/0!",
        ),
        (
            cell(
                'table:formula="of:=1+1" office:value-type="float" office:value="2" calcext:value-type="float"',
                "<text:p>2</text:p>",
            ),
            2,
        ),
        (cell('table:formula="of:=A1" office:value-type="string" office:string-value=""'), ""),
        (
            '<table:covered-table-cell office:value-type="string"><text:p>under</text:p></table:covered-table-cell>',
            "under",
        ),
    ],
)
def test_each_kind_of_cell_is_what_it_is(tmp_path: Path, written: str, expected: Cell) -> None:
    """Types, white space and error values come out as the program shows them; comments and drawings do not."""
    (found,) = rows_of(ods(tmp_path / "cases.ods", One=HEADER + row(text("a"), written)))
    assert found == Row(2, ("a", expected))
    assert type(found.cells[1]) is type(expected)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (cell('table:formula="of:=A1"'), "the formula has no stored value"),
        (
            cell('table:formula="of:=A1" office:value-type="float" office:value="0"', "<text:p>Err:502</text:p>"),
            'failed ("Err:502")',
        ),
        (cell('office:value-type="date" office:date-value="-0044-03-15"', "<text:p>Ides</text:p>"), 'it shows "Ides"'),
        (cell('office:value-type="void"', "<text:p>?</text:p>"), "cannot be read"),
    ],
)
def test_what_cannot_be_told_rejects_its_row(tmp_path: Path, written: str, expected: str) -> None:
    """No such cell is silently blank."""
    (found,) = rows_of(ods(tmp_path / "cases.ods", One=HEADER + row(text("a"), written)))
    assert found.rejection is not None
    assert found.rejection.message.startswith('column "x": ')
    assert expected in found.rejection.message


def test_repeated_rows_and_cells_are_counted(tmp_path: Path) -> None:
    """Row numbers are those of the sheet, and the blank rest of a sheet costs nothing."""
    blank = cell('table:number-columns-repeated="16000"')
    path = ods(
        tmp_path / "cases.ods",
        One=row(blank, repeated=2)
        + row(cell(), text("id"), text("x"))
        + row(cell(), cell('office:value-type="float" office:value="7" table:number-columns-repeated="2"'), repeated=2)
        + row(blank, repeated=3)
        + row(cell(), text("last"), blank)
        + row(blank, repeated=1_048_000),
    )
    assert rows_of(path) == [Row(4, (7, 7)), Row(5, (7, 7)), Row(9, ("last", ""))]


def test_a_blank_cell_between_others_keeps_its_place(tmp_path: Path) -> None:
    """Blank cells are left out of the memory, not out of the row."""
    header = row(text("id"), text("x"), text("y"))
    path = ods(tmp_path / "cases.ods", One=header + row(text("a"), cell(), text("c")))
    assert rows_of(path) == [Row(2, ("a", "", "c"))]


def test_a_document_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    """The rows that were read may be of two states of the file."""
    path = ods(tmp_path / "cases.ods", One=HEADER + row(text("a")))
    with open_table(Source(path)) as table:
        rows = table.rows()
        next(rows)
        with path.open("ab") as file:
            file.write(b"x")
        with pytest.raises(InputError, match="the file changed while it was read"):
            list(rows)


def test_hidden_sheets_are_not_chosen(tmp_path: Path) -> None:
    """One visible sheet needs no name."""
    path = ods(tmp_path / "cases.ods", Hidden=row(text("no")), Two=HEADER + row(text("a"), text("b")))
    assert rows_of(path) == [Row(2, ("a", "b"))]


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({"One": HEADER, "Two": HEADER}, '2 visible sheets ("One", "Two"): set input.sheet'),
        ({}, "no visible sheets"),
        ({"One": row(cell())}, 'the sheet "One" is empty'),
        ({"One": row(text("id"), cell('table:formula="of:=A1"'))}, "row 1: column B of the header: the formula"),
        ({"One": row(cell('table:number-columns-repeated="99999999999"'))}, "repeats 99,999,999,999 times"),
        (
            {"One": row(cell('office:value-type="float" office:value="7" table:number-columns-repeated="16000"') * 2)},
            "more than 16,384 cells",
        ),
    ],
)
def test_a_bad_document_gets_one_clear_line(tmp_path: Path, tables: dict[str, str], expected: str) -> None:
    """The message names the file, and says what is wrong and what to do."""
    path = ods(tmp_path / "cases.ods", **tables)
    with pytest.raises(InputError) as caught:
        open_table(Source(path))
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")
    assert not problem.endswith(".")
    assert expected in problem
