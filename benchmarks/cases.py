"""The cases that are sent, and what the server shows of each: what its row says, so that every answer can be verified.

The notes name the case, and so differ from row to row; due date and labels follow from the last character of its id.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

HEADER = ("Case ID", "Title", "Notes", "Due", "Labels")
TOKEN = "eyJ2aXNpYmx5.fake.token"  # noqa: S105 - it opens nothing
"""A ready-made token, for where signing is not what is measured."""
KINDS = "0123456789abcdef"
"""The last characters that an id can have."""
_LABELS = (("late",), ("late", "gift"), ("returned",), ("late", "returned", "insured"))
_FIRST_DAY = 1_793_487_600_000
"""2026-11-01 in Berlin, in milliseconds since the epoch."""
_DAY = 86_400_000

MAPPING = """\
[mapping]
desc = "Notes"
dueDate = { column = "Due", format = "%Y-%m-%d", timezone = "Europe/Berlin" }
tags = { column = "Labels", split = ";" }
"""
"""What a job does with the columns."""


def due(kind: str) -> int:
    """Return the due date of the cases of a kind."""
    return _FIRST_DAY + KINDS.index(kind) * _DAY


def labels(kind: str) -> tuple[str, ...]:
    """Return the labels of the cases of a kind."""
    return _LABELS[KINDS.index(kind) % len(_LABELS)]


def case_ids(count: int) -> Iterator[str]:
    """Yield so many different ids, in no order, as the API's are."""
    for number in range(count):
        yield f"ci-{number * 2_654_435_761 % 2**32:08x}-4f1d-5c8e-9a70-b1d2e3f4051{KINDS[number % len(KINDS)]}"


def notes(case_id: str) -> str:
    """Return the notes of a case."""
    return f"The parcel of {case_id} has not come yet"


def write_cases(file: Path, count: int) -> None:
    """Write a CSV of so many cases, some 130 bytes each."""
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(HEADER)
        for case_id in case_ids(count):
            kind = case_id[-1]
            day = f"2026-11-{KINDS.index(kind) + 1:02}"
            writer.writerow((case_id, "Order 12345", notes(case_id), day, ";".join(labels(kind))))


def shown(case_id: str, kind_due: str, kind_tags: str) -> str:
    """Return the case that the server shows, some 700 bytes; `kind_tags` are the texts of a JSON list."""
    return (
        f'{{"_id":"{case_id}","refId":"CS000100","name":"Order 12345","lname":"order 12345","desc":"{notes(case_id)}",'
        f'"tags":[{kind_tags}],"status":{{"_id":"st-1","name":"In Progress","lname":"in progress","type":"inProgress",'
        '"isEnabled":true,"isActive":true},"priority":{"_id":"pr-1","name":"High","lname":"high","color":"#D93025",'
        '"score":3},"userInfo":{"_id":"u-1","name":"A Customer","emailId":"a.customer@example.com"},"fields":[],'
        f'"participants":[],"queues":[],"isActive":true,"dueDate":{kind_due},"createdAt":"2026-11-01T10:00:00.000Z",'
        '"updatedAt":"2026-11-18T13:06:40.000Z"}'
    )


def tags_text(kind: str) -> str:
    """Return the labels of a kind as the texts of a JSON list."""
    return ",".join(f'"{label}"' for label in labels(kind))
