"""runs, show, history: what the ledger knows, also while a run goes on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bulkcase.errors import UsageError
from bulkcase.fields.parts import parts, shown
from bulkcase.frames import Kind, Records, frame_of
from bulkcase.ledger import Ledger, RunRecord, Worker
from bulkcase.ledger.locks import Holder, holder_of
from bulkcase.ledger.queries.history import Event
from bulkcase.model import NEEDS_A_PERSON, Outcome, RunState
from bulkcase.operations.common.desk import lock_name
from bulkcase.operations.common.ended import Run, command_after
from bulkcase.operations.common.find import existing_ledger, found_run
from bulkcase.operations.common.notebook import counted, line
from bulkcase.operations.common.runtime import Runtime
from bulkcase.reporting import Summary

if TYPE_CHECKING:
    import pandas as pd

_RUNS: Final[dict[str, Kind]] = {
    "run": "text",
    "job": "text",
    "target": "text",
    "state": RunState,
    "exit_code": "whole",
    "planned_at": "moment",
    "started_at": "moment",
    "finished_at": "moment",
    "duration_s": "real",
    "rows": "count",
    **dict.fromkeys(Outcome, "count"),
    "calls": "count",
    "undone_by": "text",
}
_EVENTS: Final[dict[str, Kind]] = {
    "run": "text",
    "target": "text",
    "input": "text",
    "row": "count",
    "outcome": Outcome,
    "finished_at": "moment",
    "attempts": "count",
    "code": "text",
    "message": "text",
    "by": "text",
    "field": "text",
    "from": "text",
    "to": "text",
}


@dataclass(frozen=True, slots=True, repr=False)
class Listed:
    """A run in a list."""

    record: RunRecord
    outcomes: Mapping[Outcome, int]
    state: RunState
    """As it is: a run that nobody works on any more is interrupted, whatever it could still write down."""
    undone_by: Sequence[str]
    """The runs that were started to take it back."""
    calls: int
    """Made for it so far, of any kind."""

    @property
    def needs_a_person(self) -> int:
        """The number of rows that somebody has to look at."""
        return sum(self.outcomes[outcome] for outcome in NEEDS_A_PERSON)

    def __repr__(self) -> str:
        # Not the record: it has what the job says of its values, and a notebook is saved with what it shows.
        told = (str(self.state), counted(self.outcomes.items()) or "no rows")
        return line(type(self).__name__, self.record.id, told)


@dataclass(frozen=True, slots=True, repr=False)
class Shown(Listed):
    """A run, looked at closely."""

    summary: Summary
    in_flight: int
    """Rows whose call has left and whose answer has not come."""
    holder: Holder | None
    """Who works on it now; its outcomes have the rows in flight as unknown then."""
    workers: Sequence[tuple[Worker, float, float | None]]
    """Who worked on it, from when and until when."""
    next_command: str
    """What goes on from here; empty where that is nothing."""


def runs(
    *, limit: int = 20, state: str | Path | None = None, sandbox: bool = False, runtime: Runtime | None = None
) -> Records[Listed]:
    """Return the newest runs of a ledger, so many at the most, the newest last; plans are runs that have not started.

    The ledger is that of the folder `state`, or else the user's own; `sandbox` looks among the rehearsals. The list is
    also a table: `runs().frame()`. It makes no call.

    Raises UsageError where there is no ledger yet, and LedgerError where it cannot be read.
    """
    if limit < 1:
        raise UsageError(f"limit {limit}: no run is shown by that: give a number from 1 on")
    locks = (runtime or Runtime()).locks()
    path = existing_ledger(state=state, sandbox=sandbox)
    with Ledger(path) as ledger:
        newest = ledger.runs()[-limit:]
        calls = ledger.nights(newest).calls() if newest else {}
        found = (
            Listed(
                record,
                ledger.rows(record).counts(),
                _state(record, _holder(record, path, locks)),
                [one.id for one in ledger.undone_by(record)],
                calls[record.seq],
            )
            for record in newest
        )
        return Records(found, _frame_of_runs)


def _frame_of_runs(found: Sequence[Listed]) -> "pd.DataFrame":
    lines = (
        (
            *(one.record.id, one.record.job, one.record.target, one.state, one.record.exit_code),
            *(one.record.planned_at, one.record.started_at, one.record.finished_at, one.record.duration),
            *(sum(one.outcomes.values()), *(one.outcomes[outcome] for outcome in Outcome)),
            *(one.calls, " ".join(one.undone_by)),
        )
        for one in found
    )
    return frame_of(_RUNS, lines)


def show(
    run: str | Run, *, state: str | Path | None = None, sandbox: bool = False, runtime: Runtime | None = None
) -> Shown:
    """Return all that is known of a run, also while it goes on; for the arguments see `resume`. It makes no call.

    Raises UsageError where there is no ledger yet, no run of that name, or more than one, and LedgerError.
    """
    path, record = found_run(run, state=state, sandbox=sandbox)
    holder = _holder(record, path, (runtime or Runtime()).locks())
    is_state = _state(record, holder)
    with Ledger(path) as ledger:
        rows = ledger.rows(record)
        summary = Summary.of(record, rows, rows.totals(), ())
        undone_by = [one.id for one in ledger.undone_by(record)]
        return Shown(
            record=record,
            outcomes=summary.outcomes,
            state=is_state,
            summary=summary,
            in_flight=rows.in_flight() if holder else 0,
            holder=holder,
            workers=ledger.workers(record),
            next_command="" if undone_by else _next_command(record, path, holder, is_state, summary.outcomes),
            undone_by=undone_by,
            calls=sum(summary.calls.values()),
        )


def _next_command(
    record: RunRecord, path: Path, holder: Holder | None, state: RunState, outcomes: Mapping[Outcome, int]
) -> str:
    nothing = holder is not None or record.started_at is None
    return "" if nothing else command_after(record.id, path, state, outcomes)


def history(case: str, *, state: str | Path | None = None, sandbox: bool = False) -> Records[Event]:
    """Return which run, file, row and value was about a case, when, and by which user of which host.

    `case` is the `_id` of a case. The ledger is that of the folder `state`, or else the user's own; `sandbox` looks
    among the rehearsals. The list is also a table, with a line for each field: `history(case).frame()`. It makes no
    call.

    Raises UsageError where there is no ledger yet, or no row about the case, and LedgerError.
    """
    with Ledger(existing_ledger(state=state, sandbox=sandbox)) as ledger:
        found = ledger.history(case.strip())
        if not found:
            raise UsageError(f"{ledger.path}: no row of any run is about the case {case}: check the id")
        return Records(found, _frame_of_events)


def _frame_of_events(events: Sequence[Event]) -> "pd.DataFrame":
    return frame_of(_EVENTS, (line for event in events for line in _lines(event)))


def _lines(event: Event) -> Iterator[tuple[object, ...]]:
    """Yield a line for each field that an event was about, or one without a field."""
    same = (
        *(event.run, event.target, event.input, event.row, event.outcome, event.finished_at, event.attempts),
        *(event.code, event.message, event.by),
    )
    is_read = event.before is not None
    changes: list[tuple[str | None, str | None, str | None]] = [
        (field, shown(old, field) if is_read else None, shown(new, field))
        for field, old, new in parts(event.values, event.before)
    ]
    yield from ((*same, *change) for change in changes or [(None, None, None)])


def _holder(record: RunRecord, ledger: Path, locks: Path) -> Holder | None:
    """Return who works on a run now."""
    if record.state is not RunState.RUNNING:
        return None
    holder = holder_of(locks, lock_name(record.target, ledger))
    return holder if holder is not None and holder.run in {"", record.id} else None


def _state(record: RunRecord, holder: Holder | None) -> RunState:
    return RunState.INTERRUPTED if record.state is RunState.RUNNING and holder is None else record.state
