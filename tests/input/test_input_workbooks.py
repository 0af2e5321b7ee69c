"""Workbooks of Excel to rows."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.workbooks import complaint, rewrite, rows_of, xlsx

from bulkcase.cells import EXCEL_ERRORS
from bulkcase.input import Source, open_table
from bulkcase.input.workbooks import workbook
from bulkcase.model import Row


def test_typed_cells_keep_their_types(tmp_path: Path) -> None:
    """Numbers, booleans, dates and texts are what they are; a whole number is one."""
    path = tmp_path / "cases.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    formats = [book.add_format({"num_format": f}) for f in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm", "hh:mm", "[h]:mm")]
    times = [dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 3, 4), dt.time(3, 4), dt.timedelta(hours=30)]  # noqa: DTZ001 - cells have no zone
    plain: list[object] = ["007", 42, 1.5, True, False, " two\nlines "]
    sheet.write_row(0, 0, [f"c{n}" for n in range(len(plain) + len(times) + 1)])
    for column, value in enumerate(plain):
        (sheet.write_string if isinstance(value, str) else sheet.write)(1, column, value)
    for column, (value, form) in enumerate(zip(times, formats, strict=True), len(plain)):
        sheet.write_datetime(1, column, value, form)
    sheet.write_number(1, len(plain) + len(times), 12345678901234567)
    book.close()
    (row,) = rows_of(path)
    assert row.cells == (*plain, *times, 1.234567890123457e16)
    assert [type(cell) for cell in row.cells[:4]] == [str, int, float, bool]


def test_row_numbers_are_those_of_the_sheet(tmp_path: Path) -> None:
    """The header is the first row that is not blank, wherever the table stands."""

    def fill(sheet: Any) -> None:
        sheet.write_row(3, 2, ["id", "x"])
        sheet.write_row(4, 2, ["a", 1])
        sheet.write_row(6, 2, ["  ", " "])
        sheet.write_row(8, 2, ["b"])

    assert rows_of(xlsx(tmp_path / "cases.xlsx", fill)) == [Row(5, ("a", 1)), Row(9, ("b", ""))]


def test_values_outside_of_the_header_reject_their_row(tmp_path: Path) -> None:
    """A value left or right of the named columns may be one that slipped."""

    def fill(sheet: Any) -> None:
        sheet.write_row(0, 1, ["id", "x"])
        sheet.write_row(1, 0, ["stray", "a", 1])
        sheet.write_row(2, 1, ["b", 2, "stray"])
        sheet.write_row(3, 1, ["c", 3])

    left, right, fine = rows_of(xlsx(tmp_path / "cases.xlsx", fill))
    assert left.rejection is not None
    assert "left of" in left.rejection.message
    assert right.rejection is not None
    assert right.rejection.code == "row_too_long"
    assert right.cells == ("b", 2, "stray")
    assert fine == Row(4, ("c", 3))


@pytest.mark.parametrize("error", sorted(EXCEL_ERRORS))
def test_error_values_come_out_as_their_text(tmp_path: Path, error: str) -> None:
    """An error value is not a blank cell, for a blank cell means: leave the field alone."""

    def fill(sheet: Any) -> None:
        sheet.write_row(0, 1, ["id", "x"])
        sheet.write_row(1, 1, ["a"])
        sheet.write_formula(1, 2, "=1/0", None, error)
        sheet.write_formula(5, 1, "=1/0", None, error)

    rows = rows_of(xlsx(tmp_path / "cases.xlsx", fill))
    assert rows == [Row(2, ("a", error)), Row(6, (error, ""))]


def test_formulas_that_were_never_calculated_reject_their_row(tmp_path: Path) -> None:
    """A program that wrote a formula without its value leaves nothing to send; a stored empty text is blank."""
    path = tmp_path / "cases.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for values in (["id", "Due"], ["a", "=1+1"], ["b", 2], [None, "=1+1"]):
        sheet.append(values)
    book.save(path)
    uncalculated, fine, only = rows_of(path)
    assert fine == Row(3, ("b", 2))
    for row, number in ((uncalculated, 2), (only, 4)):
        assert row.number == number
        assert row.rejection is not None
        assert row.rejection.code == "row_unreadable"
        assert row.rejection.message.startswith('column "Due": the formula has no stored value')


def test_calculated_formulas_are_their_values(tmp_path: Path) -> None:
    """A stored value counts, the empty text that Excel stores for ="" among them."""

    def fill(sheet: Any) -> None:
        sheet.write_row(0, 0, ["id", "x"])
        sheet.write_row(1, 0, ["a"])
        sheet.write_formula(1, 1, "=1+1", None, 2)

    path = xlsx(tmp_path / "cases.xlsx", fill)
    assert rows_of(path) == [Row(2, ("a", 2))]
    rewrite(path, b"</f><v>2</v>", b"</f><v></v>", b'<c r="B2">', b'<c r="B2" t="str">')
    assert rows_of(path) == [Row(2, ("a", ""))]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((b"#N/A", b"#SPILL!"), 'row 2: column B shows the error "#SPILL!"'),
        ((b'r="B2"', b'r="XFD1048576"'), "too far to be loaded"),
        ((b'<row r="2"', b'<row r="x"'), "damaged or unusual"),
        ((b"</sheetData>", b""), "damaged or unusual"),
    ],
)
def test_sheets_that_calamine_would_fail_on_are_refused_first(
    tmp_path: Path, changes: tuple[bytes, ...], expected: str
) -> None:
    """An unknown error value, a value that is far off and broken XML each get one line."""

    def fill(sheet: Any) -> None:
        sheet.write_row(0, 0, ["id", "x"])
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")

    path = xlsx(tmp_path / "cases.xlsx", fill)
    rewrite(path, *changes)
    assert expected in complaint(path)


def test_a_far_value_is_refused_without_formulas_too(tmp_path: Path) -> None:
    """Loading such a sheet would end the process, so its extent is looked at first."""

    def fill(sheet: Any) -> None:
        sheet.write(0, 0, 1)
        sheet.write(1_048_575, 16_383, 1)

    assert "to row 1048576 and to column XFD" in complaint(xlsx(tmp_path / "cases.xlsx", fill))


def test_far_formats_without_values_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only values count for the extent of a sheet."""
    monkeypatch.setattr("bulkcase.input.workbooks.xlsx_gaps.MOST_CELLS", 10)
    path = tmp_path / "cases.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "x"])
        sheet.write_row(1, 0, ["a", 1])
        sheet.write_blank(500, 50, None, book.add_format({"bold": True}))
    assert rows_of(path) == [Row(2, ("a", 1))]


