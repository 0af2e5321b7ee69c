"""The things that flow through bulkcase: frozen values, no behaviour beyond their own arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from bulkcase.cells import Cell


class Outcome(StrEnum):
    """What became of a row; every row has exactly one."""

    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    MISMATCH = "mismatch"
    CONFLICT = "conflict"
    FAILED = "failed"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    PENDING = "pending"


FINE = frozenset({Outcome.UPDATED, Outcome.UNCHANGED, Outcome.SUPERSEDED})
"""Outcomes that need nobody."""

NEEDS_A_PERSON = (Outcome.MISMATCH, Outcome.CONFLICT, Outcome.FAILED, Outcome.INVALID, Outcome.UNKNOWN)
"""Outcomes whose rows go into failed.csv."""


class RunState(StrEnum):
    """Where a run is in its life, as `summary.json` names it."""

    PLANNED = "planned"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    PAUSED = "paused"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a row could not become a case update. `code` is one of `bulkcase.causes`."""

    code: str
    message: str
    key: str | None = None
    """The key of the row, where that could be read."""


class Row(NamedTuple):
    """One record of the input, known by its number in that file (the header is row 1).

    A tuple, as a case update is: every row of a file pays for one of each, and a frozen dataclass takes three times as
    long to make.
    """

    number: int
    cells: tuple[Cell, ...]
    rejection: Rejection | None = None
    """Set where the reader already knows that the row is unusable (too short, too long)."""


class Edit(NamedTuple):
    """A change that only the live case tells how to send: within a list or an object, or by a name to be found."""

    do: str
    """set, add, remove, path or custom; in an undo restore or leave."""
    value: Any
    named: bool = False
    """The value is a name, or a list of names, of what live cases show."""


_NO_EDITS: Mapping[str, Edit] = MappingProxyType({})


class CaseUpdate(NamedTuple):
    """A case's key and the fields to change: the partial body."""

    key: str
    body: Mapping[str, Any]
    clears: tuple[str, ...] = ()
    """What is emptied, among the keys of `body` and `edits`."""
    edits: Mapping[str, Edit] = _NO_EDITS
    """What has to be compared with the live case first, by the keys of the job file behind `mapping.`."""

    @property
    def fingerprint(self) -> bytes:
        """A hash of the key and the mapped update, before any comparison with the live case."""
        return fingerprint_of(self.key, self.body, self.edits)


def fingerprint_of(key: str, body: Mapping[str, Any], edits: Mapping[str, Edit]) -> bytes:
    """Return the fingerprint of an update; names that are still to be found count without regard to case."""
    said: list[Any] = [key, body]
    if edits:
        said.append({name: _said(edit) for name, edit in edits.items()})
    return blake2b(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _said(edit: Edit) -> list[Any]:
    if not edit.named:
        return list(edit)
    names = edit.value if isinstance(edit.value, list) else [edit.value]
    return [edit.do, [name.casefold() if isinstance(name, str) else name for name in names], True]


class Result(NamedTuple):
    """What became of a row, with what a person needs to understand it."""

    outcome: Outcome
    attempts: int = 0
    """Calls that carried this row's update."""
    http_status: int | None = None
    code: str = ""
    """The cause, one of `bulkcase.causes`; empty where all is well."""
    message: str = ""
    verified: str = ""
    """What the case shows of what was sent, a `bulkcase.fields.proof.Proven`; empty where nobody compared."""
    left: Mapping[str, Any] | None = None
    """What it shows of the fields sent, where that is not to the letter what was sent; None where nobody knows."""


class Call(NamedTuple):
    """One HTTP request of any kind: what the quota counts and the ledger keeps."""

    endpoint: str
    left_at: float
    """Seconds on the monotonic scale, as `ended_at`."""
    ended_at: float
    verdict: str
    """A `bulkcase.kore.verdict.Kind`."""
    status: int | None = None
    row: int | None = None
    """The row whose update it carried."""


class StopReason(StrEnum):
    """Why a run ended before its last row."""

    INTERRUPTED = "interrupted"
    SAFETY = "safety"
    HOURS = "hours"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Stop:
    """A run's early end: why, and what to tell the operator."""

    reason: StopReason
    message: str
    holds: bool = False
    """Whether it counts though nothing was left to do."""
    exit_code: int = field(init=False)

    def __post_init__(self) -> None:
        codes = {
            StopReason.INTERRUPTED: 130,
            StopReason.SAFETY: 3,
            StopReason.HOURS: 5,
            StopReason.FAULT: 6,
        }
        object.__setattr__(self, "exit_code", codes[self.reason])
