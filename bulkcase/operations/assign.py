"""set: the same change to a list of keys, as a job without a spreadsheet."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from bulkcase.errors import UsageError
from bulkcase.fields import FIELDS, Kind
from bulkcase.job import Job
from bulkcase.job.load import content_of, text_of, validated
from bulkcase.job.lookup_files import load_lookup_files
from bulkcase.job.needs import LEARNABLE
from bulkcase.job.sources import LIVE, FieldSource
from bulkcase.job.variants import placed
from bulkcase.ledger import RunRecord
from bulkcase.mapping import compile_mapping
from bulkcase.mapping.places import CUSTOM_ROOT, place_of
from bulkcase.model import Rejection, Row
from bulkcase.nearest import nearest

Match = Literal["_id", "refId"]

KEY_COLUMN: Final = "Case ID"
"""What the column of the keys is called in reports."""
_ASSIGNMENT: Final = re.compile(r"(?P<key>[^=]+?)(?P<mode>[+-]?)=(?P<value>.*)", re.DOTALL)
_MODES: Final = {"": "replace", "+": "add", "-": "remove"}
_CUSTOM: Final = "custom.NAME"
_LISTS: Final = (Kind.LIST, Kind.TEXTS)
_SAID: Final = "set."
"""How the keys start under which the definition of such a run has what was said."""


def set_job(
    file: str | Path,
    keys: str | Path,
    assignments: Sequence[str],
    *,
    match: Match = "_id",
    state: str | Path | None = None,
    sandbox: bool = False,
) -> Job:
    """Return the job that gives each of the cases in a list the same values.

    `keys` is a text file with a key a line, or "-"; an assignment is FIELD=VALUE, as a cell of a spreadsheet would have
    it, or FIELD+=VALUE and FIELD-=VALUE for items of a list. Of the job file, [input] and [mapping] are not used; names
    of statuses and the like are learnt from the live cases where it has no lookups for them. With the `match` "refId"
    the keys are references. For `state` and `sandbox` see `load`.

    Raises JobError for the job file, UsageError for an assignment.
    """
    path = str(keys) if str(keys) == "-" else str(Path(keys).absolute())
    return placed(_job(Path(file), path, _parsed(assignments), match), state=state, sandbox=sandbox)


def set_job_of(record: RunRecord) -> Job | None:
    """Return the job of a run that was such a one; None for any other run."""
    said = {key.removeprefix(_SAID): text for key, text in record.definition.items() if key.startswith(_SAID)}
    if not said:
        return None
    match = orjson.loads(record.definition["input.key"]).get("match", "_id")
    keys = record.input if Path(record.input).is_absolute() else "-"
    values = {key: (mode, value) for key, (mode, value) in ((key, orjson.loads(text)) for key, text in said.items())}
    return _job(Path(record.job_file), keys, values, match, is_new=False)


def said_by(job: Job) -> dict[str, str]:
    """Return what the definition of a run says of such a job, a text for each value; nothing for any other job."""
    cells = job.cells or {}
    return {f"{_SAID}{key}": orjson.dumps([job.mapping[key].mode, value]).decode() for key, value in cells.items()}


def _parsed(assignments: Sequence[str]) -> dict[str, tuple[str, str]]:
    values: dict[str, tuple[str, str]] = {}
    for written in assignments:
        found = _ASSIGNMENT.fullmatch(written)
        if found is None:
            raise UsageError(f"{written}: is no assignment: write FIELD=VALUE")
        key, value = found["key"].strip(), found["value"]
        if key in values:
            raise UsageError(f"{written}: {key} is set twice: give it once")
        if not value.strip():
            raise UsageError(f"{written}: has no value: to empty a field, use a job with input.clear_marker")
        values[key] = (_MODES[found["mode"]], value)
    if not values:
        raise UsageError("nothing to set: give at least one FIELD=VALUE")
    return values


def _job(file: Path, keys: str, values: Mapping[str, tuple[str, str]], match: Match, *, is_new: bool = True) -> Job:
    raw = content_of(text_of(file), file)
    sources = {key: _source(key, mode) for key, (mode, _) in values.items()}
    written = raw.get("input")
    timezone = written.get("timezone") if isinstance(written, dict) else None
    raw["input"] = {"path": keys, "key": {"column": KEY_COLUMN, "match": match}}
    if timezone is not None:
        raw["input"]["timezone"] = timezone
    raw["mapping"] = sources
    if isinstance(raw.setdefault("lookups", {}), dict):
        raw["lookups"] |= {key: LIVE for key in sources if key in LEARNABLE and key not in raw["lookups"]}
    job = validated(raw, file).with_cells({key: value for key, (_, value) in values.items()})
    if is_new:  # what a run was made from has fitted once
        _refuse_misfits(job)
    return job


def _source(key: str, mode: str) -> dict[str, Any]:
    place = place_of(key, FieldSource(column=key))
    if place.root not in FIELDS:
        near = nearest(place.root, [*FIELDS, _CUSTOM])
        hint = f"did you mean {near}?" if near else f"there are {', '.join(FIELDS)}, and {_CUSTOM}"
        raise UsageError(f"{key}: is no field of updateCase: {hint}")
    source: dict[str, Any] = {"column": key}
    if mode != "replace":
        source["mode"] = mode
    if place.kind in _LISTS and place.root != CUSTOM_ROOT:
        source["split"] = ","
    return source


def _refuse_misfits(job: Job) -> None:
    """Raise UsageError for a value that no case can take: it would be wrong in every row."""
    assert job.cells is not None, "it was just made so"
    mapper = compile_mapping(job, [KEY_COLUMN, *job.cells], load_lookup_files(job))
    probe = mapper.map(Row(1, ("ci-1", *job.cells.values())))
    if isinstance(probe, Rejection):
        raise UsageError(re.sub(r'column "(.*?)": ', r"\1: ", probe.message))