def several(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        first = book.add_worksheet("Cases")
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Cases!$A$1:$A$2"})
        book.add_chartsheet("Chart").set_chart(chart)
        hidden = book.add_worksheet("Hidden")
        hidden.hide()
        last = book.add_worksheet("Closed")
        for sheet in (first, hidden, last):
            sheet.write_row(0, 0, ["id"])
            sheet.write_row(1, 0, [sheet.name])
    return path


@pytest.mark.parametrize(("sheet", "expected"), [("Cases", "Cases"), ("Hidden", "Hidden"), (1, "Cases"), (2, "Closed")])
def test_a_sheet_is_found_by_name_or_number(tmp_path: Path, sheet: str | int, expected: str) -> None:
    """A number counts as a person counts the tabs; charts and hidden sheets are none."""
    assert rows_of(several(tmp_path / "cases.xlsx"), sheet) == [Row(2, (expected,))]


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        (None, '2 visible sheets ("Cases", "Hidden", "Closed"): set input.sheet'),
        ("cases", 'there is no sheet "cases" (did you mean "Cases"?)'),
        ("Chart", 'there is no sheet "Chart"'),
        (0, "there is no sheet number 0"),
        (3, "there is no sheet number 3"),
    ],
)
def test_a_sheet_that_cannot_be_told_is_refused(tmp_path: Path, sheet: str | int | None, expected: str) -> None:
    """The message lists the sheets that there are."""
    assert expected in complaint(several(tmp_path / "cases.xlsx"), sheet)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ([], 'the sheet "Cases" is empty'),
        (["a", "b", "a"], '2 columns are named "a" (A, C)'),
        (["a", "", "b"], "column B has no name in the header (row 1)"),
    ],
)
def test_a_bad_header_is_refused(tmp_path: Path, header: list[str], expected: str) -> None:
    """The rules for the header are those of a CSV."""
    path = xlsx(tmp_path / "cases.xlsx", lambda sheet: sheet.write_row(0, 0, header))
    assert expected in complaint(path)


