"""Make the sample spreadsheets again: python sample_data/make.py. The same every time.

cases.csv and cases.xlsx hold the same 300 cases in the shape of the product's own case list, with the dirt that such
lists have (bulkcase.operations.demo_data names it). The workbook has typed cells: dates are dates, and row 18 has a
formula that really failed. statuses.json and priorities.json are the lookups.
"""

import datetime as dt
from pathlib import Path

import orjson
import xlsxwriter

from bulkcase.operations.demo_data import HEADER, Line, case_list, write_csv
from bulkcase.sandbox import PRIORITIES, STATUSES

HERE = Path(__file__).parent
COUNT, SEED = 300, 7
MADE_ON = dt.datetime(2026, 11, 20, 12)  # noqa: DTZ001 - the workbook's own property, which knows no zone


def write_workbook(path: Path, lines: list[Line]) -> None:
    """Write the sheet with typed cells."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "Cases to close", "created": MADE_ON})
        bold = book.add_format({"bold": True})
        date = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet = book.add_worksheet("Cases")
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(HEADER) - 1, 18)
        sheet.write_row(0, 0, HEADER, bold)
        for number, line in enumerate(lines, start=1):
            for column, cell in enumerate(line):
                if isinstance(cell, dt.datetime):
                    sheet.write_datetime(number, column, cell, date)
                elif cell == "#N/A":
                    sheet.write_formula(number, column, "=NA()", None, "#N/A")
                elif cell != "":
                    sheet.write_string(number, column, str(cell))


def main() -> None:
    """Write all sample files beside this one."""
    lines = case_list(COUNT, SEED)
    write_csv(HERE / "cases.csv", lines)
    write_workbook(HERE / "cases.xlsx", lines)
    for name, catalogue in (("statuses.json", STATUSES), ("priorities.json", PRIORITIES)):
        (HERE / name).write_bytes(orjson.dumps(catalogue, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    main()
