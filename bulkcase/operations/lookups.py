"""lookups: the statuses, priorities, queues and agents of live cases, in files that a person can check and keep."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack

import orjson

from bulkcase.errors import CasesRefused, EnvironmentFailed, UsageError
from bulkcase.fields.equal import same_item
from bulkcase.frames import Kind, Records, frame_of
from bulkcase.job import Job
from bulkcase.job.needs import LEARNABLE
from bulkcase.job.sources import LIVE
from bulkcase.operations.common.desk import at_desk
from bulkcase.operations.common.options import Options, refuse_text, refuse_unknown
from bulkcase.operations.common.runtime import Runtime
from bulkcase.operations.live.reader import opened_reader
from bulkcase.reading.reader import Wanted
from bulkcase.reporting import make_folder
from bulkcase.reporting.files import whole_file

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS: Final[dict[str, Kind]] = {"field": "text", "name": "text", "id": "text", "path": "text"}
_MADE_UP = 60
"""Cases that a rehearsal reads: enough to have each status once."""


@dataclass(frozen=True, slots=True)
class LearntLookup:
    """One lookup as it was learnt and written."""

    field: str
    path: Path
    table: Mapping[str, Any]
    """The objects by name; a name of several objects stands there once for each, with its id behind it. No file is
    written where there are none."""
    gaps: str
    """Why it may lack some; empty where all cases were seen."""


async def lookups(job: Job, *, folder: str | Path | None = None, **options: Unpack[Options]) -> Records[LearntLookup]:
    """Read the live cases, and write what they show in the fields that are looked up: a file for each.

    The fields are those with "live" lookups in the job, or else all that can be learnt; the folder is that of the job
    where none is named. For the options see `Options`. The list is also a table, with a line for each name:
    `(await lookups(job)).frame()`.

    Raises UsageError where a file is there already, and CredentialsError, Locked, CasesRefused, NotPlanned, LedgerError
    or EnvironmentFailed as `plan` does.
    """
    refuse_unknown(options, lookups)
    refuse_text(job)
    folder = job.file.parent if folder is None else Path(folder)
    runtime = options.get("runtime") or Runtime()
    fields = tuple(name for name, lookup in job.lookups.items() if lookup == LIVE) or LEARNABLE
    paths = {field: folder / f"{field}.json" for field in fields}
    for path in paths.values():
        if path.exists():
            raise UsageError(f"{path}: is there already: move it away, or name another folder with -o")
    try:
        make_folder(folder)
    except EnvironmentFailed:
        raise UsageError(f"{folder}: is no folder that can be written: name another one with -o") from None
    with at_desk(job, f"lookups {job.file.name}", runtime) as desk:
        keys = (f"ci-{number:04d}" for number in range(_MADE_UP))
        wanted = Wanted(job.snapshot.filter, (), fields)
        async with opened_reader(desk, keys, options, wanted=wanted) as at:
            snapshot = at.snapshot((), fields)
            try:
                await at.read(snapshot)
            except CasesRefused as error:
                raise CasesRefused(
                    f"{job.file}: live cases cannot be read: {error}: see that the app may call getCases"
                ) from None
        gaps = snapshot.record().gaps
        tables = {field: _table(list(snapshot.learnt(field))) for field in fields}
    for field, path in paths.items():
        if not tables[field]:
            continue
        with whole_file(path) as file:
            file.write(orjson.dumps(tables[field], option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    return Records((LearntLookup(field, path, tables[field], gaps) for field, path in paths.items()), _frame)


def _frame(found: Sequence[LearntLookup]) -> "pd.DataFrame":
    return frame_of(_COLUMNS, (line for one in found for line in _lines(one)))


def _lines(one: LearntLookup) -> Iterator[tuple[object, ...]]:
    for name, entry in one.table.items():
        yield one.field, name, entry.get("_id"), str(one.path)


def _table(found: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return objects by name; a name of several, whatever its case, has their numbers or ids behind it."""
    different: dict[str, list[tuple[str, Any]]] = {}
    for name, entry in found:
        same = different.setdefault(name.strip().casefold(), [])
        if not any(same_item(entry, other) for _, other in same):
            same.append((name, entry))
    table: dict[str, Any] = {}
    for same in different.values():
        for number, (name, entry) in enumerate(same, start=1):
            table[name if len(same) == 1 else f"{name} ({entry.get('_id', number)})"] = entry
    return table
