"""What many nights show together that none of them shows alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bulkcase.frames import Kind, frame_of
from bulkcase.model import Outcome

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS: Final[dict[str, Kind]] = {
    "drift": ("failing", "flipping", "gone", "left_out"),
    "case": "text",
    "nights": "whole",
    "row": "whole",
    "code": "text",
    "field": "text",
    "values": "text",
    "last_seen": "text",
}


@dataclass(frozen=True, slots=True)
class Night:
    """One run of a job, among others of it."""

    run_id: str
    started_at: float
    """Seconds since the epoch."""
    duration: float
    """Seconds."""
    state: str
    exit_code: int | None
    outcomes: Mapping[Outcome, int]
    calls: int


@dataclass(frozen=True, slots=True)
class Failing:
    """A case whose row needed a person night after night."""

    case: str
    nights: int
    """How many in a row, the last one included."""
    row: int
    """In the file of the last night."""
    code: str
    """The cause in the last night."""


@dataclass(frozen=True, slots=True)
class Flipping:
    """A field of a case that was set to a value that it had before and did not keep."""

    case: str
    field: str
    values: Sequence[str]
    """What it was seen to be, the oldest first, as people know the values."""
    nights: int
    """In how many of the nights it was changed."""


@dataclass(frozen=True, slots=True)
class Vanished:
    """A case that an earlier night knew."""

    case: str
    last_seen: str
    """The last run that knew it."""
    row: int | None
    """In the file of the last night; None where that file does not have it any more."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What changes between the nights of a job. The lists are cut; the totals are not."""

    nights: Sequence[Night]
    """The oldest first; the last one is what the rest is about."""
    failing: Sequence[Failing] = ()
    failing_total: int = 0
    flipping: Sequence[Flipping] = ()
    flipping_total: int = 0
    gone: Sequence[Vanished] = ()
    """Cases that the server does not show any more."""
    gone_total: int = 0
    left_out: Sequence[Vanished] = ()
    """Cases of the night before that the file of the last one does not name."""
    left_out_total: int = 0

    @property
    def is_quiet(self) -> bool:
        """Whether nothing drifts."""
        return not (self.failing_total or self.flipping_total or self.gone_total or self.left_out_total)

    def frame(self) -> "pd.DataFrame":
        """Return what the four lists have, a line for each, as a pandas DataFrame; `drift` says which list it is."""
        return frame_of(_COLUMNS, self._lines())

    def _lines(self) -> Iterator[tuple[object, ...]]:
        for one in self.failing:
            yield "failing", one.case, one.nights, one.row, one.code, None, None, None
        for flip in self.flipping:
            yield "flipping", flip.case, flip.nights, None, None, flip.field, " → ".join(flip.values), None
        for kind, vanished in (("gone", self.gone), ("left_out", self.left_out)):
            for case in vanished:
                yield kind, case.case, None, case.row, None, None, None, case.last_seen
