"""How much of a strict quota is used, and how many calls are rejected: bulkcase, a token bucket, fixed delays.

    python benchmarks/quota.py [--scenarios 40/8s 20/2s,60/12s] [--windows-each 7]

Real sockets and a server with strict rolling windows, one for each client; all run at once, as all do next to nothing.
The method is in README.md beside this file.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cases import TOKEN
from benchmarks.limiters import FixedDelay, Limiter, TokenBucket, even_delay, send_all
from benchmarks.processes import BULKCASE, end_at_signals, environment
from benchmarks.results import Comparison, at_least, at_most
from benchmarks.strict import Strict, Window, ideal, serving
from benchmarks.virtual import world
from bulkcase.job.quantities import window
from bulkcase.job.settings import Quota as QuotaSettings

LATENCY = 0.1
IN_FLIGHT = 32
SCENARIOS = ("40/8s", "20/2s,60/12s")
AIM = 0.97
_VIRTUAL_CALLS = 100_000
_VARIABLE = "BULKCASE_BENCHMARK_TOKEN"
_JOB = """\
[connection]
host = "http://127.0.0.1:{port}"
stream_id = "st-1"
account_id = "1"
[auth]
token = "env:{variable}"
[input]
path = "cases.csv"
key = "Case ID"
[mapping]
desc = "Notes"
[quota]
windows = {windows}
max_in_flight = {in_flight}
pace = "burst"
[snapshot]
read = "never"
[state]
directory = "state"
"""


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who sends, and the server that counts it."""

    name: str
    windows: Sequence[Window]
    calls: int
    limiter: Limiter | None
    """None: bulkcase."""

    async def run(self, strict: Strict) -> dict[str, Any]:
        """Send every call; return the share of the ideal time, and what was rejected."""
        if self.limiter is None:
            with tempfile.TemporaryDirectory() as folder:
                await run_bulkcase(Path(folder), strict, self.calls)
        else:
            url = f"http://127.0.0.1:{strict.port}/caseManagement/api/public/analytics/st-1/updateCase/"
            await send_all(self.limiter, self.calls, url, IN_FLIGHT)
        if len(strict.accepted) != self.calls:
            raise RuntimeError(f"{self.name}: {len(strict.accepted)} of {self.calls} calls were accepted")
        best, took = ideal(self.calls, self.windows), strict.took()
        return {
            "client": self.name,
            "windows": text_of(self.windows),
            "calls": self.calls,
            "seconds": round(took, 3),
            "ideal_seconds": round(best, 3),
            "share": round(best / took, 4),
            "rejected": strict.rejected,
        }


def windows_of(text: str) -> list[Window]:
    """Return the windows that a text like "20/2s,60/12s" names."""
    return [(limit, seconds) for limit, seconds in map(window, text.split(","))]


def text_of(windows: Sequence[Window]) -> str:
    """Return windows as a person says them."""
    return " and ".join(f"{limit} in {seconds:g} s" for limit, seconds in windows)


async def run_bulkcase(folder: Path, strict: Strict, calls: int) -> None:
    """Run a job under these windows, as its user starts it; raises RuntimeError unless every row ended updated."""
    written = [f"{limit}/{seconds:g}s" for limit, seconds in strict.windows]
    text = _JOB.format(port=strict.port, variable=_VARIABLE, windows=json.dumps(written), in_flight=IN_FLIGHT)
    (folder / "job.toml").write_text(text, encoding="utf-8")
    rows = "".join(f"ci-{number},note {number}\n" for number in range(calls))
    (folder / "cases.csv").write_text(f"Case ID,Notes\n{rows}", encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(*BULKCASE, "run", "job.toml", "--yes", "--new", "--quiet"),
        cwd=folder,
        env=environment(folder, {_VARIABLE: TOKEN}),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except BaseException:
        process.kill()
        raise
    if process.returncode:
        raise RuntimeError(f"bulkcase ended with {process.returncode}: {said.decode()[-500:]}")


def clients(windows: Sequence[Window], lengths: int) -> list[Client]:
    """Return everybody who sends under these windows, so many of the longest ones."""
    calls = lengths * max(windows, key=lambda window: window[1])[0]
    return [
        Client(name, windows, calls, limiter)
        for name, limiter in (
            ("bulkcase", None),
            ("token bucket", TokenBucket(windows)),
            ("fixed delay", FixedDelay(even_delay(windows))),
            ("fixed delay, tuned", FixedDelay(even_delay(windows, LATENCY))),
        )
    ]


async def on_sockets(scenarios: Sequence[Sequence[Window]], lengths: int, seed: int) -> list[dict[str, Any]]:
    """Return what became of every client; they run at once."""
    everybody = [client for windows in scenarios for client in clients(windows, lengths)]
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serving(Strict(one.windows, LATENCY, seed))) for one in everybody]
        return list(await asyncio.gather(*[one.run(strict) for one, strict in zip(everybody, servers, strict=True)]))


