"""doctor: is this job set up well, and if not, what is the cause and how is it mended? It changes no case."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Unpack

from bulkcase.clock import Clock
from bulkcase.errors import BulkcaseError, JobError
from bulkcase.job import Job
from bulkcase.job.variants import rehearsal, with_folders
from bulkcase.kore.heard import LastCall, open_heard_line
from bulkcase.kore.probe import addresses_of, reach, way_to
from bulkcase.operations.common.desk import Desk, at_desk
from bulkcase.operations.common.options import Options, refuse_unknown
from bulkcase.operations.common.runtime import Runtime, is_sandbox
from bulkcase.operations.diagnosis.calls import Caller, ChosenTokens, steps_of_calls
from bulkcase.operations.diagnosis.here import (
    Loaded,
    Names,
    load_any,
    of_ids,
    of_input,
    of_job,
    of_secrets,
    of_state,
)
from bulkcase.operations.diagnosis.reached import of_connection, of_host
from bulkcase.operations.diagnosis.steps import (
    STEPS,
    Diagnosis,
    State,
    Step,
    complaint,
    ok,
    untried,
)
from bulkcase.operations.live.credentials import Target, disclose
from bulkcase.operations.live.reader import recorded_look
from bulkcase.operations.live.target import open_door, open_target
from bulkcase.planning.forecast import Forecast
from bulkcase.stopping import Stopped, StopSwitch

OnStep = Callable[[Step], None]
_MADE_UP: Final = 60
"""Cases that the embedded server has for it: two pages."""
_UNUSABLE: Final = 2
_INTERRUPTED: Final = 130


async def doctor(
    job: Job | str | Path,
    *,
    state: str | Path | None = None,
    sandbox: bool = False,
    on_step: OnStep | None = None,
    **options: Unpack[Options],
) -> Diagnosis:
    """Look at all that a job needs, step by step, and say of each whether it is well, and what to do where it is not.

    `job` is a job, or the path of a job file, which may be a broken one. `on_step` is told of each step as soon as it
    is done. Only getCases is called, a handful of times, under the lock of the target and within its quota. What is not
    well is a step and not raised. For the options see `Options`.

    Raises Declined where a person does not want the calls, LedgerError where a ledger that was well fails meanwhile.
    """
    refuse_unknown(options, doctor)
    runtime = options.get("runtime") or Runtime()
    examination = _Examination(on_step or (lambda _: None), runtime.clock)
    try:
        loaded = load_any(Path(job)) if not isinstance(job, Job) else Loaded(job, has_rows=True)
    except JobError as error:
        examination.add(complaint("job", error, "mend the job file: each line says how"))
        return examination.end(error.exit_code)
    placed = with_folders(loaded.job, state=state)
    loaded = loaded._replace(job=rehearsal(placed) if sandbox else placed)
    examination.add(of_job(loaded))
    step, names = of_input(loaded, runtime)
    examination.add(step)
    is_usable = examination.tells([of_ids(loaded.job), of_secrets(loaded.job, runtime)])
    step, exit_code = of_state(loaded.job)
    if not examination.tells([step]) or not is_usable:
        return examination.end(exit_code if is_usable else _UNUSABLE)
    return await _at_desk(examination, loaded.job, names, runtime, options)


class _Examination:
    """The steps so far; whoever looks on is told of each."""

    def __init__(self, on_step: OnStep, clock: Clock) -> None:
        self._on_step, self._clock = on_step, clock
        self._since = clock.monotonic()
        self._steps: list[Step] = []
        self.calls = 0

    def add(self, step: Step) -> None:
        """Add a step, and before it those that had to be left out."""
        known = {one.name for one in self._steps}
        for name in STEPS:
            if name == step.name:
                break
            if name not in known:
                self._put(untried(name, self._why(step)))
        self._put(step)

    def tells(self, steps: Iterable[Step]) -> bool:
        """Add steps; say whether none of them has a cross."""
        listed = list(steps)
        for step in listed:
            self.add(step)
        return all(step.state is not State.CROSS for step in listed)

    def end(self, stopped_by: int | None = None, why: str = "") -> Diagnosis:
        """Return all steps; those that are left were not tried. `stopped_by` counts where no call was made."""
        known = {one.name for one in self._steps}
        for name in STEPS:
            if name not in known:
                self._put(untried(name, why or self._why(None)))
        return Diagnosis(tuple(self._steps), self.calls, stopped_by)

    def _why(self, following: Step | None) -> str:
        steps = [*self._steps, *([following] if following else [])]
        first = next((step.name for step in steps if step.state is State.CROSS), None)
        return f"needs {first}" if first else "could not be looked at"

    def _put(self, step: Step) -> None:
        now = self._clock.monotonic()
        step = replace(step, seconds=round(now - self._since, 3))
        self._since = now
        self._steps.append(step)
        self._on_step(step)


async def _at_desk(examination: _Examination, job: Job, names: Names, runtime: Runtime, options: Options) -> Diagnosis:
    stop = options.get("stop") or StopSwitch()
    guard = options.get("guard") or (lambda _: nullcontext())
    is_mine = False
    try:
        with at_desk(job, f"doctor {job.file.name}", runtime) as desk:
            is_mine = True
            examination.add(ok("lock", "free, and held meanwhile"))
            disclose(job, options)
            with guard(stop), suppress(Stopped):
                await _look(examination, desk, stop, names)
    except BulkcaseError as error:
        if is_mine:
            raise
        examination.add(complaint("lock", error, "wait until it is done"))
        return examination.end(error.exit_code)
    if stop.stop is not None and stop.stop.exit_code == _INTERRUPTED:
        return examination.end(_INTERRUPTED, stop.stop.message)
    return examination.end()


async def _look(examination: _Examination, desk: Desk, stop: StopSwitch, names: Names) -> None:
    """Go to the target, and see how far one gets."""
    job, runtime = desk.job, desk.runtime
    keys = (f"ci-{number:04d}" for number in range(_MADE_UP))
    async with open_target(job, runtime, keys) as target:
        async with stop.interruptible():
            reached = await _way(examination, job, target)
        if not reached:
            return
        last, tokens = LastCall(), ChosenTokens(target.tokens)
        with recorded_look(desk) as session:
            at_door = open_door(
                desk,
                replace(target, tokens=tokens),
                Forecast(0, job.quota.windows, job.quota.pace, job.quota.max_in_flight),
                stop,
                session.journal,
                opener=partial(open_heard_line, last),
            )
            async with at_door as door:
                session.waited = door.waited
                caller = Caller(desk, door, last, tokens, stop)
                try:
                    async for step in steps_of_calls(caller, names):
                        examination.add(step)
                finally:
                    examination.calls = len(caller.heard)


async def _way(examination: _Examination, job: Job, target: Target) -> bool:
    """See whether a connection can be made; say whether it was."""
    if is_sandbox(job):
        return examination.tells([ok("host", "the embedded server"), ok("connection", "on this machine")])
    way = way_to(target.base_url, target.proxy)
    try:
        found: list[str] | OSError = await addresses_of(way)
    except OSError as error:
        found = error
    if not examination.tells([of_host(way, found)]):
        return False
    bundle = job.path(job.connection.ca_bundle) if job.connection.ca_bundle else None
    try:
        reached = await reach(target.base_url, timeout=job.connection.timeout, ca_bundle=bundle, proxy=target.proxy)
    except JobError as error:
        return examination.tells([complaint("connection", error, "mend connection.ca_bundle")])
    return examination.tells([of_connection(way, reached, job)])
