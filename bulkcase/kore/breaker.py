"""When the server is down or the network gone, everybody pauses, and one call at a time finds out whether it is back.

    how a call ended              what it says
    not sent                      the server cannot be reached: opens at once, no row can be to blame
    502, 503, 504                 } a row may be to blame: opens at the fifth different request in a row
    timeout, connection lost      } (one row that fails again and again is no outage)
    cut off by ourselves          nothing
    anything else, 500 too        the server is there: a sound answer, which closes it, whosever it is
                                  (a 500 is the application's: where every row gets one, safety.max_failures stops)

    state                         who leaves                        until
    closed                        everybody                         it opens
    open, pausing                 nobody                            1 s have passed, doubling up to 60 s
    open, a probe is promised     whoever comes first with a slot   it left, or its slot was given back
    open, a probe is in flight    nobody                            its verdict is known

Pure: time comes in as an argument, on any one clock.
"""

from bulkcase.kore.verdict import Kind, Silence, Verdict
from bulkcase.said import seconds_text

_OPENS_AT = 5
_LONGEST_PAUSE = 60.0
_DOWN = frozenset({502, 503, 504})
"""What gateways answer for a server that is down."""
_PROMISED = object()
"""Stands for a probe that has its slot and has not left yet."""

_SAYS = {
    Kind.NOT_SENT: ("the server cannot be reached", "check the network, connection.host and connection.proxy"),
    Kind.UNANSWERED: ("the server does not answer", "check the network, the server and connection.timeout"),
    Kind.TRANSIENT: ("the server fails", "check the server, or ask who runs it"),
}


class Breaker:
    """One pause for all workers while no call can succeed.

    `patience` is the seconds without a sound answer after which a run gives up. Where no sound answer was ever seen it
    gives up after so many `attempts` in a row: a wrong host is not waited for.
    """

    def __init__(self, *, patience: float, attempts: int) -> None:
        self._patience = patience
        self._attempts = attempts
        self._ever_sound = False
        self._failing: set[object] = set()
        """The requests that failed since the last sound answer, until it opens."""
        self._opened = 0.0
        self._tries = 0
        self._probe: object | None = None
        self._last: Verdict | None = None
        self.until = float("-inf")
        """When the next probe may leave; in the past while one is in flight, and where nothing is paused."""
        self.is_open = False
        """Whether everybody pauses."""

    @property
    def free_at(self) -> float:
        """When a slot may be taken: infinity until the verdict on a probe is known."""
        return self.until if self._probe is None else float("inf")

    @property
    def why(self) -> str:
        """Why everybody pauses, in words; empty where nobody does."""
        return _SAYS[self._last.kind][0] if self._last is not None else ""

    def take(self) -> None:
        """Note that a slot was taken: while it is open, the next call is a probe."""
        if self.is_open:
            self._probe = _PROMISED

    def returned(self) -> None:
        """Note that a slot was given back unused."""
        if self._probe is _PROMISED:
            self._probe = None

    def leave(self, request: object) -> bool:
        """Say whether a call with a slot in hand may leave now; while it is open it leaves as the probe."""
        if not self.is_open:
            return True
        if self._probe is not _PROMISED:
            return False
        self._probe = request
        return True

    def gone(self, request: object) -> None:
        """Note that a call ended without any verdict: its task was cancelled."""
        if self._probe == request:
            self._probe = None

    def rested(self, until: float) -> None:
        """Note that nothing leaves until then, for other reasons: that time says nothing about the server."""
        self._opened = max(self._opened, until)

    def note(self, request: object, verdict: Verdict, now: float) -> bool:
        """Note the verdict on a call; return whether it is time to give up."""
        if not _is_failure(verdict):
            self._close()
        elif verdict.code == Silence.CUT_OFF:
            self.gone(request)
        elif not self.is_open:
            self._failing.add(request)
            if verdict.kind is Kind.NOT_SENT or len(self._failing) >= _OPENS_AT:
                self.is_open = True
                self._opened = now
                return self._failed(verdict, now)
        elif self._probe == request:
            return self._failed(verdict, now)
        # What left before it opened and fails afterwards tells nothing new.
        return False

    def lost_patience(self, now: float) -> str:
        """Return why a run gives up."""
        assert self._last is not None, "it is open"
        said, advice = _SAYS[self._last.kind]
        tries = f"{self._tries} tries" if self._tries > 1 else "1 try"
        return f"{said}: {tries} in {seconds_text(now - self._opened)} ({self._last.message}): {advice}"

    def _close(self) -> None:
        self._ever_sound = True
        self._failing.clear()
        if self.is_open:
            self.is_open = False
            self._probe = self._last = None
            self._tries = 0
            self.until = float("-inf")

    def _failed(self, verdict: Verdict, now: float) -> bool:
        """Pause until the next probe, for as long as the server asks if that is longer; return whether to give up."""
        self._probe = None
        self._last = verdict
        self._tries += 1
        self.until = now + min(max(2.0 ** min(self._tries - 1, 30), verdict.wait or 0.0), _LONGEST_PAUSE)
        return now - self._opened >= self._patience if self._ever_sound else self._tries >= self._attempts


def _is_failure(verdict: Verdict) -> bool:
    """Say whether a verdict tells that the server is down; an answer that cannot be read is an answer."""
    if verdict.status is not None:
        return verdict.status in _DOWN and verdict.kind is Kind.TRANSIENT
    return verdict.kind in {Kind.UNANSWERED, Kind.NOT_SENT}
