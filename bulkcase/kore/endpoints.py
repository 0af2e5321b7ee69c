"""The endpoints of the API: what can be asked of it, and under which path."""

import re
from dataclasses import dataclass

from bulkcase.kore.line import LARGEST_ANSWER, LARGEST_PAGE

_CASE_ID = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(slots=True, eq=False)
class Request:
    """One question to the API, however often it has to be put; each is itself, however alike."""

    endpoint: str
    path: str
    body: bytes
    case_id: str | None = None
    row: int | None = None
    largest: int = LARGEST_ANSWER
    """Bytes that an answer to it may have."""
    calls: int = 0
    """How often it left."""


def update_case(case_id: str, body: bytes, row: int | None = None) -> Request:
    """Return the request that updates a case; raises ValueError for an id that could change the address."""
    if not _CASE_ID.fullmatch(case_id):
        raise ValueError(f"not a case id: {case_id!r}")
    return Request("updateCase", f"updateCase/{case_id}", body, case_id, row)


def path_of(stream_id: str) -> str:
    """Return the path, with a slash at its end, under which a stream's endpoints are."""
    return f"/caseManagement/api/public/analytics/{stream_id}/"


def get_cases(body: bytes) -> Request:
    """Return the request for a page of cases."""
    return Request("getCases", "getCases", body, largest=LARGEST_PAGE)
