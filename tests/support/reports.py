"""The summary of a run for reports, a file that another program holds open, and a workbook as its readers see it."""

import csv
import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from bulkcase.causes import tip
from bulkcase.model import Outcome
from bulkcase.reporting.summary import Cause, Summary

STARTED = 1_795_000_000.25
RUN = "20261118-110640-nightly-7f3a"


def a_summary(**other: Any) -> Summary:
    """Return the summary of a run in which some rows failed."""
    values: dict[str, Any] = {
        "run_id": RUN,
        "job": "nightly",
        "target": "kore.example.com/account/st-1",
        "state": "finished",
        "exit_code": 1,
        "reason": "",
        "continues": None,
        "undoes": None,
        "rows": 10,
        "cases": 9,
        "outcomes": dict.fromkeys(Outcome, 0) | {Outcome.UPDATED: 7, Outcome.FAILED: 3},
        "verified": {},
        "canary": "cases",
        "calls": {"getCases": 2, "updateCase": 12},
        "retries": 2,
        "throttled": 1,
        "started_at": STARTED,
        "finished_at": STARTED + 60,
        "duration_s": 61.5,
        "errors": [Cause("http_412", 3, "row 7: the server said no", tip("http_412"))],
        "files": ["results.csv"],
    }
    return Summary(**values | other)


def hold_open(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let files be as on Windows while a spreadsheet shows them: they are neither replaced, renamed nor removed."""
    held: Collection[str] = names

    def guarded(real: Any, *, target: bool) -> Any:
        def act(path: Path, *others: Any, **options: Any) -> Any:
            if path.name in held or (target and Path(others[0]).name in held):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *others, **options)

        return act

    monkeypatch.setattr(Path, "replace", guarded(Path.replace, target=True))
    monkeypatch.setattr(Path, "rename", guarded(Path.rename, target=True))
    monkeypatch.setattr(Path, "unlink", guarded(Path.unlink, target=False))


def files_of(folder: Path) -> list[str]:
    """Return what a person finds in a folder and below."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(path.relative_to(folder).as_posix() for path in found)


def lines_of(path: Path) -> list[list[str]]:
    """Read a CSV as any program would that knows CSV and its byte order mark."""
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def sheets_of(path: Path) -> dict[str, list[list[Any]]]:
    """Return the values of each sheet of a workbook, texts as a spreadsheet shows them."""
    book = openpyxl.load_workbook(path)
    return {
        sheet.title: [[_shown(cell) for cell in row] for row in sheet.iter_rows(values_only=True)] for sheet in book
    }


def _shown(value: Any) -> Any:
    return unescape(value) if isinstance(value, str) else value