def test_old_workbooks_are_read(tmp_path: Path) -> None:
    """An .xls keeps types, error values and row numbers, and does not hide formulas without a value."""
    path = tmp_path / "cases.xls"
    book = xlwt.Workbook()
    sheet = book.add_sheet("Cases")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for column, name in enumerate(["id", "x"]):
        sheet.write(2, column, name)
    sheet.write(3, 0, "a")
    sheet.write(3, 1, 42)
    sheet.write(4, 0, "b")
    sheet.row(4).set_cell_error(1, "#DIV/0!")
    sheet.write(6, 0, "c")
    sheet.write(6, 1, dt.date(2026, 1, 2), day)
    sheet.write(7, 0, "d")
    sheet.write(7, 1, xlwt.Formula("1+1"))
    book.save(str(path))
    *fine, formula = rows_of(path)
    assert fine == [Row(4, ("a", 42)), Row(5, ("b", "#DIV/0!")), Row(7, ("c", dt.date(2026, 1, 2)))]
    assert formula.number == 8
    assert formula.rejection is not None
    assert "save the file as .xlsx" in formula.rejection.message


def test_a_panic_of_the_library_becomes_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A panic is no Exception, and must not pass for the end of the process."""

    class PanicException(BaseException):
        pass

    def panic(*_: object) -> None:
        raise PanicException

    path = xlsx(tmp_path / "cases.xlsx", lambda sheet: sheet.write(0, 0, "id"))
    monkeypatch.setattr(workbook, "_load", panic)
    assert "damaged or unusual" in complaint(path)


def test_an_interrupt_is_no_panic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a workbook is loaded stays what it is."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    path = xlsx(tmp_path / "cases.xlsx", lambda sheet: sheet.write(0, 0, "id"))
    monkeypatch.setattr(workbook, "_load", interrupt)
    with pytest.raises(KeyboardInterrupt):
        open_table(Source(path))


def test_a_workbook_that_changes_while_it_is_loaded_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its checksum and its rows are of the same file."""
    path = xlsx(tmp_path / "cases.xlsx", lambda sheet: sheet.write(0, 0, "id"))
    load = workbook._load

    def then_grow(*arguments: Any) -> Any:
        sheet = load(*arguments)
        with path.open("ab") as file:
            file.write(b"x")
        return sheet

    monkeypatch.setattr(workbook, "_load", then_grow)
    assert "the file changed while it was read" in complaint(path)


cell_texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cn"]), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    cells=st.dictionaries(
        st.tuples(st.integers(1, 30), st.integers(0, 3)),
        st.one_of(cell_texts, st.booleans(), st.integers(-(10**14), 10**14), st.sampled_from(sorted(EXCEL_ERRORS))),
        max_size=20,
    )
)
def test_every_cell_is_found_where_it_was_written(
    tmp_path: Path, cells: Mapping[tuple[int, int], str | bool | int]
) -> None:
    """Whatever is scattered over a sheet, error values too, comes out in its row and column."""

    def fill(sheet: Any) -> None:
        sheet.write_row(0, 0, ["a", "b", "c", "d"])
        for (row, column), value in cells.items():
            if value in EXCEL_ERRORS:
                sheet.write_formula(row, column, "=1/0", None, value)
            elif isinstance(value, str):
                sheet.write_string(row, column, value)
            else:
                sheet.write(row, column, value)

    expected = [
        Row(number, tuple(cells.get((number - 1, column), "") for column in range(4)))
        for number in range(2, 32)
        if any(str(cells.get((number - 1, column), "")).strip() for column in range(4))
    ]
    assert rows_of(xlsx(tmp_path / "cases.xlsx", fill)) == expected
