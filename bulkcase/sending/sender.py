"""One row: its attempts, until it is settled."""

from collections.abc import Callable
from dataclasses import dataclass

from tenacity import AsyncRetrying, RetryCallState, retry_if_result

from bulkcase.clock import Clock
from bulkcase.job.settings import Retry
from bulkcase.kore.backoff import last_verdict, wait_after
from bulkcase.kore.door import Door, Request, update_case
from bulkcase.kore.verdict import Kind, Verdict
from bulkcase.ledger.rows import Sendable
from bulkcase.model import Outcome, Result
from bulkcase.sending.decide import result_of, result_of_stop, worth_another
from bulkcase.stopping import Stopped, StopSwitch

GOT_OLD = "got_old"
"""The cause of a row that waits again for a look at its case."""


class _GotOld(Exception):  # noqa: N818 - a signal, not an error
    """What is known of the case is too old for another attempt."""


@dataclass(slots=True)
class _Trail:
    """What is known of a row while it is being sent."""

    request: Request
    is_fresh: Callable[[], bool]
    counted: int = 0
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
    """Sends rows; retries what is transient and nothing else."""

    def __init__(
        self, door: Door, retry: Retry, *, clock: Clock, chance: Callable[[], float], stop: StopSwitch
    ) -> None:
        self._door = door
        self._stop = stop
        self._clock = clock
        self._unanswered = retry.unanswered
        self._retrying = AsyncRetrying(
            sleep=self._sleep,
            stop=lambda state: _trail(state).counted >= retry.attempts,
            wait=lambda state: wait_after(_trail(state).counted, last_verdict(state), retry.max_wait, chance()),
            # An allow-list of verdicts: an exception, CancelledError above all, is never retried.
            retry=retry_if_result(self._worth_another),
            retry_error_callback=last_verdict,
        )

    async def send(self, row: Sendable, is_fresh: Callable[[Sendable], bool] = lambda _: True) -> Result:
        """Return what became of a row. Its slot of the quota is in hand and its intent is durable.

        A row whose case is to be looked at first, after a long wait between two attempts, is pending again; one that
        may have landed by then is in doubt.
        """
        request = update_case(row.case_id, row.body, row.number)
        trail = _Trail(request, lambda: is_fresh(row), doubt=_earlier_doubt(row))
        try:
            verdict = trail.note(await self._door.call(trail.request))
            if self._worth_another(verdict):
                # tenacity costs a third of a call, so it is entered only now, and told of the first attempt.
                trail.first = verdict
                verdict = await self._retrying.copy()(self._again, trail)
        except _GotOld:
            message = "the wait between two attempts was so long that its case has to be read again first"
            return result_of_stop(message, trail.request.calls, trail.doubt, GOT_OLD)
        except Stopped:
            stop = self._stop.stop
            return result_of_stop(stop.message if stop else "", trail.request.calls, trail.doubt)
        return result_of(verdict, trail.request.calls, trail.doubt)

    def _worth_another(self, verdict: Verdict) -> bool:
        return worth_another(verdict, self._unanswered)

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
