"""A sandbox in a process of its own, so that its memory and its work are not those of a test.

As a program (`python -m support.soak_server`) it reads settings and keys from standard input, prints its address,
answers `count`, `stalls` and `keep FILE`, and ends when its standard input does.
"""

import asyncio
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvloop

from bulkcase.sandbox import Call, Fault, Sandbox, SandboxSettings, cases_for_keys
from bulkcase.sandbox.wire import is_of_wire, spoiled

STALL = 0.25
"""Seconds."""
_BEAT = 0.05
_TESTS = Path(__file__).parents[1]


class ServerProcess:
    """Runs a sandbox while it is entered; answers to what `support.server.ServerThread` answers to."""

    def __init__(self, settings: SandboxSettings, keys: Sequence[str], folder: Path) -> None:
        self._given = pickle.dumps((settings, list(keys)))
        self._kept_in = folder / "server.pickle"
        self._asking = threading.Lock()
        self._known = -1
        self._calls: list[Call] = []
        self._descs: dict[str, dict[str, Any]] = {}
        self.url = ""

    def count(self) -> int:
        """Return how many calls it has had so far, of any kind."""
        return int(self._ask("count"))

    def stalls(self) -> int:
        """Return how often it stood still for longer than `STALL`: what it answered then came too late for a client."""
        return int(self._ask("stalls"))

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in the order of decision."""
        self._look()
        return self._calls

    @property
    def cases(self) -> dict[str, dict[str, Any]]:
        """The descriptions of all cases by id, as they are now."""
        self._look()
        return self._descs

    def _look(self) -> None:
        """Fetch what is not known yet."""
        count = self.count()
        if count != self._known:
            self._ask(f"keep {self._kept_in}")
            self._calls, self._descs = pickle.loads(self._kept_in.read_bytes())
            self._kept_in.unlink()
            self._known = count

    def _ask(self, question: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._asking:
            self._process.stdin.write(f"{question}\n".encode())
            self._process.stdin.flush()
            return self._process.stdout.readline().decode().strip()

    def __enter__(self) -> Self:
        paths = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(_TESTS))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.soak_server"],
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"%d\n%b" % (len(self._given), self._given))
        self._process.stdin.flush()
        self.url = self._process.stdout.readline().decode().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


async def _serve() -> None:
    """Serve what standard input asks for until it ends."""
    stdin, loop = sys.stdin.buffer, asyncio.get_running_loop()
    settings, keys = pickle.loads(stdin.read(int(stdin.readline())))
    # What is large is made before it counts.
    for fault in filter(is_of_wire, Fault):
        spoiled(fault, 200, b"{}")
    stalls: list[float] = []
    async with Sandbox(settings, cases_for_keys(keys, seed=0, now=time.time())) as server:
        watch = asyncio.create_task(_watch(stalls))
        _say(server.url)
        while question := (await loop.run_in_executor(None, stdin.readline)).decode().split():
            if question[0] == "keep":
                _keep(server, Path(question[1]))
            _say(str(len(stalls if question[0] == "stalls" else server.calls)))
        watch.cancel()


async def _watch(stalls: list[float]) -> None:
    """Note each time in which nothing could be answered."""
    while True:
        before = time.monotonic()
        await asyncio.sleep(_BEAT)
        if (stood := time.monotonic() - before) > STALL:
            stalls.append(stood)


def _keep(server: Sandbox, file: Path) -> None:
    """Write what the server has had, and what its cases show."""
    descs = {case_id: {"desc": case["desc"]} for case_id, case in server.cases.items()}
    file.write_bytes(pickle.dumps((server.calls, descs)))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_serve())
