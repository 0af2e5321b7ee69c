"""What lines of a log know beside their words: the run, and facts by name."""

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

RUN: Final = ContextVar("run", default="")
"""The id of the run that is worked on here; empty where there is none yet."""
FOR_PROGRAMS: Final = ("bulkcase.rows", "bulkcase.runs")
"""Loggers whose lines are for programs: people have the report instead.

They are silent, whatever log a program has set up, until it asks for them:
`logging.getLogger("bulkcase.rows").setLevel(logging.WARNING)` for a line for each row that needs a person,
`logging.getLogger("bulkcase.runs").setLevel(logging.INFO)` for one where a run starts or ends.
"""
SILENT: Final = logging.CRITICAL + 1
"""The level of a logger that logs nothing."""

_rows, _runs = (logging.getLogger(name) for name in FOR_PROGRAMS)
for _logger in (_rows, _runs):
    if _logger.level == logging.NOTSET:  # else the program has asked for it already
        _logger.setLevel(SILENT)


def facts(**known: Any) -> Mapping[str, Any]:
    """Return facts as the `extra` of a line of the log; None is not known."""
    return {"facts": {name: value for name, value in known.items() if value is not None}}


def tells_of_rows() -> bool:
    """Say whether anybody is told of rows."""
    return _rows.isEnabledFor(logging.WARNING)


def row_ended(row: int, case_id: str | None, outcome: str, code: str) -> None:
    """Log that a row needs a person: which one, and why by its cause, never by a value."""
    if tells_of_rows():
        why = f": {code}" if code else ""
        known = facts(event="row", row=row, case_id=case_id, outcome=outcome, code=code or None)
        _rows.warning("row %d ended %s%s", row, outcome, why, extra=known)


def run_went(event: str, **known: Any) -> None:
    """Log that the run started or ended."""
    if _runs.isEnabledFor(logging.INFO):
        _runs.info("run %s %s", RUN.get(), event, extra=facts(event=event, **known))
