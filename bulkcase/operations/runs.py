"""runs, show, history: what the ledger knows, also while a run goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bulkcase.errors import UsageError
from bulkcase.ledger import Ledger, RunRecord, Worker
from bulkcase.ledger.history import Event
from bulkcase.ledger.locks import Holder, holder_of
from bulkcase.model import NEEDS_A_PERSON, Outcome, RunState
from bulkcase.operations.desk import lock_name
from bulkcase.operations.ended import Run, command_after
from bulkcase.operations.find import existing_ledger, found_run
from bulkcase.operations.runtime import Runtime
from bulkcase.reporting import Summary


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
    *, limit: int = 20, state: Path | None = None, sandbox: bool = False, runtime: Runtime | None = None
) -> list[Listed]:
    """Return the newest runs of a ledger, the newest last; raises UsageError where there is no ledger yet."""
    locks = (runtime or Runtime()).locks()
    path = existing_ledger(state=state, sandbox=sandbox)
    with Ledger(path) as ledger:
        newest = ledger.runs()[-limit:]
        calls = ledger.nights(newest).calls() if newest else {}
        return [
            Listed(
                record,
                ledger.rows(record).counts(),
                _state(record, _holder(record, path, locks)),
                [one.id for one in ledger.undone_by(record)],
                calls[record.seq],
            )
            for record in newest
        ]


def show(run: str | Run, *, state: Path | None = None, sandbox: bool = False, runtime: Runtime | None = None) -> Shown:
    """Return all that is known of a run; raises UsageError where there is none of that name, or more than one."""
    path, record = found_run(run, state=state, sandbox=sandbox)
    holder = _holder(record, path, (runtime or Runtime()).locks())
    is_state = _state(record, holder)
    with Ledger(path) as ledger:
        rows = ledger.rows(record)
        summary = Summary.of(record, rows, ())
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


def history(case: str, *, state: Path | None = None, sandbox: bool = False) -> list[Event]:
    """Return which run, file, row and value was about a case, when, and by which user of which host.

    Raises UsageError where there is no ledger yet.
    """
    with Ledger(existing_ledger(state=state, sandbox=sandbox)) as ledger:
        found = ledger.history(case.strip())
        if not found:
            raise UsageError(f"{ledger.path}: no row of any run is about the case {case}: check the id")
        return found


def _holder(record: RunRecord, ledger: Path, locks: Path) -> Holder | None:
    """Return who works on a run now."""
    if record.state is not RunState.RUNNING:
        return None
    holder = holder_of(locks, lock_name(record.target, ledger))
    return holder if holder is not None and holder.run in {"", record.id} else None


def _state(record: RunRecord, holder: Holder | None) -> RunState:
    return RunState.INTERRUPTED if record.state is RunState.RUNNING and holder is None else record.state
