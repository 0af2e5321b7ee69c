"""Writing an Excel workbook: its file, and cells of every kind in what a sheet can hold of them."""

import datetime as dt
import io
import math
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from bulkcase.cells import Cell, text_of
from bulkcase.clock import moment
from bulkcase.formulas import defuse
from bulkcase.model import Outcome
from bulkcase.reporting.files import whole_file

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""The size of a sheet."""
MOST_CHARACTERS: Final = 32_767
"""How long the text of a cell can be, in units of UTF-16."""

_EXACT: Final = 10**15
"""Excel keeps 15 digits of a number: whole ones from here on are text, so that no id loses its end."""
_SMALLEST: Final = 2.2250738585072014e-308
"""The smallest number that Excel does not take for 0."""
_FIRST_DAY: Final = dt.date(1900, 3, 1)
"""Before it, Excel counts a day that there never was."""
_LONGEST: Final = dt.timedelta(days=2_958_465)
_NO_XML: Final = re.compile("[\ud800-\udfff\ufffe\uffff]")
_DATES: Final = {dt.date: "yyyy-mm-dd", dt.datetime: "yyyy-mm-dd hh:mm:ss", dt.time: "hh:mm:ss"}
_COLOURS: Final = {
    # As a spreadsheet's own "good", "neutral" and "bad", which people know; background and text.
    Outcome.UPDATED: ("#C6EFCE", "#006100"),
    Outcome.UNCHANGED: ("#EDEDED", "#404040"),
    Outcome.SUPERSEDED: ("#EDEDED", "#404040"),
    Outcome.MISMATCH: ("#FCE4D6", "#843C0C"),
    Outcome.CONFLICT: ("#FCE4D6", "#843C0C"),
    Outcome.FAILED: ("#FFC7CE", "#9C0006"),
    Outcome.INVALID: ("#FFC7CE", "#9C0006"),
    Outcome.UNKNOWN: ("#FFEB9C", "#7F4F00"),
    Outcome.PENDING: ("#DDEBF7", "#1F4E78"),
}


@contextmanager
def excel_book(path: Path, written: Callable[[str], None]) -> Iterator[Any]:
    """Open a workbook that takes the place of `path` once it is complete, and tell its name then.

    An earlier one that somebody has changed is moved aside. Nothing of the new one is kept in memory but the row that
    is written. Raises EnvironmentFailed where it cannot be written.
    """
    from xlsxwriter import Workbook  # noqa: PLC0415 - not every run writes a workbook
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415 - as above

    with whole_file(path, None, keep_edits=True) as file:
        # Next to the report: it needs as much room once more, and is as private.
        spare = tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.", ignore_cleanup_errors=True)
        with spare as folder, _Sink(file.stream) as sink:
            failed: OSError | None = None
            book = Workbook(sink, {"constant_memory": True, "tmpdir": folder, "use_zip64": True})
            try:
                yield book
                book.close()
            except FileCreateError as error:
                failed = error.args[0]
            finally:
                for sheet in book.worksheets():
                    with suppress(OSError):
                        sheet.row_data_fh.close()
            if failed is not None:
                raise OSError(failed.errno, failed.strerror)
    written(file.path.name)


def new_sheet(book: Any, name: str) -> Any:
    """Add a sheet whose texts are texts, whatever they look like."""
    sheet = book.add_worksheet(name)
    # A text between <r> and </r> would be taken for markup as it is, and could break the file.
    sheet._xml_rich_inline_string = lambda text, attributes: sheet._xml_inline_string(text, True, attributes)  # noqa: SLF001
    # Ids are text for a reason: no green corners.
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_ROWS}"})
    return sheet


class Cells:
    """Writes cells, each as the kind that it is where a sheet can hold that, else as text."""

    def __init__(self, book: Any) -> None:
        self.cut = 0
        """How many texts were too long, and lost their ends."""
        self._book = book
        self._formats: dict[str, Any] = {}
        self.heading = book.add_format({"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF", "valign": "top"})
        self.label = book.add_format({"bold": True, "valign": "top"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.number = book.add_format({"num_format": "#,##0", "align": "left"})
        self._utc = book.add_format({"num_format": 'yyyy-mm-dd hh:mm:ss" UTC"', "align": "left"})
        self.outcomes = {
            outcome: book.add_format({"bg_color": background, "font_color": colour})
            for outcome, (background, colour) in _COLOURS.items()
        }

    def write(self, sheet: Any, row: int, column: int, cell: Cell) -> None:
        """Write a cell of the input."""
        if isinstance(cell, str):
            self.text(sheet, row, column, cell)
        elif isinstance(cell, bool):
            sheet.write_boolean(row, column, cell)
        elif isinstance(cell, int | float):
            if _is_number(cell):
                sheet.write_number(row, column, _Exact(cell))
            else:
                self.text(sheet, row, column, text_of(cell))
        elif is_moment(cell):
            sheet.write_datetime(row, column, cell, self._format(cell))
        else:
            self.text(sheet, row, column, text_of(cell))

    def text(self, sheet: Any, row: int, column: int, text: str, form: Any = None) -> None:
        """Write a text as one, harmless, and as much of it as a cell can hold; nothing where it is empty."""
        if text or form is not None:
            sheet.write_string(row, column, self._held(defuse(text)), form)

    def moment(self, sheet: Any, row: int, column: int, seconds: float | None) -> None:
        """Write seconds since the epoch as a moment in UTC; nothing for None."""
        if seconds is not None:
            sheet.write_datetime(row, column, moment(seconds).replace(tzinfo=None), self._utc)

    def _held(self, text: str) -> str:
        if not text.isascii():
            text = _NO_XML.sub(lambda found: "?" if found[0] < "\ue000" else "\ufffd", text)
        if len(text) <= MOST_CHARACTERS // 2:
            return text
        units = text.encode("utf-16-le")
        if len(units) <= 2 * MOST_CHARACTERS:
            return text
        self.cut += 1
        return units[: 2 * (MOST_CHARACTERS - 1)].decode("utf-16-le", "ignore") + "…"

    def _format(self, cell: dt.datetime | dt.date | dt.time | dt.timedelta) -> Any:
        """Return how a date or time is shown: with its milliseconds where it has some."""
        shown = _DATES.get(type(cell), "[h]:mm:ss")
        part = cell.microseconds if isinstance(cell, dt.timedelta) else getattr(cell, "microsecond", 0)
        shown += ".000" if part else ""
        if shown not in self._formats:
            self._formats[shown] = self._book.add_format({"num_format": shown})
        return self._formats[shown]


class _Exact(float):
    """A number that is written with all of its digits: xlsxwriter writes sixteen, and some need one more."""

    def __format__(self, _: str) -> str:
        return repr(float(self)).removesuffix(".0")


class _Sink(io.RawIOBase):
    """The file of a workbook, deaf after a failure: the archive writes its end all the same when it is collected."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0
        self._is_over = False

    def __exit__(self, *_: object) -> None:
        self._is_over = True

    def write(self, data: Any, /) -> int:
        self._at += len(data)
        return len(data) if self._is_over else self._file.write(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = offset if self._is_over else self._file.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        if not self._is_over:
            self._file.flush()

    def seekable(self) -> bool:
        return True


def _is_number(cell: float) -> bool:
    if isinstance(cell, int):
        return -_EXACT < cell < _EXACT
    return math.isfinite(cell) and (not cell or abs(cell) >= _SMALLEST)


def is_moment(cell: dt.datetime | dt.date | dt.time | dt.timedelta) -> bool:
    """Say whether a sheet can hold a date or time, and gives it back as the same."""
    if isinstance(cell, dt.timedelta):
        return dt.timedelta() <= cell <= _LONGEST and not cell.microseconds % 1000
    if isinstance(cell, dt.datetime):
        is_shown = cell.date() >= _FIRST_DAY and cell.tzinfo is None and not cell.microsecond % 1000
        # Midnight comes back as a date without a time, which is another text.
        return is_shown and cell.time() != dt.time()
    if isinstance(cell, dt.date):
        return cell >= _FIRST_DAY
    return cell.tzinfo is None and not cell.microsecond % 1000
