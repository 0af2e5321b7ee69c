"""Hostile workbooks of Excel: what stands in their cells, and where."""

# ruff: noqa: E501 - a piece of XML, or a file with how it ends, reads best on one line

from collections.abc import Callable
from pathlib import Path

import xlwt
from support.hostile import Hostile
from support.hostile_xlsx import DATE_STYLES, MAIN, dates, sheet, text, with_values, workbook, xlsx


def _old(sheets: int, rows: int, columns: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        book = xlwt.Workbook()
        for number in range(sheets):
            page = book.add_sheet(f"S{number}")
            page.write(0, 0, "Case ID")
            page.write(0, 1, "Notes")
            page.write(rows - 1, columns - 1, "x")
        book.save(str(path))

    return write


def _repeated_text(path: Path) -> None:
    book = xlwt.Workbook()
    page = book.add_sheet("Cases")
    for row in range(65_536):
        page.write(row, 0, "x" * 32_000)
        page.write(row, 1, "x" * 32_000)
    book.save(str(path))


_EMPTY_ROWS = "".join(f'<row r="{row}" s="1" customFormat="1"/>' for row in range(3, 1_048_577))
_CELLS = "<c><v>1</v></c>"

WORKBOOKS = [
    Hostile("formula-dde.xlsx", xlsx(sheet=with_values("", "<f>cmd|'/C calc'!A0</f><v>5</v>")), 0),
    Hostile("formula-without-value.xlsx", xlsx(sheet=with_values("", "<f>1+1</f>")), 1, "no stored value"),
    Hostile(
        "formula-web.xlsx", xlsx(sheet=with_values(' t="str"', '<f>WEBSERVICE("http://127.0.0.1:9/")</f><v>x</v>')), 0
    ),
    Hostile(
        "hidden-rows-and-columns.xlsx",
        xlsx(
            sheet=sheet(
                f'<row r="2" hidden="1">{text("A2", "ci-1")}{text("B2", "x")}</row>',
                after='<cols><col min="1" max="2" hidden="1"/></cols>',
            )
        ),
        0,
    ),
    Hostile(
        "hidden-sheet.xlsx",
        xlsx(workbook=workbook('<sheet name="A" sheetId="1" state="veryHidden" r:id="rId1"/>')),
        2,
        "no visible sheets",
    ),
    Hostile("merged.xlsx", xlsx(sheet=sheet(after='<mergeCells><mergeCell ref="A2:B1048576"/></mergeCells>')), 0),
    Hostile(
        "columns-16384.xlsx",
        xlsx(
            sheet=f"<worksheet {MAIN}><sheetData><row>{text('', 'Case ID')}{text('', 'Notes')}{''.join(text('', f'c{n}') for n in range(16_382))}</row><row>{text('', 'ci-1')}{text('', 'x')}</row></sheetData></worksheet>"
        ),
        0,
    ),
    Hostile(
        "columns-20000.xlsx",
        xlsx(
            sheet=f"<worksheet {MAIN}><sheetData><row>{text('', 'Case ID')}{text('', 'Notes')}{''.join(text('', f'c{n}') for n in range(20_000))}</row></sheetData></worksheet>"
        ),
        2,
        "columns",
    ),
    Hostile(
        "rows-empty-but-formatted.xlsx",
        xlsx(sheet=sheet(f'<row r="2">{text("A2", "ci-1")}{text("B2", "x")}</row>{_EMPTY_ROWS}')),
        0,
    ),
    Hostile(
        "far-without-places.xlsx",
        xlsx(
            sheet=f"<worksheet {MAIN}><sheetData>{'<row/>' * 1_048_574}<row>{'<c/>' * 16_383}{_CELLS}</row><row>{_CELLS}</row></sheetData></worksheet>"
        ),
        2,
        "too far",
    ),
    Hostile(
        "far-cell-in-near-row.xlsx", xlsx(sheet=sheet('<row r="2"><c r="Z99999999"><v>1</v></c></row>')), 2, "too far"
    ),
    Hostile(
        "far-cell-in-small-letters.xlsx",
        xlsx(sheet=sheet('<row r="2"><c r="xfd1048576"><v>1</v></c></row>')),
        2,
        "too far",
    ),
    Hostile(
        "one-text-in-many-cells.xlsx",
        xlsx(
            strings=f"<sst {MAIN}><si><t>{'x' * 3_000_000}</t></si></sst>",
            sheet=sheet(
                '<row r="2">' + "".join(f'<c r="A{n}" t="s"><v>0</v></c>' for n in range(2, 20_000)) + "</row>"
            ),
        ),
        2,
        "too much",
    ),
    Hostile("one-text-in-many-old-cells.xls", _repeated_text, 2, "too much text"),
    Hostile(
        "far-column-without-row.xlsx", xlsx(sheet=sheet('<row><c r="XFD1048576"><v>1</v></c></row>')), 2, "too far"
    ),
    Hostile(
        "far-row-without-places.xlsx",
        xlsx(sheet=sheet('<row r="1048576">' + "<c/>" * 60 + _CELLS + "</row>")),
        2,
        "too far",
    ),
    Hostile("row-negative.xlsx", xlsx(sheet=sheet('<row r="-1"><c r="A-1"><v>1</v></c></row>')), 2),
    Hostile("row-zero.xlsx", xlsx(sheet=sheet('<row r="0"><c r="A0"><v>1</v></c></row>')), 2),
    Hostile("row-huge.xlsx", xlsx(sheet=sheet('<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>')), 2),
    Hostile("row-huger.xlsx", xlsx(sheet=sheet(f'<row r="{"9" * 5000}"><c r="A{"9" * 5000}"><v>1</v></c></row>')), 2),
    Hostile("row-last-and-on.xlsx", xlsx(sheet=sheet('<row r="4294967290"/>' + f"<row>{_CELLS}</row>" * 9)), 2),
    Hostile("column-huge.xlsx", xlsx(sheet=sheet('<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>')), 2),
    Hostile("column-huger.xlsx", xlsx(sheet=sheet(f'<row r="2"><c r="{"Z" * 5000}2"><v>1</v></c></row>')), 2),
    Hostile(
        "places-backwards.xlsx",
        xlsx(
            sheet=sheet(f'<row r="9">{text("B9", "x")}{text("A9", "ci-1")}</row><row r="2">{text("A2", "ci-2")}</row>')
        ),
        0,
    ),
    Hostile(
        "place-twice.xlsx",
        xlsx(sheet=sheet(f'<row r="2">{text("A2", "ci-1")}{text("B2", "x")}{text("B2", "y")}</row>')),
        0,
    ),
    Hostile("string-of-no-number.xlsx", xlsx(sheet=with_values(' t="s"', "<v>-1</v>")), 2),
    Hostile("string-far.xlsx", xlsx(sheet=with_values(' t="s"', "<v>99999999999</v>")), 2),
    Hostile("style-far.xlsx", xlsx(sheet=with_values(' s="99999999999"', "<v>1</v>")), 0),
    Hostile("type-unknown.xlsx", xlsx(sheet=with_values(' t="zz"', "<v>1</v>")), 2),
    *(
        Hostile(f"number-{n}.xlsx", xlsx(sheet=with_values("", f"<v>{value}</v>")), code)
        for n, (value, code) in enumerate(
            [("1e400", 0), ("nan", 0), ("inf", 0), ("-0", 0), ("0x10", 0), ("١٢٣", 0), ("1" * 5000, 0)]
        )
    ),
    Hostile("dates.xlsx", xlsx(sheet=dates("59", "60", "61", "0", "1"), styles=DATE_STYLES), 0),
    Hostile(
        "dates-1904.xlsx",
        xlsx(
            sheet=dates("0", "1", "60"), styles=DATE_STYLES, workbook=workbook(properties='<workbookPr date1904="1"/>')
        ),
        0,
    ),
    Hostile(
        "dates-out-of-range.xlsx", xlsx(sheet=dates("-1", "-700000", "2958466", "1e300", "nan"), styles=DATE_STYLES), 0
    ),
    Hostile("deep.xlsx", xlsx(sheet=sheet("<a>" * 500_000 + "</a>" * 500_000)), 2),
    Hostile(
        "attributes.xlsx", xlsx(sheet=sheet('<row r="2" ' + " ".join(f'a{n}="1"' for n in range(300_000)) + "/>")), 2
    ),
    Hostile("not-closed.xlsx", xlsx(sheet=sheet()[:-40]), 2),
    Hostile(
        "bidi.xlsx",
        xlsx(
            workbook=workbook(
                '<sheet name="A\u202e" sheetId="1" r:id="rId1"/><sheet name="B" sheetId="2" r:id="rId1"/>'
            )
        ),
        2,
        "\\u202e",
    ),
    Hostile("cut.xlsx", lambda path: (xlsx()(path), path.write_bytes(path.read_bytes()[:-100])), 2),
    Hostile("old.xls", _old(1, 2, 2), 1),
    Hostile("old-corners.xls", _old(40, 65_536, 256), 2),
]
