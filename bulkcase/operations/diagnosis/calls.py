"""The few calls of doctor: getCases alone, each with a slot of the quota and a record in the ledger."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

import orjson

from bulkcase.fields.private import Private
from bulkcase.job.needs import live_lookups
from bulkcase.job.settings import Auth
from bulkcase.kore.door import Door
from bulkcase.kore.endpoints import get_cases
from bulkcase.kore.heard import LastCall
from bulkcase.kore.hints import hints_in
from bulkcase.kore.line import Reply
from bulkcase.kore.pages import CasePage, Paging, parse_page
from bulkcase.kore.refusals import without_tokens
from bulkcase.kore.tokens import Tokens, life_of
from bulkcase.kore.verdict import Kind, Verdict, date_of, is_html
from bulkcase.operations.common.desk import Desk
from bulkcase.operations.common.runtime import is_sandbox
from bulkcase.operations.diagnosis.here import Names
from bulkcase.operations.diagnosis.judged import (
    SHORT_LIFE,
    Heard,
    of_api,
    of_clock,
    of_names,
    of_quota,
    of_scope,
    of_target,
    of_token,
)
from bulkcase.operations.diagnosis.listed import of_failed_search, of_no_page, of_pages, of_search, searches_of
from bulkcase.operations.diagnosis.steps import State, Step, cross
from bulkcase.operations.live.credentials import remote_target
from bulkcase.reading.kept import learnt_from
from bulkcase.said import seconds_text
from bulkcase.stopping import StopSwitch

_PATIENCE: Final = 10.0
"""Seconds for which a slot of the quota is waited for."""
_SOME: Final = 50
"""Cases that a search may show."""
_BEGINNING: Final = 1000
"""Bytes of an answer by which a page is known."""
_HALF: Final = 0.5
"""Seconds that a Date, which has whole ones, is behind on average."""


class NoSlotError(Exception):
    """No call may leave yet; the text says why."""


class ThrottledError(Exception):
    """A later call was throttled, which the step of the quota tells."""


class LateRefusalError(Exception):
    """The credentials of a later call are refused; the text is what the server says."""


class ChosenTokens:
    """The tokens of a job, or what is tried in their place."""

    def __init__(self, own: Tokens) -> None:
        self.own = own
        self.now: Tokens = own

    def current(self) -> str:
        """Return the token for the call that is about to leave."""
        return self.now.current()

    def renew(self, refused: str) -> bool:
        """Return False: what is refused is what doctor wants to know."""
        return not refused


class _NoToken:
    """What no server can take for a token."""

    def current(self) -> str:
        return "no-token"

    def renew(self, refused: str) -> bool:
        return not refused


class Caller:
    """Asks, and keeps what it heard and saw."""

    def __init__(self, desk: Desk, door: Door, last: LastCall, tokens: ChosenTokens, stop: StopSwitch) -> None:
        self.job = desk.job
        self.heard: list[Heard] = []
        self.cases: list[Mapping[str, Any]] = []
        """Those that getCases has shown, page by page."""
        self._door, self._last, self._tokens, self._runtime, self._stop = door, last, tokens, desk.runtime, stop

    @property
    def auth(self) -> Auth | None:
        """How the job shows who it is; None for the embedded server, which knows."""
        return None if is_sandbox(self.job) else self.job.auth

    async def ask(self, body: Mapping[str, Any], tokens: Tokens | None = None) -> Heard:
        """Call getCases once; raises NoSlotError where the quota has none soon, and Stopped."""
        await self._slot()
        self._tokens.now = tokens or self._tokens.own
        verdict = await self._door.once(get_cases(orjson.dumps(body)))
        self.heard.append(self._what_came(verdict, self._last.reply, self._last.token))
        self._stop.check()  # a call that is cut off by it tells nothing of the server
        return self.heard[-1]

    async def ask_more(self, body: Mapping[str, Any]) -> Heard:
        """Call as `ask` does; raises ThrottledError and LateRefusalError."""
        heard = await self.ask(body)
        if heard.verdict.kind is Kind.THROTTLED:
            raise ThrottledError
        if heard.verdict.kind is Kind.CREDENTIALS:
            raise LateRefusalError(heard.said)
        return heard

    def with_jti(self) -> Tokens | None:
        """Return tokens that are good for one call and live shortly; None where this job cannot make any other ones."""
        auth = self.auth
        if auth is None or auth.token is not None or (auth.jti and auth.lifetime <= SHORT_LIFE):
            return None
        tried = auth.model_copy(update={"jti": True, "lifetime": min(auth.lifetime, SHORT_LIFE)})
        return remote_target(self.job.model_copy(update={"auth": tried}), self._runtime).tokens

    def server_time(self, heard: Heard) -> float:
        """Return when an answer was made."""
        return heard.here if heard.server is None else heard.server

    async def _slot(self) -> None:
        waiting = asyncio.ensure_future(self._door.slot())
        try:
            done, _ = await asyncio.wait({waiting}, timeout=_PATIENCE)
            until, why = self._door.pause()
        finally:
            waiting.cancel()  # where it is done, that says nothing
        if not done:
            await asyncio.wait({waiting})
            left = seconds_text(max(until - self._runtime.clock.monotonic(), 0.0))
            raise NoSlotError(f"{why or 'the quota is used up'}: the next call may leave in {left}")
        await waiting

    def _what_came(self, verdict: Verdict, reply: Reply | None, token: str) -> Heard:
        here = self._runtime.clock.now()
        issued, expires = life_of(token)
        # A server that has looked at cases may speak of them.
        is_withheld = bool(self.job.report.private) and (bool(self.cases) or verdict.kind is Kind.REFUSED)
        if reply is None:
            return Heard(verdict, here, None, issued, expires, is_withheld=is_withheld)
        date = date_of(reply.headers)
        # Cases may have pages in them, and a server may call its answer one.
        is_page = verdict.kind is not Kind.ACCEPTED and is_html(
            reply.headers, reply.body[:_BEGINNING].decode("utf-8", "replace")
        )
        return Heard(
            verdict,
            here,
            None if date is None else date + _HALF,
            issued,
            expires,
            hints_in({name: without_tokens(value, token) for name, value in reply.headers.items()}),
            is_page,
            is_withheld,
        )


async def steps_of_calls(caller: Caller, names: Names) -> AsyncGenerator[Step]:
    """Yield what the calls tell, step by step; what cannot be looked at is left out."""
    waits_for, name = "", "cases"
    try:
        async for step in _steps(caller):
            yield step
            name = "search" if step.name == "cases" else name
    except NoSlotError as error:
        waits_for = str(error)
    except ThrottledError:
        pass
    except LateRefusalError as error:
        found = f"call {len(caller.heard)} is refused ({error}), and those before it were not"
        yield cross(name, found, "a token that is good for one call only is not enough: see auth.jti")
    yield of_quota(caller.heard, caller.job.quota.windows, waits_for)
    fields = live_lookups(caller.job)
    if caller.cases or not fields:
        yield _of_lookups(caller, fields, names)


async def _steps(caller: Caller) -> AsyncGenerator[Step]:
    paging = Paging()
    first = await caller.ask(paging.asked(caller.job.snapshot.filter))
    for judged in (of_api(first), of_clock(first)):
        yield judged
        if judged.state is State.CROSS:
            return
    if first.verdict.kind is Kind.REFUSED and (plainer := paging.refused()):
        paging = plainer
        first = await caller.ask_more(paging.asked(caller.job.snapshot.filter))
    if first.verdict.kind is Kind.THROTTLED:
        return
    other = no_token = None
    if first.is_refused and not first.is_replay:
        tokens = caller.with_jti()
        other = None if tokens is None else await caller.ask(paging.asked({}), tokens)
        if other is None or other.is_refused:
            no_token = await caller.ask(paging.asked({}), _NoToken())
    token = of_token(first, caller.auth, other, no_token)
    yield token
    yield of_scope(first, token)
    target = of_target(first, caller.job, no_token)
    yield target
    if first.verdict.kind is not Kind.CREDENTIALS and target.state is not State.CROSS:
        async for step in _steps_of_cases(caller, first, paging):
            yield step


async def _steps_of_cases(caller: Caller, first: Heard, paging: Paging) -> AsyncGenerator[Step]:
    job = caller.job
    page = parse_page(first.verdict.answer)
    if page is None:
        yield of_no_page(first)
        return
    paging = _after(caller, paging, page, first)
    try:
        paging, without = await _second_page(caller, paging)
    except (ThrottledError, LateRefusalError):
        yield of_pages(paging, job, is_whole=False)
        raise
    if without is not None:
        yield of_no_page(without, page=2)
        return
    yield of_pages(paging, job)
    case = page.cases[0] if page.cases else None
    found: dict[str, CasePage | None] = {}
    for what, text in searches_of(case):
        heard = await caller.ask_more({"searchText": text, "limit": _SOME})
        failed = of_failed_search(heard)
        if failed is not None:
            yield failed
            return
        found[what] = parse_page(heard.verdict.answer)
    yield of_search(case, paging.total, found)


async def _second_page(caller: Caller, paging: Paging) -> tuple[Paging, Heard | None]:
    """Read one page more where there is one, by page where the server does not know skip.

    Return an answer that shows no list, too.
    """
    while not paging.is_over:
        heard = await caller.ask_more(paging.asked(caller.job.snapshot.filter))
        page = parse_page(heard.verdict.answer)
        if page is None:
            return paging, heard
        if not paging.repeats(page):
            return _after(caller, paging, page, heard), None
        paging = paging.otherwise()
    return paging, None


def _after(caller: Caller, paging: Paging, page: CasePage, heard: Heard) -> Paging:
    known = {case["_id"] for case in caller.cases}
    new = {case["_id"] for case in page.cases} - known
    caller.cases += page.cases
    return paging.after(page, new, caller.server_time(heard), is_filtered=bool(caller.job.snapshot.filter))


def _of_lookups(caller: Caller, fields: tuple[str, ...], names: Names) -> Step:
    private = Private(caller.job.report.private)
    seen: dict[str, set[str]] = {field: set() for field in fields}
    for case in caller.cases:
        for learnt in learnt_from(case, fields):
            seen[learnt.field].add(learnt.name)
    return of_names(names, seen, {field for field in fields if private.hides(field)})
