"""bulkcase sandbox."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from bulkcase.cli.common.console import err, number, out
from bulkcase.cli.common.interrupts import stopped_by_signals
from bulkcase.cli.common.sending import in_loop
from bulkcase.cli.completion import one_of
from bulkcase.errors import UsageError
from bulkcase.job.quantities import duration, window
from bulkcase.nearest import nearest
from bulkcase.operations.serve import serve
from bulkcase.sandbox import Fault, SandboxSettings
from bulkcase.stopping import Stopped, StopSwitch

_QUIRKS_OF_FIELDS = ("ignores", "pretends", "reshapes")
_QUIRKS = ("normalises", "trims_answers", "replaces")
_QUIRKS_WRITTEN = [*_QUIRKS, *(f"{name}=" for name in _QUIRKS_OF_FIELDS)]
_KNOWN_QUIRKS = ", ".join([*(f"{name}=FIELD,..." for name in _QUIRKS_OF_FIELDS), *_QUIRKS])
_SETUPS: Mapping[str, Mapping[str, Any]] = {
    "no_scope": {"scope": False},
    "clock_ahead": {"clock_ahead": 600.0},
    "clock_behind": {"clock_ahead": -600.0},
    "login_page": {"front": Fault.HTML},
    "redirect": {"front": Fault.REDIRECT},
    "throttled": {"front": Fault.THROTTLE},
    "rate_headers": {"rate_headers": True},
    "finds_references": {"finds_references": True},
    "ignores_search": {"ignore_search": True},
}
"""Servers that are set up otherwise, by name."""

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")]
Cases = Annotated[int, typer.Option("--cases", min=0, help="How many cases it has.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed, the same cases and the same faults.")]
Windows = Annotated[
    list[str] | None, typer.Option("--window", metavar="CALLS/TIME", help="A strict rolling window, such as 60/60s.")
]
Latency = Annotated[str, typer.Option("--latency", metavar="TIME[-TIME]", help="How long answers take.")]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND=CHANCE",
        autocompletion=one_of([f"{fault}=" for fault in Fault]),
        help=f"What goes wrong: {', '.join(Fault)}.",
    ),
]
Quirks = Annotated[
    list[str] | None,
    typer.Option(
        "--quirk",
        metavar="NAME[=FIELD,...]",
        autocompletion=one_of(_QUIRKS_WRITTEN),
        help=f"What it makes of an update: {_KNOWN_QUIRKS}.",
    ),
]
Setups = Annotated[
    list[str] | None,
    typer.Option(
        "--setup",
        metavar="NAME",
        autocompletion=one_of(list(_SETUPS)),
        help=f"How it is set up, for trying doctor: {', '.join(_SETUPS)}.",
    ),
]
Jti = Annotated[bool, typer.Option("--jti", help="A token is good for one call.")]


def sandbox_command(
    *,
    port: Port = 8000,
    cases: Cases = 500,
    seed: Seed = 0,
    windows: Windows = None,
    latency: Latency = "0ms-50ms",
    faults: Faults = None,
    quirks: Quirks = None,
    setups: Setups = None,
    jti: Jti = False,
) -> None:
    """Serve the embedded API on a port of this machine until Ctrl-C."""
    settings = _settings(seed, windows or [], latency, faults or [], quirks or [], jti, setups or [])
    raise typer.Exit(in_loop(_serve(settings, cases, port)))


async def _serve(settings: SandboxSettings, cases: int, port: int) -> int:
    stop = StopSwitch()
    async with serve(settings, cases, port) as server:
        out.print(f"host       {server.url}")
        out.print(f"stream_id  {settings.stream_id}")
        out.print(f"account_id {settings.account_id}")
        out.print(f"client_id  {settings.client_id}")
        out.print(f"secret     {settings.client_secret}  (opens nothing but this sandbox)")
        err.print(
            f"{number(len(server.cases), 'case')}, the first is {next(iter(server.cases), 'none')}; Ctrl-C ends it"
        )
        with stopped_by_signals(stop):
            try:
                async with stop.interruptible():
                    await asyncio.Event().wait()
            except Stopped:
                err.print(f"{number(len(server.calls), 'call')} answered")
    return 130


def _settings(
    seed: int,
    windows: list[str],
    latency: str,
    faults: list[str],
    quirks: list[str],
    jti: bool,
    setups: Sequence[str] = (),
) -> SandboxSettings:
    """Return the settings that the command line describes; raises UsageError, naming the option."""
    option, written = "--window", ""
    try:
        strict = []
        for written in windows:
            limit, seconds = window(written)
            strict.append((limit, seconds))
        option, written = "--latency", latency
        shortest, _, longest = latency.partition("-")
        between = (_time(shortest), _time(longest or shortest))
        option = "--fault"
        chances = {}
        for written in faults:
            fault, chance = _chance(written)
            chances[fault] = chance
        option = "--quirk"
        made: dict[str, Any] = {}
        for written in quirks:
            made |= _quirk(written, made)
        option = "--setup"
        for written in setups:
            made |= _setup(written)
        option, written = "--latency and --fault", "together"
        return SandboxSettings(seed=seed, windows=strict, latency=between, faults=chances, require_jti=jti, **made)
    except ValueError as error:
        raise UsageError(f"{option} {written}: {error}") from None


def _chance(written: str) -> tuple[Fault, float]:
    """Return a fault and its chance; raises ValueError."""
    kind, _, number = written.partition("=")
    if kind not in set(Fault):
        raise ValueError(_known(kind, tuple(Fault)))
    try:
        chance = float(number)
    except ValueError:
        chance = -1.0
    if not 0 <= chance <= 1:
        raise ValueError(f"must be KIND=CHANCE with a chance from 0 to 1, such as {kind}=0.05")
    return Fault(kind), chance


def _quirk(written: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the setting that a quirk is, its fields with those of the same quirk before; raises ValueError."""
    name, equals, listed = written.partition("=")
    fields = frozenset(field.strip() for field in listed.split(","))
    if name in _QUIRKS and not equals:
        return {name: True}
    if name in _QUIRKS_OF_FIELDS and all(fields):
        return {name: before.get(name, frozenset()) | fields}
    if name in _QUIRKS_OF_FIELDS:
        raise ValueError(f"names no field: write {name}=FIELD,...")
    if name in _QUIRKS:
        raise ValueError(f"takes no fields: write {name}")
    near = nearest(name, (*_QUIRKS, *_QUIRKS_OF_FIELDS))
    raise ValueError(f"is not known: did you mean {near}?" if near else f"is not known: there are {_KNOWN_QUIRKS}")


def _known(written: str, names: Sequence[str]) -> str:
    """Return what to say of a name that is none of these."""
    near = nearest(written, names)
    return f"is not known: did you mean {near}?" if near else f"is not known: there are {', '.join(names)}"


def _setup(written: str) -> Mapping[str, Any]:
    """Return the settings of a set-up; raises ValueError."""
    if written not in _SETUPS:
        raise ValueError(_known(written, tuple(_SETUPS)))
    return _SETUPS[written]


def _time(text: str) -> float:
    return 0.0 if text.strip() in {"0", "0s", "0ms"} else duration(text)
