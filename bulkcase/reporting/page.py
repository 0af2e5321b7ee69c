"""What report.html shows of a run, with nothing private in it any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bulkcase.fields.changes import ChangeGroup
from bulkcase.ledger.queries.drift import Drift
from bulkcase.reporting.summary import Summary


class PageRow(NamedTuple):
    """A row of the table."""

    number: int
    case: str
    outcome: str
    verified: str
    code: str
    message: str
    attempts: int
    status: int | None
    """Of HTTP."""
    finished_at: float | None
    """Seconds since the epoch."""
    changes: Sequence[tuple[str, str | None, str]]
    """Field, value before (None where it was not read; empty where there was none) and value sent of each change."""
    cells: Sequence[str]
    """As many as the header has columns."""


class Slice(NamedTuple):
    """The calls that ended in one slice of time."""

    settled: int
    """Updates that were accepted or refused for good."""
    again: int
    """Updates that had to be made again, or brought no answer."""
    throttled: int
    reads: int
    """Calls for pages of live cases."""

    @property
    def calls(self) -> int:
        """All of them."""
        return sum(self)


class Spent(NamedTuple):
    """A part of the time that was spent on a run."""

    name: str
    """sending, sending again, reading live cases, waiting for the quota, throttled, server gone, outside of hours"""
    seconds: float


@dataclass(frozen=True, slots=True)
class Flow:
    """The calls over time."""

    began: float
    """When the first slice begins; seconds since the epoch."""
    seconds: float
    """How long a slice is."""
    slices: Sequence[Slice]
    quota: float | None
    """How many calls the quota allows in a slice; None where there is no limit."""


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page shows."""

    summary: Summary
    """Its examples and its reason show nothing private."""
    job_file: str
    job_sha256: str
    """Empty where it is not known."""
    input: str
    input_sha256: str
    fields: Sequence[str]
    """What the job sets."""
    private: Sequence[str]
    """The fields whose values are masked."""
    workers: Sequence[tuple[str, float, float | None]]
    """Who worked on the run, from when and until when (None: killed)."""
    next_command: str
    """What goes on from here; empty where that is nothing."""
    correct_command: str
    """What sends a corrected failed.csv; empty where no cell is to be corrected."""
    undone_by: Sequence[str]
    """The runs that were started to take it back."""
    windows: Sequence[tuple[int, float]]
    """The quota: so many calls in so many seconds."""
    flow: Flow | None
    """None where no call was made."""
    latencies: Mapping[int, int]
    """Updates that were answered, by tenths of a millisecond."""
    spent: Sequence[Spent]
    """The largest part first."""
    changes: Sequence[ChangeGroup]
    """What landed, from what to what, the largest group first."""
    header: Sequence[str]
    """The columns of the input; a masked one says so in its name."""
    rows: Sequence[PageRow]
    """Some of the rows, in input order: of each outcome and each cause the first ones."""
    drift: Drift | None
    """What the nights of this job show together; None where it is the first one, or not the latest run of its job."""
    made_at: float
    """When the page was made; seconds since the epoch."""
