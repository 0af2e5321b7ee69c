"""results.csv, failed.csv and a file per cause: every row's fate beside what it was; all are valid input again."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast

from bulkcase.causes import tip
from bulkcase.cells import Cell, text_of
from bulkcase.clock import iso_utc
from bulkcase.formulas import defuse, defuse_all, may_run
from bulkcase.ledger.queries.shown import RowPage, RowRecord
from bulkcase.model import NEEDS_A_PERSON, Outcome
from bulkcase.reporting.files import WholeFiles, make_folder, whole_files
from bulkcase.reporting.formats.csvlines import CsvLines

COLUMNS: Final = (
    "bulkcase_row",
    "bulkcase_case_id",
    "bulkcase_outcome",
    "bulkcase_verified",
    "bulkcase_http_status",
    "bulkcase_attempts",
    "bulkcase_error_code",
    "bulkcase_error",
    "bulkcase_changed",
    "bulkcase_finished_at",
)
"""What stands behind the columns of the input."""

RESULTS, FAILED, CAUSES = "results.csv", "failed.csv", "failed"
"""The files of all rows and of those that need a person, and the folder of these by cause."""

# With a byte order mark, because a spreadsheet takes a CSV without one for a Windows code page.
ENCODING = "utf-8-sig"
"""Of every CSV that bulkcase writes."""

UNDOES: Final = "bulkcase_undoes"
"""The column that tells a file about an undo: its rows say what was to be taken back, and are no input."""
TIP: Final = "bulkcase_tip"
"""The last column of a file per cause: what to do about it."""

_FOR_A_PERSON: Final = frozenset(NEEDS_A_PERSON)
_CAUSE: Final = re.compile(r"[a-z0-9_]{1,80}")
"""A cause that can be the name of a file."""
_OTHER: Final = "other"
"""The name of the file for every other cause."""
_CAUSE_FILE: Final = re.compile(rf"({_CAUSE.pattern})(?: \(\d+\))?\.csv")
_MOST_CAUSES: Final = 100
"""Files that are open at once; what is beyond is one of the others."""


def write_results(
    folder: Path, header: Sequence[str], pages: Iterable[RowPage], undoes: str | None = None
) -> list[str]:
    """Write results.csv, failed.csv with the rows that need a person, and these by cause; return the files' names.

    `undoes` is the run that this one takes back. Raises EnvironmentFailed where they cannot be written; what stood
    there before is then untouched.
    """
    make_folder(folder)
    columns = [*(defuse(name) for name in header), *COLUMNS, *([UNDOES] if undoes else [])]
    last = (undoes,) if undoes else ()
    with whole_files(folder) as files:
        every, failed = _csv(files, RESULTS), _csv(files, FAILED)
        causes = _Causes(files, columns)
        every.write([columns])
        failed.write([columns])
        for page in pages:
            verdicts = zip(_original_lines(page.cells, len(header)), verdict_lines(page), strict=True)
            lines = [(*cells, *verdict, *last) for cells, verdict in verdicts]
            every.write(lines)
            needing = [nth for nth, outcome in enumerate(page.outcomes) if outcome in _FOR_A_PERSON]
            failed.write(lines[nth] for nth in needing)
            for nth in needing:
                causes.write(page.codes[nth], lines[nth])
        causes.drop_earlier(folder / CAUSES)
    with suppress(OSError):  # where it is not empty, or not there
        (folder / CAUSES).rmdir()
    return files.names


def _csv(files: WholeFiles, name: str) -> CsvLines:
    """Open a CSV in which NUL, which a cell of a workbook can hold and no text file, is another odd character."""
    file = files.open(name, ENCODING, keep_edits=True)
    return CsvLines(SimpleNamespace(write=lambda text: file.write(text.replace("\0", "\ufffd"))))


class _Causes:
    """The files by cause, each opened when its first row comes."""

    def __init__(self, files: WholeFiles, columns: Sequence[str]) -> None:
        self._files = files
        self._columns = columns
        self._opened: dict[str, CsvLines] = {}

    def write(self, code: str, line: Sequence[str]) -> None:
        """Write a line into the file of its cause."""
        name = code if _CAUSE.fullmatch(code) else _OTHER
        if name not in self._opened and len(self._opened) >= _MOST_CAUSES:
            name = _OTHER
        lines = self._opened.get(name)
        if lines is None:
            lines = self._opened[name] = _csv(self._files, _file_of(name))
            lines.write([[*self._columns, TIP]])
        lines.write([[*line, tip(code)]])

    def drop_earlier(self, folder: Path) -> None:
        """Let go of the files of causes that no row has any more."""
        found = ((path, _CAUSE_FILE.fullmatch(path.name)) for path in folder.glob("*.csv"))
        earlier = {match[1] for path, match in found if match and _has_tips(path)}
        for name in sorted(earlier - self._opened.keys()):
            self._files.drop(_file_of(name), keep_edits=True)


def _file_of(cause: str) -> str:
    return f"{CAUSES}/{cause}.csv"


def _has_tips(path: Path) -> bool:
    """Say whether a file's header is that of a file per cause, whatever a spreadsheet made of its delimiters."""
    try:
        with path.open(encoding=ENCODING, errors="replace", newline="") as file:
            return any(TIP in cell for cell in next(csv.reader(file), ()))
    except (OSError, csv.Error):
        return False


def verdict_lines(page: RowPage) -> Iterator[tuple[str, ...]]:
    """Yield what stands in `COLUMNS` for each row."""
    return zip(
        map(str, page.numbers),
        defuse_all(page.case_keys),
        page.outcomes,
        page.verified,
        ["" if status is None else str(status) for status in page.statuses],
        map(str, page.attempts),
        page.codes,
        defuse_all(page.messages),
        map(_changed, page.fields, page.outcomes, page.attempts),
        map(iso_utc, page.finished_at),
        strict=True,
    )


def verdict_cells(row: RowRecord) -> list[str]:
    """Return what stands in `COLUMNS` for a row."""
    return list(next(verdict_lines(RowPage.of([row]))))


def changed_fields(row: RowRecord) -> str:
    """Return the fields that were sent for a row, separated by spaces; empty where none was."""
    return _changed(row.fields, row.result.outcome, row.result.attempts)


def _changed(fields: str, outcome: Outcome, attempts: int) -> str:
    sent = attempts > 0 and outcome is not Outcome.PENDING
    return fields if sent or outcome is Outcome.UNKNOWN else ""


def original_cells(cells: Sequence[Cell], width: int) -> tuple[str, ...]:
    """Return a row's own cells, as many as the header has: the verdict has to stand under its columns."""
    texts = [cell if type(cell) is str else text_of(cell) for cell in cells[:width]]
    return (*defuse_all(texts), *[""] * (width - len(texts)))


def _original_lines(rows: Sequence[Sequence[Cell]], width: int) -> Sequence[Sequence[str]]:
    """Return `original_cells` of some rows: those of most files are just what the rows have."""
    if set(map(len, rows)) == {width}:
        texts = cast("Sequence[Sequence[str]]", rows)
        # The join in there refuses what is no text.
        with suppress(TypeError):
            if not may_run(chain.from_iterable(texts)):
                return texts
    return [original_cells(cells, width) for cells in rows]
