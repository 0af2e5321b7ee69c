"""From a job's connection to an open door."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from bulkcase.errors import EnvironmentFailed
from bulkcase.job import Job
from bulkcase.job.needs import CUSTOM, live_lookups
from bulkcase.kore.breaker import Breaker
from bulkcase.kore.door import Door
from bulkcase.kore.endpoints import path_of
from bulkcase.kore.line import Line, open_line
from bulkcase.kore.quota import Quota
from bulkcase.kore.throttle import Throttle
from bulkcase.kore.tokens import SignedTokens
from bulkcase.ledger import Journal, RunRecord
from bulkcase.mapping.key_looks import ID_PREFIX
from bulkcase.operations.common.desk import Desk
from bulkcase.operations.common.runtime import Runtime, account_name, is_sandbox, target_name
from bulkcase.operations.live.credentials import Target, remote_target
from bulkcase.planning.forecast import Forecast
from bulkcase.sandbox.settings import SandboxSettings
from bulkcase.stopping import StopSwitch

Update = tuple[str, Mapping[str, Any]]
"""A case, and what was sent for it."""

_SHORTEST_OUTAGE = 600.0
"""Seconds for which a server that is gone is waited for at the least, however short the windows of the quota are."""


_ENOUGH = 60
"""Cases that a sandbox has besides those of the rows where names are learnt from them: enough to show each once."""


@asynccontextmanager
async def sandbox_target(
    job: Job, runtime: Runtime, keys: Iterable[str], landed: Iterable[Update]
) -> AsyncGenerator[Target]:
    """Start the embedded server with a case for each key, under the job's own quota, and stop it afterwards.

    A key that a job takes for an id, and that does not look like one, has no case: a rehearsal that found one would
    hide that it is a reference, or the line of a sum.

    It forgets all cases when it stops: `landed` are the updates of earlier commands that it is to know.
    """
    from bulkcase.sandbox import Sandbox, cases_for_keys  # noqa: PLC0415 - a server that most runs do not need

    settings = runtime.sandbox
    if not settings.windows:
        settings = replace(settings, windows=tuple((window.limit, window.seconds) for window in job.quota.windows))
    if live_lookups(job):
        keys = [*keys, *(f"ci-rehearsal-{number}" for number in range(_ENOUGH))]
    match = job.input.key.match
    cases = cases_for_keys(
        (key for key in keys if match == "refId" or key.startswith(ID_PREFIX)),
        seed=settings.seed,
        now=runtime.clock.now() if settings.made_at is None else settings.made_at,
        match=match,
        custom=[key.removeprefix(CUSTOM) for key in job.mapping if key.startswith(CUSTOM)],
    )
    try:
        sandbox = Sandbox(settings, cases)
        for case_id, values in landed:
            if case_id in sandbox.cases:
                sandbox.change(case_id, **values)
        server = await sandbox.__aenter__()
    except OSError as error:
        raise EnvironmentFailed(
            f"the sandbox cannot listen on 127.0.0.1 ({error.strerror}): let programs listen there"
        ) from None
    try:
        yield _target_of_sandbox(settings, server.url, runtime)
    finally:
        await server.__aexit__(None, None, None)


def _target_of_sandbox(settings: SandboxSettings, url: str, runtime: Runtime) -> Target:
    tokens = SignedTokens(
        client_id=settings.client_id,
        secret=SecretStr(settings.client_secret),
        subject="bulkcase",
        algorithm="HS256",
        lifetime=300,
        now=runtime.clock.now,
        new_id=runtime.new_id if settings.require_jti else None,
    )
    return Target(url, settings.stream_id, settings.account_id, settings.stream_id, tokens)


@asynccontextmanager
async def open_target(
    job: Job, runtime: Runtime, keys: Iterable[str], landed: Iterable[Update] = ()
) -> AsyncGenerator[Target]:
    """Yield where a job's calls go; for the sandbox it is running meanwhile, with a case for each key.

    `landed` are updates that a sandbox is to know of.
    """
    if not is_sandbox(job):
        yield remote_target(job, runtime)
        return
    async with sandbox_target(job, runtime, keys, landed) as target:
        yield target


def left_by_earlier(desk: Desk, run: RunRecord | None) -> Iterator[Update]:
    """Yield what commands before this one have left in the cases of a run, and of those that it takes back."""
    if run is not None and is_sandbox(desk.job):
        first = [run, *desk.ledger.takes_back(run)][-1]
        yield from desk.ledger.landed(run.target, first)


@asynccontextmanager
async def open_door(
    desk: Desk,
    target: Target,
    forecast: Forecast,
    stop: StopSwitch,
    journal: Journal,
    opener: Callable[..., AbstractAsyncContextManager[Line]] | None = None,
) -> AsyncGenerator[Door]:
    """Open the one door to a target, whose quota knows the calls of earlier runs; close its connections afterwards.

    `opener` opens the line of its calls, where that is not the usual one.
    """
    job, runtime = desk.job, desk.runtime
    connection = job.connection
    throttle = Throttle(job.quota.windows)
    quota = Quota(job.quota.windows, gap=forecast.gap, timeout=connection.timeout)
    quota.restore(_released(desk), runtime.clock.monotonic())
    opened = (opener or open_line)(
        base_url=target.base_url,
        path=path_of(target.stream_id),
        timeout=connection.timeout,
        headers={**connection.extra_headers, "AccountId": target.account_id, "Iid": target.iid},
        ca_bundle=job.path(connection.ca_bundle) if connection.ca_bundle else None,
        proxy=target.proxy,
    )
    async with opened as line:
        yield Door(
            line,
            tokens=target.tokens,
            quota=quota,
            throttle=throttle,
            breaker=Breaker(patience=max(throttle.patience, _SHORTEST_OUTAGE), attempts=job.retry.attempts),
            clock=runtime.clock,
            stop=stop,
            record=journal.record,
            recorded=journal.write,
        )


def _released(desk: Desk) -> Iterator[float]:
    """Yield, on the clock's monotonic scale, when each earlier call that may still count was answered or given up."""
    job, now = desk.job, desk.runtime.instant()
    if not job.quota.windows:
        return
    whose = {"account": account_name(job)} if job.quota.scope == "account" else {"target": target_name(job)}
    counted = max((window.seconds for window in job.quota.windows), default=0.0) + job.connection.timeout
    for call in desk.ledger.past_calls(**whose):
        age = now.since(call.ended)
        if age > counted:
            return
        # A call without an answer counts as one that a timeout later was still on its way.
        yield now.steady - age + (0.0 if call.answered else job.connection.timeout)
