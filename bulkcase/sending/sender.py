"""One row: its attempts, until it is settled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from bulkcase.clock import Clock
from bulkcase.job.settings import Retry
from bulkcase.kore.backoff import last_verdict, wait_after
from bulkcase.kore.door import Door
from bulkcase.kore.endpoints import Request, update_case
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Outcome, Result
from bulkcase.sending.decide import accepted, result_of, result_of_stop, worth_another
from bulkcase.stopping import Stopped, StopSwitch

GOT_OLD = "got_old"
"""The cause of a row that waits again for a look at its case."""


class Sent(NamedTuple):
    """What became of a row that was sent, and what is to be done about it besides."""

    result: Result
    tried: int = 0
    """Its attempts that failed so far, and count."""
    is_open: bool = False
    """Whether its case is to be looked at: only that tells how it goes on."""
    may_go_again: bool = False
    """Whether it is sent again where the look does not settle it."""


class _GotOld(Exception):  # noqa: N818 - a signal, not an error
    """What is known of the case is too old for another attempt."""


@dataclass(slots=True)
class _Trail:
    """What is known of a row while it is being sent."""

    request: Request
    is_fresh: Callable[[], bool]
    counted: int
    """Its failed attempts without those that an outage cost."""
    doubt: Verdict | None = None
    first: Verdict | None = None
    """The verdict on the attempt that was made outside tenacity, until tenacity has been told."""

    def note(self, verdict: Verdict) -> Verdict:
        if verdict.kind is Kind.UNANSWERED:
            self.doubt = verdict
        self.counted += verdict.counts
        return verdict


class Sender:
    """Sends rows; retries what is transient and nothing else.

    `verifies` says that the answers are compared with what was sent, `can_look` that live cases can be read: then a row
    whose answer got lost is not sent again before somebody has looked at its case.
    """

    def __init__(
        self,
        door: Door,
        retry: Retry,
        *,
        clock: Clock,
        chance: Callable[[], float],
        stop: StopSwitch,
        verifies: bool = True,
        can_look: bool = False,
    ) -> None:
        self._door = door
        self._stop = stop
        self._clock = clock
        self._chance = chance
        self._retry = retry
        self._verifies = verifies
        self._can_look = can_look
        self._retrying = AsyncRetrying(
            sleep=self._sleep,
            stop=lambda state: _trail(state).counted >= retry.attempts,
            wait=lambda state: wait_after(_trail(state).counted, last_verdict(state), retry.max_wait, chance()),
            # An allow-list of verdicts: an exception, CancelledError above all, is never retried.
            retry=retry_if_result(self._worth_another),
            retry_error_callback=last_verdict,
        )

    async def send(self, row: Sendable, is_fresh: Callable[[Sendable], bool] = lambda _: True) -> Sent:
        """Return what became of a row. Its slot of the quota is in hand and its intent is durable.

        A row whose case is to be looked at first, after a long wait between two attempts, is pending again; one that
        may have landed by then is in doubt.
        """
        request = update_case(row.case_id, row.body, row.number)
        trail = _Trail(request, lambda: is_fresh(row), row.tried, doubt=_earlier_doubt(row))
        try:
            verdict = trail.note(await self._door.call(trail.request))
            if self._worth_another(verdict):
                # tenacity costs a third of a call, so it is entered only now, and told of the first attempt.
                trail.first = verdict
                verdict = await self._retrying.copy()(self._again, trail)
            return await self._sent(row, verdict, trail)
        except _GotOld:
            message = "the wait between two attempts was so long that its case has to be read again first"
            waits = result_of_stop(message, trail.request.calls, trail.doubt, GOT_OLD)
            return Sent(waits, trail.counted, is_open=True, may_go_again=True)
        except Stopped:
            stop = self._stop.stop
            return Sent(result_of_stop(stop.message if stop else "", trail.request.calls, trail.doubt))

    async def _sent(self, row: Sendable, verdict: Verdict, trail: _Trail) -> Sent:
        calls = trail.request.calls
        if verdict.kind is Kind.ACCEPTED:
            return Sent(accepted(row, verdict, calls, verifies=self._verifies))
        # Where cases can be read, a row in doubt is not sent again before its case was.
        result = result_of(verdict, calls, trail.doubt, looked=self._can_look)
        if not self._can_look or result.outcome is not Outcome.UNKNOWN:
            return Sent(result)
        may_go_again = worth_another(verdict, self._retry.unanswered) and trail.counted < self._retry.attempts
        if may_go_again:
            await self._sleep(wait_after(trail.counted, verdict, self._retry.max_wait, self._chance()))
        return Sent(result, trail.counted, is_open=True, may_go_again=may_go_again)

    def _worth_another(self, verdict: Verdict) -> bool:
        is_lost = verdict.kind is Kind.UNANSWERED
        return worth_another(verdict, self._retry.unanswered) and not (is_lost and self._can_look)

    async def _again(self, trail: _Trail) -> Verdict:
        if trail.first is not None:
            verdict, trail.first = trail.first, None
            return verdict
        await self._door.slot()
        if not trail.is_fresh():
            self._door.give_back()
            raise _GotOld
        return trail.note(await self._door.call(trail.request))

    async def _sleep(self, seconds: float) -> None:
        async with self._stop.interruptible():
            await self._clock.sleep(seconds)


def _earlier_doubt(row: Sendable) -> Verdict | None:
    """Return the doubt that a row was left in when it was sent before."""
    return Verdict(Kind.UNANSWERED, code=row.code, message=row.message) if row.last is Outcome.UNKNOWN else None


def _trail(state: RetryCallState) -> _Trail:
    trail: _Trail = state.args[0]
    return trail
