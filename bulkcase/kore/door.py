"""The one door to the API: every call takes its slot of the quota, its token, and leaves its record."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from bulkcase.clock import Clock, moment
from bulkcase.kore.breaker import Breaker
from bulkcase.kore.endpoints import Request
from bulkcase.kore.line import Line
from bulkcase.kore.quota import Quota
from bulkcase.kore.refusals import patience_lost, refused, without_tokens
from bulkcase.kore.throttle import Throttle
from bulkcase.kore.tokens import Tokens
from bulkcase.kore.transport import NO_ANSWER, describe, silence_of
from bulkcase.kore.verdict import (
    JUDGED_HEADERS,
    Kind,
    Silence,
    Verdict,
    judge,
    judge_silence,
    judge_too_large,
    judge_usual,
)
from bulkcase.logged import facts
from bulkcase.model import Call, Stop, StopReason
from bulkcase.stopping import StopSwitch

_log = logging.getLogger(__name__)

_WORTH_TELLING = 5.0
"""Seconds of waiting for the quota from which on people are told."""
WAITS: Final = ("quota", "throttled", "server_gone", "hours")
"""What a call may wait for: the quota; a server that throttles, or is gone; the hours in which the job may send."""


class Door:
    """Calls to one target. Time, transport and the recorder of calls are handed in.

    `recorded` returns when everything that was recorded is durable, and raises where that cannot be had.
    """

    def __init__(
        self,
        line: Line,
        *,
        tokens: Tokens,
        quota: Quota,
        throttle: Throttle,
        breaker: Breaker,
        clock: Clock,
        stop: StopSwitch,
        record: Callable[[Call], None],
        recorded: Callable[[], Awaitable[None]],
    ) -> None:
        self._line = line
        self._tokens = tokens
        self._quota = quota
        self._throttle = throttle
        self._breaker = breaker
        self._clock = clock
        self._stop = stop
        self._record = record
        self._recorded = recorded
        self._held_until = float("-inf")
        self._why_held = ""
        self._opens_at = 0.0
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._sleeper: asyncio.Timeout | None = None
        """Ends the sleep of whoever has the turn."""
        self.waited = dict.fromkeys(WAITS, 0.0)
        """Seconds in which no call could leave though one was wanted, by what it waited for, one of `WAITS`."""

    def pause(self) -> tuple[float, str]:
        """Return until when nobody's calls leave, on the clock's monotonic scale, and why; in words for people.

        Nobody's do while there is a reason. The moment may be past: a probe is out that decides how it goes on.
        """
        now = self._clock.monotonic()
        if self._held_until > now:
            return self._opens_at, self._why_held
        if self._breaker.is_open:
            return self._breaker.until, self._breaker.why
        if self._throttle.until > now:
            return self._throttle.until, "throttled"
        free_at = self._quota.free_at(now) if self._waiting else now
        return (free_at, "the quota is used up") if free_at - now > _WORTH_TELLING else (now, "")

    def hold(self, until: float, why: str, opens_at: float) -> None:
        """Let no call leave before `until`, on the clock's monotonic scale; people are told of `opens_at`."""
        self._held_until, self._why_held, self._opens_at = until, why, opens_at
        self._throttle.rested(until)
        self._breaker.rested(until)

    def try_slot(self) -> bool:
        """Take a slot of the quota if one is free now and nobody waits for it."""
        return self._stop.stop is None and not self._waiting and self._take()

    async def slot(self) -> None:
        """Wait for a slot of the quota and take it, first come, first served.

        Raises Stopped when the run is stopped meanwhile.
        """
        if self.try_slot():
            return
        self._waiting += 1
        try:
            async with self._stop.interruptible(), self._turn:
                # Only the breaker lets calls leave earlier than foreseen, and it wakes this one sleeper.
                while not self._take():
                    began = self._clock.monotonic()
                    free_at, why = self._next(began)
                    try:
                        await self._sleep(free_at - began)
                    finally:
                        self.waited[why] += self._clock.monotonic() - began
        finally:
            self._waiting -= 1

    def give_back(self) -> None:
        """Return a slot whose call never left.

        Whoever sleeps is woken for it only while the breaker is open: else only a run that ends does this, or a worker
        that takes another slot at once.
        """
        self._quota.returned()
        if self._breaker.is_open:
            self._breaker.returned()
            self._wake()

    async def call(self, request: Request) -> Verdict:
        """Put a request, with a slot in hand, until there is a verdict on it.

        A throttled call waits and leaves again; refused credentials get one fresh token. Where the server refuses the
        credentials or the target themselves, or is gone for too long, the run is stopped. Raises Stopped when the run
        is stopped before a call leaves or while one waits.
        """
        renewed = False
        while True:
            token = await self._ready(request)
            verdict = await self._once(request, token)
            if verdict.kind is Kind.CREDENTIALS and not renewed and self._tokens.renew(token):
                renewed = True
            elif verdict.kind in {Kind.CREDENTIALS, Kind.WRONG_TARGET}:
                self._stop.set(Stop(StopReason.SAFETY, refused(verdict, self._clock.now())))
                self._stop.check()
            elif verdict.kind is not Kind.THROTTLED:
                return verdict
            await self.slot()

    async def once(self, request: Request) -> Verdict:
        """Put a request once, with a slot in hand, and return whatever comes of it: no refusal stops anything.

        Raises Stopped when the run is stopped before the call leaves.
        """
        return await self._once(request, await self._ready(request))

    async def _ready(self, request: Request) -> str:
        """Return the token as soon as a call with its slot in hand may leave; where it must not, give the slot back.

        Nothing leaves again before what came before is durable. Who took a slot before the breaker opened gives it back
        and waits for another one.
        """
        while True:
            try:
                if request.calls:
                    await self._recorded()
                self._stop.check()
                token = self._tokens.current()
            except BaseException:
                self.give_back()
                raise
            if self._breaker.leave(request):
                return token
            self.give_back()
            await self.slot()

    async def _sleep(self, seconds: float) -> None:
        """Let so many seconds pass, or fewer where the breaker has news."""
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._sleeper = scope
                # For ever means: until the verdict on the probe is known.
                await (self._clock.sleep(seconds) if seconds < float("inf") else asyncio.Event().wait())
        except TimeoutError:
            if not scope.expired():
                raise
        finally:
            self._sleeper = None

    def _wake(self) -> None:
        if self._sleeper is not None:
            self._sleeper.reschedule(asyncio.get_running_loop().time())
            self._sleeper = None  # a scope is ended once

    def _next(self, now: float) -> tuple[float, str]:
        """Return when the next call may leave, and which of `WAITS` it waits for until then."""
        free = (self._quota.free_at(now), self._throttle.until, self._breaker.free_at, self._held_until)
        return max(zip(free, WAITS, strict=True))

    def _take(self) -> bool:
        now = self._clock.monotonic()
        if max(self._quota.free_at(now), self._throttle.until, self._breaker.free_at, self._held_until) > now:
            return False
        self._quota.take(now)
        self._breaker.take()
        return True

    async def _once(self, request: Request, token: str) -> Verdict:
        request.calls += 1
        left_at = self._clock.monotonic()
        verdict = None
        try:
            verdict = await self._exchange(request, token)
        finally:
            # Also when the task is cancelled: the server may have counted the call.
            now = self._clock.monotonic()
            if verdict is None or verdict.status is None:
                self._quota.given_up(now)
            else:
                self._quota.answered(now)
            kind = Kind.UNANSWERED if verdict is None else verdict.kind
            status = None if verdict is None else verdict.status
            if _log.isEnabledFor(logging.DEBUG):
                known = facts(
                    event="call",
                    row=request.row,
                    case_id=request.case_id,
                    endpoint=request.endpoint,
                    status=status,
                    verdict=kind.value,
                )
                _log.debug("%s row %s: %s %s", request.path, request.row, status or "no answer", kind, extra=known)
            self._record(Call(request.endpoint, left_at, now, kind, status, request.row))
            if verdict is None:
                self._breaker.gone(request)
                self._wake()
        self._note(verdict, left_at, now)
        return self._weighed(request, verdict, now)

    async def _exchange(self, request: Request, token: str) -> Verdict:
        flight = self._stop.flight()
        try:
            with flight:
                reply = await self._line.post(request.path, request.body, token, request.largest)
        except NO_ANSWER as error:
            return judge_silence(silence_of(error), without_tokens(describe(error), token))
        if flight.was_cut_off:
            return judge_silence(Silence.CUT_OFF, "the run was ended before the answer came")
        if reply.is_cut and 200 <= reply.status < 300:
            return judge_too_large(reply.status, request.largest)
        # Before judging, which shortens: half a token would not be recognised any more.
        body = reply.body.replace(token.encode(), b"***")
        if request.case_id is not None and (usual := judge_usual(reply.status, body, request.case_id)) is not None:
            return usual
        headers = {name: reply.headers.get(name, "") for name in JUDGED_HEADERS}
        now = moment(self._clock.now())
        verdict = judge(reply.status, headers, body, now, request.case_id)
        if not verdict.message:
            return verdict
        # Only what is told of an answer is masked: what is kept of live cases is as they are.
        told = without_tokens(body.decode("utf-8", "replace"), token).encode()
        headers = {name: without_tokens(value, token) for name, value in headers.items()}
        message = judge(reply.status, headers, told, now, request.case_id).message or verdict.code
        return verdict._replace(message=without_tokens(message, token))

    def _note(self, verdict: Verdict, left_at: float, now: float) -> None:
        if verdict.kind is Kind.THROTTLED:
            if self._throttle.throttled(left_at, now, verdict.wait):
                self._stop.set(Stop(StopReason.SAFETY, patience_lost(verdict, self._throttle.patience)))
        elif verdict.status is not None:
            self._throttle.succeeded(left_at)

    def _weighed(self, request: Request, verdict: Verdict, now: float) -> Verdict:
        """Tell the breaker, and return the verdict with what it weighs: in an outage it costs the row no attempt."""
        was_open = self._breaker.is_open
        if self._breaker.note(request, verdict, now):
            self._stop.set(Stop(StopReason.SAFETY, self._breaker.lost_patience(now)))
        if was_open:
            self._wake()
        return verdict._replace(counts=False) if self._breaker.is_open else verdict
