"""The first sheet of results.xlsx: a run in numbers, for people."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from bulkcase.errors import EXIT_CODES
from bulkcase.reporting.formats.excel import Cells
from bulkcase.reporting.summary import Summary

_WIDTHS: Final = (24, 26, 60, 60)


def write_overview(sheet: Any, cells: Cells, summary: Summary, notes: Sequence[str]) -> None:
    """Write how a run ended: what and when, outcomes, calls, causes, and what else is to be known of the workbook."""
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    page = _Page(sheet, cells)
    page.heading(f"bulkcase run {summary.run_id}", "", "", "")
    page.facts(summary)
    page.outcomes(summary)
    page.calls(summary)
    page.causes(summary)
    if notes:
        page.heading("Notes", "", "", "")
        for note in notes:
            page.line(note)


class _Page:
    """Writes one line after the other."""

    def __init__(self, sheet: Any, cells: Cells) -> None:
        self._sheet = sheet
        self._cells = cells
        self._row = 0

    def facts(self, summary: Summary) -> None:
        code = summary.exit_code
        self.fact("job", summary.job)
        self.fact("target", summary.target)
        self.fact("state", summary.state)
        self.fact("exit code", "" if code is None else f"{code}: {EXIT_CODES.get(code, 'see the log')}")
        self.fact("reason", summary.reason)
        self.fact("continues", summary.continues or "")
        self.fact("undoes", summary.undoes or "")
        self._moment("started", summary.started_at)
        self._moment("finished", summary.finished_at)
        self._duration(summary.duration_s)
        self._number("rows", summary.rows)
        self._number("cases", summary.cases)
        self._row += 1

    def outcomes(self, summary: Summary) -> None:
        self.heading("Outcome", "Rows")
        for outcome, count in summary.outcomes.items():
            form = self._cells.outcomes[outcome]
            self._cells.text(self._sheet, self._row, 0, outcome.value, form)
            self._sheet.write_number(self._row, 1, count, form)
            self._row += 1
        self._row += 1

    def calls(self, summary: Summary) -> None:
        self.heading("Calls", "Count")
        for endpoint, count in summary.calls.items():
            self._number(endpoint, count)
        self._number("retries", summary.retries)
        self._number("throttled", summary.throttled)
        self._row += 1

    def causes(self, summary: Summary) -> None:
        if not summary.errors:
            return
        self.heading("Cause", "Rows", "Example", "What to do")
        for cause in summary.errors:
            texts = (cause.code, None, cause.example, cause.tip)
            for column, text in enumerate(texts):
                if text is not None:
                    self._cells.text(self._sheet, self._row, column, text, self._cells.wrapped)
                else:
                    self._sheet.write_number(self._row, column, cause.count, self._cells.wrapped)
            self._row += 1
        self._row += 1

    def heading(self, *texts: str) -> None:
        for column, text in enumerate(texts):
            self._cells.text(self._sheet, self._row, column, text, self._cells.heading)
        self._row += 1

    def fact(self, name: str, text: str) -> None:
        if text:
            self._cells.text(self._sheet, self._row, 0, name, self._cells.label)
            self._cells.text(self._sheet, self._row, 1, text)
            self._row += 1

    def line(self, text: str) -> None:
        self._cells.text(self._sheet, self._row, 0, text)
        self._row += 1

    def _number(self, name: str, number: int) -> None:
        self._cells.text(self._sheet, self._row, 0, name, self._cells.label)
        self._sheet.write_number(self._row, 1, number, self._cells.number)
        self._row += 1

    def _duration(self, seconds: float) -> None:
        self._cells.text(self._sheet, self._row, 0, "duration", self._cells.label)
        self._cells.write(self._sheet, self._row, 1, dt.timedelta(milliseconds=round(seconds * 1000)))
        self._row += 1

    def _moment(self, name: str, seconds: float | None) -> None:
        if seconds is not None:
            self._cells.text(self._sheet, self._row, 0, name, self._cells.label)
            self._cells.moment(self._sheet, self._row, 1, seconds)
            self._row += 1
