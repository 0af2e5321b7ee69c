"""What the verbs that make calls have in common."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from inspect import signature
from pathlib import Path
from typing import TypedDict, get_args, get_type_hints

from bulkcase.errors import UsageError
from bulkcase.input import Ahead
from bulkcase.job import Job
from bulkcase.job.destinations import Destination
from bulkcase.nearest import nearest
from bulkcase.operations.common.progress import OnProgress
from bulkcase.operations.common.runtime import Runtime
from bulkcase.stopping import StopSwitch

Guard = Callable[[StopSwitch], AbstractContextManager[None]]
BeforeCalls = Callable[[Job, Sequence[Destination]], None]
"""Told where a job sends, and with which secrets; may raise Declined."""


class Options(TypedDict, total=False):
    """What the verbs that send rows have in common; all of it may be left out."""

    wait: bool
    """Wait for safety.send_between, rather than stop; False where it is left out."""
    reports: str | Path | None
    """The folder for reports, in the job's place: it gets one folder a run."""
    on_progress: OnProgress | None
    """Called with a `Progress` every half second while rows are sent or live cases are read, and at the end of it."""
    stop: StopSwitch | None
    """Ends it early from outside: a run is interrupted then, and can be gone on with."""
    guard: Guard
    """Entered while a run is at work, and while people are told of it: what sets the switch then, signals above all."""
    watched: bool
    """Whether a person sees what goes wrong before a run starts: then nobody else is told of it."""
    before_calls: BeforeCalls | None
    """Called before the first call of a command, and before people are told how it ended; maybe more than once."""
    tells: bool
    """Whether the command tells people how it ended: set by those that do."""
    runtime: Runtime | None
    ahead: Ahead | None
    """The job's input, where it is being read already."""


def refuse_text(job: object) -> None:
    """Raise UsageError for the path of a job where the job itself is wanted."""
    if isinstance(job, str | Path):
        raise UsageError(f"{job}: is no job yet: load it first: bulkcase.load({str(job)!r})")


def refuse_limit(limit: int | None) -> None:
    """Raise UsageError for a number of first rows that is none."""
    if limit is not None and limit < 1:
        raise UsageError(f"limit {limit}: no row is taken by that: give a number from 1 on, or leave it out")


def refuse_unknown(options: Mapping[str, object], verb: Callable[..., object]) -> None:
    """Raise TypeError, as Python does for any other argument, where a verb was given an option that does not exist."""
    (kind,) = get_args(get_type_hints(verb)["options"])
    for name in options.keys() - kind.__annotations__.keys():
        near = nearest(name, [*signature(verb).parameters, *kind.__annotations__])
        hint = f": did you mean {near}?" if near else ""
        raise TypeError(f"bulkcase.{verb.__name__} takes no {name}{hint}")