def in_virtual_time(calls: int, seed: int) -> dict[str, Any]:
    """Return the share of the ideal time at the default quota, and what a strict server would have rejected."""
    chance = random.Random(seed)  # noqa: S311 - nothing to guess
    made = world(lambda: chance.uniform(0, LATENCY), calls)
    arrivals = []
    for _ in range(calls):
        latency = made.call()
        arrivals.append(made.now + chance.uniform(0, latency))
    arrivals.sort()
    windows = [(window.limit, window.seconds) for window in QuotaSettings().windows]
    best, took = ideal(calls, windows), arrivals[-1] - arrivals[0]
    return {
        "windows": text_of(windows),
        "calls": calls,
        "hours": round(took / 3600, 3),
        "ideal_hours": round(best / 3600, 3),
        "share": round(best / took, 4),
        "rejected": sum(too_many(arrivals, window) for window in windows),
    }


def too_many(arrivals: Sequence[float], window: Window) -> int:
    """Return how many arrivals, in order, find the window (t - seconds, t] before them full."""
    limit, seconds = window
    return sum(number - bisect_right(arrivals, at - seconds) >= limit for number, at in enumerate(arrivals))


def measure(
    scenarios: Sequence[str] = SCENARIOS, lengths: int = 7, virtual_calls: int = _VIRTUAL_CALLS, seed: int = 1
) -> dict[str, Any]:
    """Return what became of every client on real sockets, and of bulkcase's quota in virtual time."""
    return {
        "latency": LATENCY,
        "in_flight": IN_FLIGHT,
        "clients": asyncio.run(on_sockets([windows_of(text) for text in scenarios], lengths, seed)),
        "virtual": in_virtual_time(virtual_calls, seed),
    }


def compared(found: dict[str, Any]) -> list[Comparison]:
    """Return the lines of the table."""
    lines = []
    for one in found["clients"]:
        own = one["client"] == "bulkcase"
        what = f"quota of {one['windows']}, {one['client']}: share of the ideal time"
        note = f"{one['seconds']:.1f} s of {one['ideal_seconds']:.0f} s; {one['rejected']} rejected"
        lines.append(at_least(what, f"{one['calls']} calls, ideal", one["share"], AIM if own else None, note))
        if own:
            lines.append(
                at_most(
                    f"quota of {one['windows']}, bulkcase: calls rejected", f"{one['calls']} calls", one["rejected"], 0
                )
            )
    virtual = found["virtual"]
    note = (
        f"{virtual['hours']:.1f} h of {virtual['ideal_hours']:.1f} h, in virtual time; {virtual['rejected']} rejected"
    )
    what = f"quota of {virtual['windows']}, bulkcase: share of the ideal time"
    lines.append(at_least(what, f"{virtual['calls']:,} calls, ideal", virtual["share"], AIM, note))
    return lines


def main() -> None:
    """Measure, and print what was found as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenarios", nargs="+", default=SCENARIOS, help="windows, as in 20/2s,60/12s")
    parser.add_argument("--virtual-calls", type=int, default=_VIRTUAL_CALLS, help="in virtual time")
    parser.add_argument("--windows-each", type=int, default=7, help="how many of the longest windows the calls fill")
    given = parser.parse_args()
    end_at_signals()
    sys.stdout.write(json.dumps(measure(given.scenarios, given.windows_each, given.virtual_calls), indent=2) + "\n")


if __name__ == "__main__":
    main()
