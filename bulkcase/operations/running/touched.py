"""Cases that changed beside what was sent: what they were, kept where a person finds it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from bulkcase.fields.explained import is_empty
from bulkcase.ledger.changes import Change
from bulkcase.ledger.sent import Proving, SentRow, SentRows
from bulkcase.ledger.transitions import Event
from bulkcase.model import Outcome, Result
from bulkcase.planning.aside import Aside
from bulkcase.planning.landed import ASIDE
from bulkcase.reporting.files import last_written, whole_file

FILE: Final = "canary.json"
"""What a report has of such cases: as they were before a canary, and as they are."""
_FIELDS: Final = 5
"""Fields of a row that a message names."""


class Touched(NamedTuple):
    """A case that changed beside what was sent."""

    row: SentRow
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    aside: Sequence[Aside]


def keep_touched(folder: Path, sent: SentRows, touched: Sequence[Touched], now: Sequence[SentRow]) -> None:
    """Write what such cases were, as nobody else knows, and that their rows need a person; `now` are these rows.

    Raises EnvironmentFailed where the file cannot be written.
    """
    if not touched:
        return
    entries = _kept(last_written(folder / FILE))
    for one in touched:
        entry = {"row": one.row.number, "case_id": one.row.case_id, "sent": one.row.sent}
        # Of a case that was touched before, what it was then is worth more than what that left of it.
        before = entries.get(one.row.number, {}).get("before", one.before)
        entries[one.row.number] = entry | {"before": before, "after": one.after}
    with whole_file(folder / FILE) as file:
        option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        file.write(orjson.dumps(list(entries.values()), option=option).decode())
    said = {one.row.number: told(one.aside) for one in touched}
    sent.prove([_noted(row, said[row.number]) for row in now])


def _kept(path: Path) -> dict[int, dict[str, Any]]:
    """Return what an earlier canary of the run has kept."""
    try:
        return {entry["row"]: entry for entry in orjson.loads(path.read_bytes())}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _noted(row: SentRow, message: str) -> Proving:
    is_unlike = row.state is Outcome.MISMATCH
    text = "; ".join(part for part in (row.message, message) if part)
    result = Result(Outcome.MISMATCH, 0, None, row.code if is_unlike else ASIDE, text)
    return Proving(Change(row.number, Event.DISPROVE, row.state, result), row.verified, row.left, row.read_at or 0.0)


def named(row: SentRow) -> str:
    """Return row and case as messages name them."""
    return f"row {row.number} ({row.case_id})"


def told(aside: Sequence[Aside]) -> str:
    """Return what changed of a case without being sent."""
    names = [f"{field} (gone)" if is_empty(new) else field for field, _, new in aside]
    more = f" and {len(names) - _FIELDS} more" if len(names) > _FIELDS else ""
    return f"changed without being sent: {', '.join(names[:_FIELDS])}{more}"
