"""What a purge deletes, as it is shown beforehand and told afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bulkcase.frames import Kind, frame_of
from bulkcase.model import RunState

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS: Final[dict[str, Kind]] = {
    "id": "text",
    "job": "text",
    "target": "text",
    "state": RunState,
    "rows": "count",
    "bytes": "count",
    "in_doubt": "count",
    "ended_at": "moment",
    "folder": "cell",
}


@dataclass(frozen=True, slots=True)
class PurgedRun:
    """A run that is purged, or is to be."""

    id: str
    job: str
    target: str
    state: RunState
    rows: int
    bytes: int
    """Of its cells, updates and live cases in the ledger."""
    in_doubt: int
    """Rows of which nobody will know whether they have landed."""
    ended_at: float
    """In seconds since the epoch; for a plan that was never started, when it was made."""
    folder: Path | None
    """Where its report is; None where there is none."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What was purged; or would be, where `is_done` is false."""

    ledger: Path
    runs: Sequence[PurgedRun]
    kept: Mapping[str, str]
    """The runs that are old enough and stay all the same, each with the reason."""
    is_done: bool = False
    left: Sequence[Path] = ()
    """Folders of reports that stay, and files in those that do not which a person has changed or put there."""
    notes: Sequence[str] = ()
    """What a person should know besides."""

    @property
    def rows(self) -> int:
        """How many rows the runs have in all."""
        return sum(run.rows for run in self.runs)

    @property
    def bytes(self) -> int:
        """How many bytes of the ledger they take in all."""
        return sum(run.bytes for run in self.runs)

    def frame(self) -> "pd.DataFrame":
        """Return the `runs`, a line for each, as a pandas DataFrame."""
        return frame_of(_COLUMNS, ([getattr(run, name) for name in _COLUMNS] for run in self.runs))
