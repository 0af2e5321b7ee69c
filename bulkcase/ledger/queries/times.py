"""When the calls of a run were made, how long they took, and what its time went on."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Integer, Select, cast, func, select

from bulkcase.ledger.queries.figures import RunFigures
from bulkcase.ledger.storage.tables import calls, sessions


class Worked(NamedTuple):
    """One session's time on a run."""

    seconds: float
    waited: Mapping[str, float]
    """Seconds of these in which no call could leave, by what it waited for; empty where the session was killed."""


class Made(NamedTuple):
    """Calls of one kind in one slice of time."""

    nth: int
    """Which slice, from 0 on."""
    endpoint: str
    verdict: str
    calls: int
    seconds: float
    """That they were under way in all."""


_AT = sessions.c.started_at + calls.c.ended_at - sessions.c.steady
"""When a call ended, in seconds since the epoch: no clock that was set meanwhile moves it."""
_TOOK = calls.c.ended_at - calls.c.left_at


class RunTimes(RunFigures):
    """The times of one run's calls. Each figure is one pass over these."""

    def worked(self) -> list[Worked]:
        """Return the sessions on the run, the first one first; one that was killed has worked until its last call.

        By the monotonic clock alone: no clock that was set meanwhile makes them longer.
        """
        query = select(sessions.c.id, sessions.c.steady, sessions.c.waited).where(sessions.c.run == self._run)
        known = self._all(query.order_by(sessions.c.id))
        killed = [session for session, _, stored in known if stored is None]
        last = self._last_calls(killed) if killed else {}
        found = []
        for session, began, stored in known:
            waited = {"worked": last.get(session, began) - began} if stored is None else orjson.loads(stored)
            found.append(Worked(waited.pop("worked", 0.0), waited))
        return found

    def span(self) -> tuple[float, float] | None:
        """Return when the first call ended and when the last one did; None where none was made."""
        first, last = self._all(self._own(func.min(_AT), func.max(_AT)))[0]
        return None if first is None else (float(first), float(last))

    def made(self, since: float, seconds: float) -> list[Made]:
        """Return the calls by slices of so many seconds from a moment on, endpoint and verdict."""
        which = cast((_AT - since) / seconds, Integer)
        query = self._own(which, calls.c.endpoint, calls.c.verdict, func.count(), func.sum(_TOOK))
        return [Made(*found) for found in self._stream(query.group_by(which, calls.c.endpoint, calls.c.verdict))]

    def latencies(self, endpoint: str) -> dict[int, int]:
        """Return how many answered calls to an endpoint took so many tenths of a millisecond, rounded down."""
        took = cast(_TOOK * 10_000, Integer)
        query = self._own(took, func.count()).where(calls.c.endpoint == endpoint, calls.c.status.is_not(None))
        return {int(tenths): count for tenths, count in self._stream(query.group_by(took))}

    def _last_calls(self, of: Sequence[int]) -> dict[int, float]:
        """Return when the last call of some sessions ended, on the monotonic scale of each."""
        query = self._own(calls.c.session, func.max(calls.c.ended_at)).where(calls.c.session.in_(of))
        return dict(self._all(query.group_by(calls.c.session)))

    def _own(self, *columns: Any) -> Select[Any]:
        own = sessions.c.run == self._run
        after = select(func.min(sessions.c.calls_after)).where(own).scalar_subquery()
        # A call that was in flight when its session was killed is given up when somebody looks: it has taken no time.
        made = (own, calls.c.id > after, calls.c.ended_at > calls.c.left_at)
        return select(*columns).join(sessions, sessions.c.id == calls.c.session).where(*made)
