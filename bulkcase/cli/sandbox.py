"""bulkcase sandbox."""

import asyncio
from typing import Annotated

import typer

from bulkcase.cli.console import err, number, out
from bulkcase.cli.interrupts import stopped_by_signals
from bulkcase.cli.sending import in_loop
from bulkcase.errors import UsageError
from bulkcase.job.quantities import duration, window
from bulkcase.operations.serve import serve
from bulkcase.sandbox import Fault, SandboxSettings
from bulkcase.stopping import Stopped, StopSwitch

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; 0 takes a free one.")]
Cases = Annotated[int, typer.Option("--cases", min=0, help="How many cases it has.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed, the same cases and the same faults.")]
Windows = Annotated[
    list[str] | None, typer.Option("--window", metavar="CALLS/TIME", help="A strict rolling window, such as 60/60s.")
]
Latency = Annotated[str, typer.Option("--latency", metavar="TIME[-TIME]", help="How long answers take.")]
Faults = Annotated[
    list[str] | None,
    typer.Option("--fault", metavar="KIND=CHANCE", help=f"What goes wrong: {', '.join(Fault)}."),
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
    jti: Jti = False,
) -> None:
    """Serve the embedded API on a port of this machine until Ctrl-C."""
    settings = _settings(seed, windows or [], latency, faults or [], jti)
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


def _settings(seed: int, windows: list[str], latency: str, faults: list[str], jti: bool) -> SandboxSettings:
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
            kind, _, chance = written.partition("=")
            if kind not in set(Fault):
                raise ValueError(f"there are {', '.join(Fault)}")  # noqa: TRY301 - said below, with the option
            chances[Fault(kind)] = float(chance)
        option, written = "--latency and --fault", "together"
        return SandboxSettings(seed=seed, windows=strict, latency=between, faults=chances, require_jti=jti)
    except ValueError as error:
        raise UsageError(f"{option} {written}: {error}") from None


def _time(text: str) -> float:
    return 0.0 if text.strip() in {"0", "0s", "0ms"} else duration(text)
