"""results.csv, failed.csv and a file per cause: every row's fate beside what it was; all are valid input again."""

import csv
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from bulkcase.causes import tip
from bulkcase.cells import text_of
from bulkcase.clock import iso_utc
from bulkcase.formulas import defuse
from bulkcase.ledger.shown import RowRecord
from bulkcase.model import NEEDS_A_PERSON, Outcome
from bulkcase.reporting.files import WholeFiles, make_folder, whole_files

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

_CAUSE: Final = re.compile(r"[a-z0-9_]{1,80}")
"""A cause that can be the name of a file."""
_OTHER: Final = "other"
"""The name of the file for every other cause."""
_CAUSE_FILE: Final = re.compile(rf"({_CAUSE.pattern})(?: \(\d+\))?\.csv")
_MOST_CAUSES: Final = 100
"""Files that are open at once; what is beyond is one of the others."""


def write_results(
    folder: Path, header: Sequence[str], rows: Iterable[RowRecord], undoes: str | None = None
) -> list[str]:
    """Write results.csv, failed.csv with the rows that need a person, and these by cause; return the files' names.

    `undoes` is the run that this one takes back. Raises EnvironmentFailed where they cannot be written; what stood
    there before is then untouched.
    """
    make_folder(folder)
    columns = [*(defuse(name) for name in header), *COLUMNS, *([UNDOES] if undoes else [])]
    with whole_files(folder) as files:
        every = csv.writer(files.open(RESULTS, ENCODING, keep_edits=True))
        failed = csv.writer(files.open(FAILED, ENCODING, keep_edits=True))
        causes = _Causes(files, columns)
        every.writerow(columns)
        failed.writerow(columns)
        for row in rows:
            line = [*original_cells(row, len(header)), *verdict_cells(row), *([undoes] if undoes else [])]
            every.writerow(line)
            if row.result.outcome in NEEDS_A_PERSON:
                failed.writerow(line)
                causes.write(row.result.code, line)
        causes.drop_earlier(folder / CAUSES)
    with suppress(OSError):  # where it is not empty, or not there
        (folder / CAUSES).rmdir()
    return files.names


class _Causes:
    """The files by cause, each opened when its first row comes."""

    def __init__(self, files: WholeFiles, columns: Sequence[str]) -> None:
        self._files = files
        self._columns = columns
        self._writers: dict[str, Any] = {}

    def write(self, code: str, line: Sequence[str]) -> None:
        """Write a line into the file of its cause."""
        name = code if _CAUSE.fullmatch(code) else _OTHER
        if name not in self._writers and len(self._writers) >= _MOST_CAUSES:
            name = _OTHER
        writer = self._writers.get(name)
        if writer is None:
            writer = self._writers[name] = csv.writer(self._files.open(_file_of(name), ENCODING, keep_edits=True))
            writer.writerow([*self._columns, TIP])
        writer.writerow([*line, tip(code)])

    def drop_earlier(self, folder: Path) -> None:
        """Let go of the files of causes that no row has any more."""
        found = ((path, _CAUSE_FILE.fullmatch(path.name)) for path in folder.glob("*.csv"))
        earlier = {match[1] for path, match in found if match and _has_tips(path)}
        for name in sorted(earlier - self._writers.keys()):
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


def verdict_cells(row: RowRecord) -> list[str]:
    """Return what stands in `COLUMNS` for a row."""
    result = row.result
    return [
        str(row.number),
        defuse(row.case_key),
        result.outcome.value,
        result.verified,
        "" if result.http_status is None else str(result.http_status),
        str(result.attempts),
        result.code,
        defuse(result.message),
        changed_fields(row),
        iso_utc(row.finished_at),
    ]


def changed_fields(row: RowRecord) -> str:
    """Return the fields that were sent for a row, separated by spaces; empty where none was."""
    sent = row.result.attempts > 0 and row.result.outcome is not Outcome.PENDING
    return row.fields if sent or row.result.outcome is Outcome.UNKNOWN else ""


def original_cells(row: RowRecord, width: int) -> list[str]:
    """Return the row's own cells, as many as the header has: the verdict has to stand under its columns."""
    cells = [defuse(text_of(cell)) for cell in row.cells[:width]]
    return cells + [""] * (width - len(cells))
