"""A run as the ledger has it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from bulkcase.fields.private import Private
from bulkcase.model import RunState


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """What the report of a run goes by, as its job said it last: its job file may be gone when it is made again."""

    formats: Sequence[str] = ("csv",)
    private_fields: Sequence[str] = ()
    private_columns: Sequence[str] = ()
    windows: Sequence[tuple[int, float]] = ()
    """The quota: so many calls in so many seconds."""
    job_sha256: str = ""
    """Of the job file; empty where there is none."""

    @property
    def private(self) -> Private:
        """What is masked in it."""
        return Private(self.private_fields, self.private_columns)

    def dumped(self) -> str:
        """Return it as the ledger stores it."""
        return orjson.dumps(asdict(self)).decode()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One execution of a plan, as the ledger has it."""

    seq: int
    id: str
    job: str
    job_file: str
    target: str
    input: str
    input_sha256: str
    header: tuple[str, ...]
    fields: tuple[str, ...]
    rows: int | None
    """Rows read from the input; None while it is being read."""
    state: RunState
    exit_code: int | None
    reason: str
    planned_at: float
    started_at: float | None
    finished_at: float | None
    duration: float
    definition: Mapping[str, str]
    """What the job said of key, mapping and lookups: texts by the keys of the job file."""
    continues: str | None
    """The id of the run that this one belongs to."""
    reports: str | None
    """The folder for reports that the command line named, in the job's place."""
    folder: str | None
    """Where its report is, from its start on."""
    clears: int
    """How many values its rows empty."""
    notes: tuple[str, ...]
    """What a person should know of its input before sending it."""
    snapshot: int | None
    """The snapshot that its rows were compared with; None where live cases were not read."""
    reading: Mapping[str, Any]
    """Whether live cases were read, and why: `read`, `why`, and `pages` where there are some."""
    undoes: str | None
    """The id of the run that it takes back."""
    is_part: bool
    """Whether it has only some of the rows of its job: by a limit, or as a file that a run has written."""
    canary: str
    """How its first rows were checked, by `cases` or `answers`; empty until they have passed."""
    report: ReportRecord

    @property
    def is_night(self) -> bool:
        """Whether it tells how its job is doing: others take a run back, have a part of the rows, or are of `set`."""
        return self.undoes is None and not self.is_part and not any(key.startswith("set.") for key in self.definition)


class Place(NamedTuple):
    """Where the report of a run will be."""

    folder: Path
    reports: Path | None = None
    """The folder above, where the command line named it."""


def as_record(values: dict[str, Any]) -> RunRecord:
    """Return the run in a line of its table."""
    values["header"] = tuple(orjson.loads(values["header"]))
    values["fields"] = tuple(orjson.loads(values["fields"]))
    values["definition"] = orjson.loads(values["definition"])
    values["notes"] = tuple(orjson.loads(values["notes"]))
    values["reading"] = orjson.loads(values["reading"])
    report = orjson.loads(values["report"])
    values["report"] = ReportRecord(**{name: report[name] for name in ReportRecord.__slots__ if name in report})
    values["is_part"] = bool(values["is_part"])
    values["state"] = RunState(values["state"])
    return RunRecord(**values)
