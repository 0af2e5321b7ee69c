"""The rows of a run, and of a plan, as pandas DataFrames, with nothing private in them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from bulkcase.fields.private import Private
from bulkcase.frames import Kind, frame_of
from bulkcase.ledger.queries.shown import RowRecord
from bulkcase.model import Outcome
from bulkcase.reporting.decisions import COLUMNS as DECIDED
from bulkcase.reporting.decisions import SEND, decision_of
from bulkcase.reporting.formats.results import COLUMNS, changed_fields
from bulkcase.reporting.masked import changes_told, masked, masked_row

if TYPE_CHECKING:
    import pandas as pd

_NUMBER, *_VERDICT = COLUMNS
_RESULT: Final[dict[str, Kind]] = {
    **dict.fromkeys(_VERDICT, "text"),
    "bulkcase_outcome": Outcome,
    "bulkcase_http_status": "whole",
    "bulkcase_attempts": "count",
    "bulkcase_finished_at": "moment",
}
_DECISION: Final[dict[str, Kind]] = {
    **dict.fromkeys(DECIDED[1:-2], "text"),
    "bulkcase_decision": (SEND, *(outcome for outcome in Outcome if outcome is not Outcome.PENDING)),
}
_FROM, _TO = DECIDED[-2:]

Compared = tuple[RowRecord, bytes | None, bytes | None]
"""A row, what is sent for it and what stands there before, as JSON."""


def frame_of_results(header: Sequence[str], rows: Iterable[RowRecord], private: Private) -> "pd.DataFrame":
    """Return one line a row, indexed by its number: its cells as they were read, then its result.

    The columns of the result are those of results.csv, with numbers and times as what they are.
    """
    lines = ((row.number, *_cells(row, len(header)), *_verdict(row)) for row in masked(rows, header, private))
    return frame_of([*_columns(header, private), *_RESULT.items()], lines, index=_NUMBER)


def frame_of_plan(header: Sequence[str], rows: Iterable[Compared], private: Private) -> "pd.DataFrame":
    """Return one line a row, indexed by its number: its cells, what was decided, then each field that would change.

    Those are two columns a field, `bulkcase_from.FIELD` and `bulkcase_to.FIELD`, with values as people know them. They
    are empty where a row does not change it, and the first one where nobody has read what stands there.
    """
    before: dict[str, dict[int, str]] = {}
    after: dict[str, dict[int, str]] = {}
    lines: list[tuple[object, ...]] = []
    for row, sent, old in rows:
        shown = masked_row(row, header, private)
        if row.result.outcome is Outcome.PENDING:
            for name, was, will_be in changes_told(sent, old, private):
                found = before.setdefault(name, {})
                after.setdefault(name, {})[len(lines)] = will_be
                if old is not None:
                    found[len(lines)] = was
        lines.append((row.number, *_cells(shown, len(header)), *_decided(shown)))
    sides = ((_FROM, before), (_TO, after))
    changed = [(f"{side}.{name}", values[name]) for name in before for side, values in sides]
    fields: list[tuple[str, Kind]] = [(name, "text") for name, _ in changed]
    whole = ((*line, *(found.get(nth) for _, found in changed)) for nth, line in enumerate(lines))
    return frame_of([*_columns(header, private), *_DECISION.items(), *fields], whole, index=_NUMBER)


def _columns(header: Sequence[str], private: Private) -> list[tuple[str, Kind]]:
    return [(name, "cell") for name in private.header(header)]


def _cells(row: RowRecord, width: int) -> tuple[object, ...]:
    return (*row.cells, *[""] * width)[:width]


def _verdict(row: RowRecord) -> tuple[object, ...]:
    result = row.result
    return (
        row.case_key,
        result.outcome,
        result.verified,
        result.http_status,
        result.attempts,
        result.code,
        result.message,
        changed_fields(row),
        row.finished_at,
    )


def _decided(row: RowRecord) -> tuple[object, ...]:
    result = row.result
    changed = row.fields if result.outcome is Outcome.PENDING else ""
    return row.case_key, decision_of(result), result.code, result.message, changed
