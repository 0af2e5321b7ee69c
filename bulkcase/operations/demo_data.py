"""A spreadsheet as an ops team has it: the product's own case list, edited by hand, with the usual dirt."""

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bulkcase.cells import Cell
from bulkcase.sandbox import generate_cases

HEADER: Final = (
    "Case ID",
    "ID",
    "Title",
    "Customer",
    "Channels",
    "Status",
    "Priority",
    "Last Updated",
    "ETA",
    "Assignee",
    "Notes",
)
DATE_FORMAT: Final = "%d/%m/%Y %H:%M"

MADE_AT: Final = dt.datetime(2026, 11, 20, tzinfo=dt.UTC).timestamp()
"""When the cases of the demo were made, in seconds since the epoch."""
ZONE: Final = "Europe/Berlin"
"""The zone of its dates."""

_NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC).timestamp()
_STATUS, _PRIORITY, _ETA, _NOTES = (HEADER.index(name) for name in ("Status", "Priority", "ETA", "Notes"))
_NOTE = "Closed in the November clean-up; the customer was told by e-mail."

Line = list[Cell]


def case_list(count: int, seed: int) -> list[Line]:
    """Return the rows of a spreadsheet of `count` cases, dirt included: the same for the same seed.

    The dirt, by row number as a spreadsheet shows it (the list has 25 cases or more):
    5 a blank status, 6 mixed case, 9 an unknown status, 12 a date that does not exist, 15 the same as row 14,
    18 `#N/A`, 21 another status for the case of row 20, 23 blanks around a status, 24 quotes and a line break.
    """
    return _with_dirt([_line(case) for case in generate_cases(count, seed, _NOW)])


def _with_dirt(lines: list[Line]) -> list[Line]:
    _at(lines, 5)[_STATUS] = ""
    _at(lines, 6)[_STATUS] = "in PROGRESS"
    _at(lines, 9)[_STATUS] = "Resolvd"
    _at(lines, 12)[_ETA] = "31/11/2026 09:00"
    _at(lines, 15)[:] = _at(lines, 14)
    _at(lines, 18)[_PRIORITY] = "#N/A"
    _at(lines, 21)[:] = _at(lines, 20)
    _at(lines, 21)[_STATUS] = "On Hold" if _at(lines, 20)[_STATUS] != "On Hold" else "Open"
    _at(lines, 23)[_STATUS] = " closed "
    _at(lines, 24)[_NOTES] = 'Customer said: "please close",\nthen called again; see the mail.'
    return lines


def edited_list(count: int, seed: int) -> list[Line]:
    """Return the case list of a day: as the live cases are, but for a third of them, and with the same dirt."""
    lines = [_line(case, ZoneInfo(ZONE), only="135") for case in generate_cases(count, seed, MADE_AT)]
    return _with_dirt(lines)


def write_csv(path: Path, lines: Sequence[Line]) -> None:
    """Write the spreadsheet as its CSV export: dates as the job's format has them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for line in lines:
            writer.writerow([cell.strftime(DATE_FORMAT) if isinstance(cell, dt.datetime) else cell for cell in line])


def _at(lines: Sequence[Line], row: int) -> Line:
    return lines[row - 2]


def _line(case: dict[str, object], zone: dt.tzinfo = dt.UTC, only: str = "0123456789") -> Line:
    """Return a case as the product's own case list shows it, its status edited where its reference ends in `only`."""
    customer, priority, status = case["userInfo"], case["priority"], case["status"]
    assignee = case.get("currAssignee")
    channels = case.get("channel")
    assert isinstance(customer, dict)
    assert isinstance(priority, dict)
    assert isinstance(status, dict)
    digit = str(case["refId"])[-1]
    resolved = digit in "13579" and digit in only
    return [
        str(case["_id"]),
        str(case["refId"]),
        str(case["name"]),
        str(customer["name"]),
        ", ".join(map(str, channels)) if isinstance(channels, list) else "",
        "Closed" if resolved else "Resolved" if digit in only else str(status["name"]),
        str(priority["name"]),
        _local(case["updatedAt"], zone),
        _local(case["ETA"], zone),
        str(assignee.get("name", "")) if isinstance(assignee, dict) else "",
        _NOTE if resolved else "",
    ]


def _local(text: object, zone: dt.tzinfo) -> dt.datetime:
    """Return a moment as a spreadsheet of that zone keeps it: to the minute, without saying so."""
    moment = dt.datetime.fromisoformat(str(text)).astimezone(zone)
    return moment.replace(second=0, microsecond=0, tzinfo=None)
