"""Sessions: each is one command at work on a run; what one left behind that ended without a word is settled here."""

import getpass
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, func, insert, literal, select, update

from bulkcase.clock import Instant
from bulkcase.errors import LedgerError
from bulkcase.ledger.storage.tables import calls, rows, runs, sessions
from bulkcase.ledger.transitions import SENDING, TRANSITIONS, Event
from bulkcase.model import FINE, Outcome, RunState

_CUT_OFF = "cut_off"
_SAYS_NOTHING = (Outcome.INVALID, Outcome.UNCHANGED)
"""What becomes of rows that leave open what is wanted of their case."""
_CORRECTED = "a corrected file took its place"


@dataclass(frozen=True, slots=True)
class Worker:
    """Who works on a run: a user's process on a host."""

    user: str
    host: str
    pid: int

    @classmethod
    def here(cls) -> Self:
        """Return this process."""
        try:
            user = getpass.getuser()
        except (ImportError, KeyError, OSError):  # a container's user may have no name
            user = "unknown"
        return cls(user, platform.node(), os.getpid())

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user}@{self.host}"


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call that some quota may still count."""

    ended: Instant
    answered: bool


def open_session(
    connection: Connection, run: int | None, target: str, account: str, worker: Worker, now: Instant, *, reads: bool
) -> int:
    """Add a session, of a run where it has one, and return its id; `reads` says that it may read live cases."""
    values = {
        "reads": int(reads),
        "run": run,
        "target": target,
        "account": account,
        "user": worker.user,
        "host": worker.host,
        "pid": worker.pid,
        "boot": now.boot,
        "steady": now.steady,
        "started_at": now.wall,
        "calls_after": connection.scalar(select(func.coalesce(func.max(calls.c.id), 0))),
    }
    added = connection.execute(insert(sessions).values(values)).inserted_primary_key
    assert added is not None
    return int(added[0])


def end(connection: Connection, session: int, now: Instant, waited: Mapping[str, float] | None = None) -> None:
    """Note that a session is over, and for what its calls have waited, where that is known."""
    values: dict[str, Any] = {"ended_at": now.wall}
    if waited is not None:
        values["waited"] = orjson.dumps(dict(waited)).decode()
    connection.execute(update(sessions).where(sessions.c.id == session).values(values))


def note_waits(connection: Connection, run: int, waited: Mapping[str, float]) -> None:
    """Note for what the calls of whoever works on a run have waited."""
    connection.execute(update(sessions).where(_open(run)).values(waited=orjson.dumps(dict(waited)).decode()))


def end_of_run(connection: Connection, run: int, now: Instant) -> None:
    """Note that nobody works on a run any more."""
    connection.execute(update(sessions).where(_open(run)).values(ended_at=now.wall))


def _open(run: int) -> ColumnElement[bool]:
    return and_(sessions.c.run == run, sessions.c.ended_at.is_(None))


def recover(connection: Connection, target: str, now: Instant) -> None:
    """Settle what dead sessions of a target left behind; whoever calls this holds the lock of the target.

    A row that was being sent becomes unknown, its call counts as given up now, and its run is interrupted. A run whose
    input was only half read is taken out.
    """
    lost = select(sessions).where(sessions.c.target == target, sessions.c.ended_at.is_(None))
    for session in connection.execute(lost).mappings().all():
        why = f"bulkcase ended without a word ({_worker(session)})"
        _record_lost_calls(connection, session, now)
        if session["run"] is not None:
            settle_in_flight(connection, session["run"], session["id"], why, now.wall)
            _interrupt(connection, session, now)
        end(connection, session["id"], now)
        # It was killed while its report was written: nobody knows how long it has worked.
        connection.execute(update(sessions).where(sessions.c.id == session["id"]).values(waited=None))
    half_read = select(runs.c.seq).where(
        runs.c.target == target, runs.c.state == RunState.PLANNED, runs.c.rows.is_(None)
    )
    for run in connection.scalars(half_read).all():
        discard(connection, run)


def discard(connection: Connection, run: int) -> None:
    """Take out a run that was never started, with its rows; calls that were made for it still count.

    Raises LedgerError for one that was.
    """
    if connection.scalar(select(runs.c.started_at).where(runs.c.seq == run)) is not None:
        raise LedgerError(f"run {run} was started and cannot be taken out: please report it")
    connection.execute(delete(rows).where(rows.c.run == run))
    let_go(connection, [run])
    connection.execute(delete(runs).where(runs.c.seq == run))


def let_go(connection: Connection, of: Sequence[int]) -> None:
    """Let sessions belong to no run any more, before their runs, given by `seq`, are taken out.

    They, and all that belong to none, remember the longest window that a quota of such a run had: whoever has it still
    counts the calls of all of them.
    """
    reports = connection.scalars(select(runs.c.report).where(runs.c.seq.in_(of))).all()
    spans = [span for report in reports for _, span in orjson.loads(report).get("windows", ())]
    longest = max(*spans, longest_window(connection), 0.0)
    connection.execute(update(sessions).where(sessions.c.run.in_(of)).values(run=None))
    connection.execute(
        update(sessions).where(sessions.c.run.is_(None), sessions.c.counted_for < longest).values(counted_for=longest)
    )


def longest_window(connection: Connection) -> float:
    """Return the longest window of a quota, in seconds, that sessions without a run remember; 0 where none does."""
    return float(connection.scalar(select(func.max(sessions.c.counted_for)).where(sessions.c.run.is_(None))) or 0.0)


def past_calls(*, target: str | None = None, account: str | None = None) -> Select[Any]:
    """Return the query for the calls of all runs to a target or to an account, the newest first."""
    whose = sessions.c.target == target if account is None else sessions.c.account == account
    return (
        select(calls.c.ended_at, calls.c.status, sessions.c.boot, sessions.c.steady, sessions.c.started_at)
        .join(sessions, sessions.c.id == calls.c.session)
        .where(whose)
        .order_by(calls.c.id.desc())
    )


def as_past_call(found: Any) -> PastCall:
    """Return the call in one line of `past_calls`."""
    started = Instant(found.boot, found.steady, found.started_at)
    return PastCall(started.later(found.ended_at), answered=found.status is not None)


def settle_in_flight(connection: Connection, run: int, session: int | None, why: str, now: float) -> None:
    """Move the rows of a run that are being sent to `unknown`: nobody waits for their answers any more."""
    connection.execute(
        update(rows)
        .where(_in_flight(run))
        .values(
            state=TRANSITIONS[Event.LOSE][1],
            attempts=rows.c.attempts + 1,
            calls=func.coalesce(rows.c.calls, 0) + 1,
            left=None,
            verified=None,
            http_status=None,
            code=_CUT_OFF,
            message=f"{why} while this call was in flight",
            finished_at=now,
            session=session,
        )
    )


def _in_flight(run: int) -> ColumnElement[bool]:
    return and_(rows.c.run == run, rows.c.state == SENDING)


def _record_lost_calls(connection: Connection, session: Any, now: Instant) -> None:
    """Add, for each row that was being sent, a call that brought no answer: the quota counts it from now on.

    One more where live cases may have been read: which call that was is written nowhere.
    """
    started = Instant(session["boot"], session["steady"], session["started_at"])
    on_its_scale = literal(started.steady + now.since(started))
    columns = ["session", "row", "endpoint", "left_at", "ended_at", "verdict"]
    values = (literal(session["id"]), rows.c.number, literal("updateCase"), on_its_scale, on_its_scale)
    lost_calls = select(*values, literal("unanswered")).where(_in_flight(session["run"]))
    connection.execute(insert(calls).from_select(columns, lost_calls))
    if session["reads"]:
        at = started.steady + now.since(started)
        lost = {"session": session["id"], "endpoint": "getCases", "left_at": at, "ended_at": at}
        connection.execute(insert(calls).values(verdict="unanswered", **lost))


def _interrupt(connection: Connection, session: Any, now: Instant) -> None:
    """Mark the run of a dead session, which is known to have worked until its last outcome."""
    last = connection.scalar(
        select(func.max(rows.c.finished_at)).where(
            rows.c.run == session["run"], rows.c.session == session["id"], rows.c.code != _CUT_OFF
        )
    )
    worked = max((last or session["started_at"]) - session["started_at"], 0.0)
    connection.execute(
        update(runs)
        .where(runs.c.seq == session["run"], runs.c.state == RunState.RUNNING)
        .values(
            state=RunState.INTERRUPTED,
            exit_code=130,
            reason=f"ended without a word ({_worker(session)})",
            finished_at=last or now.wall,
            duration=runs.c.duration + worked,
        )
    )


def _worker(session: Any) -> Worker:
    return Worker(session["user"], session["host"], session["pid"])


def workers(connection: Connection, run: int) -> list[tuple[Worker, float, float | None]]:
    """Return who worked on a run, from when and until when, the first one first."""
    found = connection.execute(select(sessions).where(sessions.c.run == run).order_by(sessions.c.id)).mappings()
    return [(_worker(one), one["started_at"], one["ended_at"]) for one in found]


def take_over(connection: Connection, old: int, new: int, new_id: str, now: float) -> None:
    """Let a corrected file take the place of what is open in an old run.

    All its pending rows are superseded; of those in doubt only the ones whose case the new file is about: nobody else
    would say what became of them. The old run is finished then.
    """
    of_old = rows.c.run == old
    ours = rows.alias()
    renewed = (
        select(ours.c.number)
        .where(
            ours.c.run == new,
            ours.c.case_key == rows.c.case_key,
            ours.c.state.not_in(_SAYS_NOTHING),
        )
        .exists()
    )
    values = {
        "state": TRANSITIONS[Event.REPLACE][1],
        "code": "corrected_file",
        "message": f"run {new_id} took its place",
        "finished_at": now,
    }
    for open_rows in (
        and_(of_old, rows.c.state == Outcome.PENDING),
        and_(of_old, rows.c.state == Outcome.UNKNOWN, renewed),
    ):
        connection.execute(update(rows).where(open_rows).values(values))
    undone = select(rows.c.number).where(of_old, rows.c.state.not_in(list(FINE))).exists()
    ended = {"state": RunState.FINISHED, "exit_code": case((undone, 1), else_=0), "reason": _CORRECTED}
    connection.execute(update(runs).where(runs.c.seq == old).values(ended))
